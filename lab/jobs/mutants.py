#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Has compare judge books with mistakes, of KVM or of BPF.

The mistakes are those of mutants.txt.  Shows which were caught, by which rule, and the
words of compare.  Each must be caught by the rule that the table names, and no right
number may be accused.

Exit status: 0 if all were caught and no right counter was blamed; 1 if not; 125 if
the lab failed.
"""

import json
import os
import re
import sys
from dataclasses import dataclass, field

sys.dont_write_bytecode = True

import hosts  # noqa: E402

TABLE = os.path.join(hosts.LAB, "jobs", "mutants.txt")
# Where mistakes are described: KIND(NAME, "mutant", "what it does")
DESCRIPTIONS = ("kvm-instrumentation/faults/exit_mutants.def",
                "lab/faults/observer_faults.def")

# The exit reasons that mutants.txt names, as each vendor numbers them.
REASONS = {
    "amd": {"IO": "0x07b", "HLT": "0x078", "HLT+1": "0x079", "CPUID": "0x072",
            "MSR": "0x07c", "CALL": "0x081", "INTR": "0x060", "NPF": "0x400",
            "ERR": "0xffffffff", "LAST": "0x0a6"},
    "intel": {"IO": "0x01e", "HLT": "0x00c", "HLT+1": "0x00d", "CPUID": "0x00a",
              "RDMSR": "0x01f", "WRMSR": "0x020", "CALL": "0x012", "INTR": "0x001",
              "STATE": "0x021", "EPT": "0x030"},
}
# The names that are the same for both vendors.
COMMON = {"UNDEFINED": "UNKNOWN", "LEAF_F": "0x4fffffff", "LEAF_E": "0x4ffffffe",
          "LEAF_D": "0x4ffffffd", "LEAF_C": "0x4ffffffc", "LEAF_B": "0x4ffffffb"}

# The subject of a finding, by its text.
SUBJECTS = ((re.compile(r"total exits"), "total"),
            (re.compile(r"total time"), "t:total"),
            (re.compile(r"exits for ([^ :(]*)"), r"\1"),
            (re.compile(r"time for ([^ :(]*)"), r"t:\1"),
            (re.compile(r"leaf ([^ ]*)"), r"\1"))


@dataclass
class Row:
    """A mistake, and how it must be caught: a row of mutants.txt."""

    mutant: str
    book: str  # kvm, bpf, or - for none
    rule: str
    accused: list  # the rule must accuse the first one; "*" is any
    run: str

    @property
    def right(self):
        """True if the books have no mistake and must be found balanced."""
        return self.rule in ("BALANCED", "dropped")

    def expected(self):
        """Return the expected verdict, and compare's exit status for it."""
        if self.right:
            return "BALANCED", "0"
        # The observer notices these losses itself.
        if self.rule in ("incomplete", "late"):
            return "INCONCLUSIVE", "2"
        return "DISCREPANCY", "1"


def accused(text, vendor):
    """Return reasons and leaves by @vendor's numbers; times have a "t:" before them."""
    names = REASONS[vendor] | COMMON
    words = []
    for word in text.split(","):
        time, name = ("t:", word[2:]) if word.startswith("t:") else ("", word)
        words.append(time + names.get(name, name))
    return words


def read_table(vendor, only):
    """Return the rows that @vendor's host can run; @only: limit them to these mutants."""
    rows = []
    with open(TABLE, encoding="utf-8") as file:
        for line in file:
            if line.startswith("#") or not line.strip():
                continue
            mutant, book, where, rule, who, run = line.split(None, 5)
            if where in ("both", vendor) and (not only or mutant in only):
                rows.append(Row(mutant, book, rule, accused(who, vendor),
                                run.rstrip()))
    return rows


def descriptions():
    """Return {mutant: its description}."""
    texts = {"none": "no mistake"}
    for path in DESCRIPTIONS:
        with open(os.path.join(hosts.TOP, path), encoding="utf-8") as file:
            texts |= re.findall(r'^[A-Z]*\([A-Z0-9_]*, "([^"]*)", "(.*)"\)',
                                file.read(), re.MULTILINE)
    return texts


def subject(text):
    """Return the subject of a finding, as accused() names it."""
    for pattern, name in SUBJECTS:
        match = pattern.match(text)
        if match:
            return match.expand(name)
    return "-"


