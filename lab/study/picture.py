# SPDX-License-Identifier: GPL-2.0-only
"""Exits over time, stacked by the groups of their reasons, as SVG."""

import html
import math

from groups import GROUPS, NAMES, grouped

WIDTH, LEFT, RIGHT, TOP = 820, 64, 16, 84
PANEL, HEAD, FOOT = 150, 66, 34  # heights: the chart, above, and below it
BINS = 200
TITLES = {
    "nested": "with nested paging",
    "shadow": "without it: shadow page tables",
    "console": "with the kernel's whole log on the serial console",
}
COLOURS = [(light, dark) for *_, light, dark in GROUPS] + [
    ("#59636e", "#656c76")]


def style():
    """Legible on white and on black."""
    fills = "".join(f".g{i}{{fill:{light}}}"
                    for i, (light, _) in enumerate(COLOURS))
    dark = "".join(f".g{i}{{fill:{dark}}}"
                   for i, (_, dark) in enumerate(COLOURS))
    return ("<style>\n"
            "text{font:12px system-ui,sans-serif;fill:#1f2328}"
            ".paper{fill:#fff}.soft{fill:#59636e}.head{font-weight:600}"
            ".title{font-size:16px;font-weight:600}.end{text-anchor:end}"
            ".axis{stroke:#d1d9e0}.mark{stroke:#1f2328;stroke-dasharray:3 3}"
            f"{fills}\n"
            "@media(prefers-color-scheme:dark){text{fill:#f0f6fc}"
            ".paper{fill:#0d1117}.soft{fill:#9198a1}.axis{stroke:#3d444d}"
            f".mark{{stroke:#f0f6fc}}{dark}}}\n"
            "</style>\n")


def label(x, y, kind, text):
    return (f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}">'
            f"{html.escape(text, quote=False)}</text>\n")


def binned(run):
    """(bin's seconds, [{group: exits per second}]), from the first exit on."""
    start = run.first_ns
    inside = [i for i in run.intervals if i[0] >= start - 1000]
    end = max(begin + seconds * 1e9 for begin, seconds, _ in inside)
    interval = int(run.meta["interval_ns"])
    merged = max(1, math.ceil((end - start) / interval / BINS))
    width = merged * interval / 1e9
    bins = [dict.fromkeys(NAMES, 0) for _ in range(
        math.ceil((end - start) / 1e9 / width))]
    for begin, seconds, exits in inside:
        middle = (begin - start) / 1e9 + seconds / 2
        into = bins[min(int(middle / width), len(bins) - 1)]
        for name, count in grouped(run.vendor, exits).items():
            into[name] += count / width
    return width, bins


def nice(most):
    """A round number, no less."""
    scale = 10 ** math.floor(math.log10(most))
    return next(n * scale for n in (1, 2, 3, 4, 5, 6, 8, 10) if n * scale >= most)


def stacked(bins, height, top, right):
    """A path per group, the first one lowest."""
    paths = []
    base = [0.0] * len(bins)
    step = (right - LEFT) / len(bins)

    def at(value):
        return f"{height + PANEL * (1 - value / top):.1f}"

    for i, name in enumerate(NAMES):
        upper = [low + b[name] for low, b in zip(base, bins)]
        if upper != base:
            path = [f"M{LEFT} {at(base[0])}"]
            for n, value in enumerate(upper):
                path.append(f"V{at(value)}H{LEFT + (n + 1) * step:.1f}")
            for n in range(len(base) - 1, -1, -1):
                path.append(f"V{at(base[n])}H{LEFT + n * step:.1f}")
            paths.append(f'<path d="{"".join(path)}Z" class="g{i}"/>\n')
        base = upper
    return "".join(paths)


def phases(run):
    """(seconds, text) of what a person or the guest has marked."""
    return [((m["at_ns"] - run.first_ns) / 1e9, m["text"])
            for m in run.marks if m["kind"] in ("user", "guest")]


def marks(run, height, seconds):
    """Lines through the chart; the texts above it, each where there is room."""
    parts, taken = [], []
    places = [(LEFT + at / seconds * (WIDTH - LEFT - RIGHT), text)
              for at, text in phases(run)]
    for i, (x, text) in enumerate(places):
        width = 6.4 * len(text)
        # To the line's right, or where there is another one to its left.
        end = places[i + 1][0] if i + 1 < len(places) else WIDTH - RIGHT
        left = x + 4 if x + width + 8 < end else x - width - 4
        row = 0
        while any(r == row and left < end and start < left + width
                  for r, start, end in taken):
            row += 1
        taken.append((row, left, left + width))
        y = height - 4 - 13 * row
        parts.append(f'<path d="M{x:.1f} {y - 9:.1f}V{height + PANEL}"'
                     ' class="mark"/>\n')
        parts.append(label(x + 4 if left > x else x - 4, y,
                           "soft" if left > x else "soft end", text))
    return "".join(parts)


def axes(height, top, seconds):
    parts = []
    for share in (0, 0.5, 1):
        y = height + PANEL * (1 - share)
        parts.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}"'
                     ' class="axis"/>\n')
        parts.append(label(LEFT - 6, y + 4, "soft end", f"{top * share:,.0f}"))
    step = nice(seconds / 8)
    for i in range(int(seconds / step) + 1):
        x = LEFT + i * step / seconds * (WIDTH - LEFT - RIGHT)
        if x < WIDTH - RIGHT - 24:
            parts.append(label(x, height + PANEL + 16, "soft",
                               f"{i * step:g} s"))
    return "".join(parts)


def panel(run, y):
    width, bins = binned(run)
    seconds = width * len(bins)
    top = nice(max(sum(b.values()) for b in bins))
    height = y + HEAD
    return (label(16, y + 12, "head", f"{TITLES[run.name]}: "
                  f"{run.booted['kernel']:,} exits until the login prompt") +
            axes(height, top, seconds) +
            stacked(bins, height, top, WIDTH - RIGHT) +
            marks(run, height, seconds))


def legend(host, y):
    parts, x = [], 16
    present = {name for run in host.runs.values()
               for name, count in grouped(host.vendor, run.total).items()
               if count}
    for i, name in enumerate(NAMES):
        if name not in present:
            continue
        parts.append(f'<rect x="{x}" y="{y - 9}" width="10" height="10"'
                     f' class="g{i}"/>\n')
        parts.append(label(x + 14, y, "soft", name))
        x += 27 + 6 * len(name)
    return "".join(parts)


def picture(host):
    runs = list(host.runs.values())
    height = TOP + len(runs) * (HEAD + PANEL + FOOT)
    meta = runs[0].meta
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" '
        f'height="{height}" viewBox="0 0 {WIDTH} {height}" role="img">\n',
        "<!-- SPDX-License-Identifier: GPL-2.0-only -->\n", style(),
        f'<rect width="{WIDTH}" height="{height}" class="paper"/>\n',
        label(16, 28, "title", "VM exits per second while Linux boots: "
              f"{meta['vendor']}"),
        label(16, 48, "soft", f"Linux {meta['kernel']}, guest and host; seconds"
              " of an emulated host, which mean little"),
        legend(host, 70),
    ]
    parts += [panel(run, TOP + i * (HEAD + PANEL + FOOT))
              for i, run in enumerate(runs)]
    return "".join(parts) + "</svg>\n"
