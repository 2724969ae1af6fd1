#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Runs shellcheck, and finds shell functions that rely on `set -e` where it is ignored.

usage: shellcheck.py SCRIPT...

In a condition (`if f`, `f || ...`, `f && ...`, `! f`) the shell ignores `set -e`: a
function that is called there continues after a failed command.  shellcheck finds such
calls (SC2310).  They are allowed if the function cannot continue after a failure: it is
a single condition, or each command before its last one handles a failure itself
(`|| return`, `|| die ...`) or cannot fail.

Prints a line for each other call, and for each other warning of shellcheck; returns 1 if
it printed any line.
"""

import json
import re
import subprocess
import sys

# Commands before a function's last one that cannot fail, or handle a failure.
HARMLESS = re.compile(r"""
    (local|shift|return|exit|die|note|printf|echo|cd\ /$|:|set\ [-+]e)\b(?!.*\$\() |
    [A-Za-z_]\w*(\[[^]]*\])?\+?=(?!.*\$\() |          # an assignment of no output
    .*\|\|\s*(return|die|exit|true|\w+=|\{|\(\() |
    ((?:\[\[|\(\().*(?:\]\]|\)\)))\s*\|\||            # a condition with an alternative
    .*\)\s+(\w+=[^$]*|(echo|return)\ [^$]*);;$ |      # a case that only sets or prints
    .*\)\s+(\(\(.*\)\)|\[\[.*\]\])\s*;;$ |           # a case that is one condition
    .*\)\s+die\ .*;;$ |
    (if|elif|while|until|for|case|else|then|fi|done|esac|do|\}|\)|;;)
""", re.X)


def functions(path, found):
    """Add the functions of a script as NAME -> (path, body lines)."""
    with open(path, encoding="utf-8") as file:
        lines = file.read().split("\n")
    for nr, line in enumerate(lines):
        one = re.match(r"(\w+)\(\) [{(] (.*);? [})]$", line)
        if one:
            found.setdefault(one[1], []).append((path, [one[2]]))
            continue
        start = re.match(r"(\w+)\(\) ([{(])", line)
        if start:
            end = {"{": "}", "(": ")"}[start[2]]
            stop = next(i for i in range(nr + 1, len(lines)) if lines[i] == end)
            found.setdefault(start[1], []).append((path, lines[nr + 1:stop]))


def statements(body):
    """Yield the commands of a function as strings, without comments."""
    text, quoted = "", False
    for line in body:
        stripped = line.strip()
        if not quoted and (not stripped or stripped.startswith("#")):
            continue
        text += ("" if quoted else " ") + stripped
        # A string in single quotes can span lines, as awk programs do.
        bare = re.sub(r"\\'|\"[^\"']*\"", "", line)
        quoted ^= bare.count("'") % 2 == 1
        if quoted or stripped.endswith(("\\", "|", "||", "&&", "$(", "(", "{")):
            text = text.rstrip("\\")
            continue
        yield text.strip()
        text = ""
    if text.strip():
        yield text.strip()


def goes_on(body):
    """Return the first command of a function whose failure would be ignored, or None."""
    commands = [c for c in statements(body) if not re.match(r"local( \w+)*$", c)]
    for command in commands[:-1]:
        if not HARMLESS.match(command):
            return command
    return None


def notes_of(scripts):
    """Return shellcheck's findings as dictionaries."""
    output = subprocess.run(
        ["shellcheck", "-x", "--enable=check-set-e-suppressed", "-f", "json", *scripts],
        stdout=subprocess.PIPE, check=False, encoding="utf-8").stdout
    return json.loads(output)


def calls(notes):
    """Yield (path, line, function) of each call in a condition."""
    for note in notes:
        with open(note["file"], encoding="utf-8") as file:
            line = file.read().split("\n")[note["line"] - 1].expandtabs(8)
        word = re.match(r"\w+", line[note["column"] - 1:])
        if word:
            yield note["file"], note["line"], word[0]


def main(scripts):
    found, bad = {}, set()
    for path in scripts:
        functions(path, found)
    notes = notes_of(scripts)
    for note in notes:
        # SC2310 is judged below.  SC2311 is about functions in command substitutions,
        # where inherit_errexit keeps `set -e`.
        if note["code"] not in (2310, 2311):
            bad.add(f"{note['file']}:{note['line']}: {note['message']} "
                    f"[SC{note['code']}]")
    for path, line, name in calls(n for n in notes if n["code"] == 2310):
        for where, body in found.get(name, []):
            command = goes_on(body)
            if command and (where == path or len(found[name]) == 1):
                bad.add(f"{path}:{line}: {name}() is called in a condition, where it "
                        f"would go on after a failure of: {command}")
    for line in sorted(bad):
        print(line)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
