#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The manual pages are complete and readable: every command has a page with all sections.
The page has each option of --help, with its argument and two sentences, and no wide line.
It says which options are refused together."""

import glob
import os
import re
import subprocess
import sys

os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
sys.dont_write_bytecode = True
sys.path.insert(0, "tests")
import tap  # noqa: E402

BUILD = os.environ.get("BUILD", "build")
WIDTH = 80
# Commands that have no page of their own, and the command whose page describes them.
SHARED = {"mark": "record", "snapshot": "record"}
# Options that are refused together; a word in front of them is a file.
REFUSED = {
    "monitor": ["--count-only --by=port", "--count-only --fast", "--count-only --off-cpu",
                "--count-only --slower-than=1ms", "--json --csv", "--json --columns=exits",
                "--count-only --json --histograms", "--top --by-vcpu", "--top --json",
                "--top --csv", "--top --columns=exits", "--top --slower-than=1ms",
                "--top --histograms", "--csv --sort=time"],
    "record": ["-o x --count-only --by=port", "-o x --count-only --fast",
               "-o x --count-only --off-cpu", "-o x --count-only --slower-than=1ms",
               "-o x --book=kernel --attach=tp", "-o x --book=kernel --count-only",
               "-o x --book=kernel --off-cpu", "-o x --keep=1h --detail=2h"],
    "export": ["--count-only --by=port", "--histograms=vm --count-only",
               "--replay=x --at-once --speed=2", "--book=kernel --attach=tp"],
    "replay": ["x --fine --vcpu=1", "x --fine --by-vcpu", "x --json --fine --histograms",
               "x --top --by-vcpu", "x --top --columns=exits", "x --json --csv",
               "x --json --sort=time"],
    "report": ["x --output=y --text", "x --output=y --json"],
    "bench": ["--rounds=4 --time=1m"],
    "compare": ["--watch --guest-report=x", "--for=1 --guest-report=x --read=y",
                "--replay=x --attach=auto", "--replay=x --reader=host",
                "--replay=x --user=root", "--for=1 --reader=host --read=y",
                "--for=1 --reader=host --guest-report=x", "--leaves=x --replay=y",
                "--leaves=x --watch"],
}
SECTIONS = ["SYNOPSIS", "DESCRIPTION", "OPTIONS", "OUTPUT", "OVERHEAD", "EXAMPLES",
            "EXIT STATUS", "SEE ALSO"]


def out(*argv):
    """Return the standard output of a program that must succeed."""
    return subprocess.run(argv, check=True, stdout=subprocess.PIPE, text=True).stdout


def read(name):
    """Return the text of a page."""
    with open(name, encoding="utf-8") as page:
        return page.read()


def options(text):
    """Return the options of --help as pages write them: "-i TIME, --interval=TIME"."""
    found = set()
    for line in text.splitlines():
        row = re.match(r" {2,6}(?:-(\w), )?--([a-z-]+)(\[?)(?:=([A-Z|,.]+)\]?)?(?: |$)", line)
        if row and row[2] not in ("help", "usage", "version"):
            letter, name, optional, value = row.groups()
            short = "" if not letter else f"-{letter}{' ' + value if value and not optional else ''}, "
            long = f"--{name}" + (f"[={value}]" if optional else f"={value}" if value else "")
            found.add(short + long)
    return found


def sections(text):
    """Return the titles of a page's sections, in their order."""
    return re.findall(r"(?m)^([A-Z][A-Z0-9 ]+)\n=+$", text)


def described(text):
    """Return the options that a page describes, with their texts."""
    body = re.search(r"(?ms)^OPTIONS\n=+\n(.*?)(?=^[A-Z][A-Z ]+\n=+$)", text)[1]
    found = {}
    for term, lines in re.findall(r"(?m)^(-(?:\w|-[a-z]).*)\n((?:(?: {3}.*)?\n)+)", body):
        found[term.replace("\\", "")] = " ".join(lines.split())
    return found


