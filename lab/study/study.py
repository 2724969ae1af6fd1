#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Writes the page about a Linux guest's boot, and its pictures, from recorded runs.

usage: study.py EXITLEDGER OUT VENDOR=RESULTS...

RESULTS is the folder with the results of lab/scenarios/boot-study.sh on a host of that
vendor.  Writes OUT/boot-study.md and OUT/boot-study-VENDOR.png.  All figures and charts are
made from these results; none is written or drawn here.
"""

import datetime
import json
import os
import re
import sqlite3
import subprocess
import sys
import tempfile

import page

PAGE_PNG = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                        "../pictures/page-png.py")
RUNS = ("nested", "shadow", "console")


class Run:
    """One recorded boot."""

    def __init__(self, exitledger, vendor, path):
        self.vendor, self.path = vendor, path
        self.name = os.path.basename(path).removesuffix(".exits")
        self.report = output(exitledger, "report", path)
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
            self.meta = dict(db.execute("SELECT name, value FROM meta"))
            self.marks = [
                dict(zip(("at_ns", "kind", "text", "kernel", "bpf"), row))
                for row in db.execute(
                    "SELECT at_ns, kind, text, kernel_exits, bpf_exits"
                    " FROM mark ORDER BY at_ns, id")]
        self.read_intervals(exitledger)

    def read_intervals(self, exitledger):
        """Set self.intervals, [(begin_ns, seconds, {reason: exits})], and self.total."""
        lines = [json.loads(line) for line in output(
            exitledger, "replay", self.path, "--json", "--fine", "-i",
            "0.01").splitlines()]
        self.intervals, self.names = [], {}
        for line in lines:
            exits = {}
            for vm in line["vms"]:
                for reason in vm["reasons"]:
                    self.names[reason["reason"]] = reason["name"]
                    exits[reason["name"]] = (exits.get(reason["name"], 0) +
                                             reason["exits"])
            if line["kind"] == "total":
                self.total = exits
            elif line["seconds"] > 0:
                begin = line["at_ns"] - int(line["seconds"] * 1e9)
                self.intervals.append((begin, line["seconds"], exits))
        summed = sum(sum(exits.values()) for _, _, exits in self.intervals)
        if summed != self.exits:
            sys.exit(f"{self.path}: intervals have {summed} exits, "
                     f"the total {self.exits}")

    @property
    def exits(self):
        return sum(self.total.values())

    @property
    def booted(self):
        """The guest's own mark at its login prompt, or None."""
        return next((mark for mark in self.marks if mark["kind"] == "guest"
                     and mark["text"] == "login prompt"), None)

    @property
    def first_ns(self):
        """The time of the VM's first exit."""
        return next(m["at_ns"] for m in self.marks if m["kind"] == "first-exit")


    @property
    def phases(self):
        """Return [(seconds, text)] of the marks that a person or the guest has set."""
        return [((mark["at_ns"] - self.first_ns) / 1e9, mark["text"])
                for mark in self.marks if mark["kind"] in ("user", "guest")]


class Host:
    """All results of one host."""

    def __init__(self, exitledger, vendor, results):
        self.vendor = vendor
        self.runs, self.stuck = {}, {}
        for name in RUNS:
            path = os.path.join(results, f"{name}.exits")
            if os.path.exists(path):
                run = Run(exitledger, vendor, path)
                (self.runs if run.booted else self.stuck)[name] = run
        self.where = read_where(os.path.join(results, "shadow.where"))
        self.work, self.unmet = {}, []
        for name in ("work", "work-shadow"):
            path = os.path.join(results, f"{name}.json")
            if os.path.exists(path):
                with open(path, encoding="utf-8") as lines:
                    self.work[name] = [json.loads(line) for line in lines
                                       if line.strip()]
                self.unmet += read_unmet(os.path.join(results, f"{name}.console"))
        if "nested" not in self.runs:
            sys.exit(f"{results}: no boot with nested paging")


def read_unmet(path):
    """Return the workloads that did not end with 0, by the guest's console."""
    with open(path, encoding="utf-8", errors="replace") as lines:
        ends = [re.match(r"(\w+): status ([1-9]\d*)\r?$", line) for line in lines]
    return [f"`{end[1]}` (status {end[2]})" for end in ends if end]


def read_where(path):
    """Return [(exits, reason's number, function of the guest's kernel)]."""
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as lines:
        rows = [line.split() for line in lines]
    return [(int(exits), int(reason), name) for exits, reason, name in rows]


def output(*command):
    return subprocess.run(command, check=True, text=True,
                          stdout=subprocess.PIPE).stdout


def write(path, data):
    """Write a file under another name and rename it, so that it is always complete."""
    with open(path + ".new", "wb") as file:
        file.write(data)
    os.rename(path + ".new", path)


def picture(exitledger, host):
    """Return the charts of the boots with and without nested paging, as PNG."""
    paths = [host.runs[name].path for name in ("nested", "shadow") if name in host.runs]
    with tempfile.TemporaryDirectory() as folder:
        report = os.path.join(folder, "report.html")
        output(exitledger, "report", *paths, "-o", report)
        return subprocess.run([PAGE_PNG, report, "charts"], check=True,
                              stdout=subprocess.PIPE).stdout


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    exitledger, out = sys.argv[1:3]
    hosts = []
    for argument in sys.argv[3:]:
        vendor, results = argument.split("=", 1)
        hosts.append(Host(exitledger, vendor, results))
    when = min(int(host.runs["nested"].meta["started_at"]) for host in hosts)
    date = datetime.datetime.fromtimestamp(when, datetime.timezone.utc).date()
    for host in hosts:
        write(os.path.join(out, f"boot-study-{host.vendor}.png"),
              picture(exitledger, host))
    write(os.path.join(out, "boot-study.md"), page.page(hosts, date).encode())


main()
