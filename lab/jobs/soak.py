#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Has compare judge right counters, over and over; none of them may be blamed.

The guests have 1 to 4 vCPUs and do random mixes of work that exits.  compare watches
them from their start, from a stop in the middle of their work or, on AMD, while they
run.  They read their leaves when the work is done or, two of three of those with
several vCPUs, while it is; and the host reads KVM's counters all the while, for a
third of the guests alone.  All must be BALANCED.

An exit is reconciled if both books have it and compare has held them against each
other.  Of a guest that was there before compare, these are the exits between the first
and the last read that compare saw.

Exit status: 0 if all runs were balanced, no exit was missing, and the default run has
reconciled ten million exits or more; 1 if not; 125 if the lab failed.
"""

import json
import os
import random
import secrets
import sys
from dataclasses import dataclass, field

sys.dont_write_bytecode = True

import hosts  # noqa: E402

VENDORS = ("amd", "intel")
# The exits that a default run must reconcile, over all hosts.
ENOUGH = 10_000_000

# The kinds of work that both vendors count exactly once each time.  A local APIC of KVM's does not go with HLT
# exits to userspace, so a guest does work of one of these lists.
KINDS = ("cpuid", "out", "in", "hlt", "rdmsr", "wrmsr", "vmcall", "wbinvd", "rdpmc",
         "ud2", "write_cr0", "write_cr4")
APIC_KINDS = ("cpuid", "out", "in", "rdmsr", "vmcall", "ud2", "tsc_far", "self_ipi")
# The most of a kind in a lap; kinds that are slow, or wait, have a part of it.
MOST_OF_A_KIND = 25
PART = {"out": 4, "in": 4, "hlt": 8, "ud2": 8, "wbinvd": 4, "self_ipi": 4}

# The micro-guest's own limits: laps, and reads of its leaves while it works.
MOST_LAPS = 4096
LEAST_READS, MOST_READS = 10, 80
# A guest with fewer exits may have ended before compare is there.
RUNNING_EXITS = 50_000


@dataclass
class Guest:
    """A micro-guest, and how compare comes to it."""

    how: str  # alone, late, running, host or host_late, as the scenario has them
    vcpus: int
    laps: int
    options: list
    work: dict  # kind -> how many in a lap

    def row(self, number):
        """The row that the scenario compare-rows.sh is told."""
        work = [f"{kind}={count}" for kind, count in self.work.items()]
        return " ".join([str(number), "-", "-", self.how, "--vcpus",
                         str(self.vcpus), "--laps", str(self.laps),
                         *self.options, *work])


def random_work(rng):
    """Up to five kinds of work, in the order in which the guest does them."""
    kinds = rng.choice((APIC_KINDS, KINDS, KINDS))
    picked = set(rng.choices(kinds, k=rng.randint(1, 5)))
    return {kind: rng.randint(1, MOST_OF_A_KIND // PART.get(kind, 1) + 1)
            for kind in kinds if kind in picked}


def random_guest(rng, exits, vendor):
    """A guest that has about @exits exits."""
    vcpus = rng.randint(1, 4)
    work = random_work(rng)
    reads_meanwhile = vcpus > 1 and rng.randint(0, 2) > 0
    # The vCPU that reads while the others work does no work itself.
    workers = vcpus - reads_meanwhile
    laps = exits // sum(work.values()) // workers + 2
    while laps > MOST_LAPS:
        laps //= 2
        work = {kind: 2 * count for kind, count in work.items()}
    how = rng.choice(("alone", "late"))
    options = []
    if rng.randint(0, 2) == 0:
        return Guest({"alone": "host", "late": "host_late"}[how], vcpus, laps,
                     options, work)
    if reads_meanwhile:
        reads = min(max(exits // 100, LEAST_READS), MOST_READS)
        options = ["--meanwhile", "--reads", str(reads)]
        if how == "late" and vendor == "amd" and exits >= RUNNING_EXITS:
            how = rng.choice(("late", "running"))
    elif how == "late":
        options = ["--reads", "4"]
    if how == "late":
        options.append("--stop")
    return Guest(how, vcpus, laps, options, work)


@dataclass
class Books:
    """Sums over runs."""

    runs: int = 0
    balanced: int = 0
    reconciled: int = 0
    exits: int = 0  # all that the VMs had, whoever has seen them
    difference: int = 0  # of either sign

    def add(self, other):
        """Add @other's sums to these."""
        for name in vars(self):
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def __str__(self):
        return (f"{self.balanced} of {self.runs} runs balanced, "
                f"{self.reconciled} of {self.exits} exits reconciled, "
                f"difference {self.difference}")


