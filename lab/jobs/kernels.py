#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Tries the observer and, where there are patches, both books on kernels.

On each kernel series and each vendor's emulated host it runs the observer's test,
which compares every count with the instructions that a guest executed, and the demo,
whose books must balance.  The result of each is put into lab/kernels/SERIES/tried, and
docs/kernels.md is written anew from these files.  Where the lab failed, an earlier
result stays.

Exit status: 0 if all that was tried was right, 1 if something was not; 125 if the lab
failed for something, and all else was right.
"""

import datetime
import os
import re
import subprocess
import sys

sys.dont_write_bytecode = True

import hosts  # noqa: E402

VENDORS = ("amd", "intel")
TRIALS = ("observer", "books")
KERNELS = os.path.join(hosts.LAB, "kernels")
PAGE = os.path.join(hosts.TOP, "docs", "kernels.md")
LICENCE = "# SPDX-License-Identifier: GPL-2.0-only\n"
HEAD = """<!-- SPDX-License-Identifier: GPL-2.0-only -->
<!-- Written by lab/jobs/kernels.py: make kernels -->
# Kernels on which exitledger was tried

*Observer*: on Debian's own KVM, `exitledger monitor` attached in each of three ways, with
one vCPU and with four, by key, with times and without, to guests that know what they
executed; each count must be equal to that. *Books*: a guest of known behaviour and a Linux
guest on a KVM with the patches; `exitledger compare` must find them BALANCED. All hosts are
emulated: AMD by QEMU, Intel by Bochs. The kernels are Debian's.

Each cell says what `make kernels` found, and on which day. `make check` repeats less each
time: the observer on AMD with 6.12 and with the newest kernel, and both books on both
vendors' hosts with the distribution's own kernel and with the newest one.

| kernel | version | observer, AMD | observer, Intel | books, AMD | books, Intel |
|---|---|---|---|---|---|
"""


def read_lines(path):
    """The lines of a file, without those that are comments; none if it is missing."""
    try:
        with open(path, encoding="utf-8") as file:
            return [line.rstrip("\n") for line in file if not line.startswith("#")]
    except FileNotFoundError:
        return []


def read_tried(series):
    """The trials on a series: (vendor, what) -> (release, date, result)."""
    lines = read_lines(os.path.join(KERNELS, series, "tried"))
    return {tuple(words[:2]): tuple(words[2:])
            for words in (line.split(None, 4) for line in lines)}


def write_tried(series, tried):
    """Put it back, in an order that does not depend on when it was tried."""
    path = os.path.join(KERNELS, series, "tried")
    with open(path + ".new", "w", encoding="utf-8") as file:
        file.write(LICENCE + "# VENDOR WHAT RELEASE DATE RESULT, by lab/jobs/kernels.py\n")
        for vendor, what in sorted(tried):
            file.write(" ".join((vendor, what) + tried[vendor, what]) + "\n")
    os.replace(path + ".new", path)


def env_of(series):
    """The kernel that is prepared for a series: its kernel.env's variables."""
    path = os.path.join(hosts.BUILD, "kernel", series, "current", "kernel.env")
    return dict(line.split("=", 1) for line in read_lines(path))


def call(*command):
    """Run a command of the lab; (its exit status, what it printed)."""
    env = dict(os.environ, VMS="16")
    run = subprocess.run(command, cwd=hosts.TOP, env=env, check=False, text=True,
                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, errors="replace")
    return run.returncode, run.stdout


def try_observer(series, vendor):
    """The observer's test; what came of it."""
    status, out = call("lab/tests/observer.t", series, vendor, "stock")
    right = re.findall(r"^ok \d+ - ", out, re.MULTILINE)
    wrong = re.findall(r"^not ok \d+ - (.*)", out, re.MULTILINE)
    # A test that ended early has no plan.
    if (wrong and wrong[0].startswith("the scenario ran to its end")) or \
            not re.search(rf"^1\.\.{len(right) + len(wrong)}$", out, re.MULTILINE):
        raise hosts.LabError("the test ended early")
    if wrong or status:
        return f"wrong: {wrong[0] if wrong else f'status {status}'}"
    return f"exact, {len(right)} checks"


