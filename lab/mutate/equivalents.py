# SPDX-License-Identifier: GPL-2.0-only
"""Reads the list of mutants that no test can tell from the original, with reasons.

An entry begins with the file and the function.  Then come the original line, the
line of the mutant, and the reason why the change makes no difference:

    userspace/balance/rules.c find_base
    - size_t more = rules->room ? 2 * rules->room : 64;
    + size_t more = rules->room ? 2 * rules->room : 65;
      This is only how much room is allocated at first.

If an entry has several lines with "+", each is a mutant of the same line.
"""


class BadList(Exception):
    """The list cannot be read."""


def _entry(lines, number, name):
    head = lines[0].split()
    old = [line[2:].strip() for line in lines if line.startswith("- ")]
    new = [line[2:].strip() for line in lines if line.startswith("+ ")]
    why = [line for line in lines if line.startswith("  ") and line.strip()]
    if len(head) != 2 or len(old) != 1 or not new or not why or \
            len(lines) != 1 + len(old) + len(new) + len(why):
        raise BadList(f"{name}:{number}: an entry is a line 'FILE FUNCTION', a "
                      "line '- OLD', lines '+ NEW', and the reason, indented")
    for line in new:
        yield head[0], head[1], old[0], line


def load(name):
    """Return {key of a mutant: its line in the list}."""
    entries = {}
    block, start = [], 0
    with open(name, encoding="utf-8") as file:
        for number, line in enumerate([*file, ""], 1):
            line = line.rstrip()
            if line.startswith("#"):
                continue
            if line:
                start = start if block else number
                block.append(line)
                continue
            if block:
                for key in _entry(block, start, name):
                    if key in entries:
                        raise BadList(f"{name}:{start}: '{key[3]}' is in the "
                                      "list twice")
                    entries[key] = start
            block = []
    return entries