@dataclass
class Soak:
    """The runs on one host."""

    vendor: str
    kernel: str
    out: str
    runs: int
    exits: int
    seed: int
    rows: list = field(default_factory=list)

    @property
    def name(self):
        """The host's name in the output."""
        return f"{self.vendor} {self.kernel}"

    def start(self):
        """Pick the guests and start the host."""
        rng = random.Random(self.seed)
        # Half of the guests are there before compare; about half of their exits
        # are reconciled.
        each = self.exits * 4 // 3 // self.runs
        self.rows = [random_guest(rng, each, self.vendor).row(number)
                     for number in range(self.runs)]
        # Two CPUs, where the emulator can have them: others are in the guest
        # while one reads.
        cpus = 2 if self.vendor == "amd" else 1
        hosts.say(f"          {self.name}: {self.runs} runs, seed {self.seed}")
        return hosts.Host(
            self.vendor, self.kernel, self.out, "compare-rows.sh",
            ["--cpus", str(cpus), "--timeout", "7200"],
            {"READER": "all", "READ": "", "READS": "", "EVERY": self.runs // 10 + 1,
             "ROWS": "\n".join(self.rows)}, f"{self.name}: ")

    def _file(self, name):
        return os.path.join(self.out, name)

    def _text(self, name):
        try:
            with open(self._file(name), encoding="utf-8", errors="replace") as file:
                return file.read()
        except OSError:
            return ""

    def keep_rows(self):
        """Put the guests beside their books, for those who want them again."""
        with open(self._file("rows.txt"), "w", encoding="utf-8") as file:
            file.writelines(f"{row}\n" for row in self.rows)

    def _books(self, number):
        """The books of a run that was balanced."""
        name = f"{number}.total"
        try:
            books = json.loads("{" + self._text(name) + "}")
            total = books["total"]
            # Where compare came late, it tells how many KVM had counted before.
            return Books(balanced=1, reconciled=books["reconciled"],
                         exits=total["kernel"] + total.get("kernel_first", 0),
                         difference=abs(total["difference"]))
        except (ValueError, KeyError) as error:
            raise hosts.LabError(f"{self._file(name)} is damaged: {error}") from None

    def add_up(self):
        """The sums of the results that are there.  Shows each run that was not
        balanced."""
        rows = self._text("rows.txt").splitlines()
        sums = Books(runs=self.runs)
        for number in range(self.runs):
            status = self._text(f"{number}.status").strip() or "none"
            if status == "0":
                sums.add(self._books(number))
                continue
            row = rows[number] if number < len(rows) else str(number)
            hosts.say(f"NOT BALANCED (status {status}): {row}")
            for line in self._text(f"{number}.txt").splitlines():
                hosts.say("    " + line)
        hosts.say(f"{self.name}: {sums}")
        return sums


def options():
    """The job's options."""
    parser = hosts.Parser(__doc__)
    parser.add_argument("--vendor", choices=VENDORS,
                        help="this vendor's hosts alone (default: both)")
    parser.add_argument("--kernel", metavar="SERIES",
                        help="this kernel alone (default: all that are prepared)")
    parser.add_argument("--runs", type=hosts.positive, metavar="N",
                        help="guests on each host (default: 70; Intel, which is "
                        "slow: 30)")
    parser.add_argument("--exits", type=hosts.positive, metavar="N",
                        help="exits that are reconciled on each host, about "
                        "(default: 5600000; Intel: 60000)")
    parser.add_argument("--seed", type=int, metavar="N",
                        help="of the random numbers (default: another one each "
                        "time, which is shown)")
    parser.add_argument("--out", metavar="DIR",
                        default=os.path.join(hosts.BUILD, "results", "soak"),
                        help="where each host's results are put, in a folder of "
                        "its own (default: build/results/soak)")
    parser.add_argument("--again", action="store_true",
                        help="add up the results that are there")
    return parser.parse_args()


def plan(asked):
    """Which hosts there are to be: those of each vendor."""
    kernels = [asked.kernel] if asked.kernel else hosts.series("prepared")
    if not kernels:
        raise hosts.LabError("no kernel is prepared; run lab/setup/prepare.sh --available")
    seed = asked.seed if asked.seed is not None else secrets.randbits(31)
    plans = []
    for vendor in [asked.vendor] if asked.vendor else VENDORS:
        amd = vendor == "amd"
        plans.append([])
        for kernel in kernels:
            plans[-1].append(Soak(
                vendor, kernel, os.path.join(asked.out, f"{vendor}-{kernel}"),
                asked.runs or (70 if amd else 30),
                asked.exits or (5_600_000 if amd else 60_000), seed))
            seed += 1
    return plans


def main():
    """The job; returns its exit status."""
    asked = options()
    smaller = asked.vendor or asked.kernel or asked.runs or asked.exits
    sums = Books()
    for soaks in plan(asked):
        if not asked.again:
            # A vendor's kernels side by side: each host keeps one processor busy.
            hosts.run_hosts([soak.start for soak in soaks])
            for soak in soaks:
                soak.keep_rows()
        for soak in soaks:
            sums.add(soak.add_up())
    hosts.say(f"in all: {sums}")
    enough = sums.reconciled >= (1 if smaller else ENOUGH)
    return int(not (sums.balanced == sums.runs and not sums.difference and enough))


if __name__ == "__main__":
    hosts.run_job(main)