def looks(name, text):
    """Check that a page is narrow enough, and is a manual page."""
    wide = [number for number, line in enumerate(text.split("\n"), 1) if len(line) > WIDTH]
    tap.ok(f"{name}: no line is wider than {WIDTH} columns", not wide, f"lines {wide}")
    run = subprocess.run(["rst2man", name, "/dev/null"], check=False, stderr=subprocess.PIPE)
    tap.ok(f"{name}: is a manual page without a warning", not run.returncode and not run.stderr,
           run.stderr)


def commands():
    """Return the commands that exitledger --help lists."""
    return re.findall(r"(?m)^  ([a-z]+)  ", out(f"{BUILD}/bin/exitledger", "--help"))


def options_page(name, argv, text):
    """The options of a command and those of its page are the same."""
    wanted, given = options(out(*argv, "--help")), described(text)
    tap.ok(f"{name}: has the options of --help, with their arguments", wanted <= set(given),
           wanted - set(given))
    tap.ok(f"{name}: and no others", set(given) <= wanted, set(given) - wanted)
    short = [term for term, words in given.items()
             if len(re.findall(r"\.(?: |$)", words)) < 2]
    tap.ok(f"{name}: each option says what it does, and when to use it", not short, short)


def refused():
    """Options that are refused together: the text of one of the last two names the other."""
    for command, lines in REFUSED.items():
        page = f"docs/exitledger-{command}.1.rst"
        given = described(read(page))
        for line in lines:
            run = subprocess.run([f"{BUILD}/bin/exitledger", command, *line.split()], check=False,
                                 stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT, text=True)
            tap.ok(f"{command} {line}: is refused", run.returncode == 64, run.stdout)
            one, other = [word.split("=")[0] for word in line.split()[-2:]]
            said = any(re.search(rf"(?:^|, ){a}(?:=|$)", term)
                       and re.search(rf"\*\*{b}\b(?!-)", words)
                       for term, words in given.items() for a, b in ((one, other), (other, one)))
            tap.ok(f"{page}: {one} and {other}, which exclude each other", said)


def main():
    """Check all pages, and all programs that must have a page."""
    programs = {f"exitledger-{name}": [f"{BUILD}/bin/exitledger", name] for name in commands()
                if name not in SHARED}
    programs |= {name: [f"{BUILD}/guest/{name}"] for name in ("exitleaf", "exitwork")}
    tap.ok("there are commands", len(programs) > 5, programs)
    overview = read("docs/exitledger.1.rst")
    for name in commands():
        tap.ok(f"docs/exitledger.1.rst: names {name}", f"**exitledger {name}**" in overview)
    for name in SHARED:
        tap.ok(f"the page of {SHARED[name]} has {name}",
               f"**exitledger {name}**" in read(f"docs/exitledger-{SHARED[name]}.1.rst"))
    for name, argv in programs.items():
        page = f"docs/{name}.1.rst"
        there = os.path.exists(page)
        tap.ok(f"{page}: is there", there)
        if there:
            options_page(page, argv, read(page))
    for page in sorted(glob.glob("docs/*.1.rst")):
        text = read(page)
        looks(page, text)
        there = [title for title in sections(text) if title in SECTIONS]
        tap.ok(f"{page}: has all sections, in their order", there == SECTIONS, there)
        examples = text.split("\nEXAMPLES\n")[-1].split("\nEXIT STATUS\n")[0]
        tap.ok(f"{page}: has examples to type", re.search(r"(?m)^   (\$ )?\S*exit", examples))
        tap.ok(f"{page}: the overview names it", page == "docs/exitledger.1.rst" or
               f"**{os.path.basename(page)[:-6]}**\\(1)" in overview)
    refused()
    for page in sorted(glob.glob("docs/*.5.rst")):
        looks(page, read(page))
        tap.ok(f"{page}: the overview names it",
               f"**{os.path.basename(page)[:-6]}**\\(5)" in overview)
    tap.done()


main()
