# SPDX-License-Identifier: GPL-2.0-only
"""Judges a grade: what is right, what is wrong, and which mistakes show."""

from dataclasses import dataclass, field

import mistakes
from facts import TELLS

RIGHT, WRONG, OPEN, NO_GRADE = "RIGHT", "WRONG", "INCONCLUSIVE", "NO GRADE"
STATUS = {RIGHT: 0, WRONG: 1, OPEN: 2, NO_GRADE: 3}

# The mistakes that a vendor's lab cannot show, and who can.
BLIND = {
    "amd": "exits that KVM's fast path handles: VENDOR=intel shows them",
    "intel": "cycles that wrap at 2^32: VENDOR=amd shows them",
}
# The part of some exits' time that a handler takes, at least: in the lab it is a half.
LEAST_PART = 0.02
# The known work of the Linux guest of lab/scenarios/grade.sh.
LINUX_CPUIDS = 1000
# Guests that run on one vendor's host only.
ABSENT = {"intel": "a Linux guest: VENDOR=amd has one"}
BLIND_BOTH = "increments that processors do at the same time: the lab has one"


@dataclass
class LeafVerdict:
    """A leaf, judged by all runs."""

    tells: str
    number: int
    verdict: str = OPEN
    reads: int = 0
    time: str = ""  # what the cycles mean: "entry", "handler" or ""
    wrong: list = field(default_factory=list)  # (run, Result)

    def lines(self):
        """Return the evidence, a line per run and reason."""
        return [f"{run}: {result.last['text']} ({result.since()})"
                for run, result in self.wrong]


@dataclass
class Verdict:
    """The whole grade."""

    verdict: str
    line: str  # the verdict in one line
    leaves: list = field(default_factory=list)
    mistakes: list = field(default_factory=list)  # (Mistake, evidence)
    notes: list = field(default_factory=list)

    @property
    def status(self):
        """The exit status."""
        return STATUS[self.verdict]


def no_grade(line, notes=()):
    """Return the verdict for a patch that cannot be graded."""
    return Verdict(NO_GRADE, line, notes=list(notes))


def is_answered(runs, leaves):
    """Does KVM answer the leaves?  Otherwise the total never changes, and no reason is
    undefined."""
    totals = {read[2:] for run in runs.values() for read in run.registers
              if read[0] == leaves.numbers.get("exits")}
    undefined = any(result.data.get("undefined") for run in runs.values()
                    for result in run.results)
    return undefined or len(totals) != 1


def means_handler(wrong, runs):
    """Are times that are less than BPF's those of KVM's handlers alone?  These hold no time
    in user space, asleep, or at the entry, but each has some; and KVM handles some exits by
    itself, so that its handlers take a fair part of their time.  One handler's time is enough
    to see it, as all leaves of a patch have the same times."""
    parts = [result.share for run in runs.values() if run.name == "work"
             for result in run.results if result.is_time and result.wrong]
    return bool(parts) and max(parts) > LEAST_PART and all(
        result.rule == "time" and result.data.get("cycles") for _run, result in wrong)


def judge_leaf(tells, number, runs):
    """Judge a leaf by all runs."""
    leaf = LeafVerdict(tells, number)
    results = [(run.name, result) for run in runs.values() for result in run.results
               if result.tells == tells]
    leaf.reads = sum(result.reads for _run, result in results)
    wrong = [(run, result) for run, result in results if result.wrong]
    if tells.endswith("cycles"):
        judged = [pair for pair in results if pair[1].judged and pair[1].share is not None]
        if wrong and means_handler(wrong, runs):
            leaf.verdict, leaf.time = RIGHT, "handler"
            return leaf
        leaf.time = "entry" if judged and not wrong else ""
    leaf.wrong = wrong
    if wrong:
        leaf.verdict = WRONG
    elif any(result.judged for _run, result in results):
        leaf.verdict = RIGHT
    return leaf


def notes_of(leaves, vendor):
    """Return what else the user should know."""
    notes = []
    if any(leaf.time == "handler" for leaf in leaves):
        notes.append("the cycles are those of KVM's exit handlers alone. exitledger's are "
                     "longer, from the exit to the next entry: with what is done in user "
                     "space, and asleep")
    if vendor in ABSENT:
        notes.append(f"not run here: {ABSENT[vendor]}")
    return notes + [f"not judged here: {BLIND[vendor]}", f"not judged: {BLIND_BOTH}"]


def other_findings(runs):
    """Return discrepancies of other books than the leaves."""
    return [f"{run.name}: {finding['text']}" for run in runs.values()
            for finding in run.findings if finding["rule"] in ("guest", "executed")]


def line_of(runs, judged, found):
    """Return the line of a wrong grade: what is wrong, and which guest has not ended."""
    wrong = sum(leaf.verdict == WRONG for leaf in judged)
    told = f"{wrong} of {len(judged)} leaves are wrong" if wrong else ""
    for run in runs.values():
        if run.hung:
            return f"a guest hangs, {run.name}: " + run.hung_since() + (
                f"; {told}" if told else "; no leaf was wrong until then")
        if run.failed:
            return f"a guest fails, {run.name}" + (f"; {told}" if told else "")
    return told or f"no leaf is wrong, but: {found[0][0].title}"


def linux_note(runs):
    """Say what a Linux guest has shown; [] if there was none, or it was not right."""
    run = runs.get("linux")
    total, cpuids = (run.get("exits"), run.get("reason-exits", "CPUID")) if run else (None, None)
    if not total or not cpuids or total.wrong or cpuids.wrong:
        return []
    if not total.data.get("kernel") or not cpuids.data.get("kernel"):
        return []
    return [f"a Linux guest had {total.data['kernel']:,} exits by the end of its work. "
            f"{cpuids.data['kernel']:,} of these were CPUIDs, of which its work was "
            f"{LINUX_CPUIDS:,}"]


def judge(runs, leaves, vendor, complaints=()):
    """Judge a grade.

    @runs: {name: Run}; @leaves: facts.Leaves; @complaints: lines of L1's log against KVM
    """
    answered = is_answered(runs, leaves)
    judged = [judge_leaf(tells, leaves.numbers[tells], runs)
              for tells in TELLS if tells in leaves.numbers]
    if not answered and not any(run.hung or run.failed for run in runs.values()):
        return no_grade("KVM never answers these leaves: CPUID gives what it gives without "
                        "the patch")
    found = mistakes.find(mistakes.Case(runs, tuple(complaints)))
    wrong = [leaf for leaf in judged if leaf.verdict == WRONG]
    names = {mistake.name for mistake, _evidence in found}
    if wrong or names:
        verdict, line = WRONG, line_of(runs, judged, found)
    elif all(leaf.verdict == RIGHT for leaf in judged):
        verdict, line = RIGHT, "all leaves are right"
    else:
        verdict, line = OPEN, "nothing can be said about " + ", ".join(
            leaf.tells for leaf in judged if leaf.verdict == OPEN)
    result = Verdict(verdict, line, judged, found, notes_of(judged, vendor))
    result.notes = linux_note(runs) + result.notes
    if verdict == WRONG and not found:
        result.notes.insert(0, "no known mistake looks like this: see the evidence")
    if verdict == RIGHT:
        result.notes += [f"differs: {text}" for text in other_findings(runs)]
    return result
