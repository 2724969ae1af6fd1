# SPDX-License-Identifier: GPL-2.0-only
"""The plain data of a grade: its guests' reads, and what compare found in them."""

import json
import os
import re
from dataclasses import dataclass, field

# The status of the scenario's row for a guest that did not end.
HUNG = 124

# The words for the numbers that leaves tell, in the order in which they are shown.
TELLS = ("exits", "cycles", "reason-exits", "reason-cycles")


@dataclass
class Leaves:
    """A numbering: exitledger-leaves(5).  exitledger itself checks the file."""

    name: str = ""
    numbers: dict = field(default_factory=dict)  # what it tells -> the leaf's number
    text: str = ""

    @staticmethod
    def read(path):
        """Read the file."""
        leaves = Leaves()
        with open(path, encoding="utf-8") as file:
            leaves.text = file.read()
        for line in leaves.text.splitlines():
            words = line.split()
            if len(words) > 2 and words[0] == "leaf":
                leaves.numbers[words[2]] = int(words[1], 0)
            elif len(words) > 1 and words[0] == "name":
                leaves.name = line.split(None, 1)[1].strip()
        return leaves


@dataclass
class Result:
    """A leaf and, where it has one, a reason, in one run: compare's "leaves"."""

    tells: str
    reason: int
    name: str
    reads: int
    judged: int
    wrong: int
    data: dict

    @property
    def first(self):
        """The first finding against it: rule, text, kernel, low and high."""
        return self.data.get("first")

    @property
    def last(self):
        """The last finding against it."""
        return self.data.get("last")

    @property
    def rule(self):
        """The rule of the first finding, or None."""
        return self.first["rule"] if self.wrong else None

    @property
    def is_time(self):
        """Does the leaf tell cycles?"""
        return self.tells.endswith("cycles")

    @property
    def share(self):
        """KVM's time as a part of BPF's at the last read; None: not known."""
        if not self.is_time or not self.data.get("bpf_ns"):
            return None
        return self.data.get("kernel_ns", 0) / self.data["bpf_ns"]

    def since(self):
        """Say since when it is wrong."""
        if self.wrong == self.reads:
            return "at every read" if self.reads > 1 else "at its only read"
        until = self.data.get("right_until", 0)
        if until:
            return f"right up to {until:,} exits; {self.wrong} of {self.reads} reads are wrong"
        return f"from the first read on; {self.wrong} of {self.reads} reads are wrong"


@dataclass
class Run:
    """A guest with known work, and what compare said."""

    name: str
    status: int  # compare's
    text: str = ""
    verdict: str = ""
    findings: list = field(default_factory=list)
    results: list = field(default_factory=list)
    registers: list = field(default_factory=list)  # (leaf, ECX, EAX, EBX, ECX, EDX)
    logged: int = 0  # lines of the kernel's log
    limit: int = 0  # the seconds for which a guest that hangs was waited for, twice

    @staticmethod
    def read(folder, name):
        """Read a run's files; None if it did not take place."""
        def content(end):
            path = os.path.join(folder, f"{name}.{end}")
            if not os.path.exists(path):
                return ""
            with open(path, encoding="utf-8", errors="replace") as file:
                return file.read()

        status = content("status").strip()
        if not status:
            return None
        run = Run(name, int(status), content("txt"))
        run.logged = int(content("log").strip() or 0)
        run.limit = int(content("hung").strip() or 0)
        run.registers = [tuple(int(word, 0) for word in line.split())
                         for line in content("registers").splitlines()]
        try:
            result = json.loads(content("json") or "{}").get("result", {})
        except json.JSONDecodeError:
            result = {}
        run.verdict = result.get("verdict", "")
        run.findings = result.get("findings", [])
        run.results = [result_of(data) for data in result.get("leaves", [])
                       if data["tells"] in TELLS]
        return run

    @property
    def hung(self):
        """Did the guest not end?"""
        return self.status == HUNG

    def hung_since(self):
        """Say how a guest hangs: for how long, and after what."""
        waited = f"the guest did not end in {self.limit} s, nor did a second one" \
            if self.limit else "the guest did not end"
        reads = sum(result.reads for result in self.results)
        total = self.get("exits")
        if not reads:
            return f"{waited}; it had not read any leaf"
        if not total or not total.data.get("after"):
            return f"{waited}; it had read leaves {reads:,} times"
        return f"{waited}; at its last read, it had had {total.data['after']:,} exits"

    @property
    def failed(self):
        """Did the guest end with an error?"""
        return bool(re.search(r"^command  ended with status", self.text, re.MULTILINE))

    def get(self, tells, name=None):
        """Return the result of a leaf and reason, or None."""
        for result in self.results:
            if result.tells == tells and (name is None or result.name == name):
                return result
        return None

    def wrong(self, tells, rule=None):
        """Return the results of a leaf that are wrong, by @rule if it is given."""
        return [result for result in self.results
                if result.tells == tells and result.wrong and rule in (None, result.rule)]


def result_of(data):
    """Make a Result of an entry of compare's "leaves"."""
    return Result(data["tells"], data.get("reason"), data.get("name"), data["reads"],
                  data["judged"], data["wrong"], data)
