#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Grades the solutions of lab/grade/solutions, and holds each grade against
solutions.txt: the right one must have no complaint, and each mistake must be named.

Exit status: 0 if all grades are as they must be; 1 if not; 125 if the lab failed.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(1, os.path.join(os.path.dirname(HERE), "jobs"))

import hosts  # noqa: E402

# The words of the table, and of grade.py's JSON.
GRADES = {"right": "RIGHT", "wrong": "WRONG", "none": "NO GRADE"}


@dataclass
class Row:
    """A row of solutions.txt."""

    name: str
    leaves: str
    vendor: str
    grade: str
    text: str  # the mistakes, or a part of the line

    def judge(self, data):
        """Return what is not as it must be in a grade; "" if nothing."""
        if data["grade"] != GRADES[self.grade]:
            return f"{data['grade']}, not {GRADES[self.grade]}"
        if self.grade == "none":
            return "" if self.text in data["line"] else f"it says: {data['line']}"
        named = {mistake["name"] for mistake in data["mistakes"]}
        expected = set() if self.text == "-" else set(self.text.split(","))
        return "" if named == expected else f"it names: {','.join(sorted(named)) or 'nothing'}"


def read_table(vendor, only):
    """Return the rows for a vendor's host; @only: limit them to these solutions."""
    rows = []
    with open(os.path.join(HERE, "solutions.txt"), encoding="utf-8") as file:
        for line in file:
            if line.startswith("#") or not line.strip():
                continue
            row = Row(*line.rstrip("\n").split(None, 4))
            if row.vendor == vendor and (not only or row.name in only):
                rows.append(row)
    return rows


def grade(row, asked):
    """Grade a solution; return (grade.py's JSON, its exit status)."""
    folder = os.path.join(hosts.BUILD, "results")
    os.makedirs(folder, exist_ok=True)
    out = os.path.join(folder, f"grade-{row.name}-{row.vendor}.json")
    if os.path.exists(out):
        os.remove(out)
    command = [os.path.join(HERE, "grade.py"), "--vendor", row.vendor, "--kernel", "6.1",
               "--patch", os.path.join(HERE, "solutions", f"{row.name}.patch"),
               "--leaves", os.path.join(HERE, "leaves", f"{row.leaves}.leaves"),
               "--json", out]
    command += [word for word, is_set in (("--quick", asked.quick), ("--again", asked.again))
                if is_set]
    done = subprocess.run(command, check=False)
    if not os.path.exists(out):
        raise hosts.LabError(f"{row.name}: there is no grade (status {done.returncode})")
    with open(out, encoding="utf-8") as file:
        return json.load(file), done.returncode


def options():
    """Parse the job's options."""
    parser = hosts.Parser(__doc__)
    parser.add_argument("--vendor", choices=("amd", "intel"), default="amd",
                        help="the vendor of the host's processor (default: amd)")
    parser.add_argument("--quick", action="store_true", help="run only some of the guests")
    parser.add_argument("--again", action="store_true", help="judge the existing results")
    parser.add_argument("solutions", metavar="SOLUTION", nargs="*",
                        help="a solution of solutions.txt (default: all)")
    return parser.parse_args()


def main():
    """Do the job; return its exit status."""
    asked = options()
    rows = read_table(asked.vendor, asked.solutions)
    unknown = set(asked.solutions) - {row.name for row in rows}
    if unknown or not rows:
        hosts.complain(f"solutions.txt has no solution {' '.join(sorted(unknown))} for "
                       f"{asked.vendor}")
        return hosts.WRONG_USAGE
    lines, wrong = [f"{'SOLUTION':<14} {'GRADE':<9} {'MISTAKES'}"], 0
    for row in rows:
        data, status = grade(row, asked)
        problem = row.judge(data)
        if status != data["status"]:
            problem = problem or f"the exit status is {status}"
        named = ", ".join(mistake["name"] for mistake in data["mistakes"])
        said = named or (data["line"] if row.grade == "none" else "-")
        lines.append(f"{row.name:<14} {data['grade']:<9} "
                     f"{'UNEXPECTED: ' + problem if problem else said}")
        wrong += bool(problem)
    hosts.say("\n".join(lines))
    if wrong:
        hosts.complain(f"{wrong} of {len(rows)} grades are not as they must be")
        return 1
    hosts.say(f"{asked.vendor}: {len(rows)} solutions graded as they must be")
    return 0


if __name__ == "__main__":
    hosts.run_job(main)