def try_books(series, vendor):
    """The demo; what came of it."""
    status, out = call("lab/jobs/demo.sh", "--vendor", vendor, "--kernel", series)
    verdicts = re.findall(r"^verdict  (.*)$", out, re.MULTILINE)
    exits = [re.sub(",", "", total) for total in
             re.findall(r"^total +(?:- )?[ \d,]*?([\d,]+) +0 +100\.0", out, re.MULTILINE)]
    if len(verdicts) != 2:
        raise hosts.LabError("the demo ended early")
    if set(verdicts) == {"BALANCED"} and status == 0:
        return f"BALANCED, {sum(map(int, exits)):,} exits"
    return "wrong: " + ", ".join(verdicts)


def show_page(all_series):
    """Write the page."""
    with open(PAGE + ".new", "w", encoding="utf-8") as page:
        page.write(HEAD)
        for series in all_series:
            tried = read_tried(series)
            release = {words[0] for words in tried.values()}
            patched = os.path.isdir(os.path.join(
                hosts.TOP, "kvm-instrumentation", "patches", series))
            cells = []
            for what in TRIALS:
                for vendor in VENDORS:
                    if (vendor, what) in tried:
                        _, date, result = tried[vendor, what]
                        cells.append(f"{result} ({date})")
                    else:
                        cells.append("no patches" if what == "books" and not patched
                                     else "not tried")
            page.write(f"| {series} | {', '.join(sorted(release)) or '-'} | "
                       f"{' | '.join(cells)} |\n")
    os.replace(PAGE + ".new", PAGE)


def options():
    """The job's options."""
    parser = hosts.Parser(__doc__)
    parser.add_argument("--vendor", choices=VENDORS, help="this one alone (default: both)")
    parser.add_argument("--what", choices=TRIALS, help="this alone (default: both)")
    parser.add_argument("--page", action="store_true",
                        help="try nothing, and write the page from the results")
    parser.add_argument("series", metavar="SERIES", nargs="*",
                        help="of kernels (default: all that the lab knows)")
    return parser.parse_args()


def try_one(series, vendor, what):
    """Try one cell of the table and keep its result; an exit status."""
    attempt = try_observer if what == "observer" else try_books
    try:
        result = attempt(series, vendor)
    except hosts.LabError as error:
        hosts.complain(f"Linux {series}, {vendor}, {what}: {error}; see build/log")
        return hosts.LAB_FAILED
    hosts.say(f"Linux {series}, {vendor}, {what}: {result}")
    tried = read_tried(series)
    tried[vendor, what] = (env_of(series)["KREL"], str(datetime.date.today()), result)
    write_tried(series, tried)
    return int(not result.startswith(("exact", "BALANCED")))


def try_series(series, asked, patched):
    """Try what was asked for on a series; the exit statuses."""
    prepare = os.path.join(hosts.LAB, "setup", "prepare.sh")
    if subprocess.run([prepare, series], check=False).returncode:
        hosts.complain(f"Linux {series} could not be prepared")
        return [hosts.LAB_FAILED]
    return [try_one(series, vendor, what)
            for vendor in ([asked.vendor] if asked.vendor else VENDORS)
            for what in ([asked.what] if asked.what else TRIALS)
            if what != "books" or series in patched]


def main():
    """The job; returns its exit status."""
    asked, known, statuses = options(), hosts.series("known"), [0]
    unknown = set(asked.series) - set(known)
    if unknown:
        hosts.complain(f"no kernel series '{unknown.pop()}'; known: {', '.join(known)}")
        return 1
    for series in [] if asked.page else asked.series or known:
        statuses += try_series(series, asked, hosts.series("patched"))
    show_page(known)
    return 1 if 1 in statuses else max(statuses)


if __name__ == "__main__":
    hosts.run_job(main)
