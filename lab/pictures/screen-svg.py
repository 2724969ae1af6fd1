#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Draws the last screen of a recorded terminal as a picture.

usage: screen-svg.py [--columns N] [--lines N] [--title TEXT] TYPESCRIPT >SVG

TYPESCRIPT has the output of a full-screen program, as script(1) records it.  The
picture shows the moment before the program left the screen.  It consists of text
and needs no other file.
"""

import argparse
import html
import sys

import pyte

WIDTH, HEIGHT = 8.4, 18
MARGIN = 12
COLORS = {
    "default": "#d8dee9",
    "red": "#ff6b6b",
    "green": "#a3be8c",
    "cyan": "#63c7d6",
}
BACKGROUND = "#1e222a"
LEAVE = b"\x1b[?1049l"


def screen_of(recording, columns, lines):
    """Return the screen as it was before the program left it."""
    end = recording.rfind(LEAVE)
    if end < 0:
        sys.exit("screen-svg.py: the recording has no full-screen program")
    screen = pyte.Screen(columns, lines)
    pyte.ByteStream(screen).feed(recording[:end])
    return screen


def look(char):
    """Return the colours of a cell, and whether it is bold and underlined."""
    front, back = COLORS.get(char.fg, COLORS["default"]), BACKGROUND
    if char.reverse:
        front, back = back, front
    return front, back, char.bold, char.underscore


def runs(line, columns):
    """Join cells that look alike; return [(column, text, look)]."""
    found = []
    for at in range(columns):
        char = line[at]
        if found and found[-1][2] == look(char):
            found[-1][1].append(char.data)
        else:
            found.append((at, [char.data], look(char)))
    return found


def draw(screen, title):
    width = screen.columns * WIDTH + 2 * MARGIN
    height = screen.lines * HEIGHT + 2 * MARGIN
    out = [
        "<!-- SPDX-License-Identifier: GPL-2.0-only -->",
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}"'
        f' width="{width:g}" height="{height:g}" role="img">',
        f"<title>{html.escape(title)}</title>",
        f'<rect width="100%" height="100%" rx="8" fill="{BACKGROUND}"/>',
        '<g font-family="ui-monospace, DejaVu Sans Mono, Menlo, Consolas, monospace"'
        ' font-size="14">',
    ]
    for row in range(screen.lines):
        y = MARGIN + row * HEIGHT
        for column, cells, (front, back, bold, underscore) in runs(
            screen.buffer[row], screen.columns
        ):
            # Use no-break spaces, as some viewers drop other spaces.  At the beginning of a
            # text some drop even these, so x skips them there.
            text = "".join(cells)
            lead = len(text) - len(text.lstrip())
            text = text.strip().replace(" ", "\N{NO-BREAK SPACE}")
            x = MARGIN + column * WIDTH
            length = len(cells) * WIDTH
            if back != BACKGROUND:
                out.append(
                    f'<rect x="{x:g}" y="{y:g}" width="{length:g}"'
                    f' height="{HEIGHT}" fill="{back}"/>'
                )
            if not text:
                continue
            x += lead * WIDTH
            length = len(text) * WIDTH
            style = ' font-weight="bold"' if bold else ""
            style += ' text-decoration="underline"' if underscore else ""
            out.append(
                f'<text x="{x:g}" y="{y + 14:g}" textLength="{length:g}"'
                f' fill="{front}"{style}>{html.escape(text)}</text>'
            )
    return "\n".join(out + ["</g>", "</svg>"])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--columns", type=int, default=80)
    parser.add_argument("--lines", type=int, default=24)
    parser.add_argument("--title", default="exitledger monitor --top")
    parser.add_argument("typescript")
    options = parser.parse_args()
    with open(options.typescript, "rb") as file:
        recording = file.read()
    print(draw(screen_of(recording, options.columns, options.lines), options.title))


main()
