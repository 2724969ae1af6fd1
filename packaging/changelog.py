#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""usage: changelog.py deb|rpm VERSION RELEASE SUITE SECONDS

Prints CHANGELOG.md as the changelog of a package.  VERSION must be the newest one in it;
RELEASE is appended to each version; SECONDS is the time of the release, since 1970."""

import email.utils
import sys
import textwrap
import time

WHO = "exitledger maintainers <maintainers@exitledger.example>"


def releases():
    """[version, [change]] of each release, the newest first"""
    found = []
    with open("CHANGELOG.md", encoding="utf-8") as source:
        for line in source:
            if line.startswith("## "):
                found.append([line.split()[1], []])
            elif line.startswith("- "):
                found[-1][1].append([line[2:].strip()])
            elif line.startswith("  ") and found and found[-1][1]:
                found[-1][1][-1].append(line.strip())
    return found


def main():
    """Print all releases in the format of the package."""
    if len(sys.argv) != 6 or sys.argv[1] not in ("deb", "rpm"):
        sys.exit(__doc__)
    kind, version, release, suite, seconds = sys.argv[1:]
    found = releases()
    if not found or found[0][0] != version:
        sys.exit(f"changelog.py: CHANGELOG.md does not begin with {version},"
                 " which is the version in the Makefile")
    for number, changes in found:
        # Backquotes are markup of CHANGELOG.md; a package's changelog has no markup.
        changes = [" ".join(change).replace("`", "") for change in changes]
        if kind == "rpm":
            day = time.strftime("%a %b %d %Y", time.gmtime(int(seconds)))
            print(f"* {day} {WHO} - {number}-{release}")
            print("".join(f"- {change}\n" for change in changes))
            continue
        print(f"exitledger ({number}{release}) {suite}; urgency=medium\n")
        for change in changes:
            print(textwrap.fill(change, 76, initial_indent="  * ",
                                subsequent_indent="    ", break_on_hyphens=False))
        day = email.utils.formatdate(int(seconds)).replace("-0000", "+0000")
        print(f"\n -- {WHO}  {day}\n")


main()