@dataclass
class Result:
    """The verdict of compare on a row's books."""

    verdict: str = ""
    status: str = ""
    findings: list = field(default_factory=list)  # (rule, subject, text)
    lost: list = field(default_factory=list)  # losses that the observer reports
    dropped: list = field(default_factory=list)  # times that KVM reports as dropped

    @classmethod
    def read(cls, folder, number):
        """Read the result of row @number; a file that is missing gives empty values."""
        def text(name):
            try:
                with open(os.path.join(folder, f"{number}.{name}"),
                          encoding="utf-8", errors="replace") as file:
                    return file.read()
            except FileNotFoundError:
                return ""

        printed = text("txt")
        verdicts = re.findall(r"^verdict  (.*)$", printed, re.MULTILINE)
        try:
            books = json.loads(text("json") or "{}")
        except ValueError as error:
            raise hosts.LabError(f"{folder}/{number}.json is damaged: {error}"
                                 ) from None
        findings = [(found["rule"], subject(found["text"]), found["text"])
                    for found in books.get("result", {}).get("findings", [])]
        return cls(" ".join(verdicts), text("status").strip(), findings,
                   re.findall(r"^lost +(.*)$", printed, re.MULTILINE),
                   re.findall(r"^ *(\d+ times are not compared): KVM dropped",
                              printed, re.MULTILINE))

    def judge(self, row):
        """Return (the finding that caught the mistake, an objection to the result); one
        or both of them are empty."""
        if (self.verdict, self.status) != row.expected():
            return "", (f"verdict and exit status are "
                        f"'{self.verdict} {self.status}'")
        if row.rule == "dropped" and not self.dropped:
            return "", "it is not said that KVM dropped time"
        if row.right:
            return "".join(self.dropped), ""
        first, caught, wrong = row.accused[0], "", ""
        for rule, what, text in self.findings:
            if not caught and rule == row.rule and first in ("*", what):
                caught = text
            if what not in row.accused and "*" not in row.accused:
                wrong = f"an innocent is blamed: {text}"
        if not caught and not wrong:
            wrong = f"{row.rule} does not accuse {first}"
        if row.rule == "incomplete" and not self.lost:
            wrong = "it is not said what was lost"
        return caught, wrong


def table(rows, folder):
    """Return the lines of the table, and the number of rows that are wrong."""
    lines = [f"{'MUTANT':<16} {'BOOK':<4}  {'VERDICT':<12} CAUGHT BY"]
    texts, wrongs = descriptions(), 0
    for number, row in enumerate(rows):
        result = Result.read(folder, number)
        caught, wrong = result.judge(row)
        by = f"WRONG: {wrong}" if wrong else row.rule if caught else "-"
        lines.append(f"{row.mutant:<16} {row.book:<4}  {result.verdict:<12} {by}")
        lines.append(f"    {texts.get(row.mutant, '')} ({row.run})")
        if wrong:
            wrongs += 1
            lines += [f"        {'|'.join(found)}" for found in result.findings]
        elif caught:
            lines.append(f"    {caught}")
            if row.rule == "incomplete":
                lines += [f"    lost: {lost}" for lost in result.lost]
    return lines, wrongs


def options():
    """Parse the job's options."""
    parser = hosts.Parser(__doc__)
    parser.add_argument("--vendor", choices=tuple(REASONS), default="amd",
                        help="the vendor of the host's processor (default: amd)")
    parser.add_argument("--kernel", metavar="SERIES",
                        help="the host's kernel (default: this distribution's own)")
    parser.add_argument("--out", metavar="DIR",
                        help="the folder for the results and for the table, table.txt "
                        "(default: build/results/mutants-VENDOR-SERIES)")
    parser.add_argument("--again", action="store_true",
                        help="judge the existing results of a run with the same "
                        "arguments")
    parser.add_argument("--rows", action="store_true",
                        help="only print the rows for the scenario compare-rows.sh")
    parser.add_argument("mutants", metavar="MUTANT", nargs="*",
                        help="a mutant of mutants.txt (default: all that the host can run)")
    asked = parser.parse_args()
    asked.kernel = asked.kernel or hosts.series("default")[0]
    asked.out = asked.out or os.path.join(
        hosts.BUILD, "results", f"mutants-{asked.vendor}-{asked.kernel}")
    return asked


def main():
    """Do the job; return its exit status."""
    asked = options()
    rows = read_table(asked.vendor, asked.mutants)
    unknown = set(asked.mutants) - {row.mutant for row in rows}
    if unknown or not rows:
        hosts.complain(f"lab/jobs/mutants.txt has no mutant {' '.join(sorted(unknown))} "
                       f"for {asked.vendor}")
        return 1
    told = "\n".join(f"{number} {row.book} {row.mutant} {row.run}"
                     for number, row in enumerate(rows))
    if asked.rows:
        hosts.say(told)
        return 0
    if asked.again:
        if not os.path.isdir(asked.out):
            raise hosts.LabError(f"no results in {asked.out}; run without --again")
    else:
        # Most of these books must not balance, which is no reason not to try again.
        os.environ["LAB_MISTAKES"] = "1"
        modules = os.path.join(hosts.BUILD, "modules", asked.kernel, "fault-mutants")
        hosts.run_hosts([lambda: hosts.Host(
            asked.vendor, asked.kernel, asked.out, "compare-rows.sh",
            ["--modules", modules, "--timeout", "5400"], {"ROWS": told})])
    lines, wrongs = table(rows, asked.out)
    with open(os.path.join(asked.out, "table.txt"), "w", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in lines)
    hosts.say("\n".join(lines))
    hosts.say()
    where = f"{asked.vendor} {asked.kernel}"
    if wrongs:
        hosts.complain(f"{where}: {wrongs} of {len(rows)} rows are wrong")
        return 1
    right = sum(row.right for row in rows)
    hosts.say(f"{where}: {len(rows) - right} mistakes caught, "
              f"{right} right books balanced")
    return 0


if __name__ == "__main__":
    hosts.run_job(main)
