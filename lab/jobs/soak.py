#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Has compare judge right counters, over and over; none of them may be blamed.

The guests have 1 to 4 vCPUs and do random mixes of work that causes exits.  compare
watches a guest from its start, from a stop in the middle of its work or, on AMD, from some
moment while it runs.  The guests read their leaves after the work; two of three guests with
several vCPUs read them during the work instead.  The host reads KVM's counters all the
time; for a third of the guests, only the host reads them.  All must be BALANCED.

An exit is reconciled if both books have it and compare has checked them against each
other.  Of a guest that ran before compare, these are the exits between the first and the
last read that compare saw.

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

# The kinds of work that both vendors count exactly once each time.  With KVM's local APIC,
# HLT does not exit to userspace, so a guest does work of only one of these lists.
KINDS = ("cpuid", "out", "in", "hlt", "rdmsr", "wrmsr", "vmcall", "wbinvd", "rdpmc",
         "ud2", "write_cr0", "write_cr4")
APIC_KINDS = ("cpuid", "out", "in", "rdmsr", "vmcall", "ud2", "tsc_far", "self_ipi")
# The most repetitions of a kind in a lap, and the divisors of it for kinds that are slow.
MOST_OF_A_KIND = 25
PART = {"out": 4, "in": 4, "hlt": 8, "ud2": 8, "wbinvd": 4, "self_ipi": 4}

# The micro-guest's own limits: laps, and reads of its leaves while it works.
MOST_LAPS = 4096
LEAST_READS, MOST_READS = 10, 80
# A guest with fewer exits may end before compare has begun.
RUNNING_EXITS = 50_000


@dataclass
class Guest:
    """A micro-guest, and how compare meets it."""

    how: str  # alone, late, running, host or host_late: a word of the scenario
    vcpus: int
    laps: int
    options: list
    work: dict  # kind -> repetitions in a lap

    def row(self, number):
        """Return the guest's row for the scenario compare-rows.sh."""
        work = [f"{kind}={count}" for kind, count in self.work.items()]
        return " ".join([str(number), "-", "-", self.how, "--vcpus",
                         str(self.vcpus), "--laps", str(self.laps),
                         *self.options, *work])


def random_work(rng):
    """Return up to five kinds of work, in the order in which the guest does them."""
    kinds = rng.choice((APIC_KINDS, KINDS, KINDS))
    picked = set(rng.choices(kinds, k=rng.randint(1, 5)))
    return {kind: rng.randint(1, MOST_OF_A_KIND // PART.get(kind, 1) + 1)
            for kind in kinds if kind in picked}


def random_guest(rng, exits, vendor):
    """Return a guest that has about @exits exits."""
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
    exits: int = 0  # all exits of the VMs, whether reconciled or not
    difference: int = 0  # the sum of absolute differences

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
        # Half of the guests run before compare; about half of their exits are
        # reconciled.
        each = self.exits * 4 // 3 // self.runs
        self.rows = [random_guest(rng, each, self.vendor).row(number)
                     for number in range(self.runs)]
        # Two CPUs if the emulator can have them: then other vCPUs run in the guest
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
        """Write the guests' rows beside their books, so that they can be run again."""
        with open(self._file("rows.txt"), "w", encoding="utf-8") as file:
            file.writelines(f"{row}\n" for row in self.rows)

    def _books(self, number):
        """Return the books of a balanced run."""
        name = f"{number}.total"
        try:
            books = json.loads("{" + self._text(name) + "}")
            total = books["total"]
            # If compare came late, kernel_first is the number of exits before it.
            return Books(balanced=1, reconciled=books["reconciled"],
                         exits=total["kernel"] + total.get("kernel_first", 0),
                         difference=abs(total["difference"]))
        except (ValueError, KeyError) as error:
            raise hosts.LabError(f"{self._file(name)} is damaged: {error}") from None

    def add_up(self):
        """Return the sums of the existing results, and show each run that was not
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
    """Parse the job's options."""
    parser = hosts.Parser(__doc__)
    parser.add_argument("--vendor", choices=VENDORS,
                        help="use only this vendor's hosts (default: both)")
    parser.add_argument("--kernel", metavar="SERIES",
                        help="use only this kernel (default: all that are prepared)")
    parser.add_argument("--runs", type=hosts.positive, metavar="N",
                        help="number of guests on each host (default: 70; on Intel, "
                        "which is slow: 30)")
    parser.add_argument("--exits", type=hosts.positive, metavar="N",
                        help="approximate number of exits to reconcile on each host "
                        "(default: 5600000; Intel: 60000)")
    parser.add_argument("--seed", type=int, metavar="N",
                        help="seed of the random numbers (default: another one each "
                        "time, which is shown)")
    parser.add_argument("--out", metavar="DIR",
                        default=os.path.join(hosts.BUILD, "results", "soak"),
                        help="the folder for the results, with a folder per host "
                        "(default: build/results/soak)")
    parser.add_argument("--again", action="store_true",
                        help="add up the existing results")
    return parser.parse_args()


def plan(asked):
    """Return the hosts to run: a list per vendor."""
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
    """Do the job; return its exit status."""
    asked = options()
    smaller = asked.vendor or asked.kernel or asked.runs or asked.exits
    sums = Books()
    for soaks in plan(asked):
        if not asked.again:
            # Run a vendor's kernels at the same time: each host keeps one processor busy.
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
