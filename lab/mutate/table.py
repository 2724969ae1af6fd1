# SPDX-License-Identifier: GPL-2.0-only
"""Keeps the table of files and the fates of their mutants in a Markdown file.

A run writes the rows of its own files; other rows stay as they are.
"""

import os
import re
from collections import Counter

COLUMNS = ("made", "killed", "survived", "listed", "same object",
           "not compilable")
HEAD = """<!-- SPDX-License-Identifier: GPL-2.0-only -->
# The fates of the mutants

`make mutate TABLE={name}` writes this table. Each row shows the last
run of its file. A mutant is one small change of the file's source. Killed mutants made a
unit test fail. No test can tell the listed mutants from the original;
`lab/mutate/equivalents.txt` has the reasons. The compiler makes the same object code from
some changes, and cannot compile others.

"""


class BadTable(Exception):
    """The table cannot be read."""


def row(path, count):
    """Return the cells of a file's row."""
    made = sum(count.values())
    return [path, *(str(made if c == "made" else count[c]) for c in COLUMNS),
            rate(count)]


def rate(count):
    """Return the share of killed mutants among those that a test could have noticed."""
    judged = count["killed"] + count["survived"]
    return f"{100 * count['killed'] / judged:.1f} %" if judged else "-"


def total(by_file):
    """Return the sums of all files' counts."""
    return sum(by_file.values(), Counter())


def as_text(by_file):
    """Return a table for terminals, 80 columns wide."""
    lines = [["FILE", "MADE", "KILLED", "SURVIVED", "LISTED", "SAME", "NO C",
              "RATE"]]
    lines += [row(path, count) for path, count in sorted(by_file.items())]
    widths = [max(map(len, cells)) for cells in zip(*lines)]
    return "\n".join(" ".join(
        cell.rjust(width) if i else cell.ljust(width)
        for i, (cell, width) in enumerate(zip(cells, widths)))
        for cells in lines)


def load(name):
    """Read a table as {file: Counter}; empty if the file does not exist."""
    by_file = {}
    if not os.path.exists(name):
        return by_file
    with open(name, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            if not line.startswith("| `"):
                continue
            if len(cells) != len(COLUMNS) + 2 or \
                    not all(re.fullmatch(r"\d+", c) for c in cells[1:-1]):
                raise BadTable(f"{name}:{number}: a row is a file, "
                               f"{len(COLUMNS)} numbers, and a rate")
            by_file[cells[0].strip("`")] = Counter(
                {c: int(n) for c, n in zip(COLUMNS[1:], cells[2:])})
    return by_file


def save(name, by_file):
    """Write the rows of these files, and keep the rows of other files."""
    rows = load(name)
    rows.update(by_file)
    lines = [["file", *COLUMNS, "killed of those judged"],
             ["---"] + ["--:"] * (len(COLUMNS) + 1)]
    lines += [row(f"`{path}`", count) for path, count in sorted(rows.items())]
    lines.append(row("all", total(rows)))
    with open(name + ".new", "w", encoding="utf-8") as file:
        file.write(HEAD.format(name=name))
        file.writelines(f"| {' | '.join(cells)} |\n" for cells in lines)
    os.replace(name + ".new", name)
