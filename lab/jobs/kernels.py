#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Tries the observer and, where there are patches, both books on kernels.

On each kernel series and each vendor's emulated host it runs the observer's test,
which compares every count with the instructions that a guest executed, and the demo,
whose books must balance; on a series that is too old, the test that all commands say
so.  The result of each is put into lab/kernels/SERIES/tried.  What README.md, doctor's
table and docs/kernels.md say of kernels is written anew from these files.  Where the lab
failed, an earlier result stays.

Exit status: 0 if all that was tried was right, 1 if something was not; 125 if the lab
failed for something, and all else was right.
"""

import datetime
import os
import re
import subprocess
import sys
import textwrap

sys.dont_write_bytecode = True

import hosts  # noqa: E402

VENDORS = ("amd", "intel")
TRIALS = ("observer", "books")
KERNELS = os.path.join(hosts.LAB, "kernels")
PAGE = os.path.join(hosts.TOP, "docs", "kernels.md")
README = os.path.join(hosts.TOP, "README.md")
NEEDS = os.path.join(hosts.TOP, "userspace", "host", "kernel_needs.h")
TABLE = os.path.join(hosts.TOP, "userspace", "host", "kernel_series.def")
RIGHT = ("exact", "BALANCED", "refused")
LICENCE = "# SPDX-License-Identifier: GPL-2.0-only\n"
HEAD = """<!-- SPDX-License-Identifier: GPL-2.0-only -->
<!-- Written by lab/jobs/kernels.py: make kernels -->
# Kernels on which exitledger was tried

*Observer*: on Debian's own KVM, `exitledger monitor` attached in each of three ways, with
one vCPU and with four, by key, with times and without, to guests that know what they
executed; each count must be equal to that. *Books*: a guest of known behaviour and a Linux
guest on a KVM with the patches; `exitledger compare` must find them BALANCED. On a kernel
that is too old, each command must refuse to work, and say why. All hosts are emulated: AMD
by QEMU, Intel by Bochs. The kernels are Debian's.

Each cell says what `make kernels` found, and on which day. `make check` repeats less each
time: the observer on AMD with the newest kernel, both books on both vendors' hosts with the
distribution's own kernel and with the newest one, and on AMD what is refused. `make
check-all` adds, on AMD, all other kernels that have patches.

| kernel | version | observer, AMD | observer, Intel | books, AMD | books, Intel |
|---|---|---|---|---|---|
"""


def read_lines(path):
    """Return the lines of a file without its comments; no lines if there is no file."""
    try:
        with open(path, encoding="utf-8") as file:
            return [line.rstrip("\n") for line in file if not line.startswith("#")]
    except FileNotFoundError:
        return []


def replace(path, text):
    """Replace the text of a file at once, so that it is never half written."""
    with open(path + ".new", "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(path + ".new", path)


def read_tried(series):
    """Return the trials on a series: (vendor, what) -> (release, date, result)."""
    lines = read_lines(os.path.join(KERNELS, series, "tried"))
    return {tuple(words[:2]): tuple(words[2:])
            for words in (line.split(None, 4) for line in lines)}


def write_tried(series, tried):
    """Write the trials on a series, in an order that does not depend on their dates."""
    lines = [" ".join(trial + tried[trial]) + "\n" for trial in sorted(tried)]
    replace(os.path.join(KERNELS, series, "tried"), LICENCE +
            "# VENDOR WHAT RELEASE DATE RESULT, by lab/jobs/kernels.py\n" + "".join(lines))


def env_of(series):
    """Return kernel.env's variables of the kernel that is prepared for a series."""
    path = os.path.join(hosts.BUILD, "kernel", series, "current", "kernel.env")
    return dict(line.split("=", 1) for line in read_lines(path))


def call(*command):
    """Run a command of the lab; return its exit status, and the text that it printed."""
    env = dict(os.environ, VMS="16")
    run = subprocess.run(command, cwd=hosts.TOP, env=env, check=False, text=True,
                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, errors="replace")
    return run.returncode, run.stdout


def try_observer(series, vendor):
    """Run the observer's test or, on a kernel that is too old, the test that all commands
    refuse it; return the result."""
    refused = series in hosts.series("refused")
    status, out = call("lab/tests/old-kernel.t", series, vendor) if refused else \
        call("lab/tests/observer.t", series, vendor, "stock")
    right = re.findall(r"^ok \d+ - ", out, re.MULTILINE)
    wrong = re.findall(r"^not ok \d+ - (.*)", out, re.MULTILINE)
    # A test that ended early has no plan.
    if (wrong and wrong[0].endswith("the scenario ran to its end")) or \
            not re.search(rf"^1\.\.{len(right) + len(wrong)}$", out, re.MULTILINE):
        raise hosts.LabError("the test ended early")
    if wrong or status:
        return f"wrong: {wrong[0] if wrong else f'status {status}'}"
    return f"{'refused' if refused else 'exact'}, {len(right)} checks"


def try_books(series, vendor):
    """Run the demo; return the result."""
    status, out = call("lab/jobs/demo.sh", "--vendor", vendor, "--kernel", series)
    verdicts = re.findall(r"^verdict  (.*)$", out, re.MULTILINE)
    exits = [re.sub(",", "", total) for total in
             re.findall(r"^total +(?:- )?[ \d,]*?([\d,]+) +0 +100\.0", out, re.MULTILINE)]
    if len(verdicts) != 2:
        raise hosts.LabError("the demo ended early")
    if set(verdicts) == {"BALANCED"} and status == 0:
        return f"BALANCED, {sum(map(int, exits)):,} exits"
    return "wrong: " + ", ".join(verdicts)


def standing(series):
    """Return what the trials show of a series: REFUSED, TESTED, TRIED, or an empty text."""
    results = [words[2] for (_, what), words in read_tried(series).items()
               if what == "observer"]
    if not results or not all(result.startswith(RIGHT) for result in results):
        return ""
    if series in hosts.series("refused"):
        return "REFUSED"
    tested = hosts.series("patched") + hosts.series("newest")
    return "TESTED" if series in tested else "TRIED"


def write_table(stands):
    """Write doctor's table of kernels."""
    rows = [f"KERNEL_SERIES({series.replace('.', ', ')}, {stand})\n"
            for series, stand in stands.items() if stand in ("TESTED", "TRIED")]
    replace(TABLE, "/* SPDX-License-Identifier: GPL-2.0-only */\n"
            "/* Written by lab/jobs/kernels.py */\n" + "".join(rows))


def write_readme(stands):
    """Write README's paragraph about kernels."""
    def those(stand):
        names = [series for series in stands if stands[series] == stand]
        return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))

    with open(NEEDS, encoding="utf-8") as needs:
        least = re.search(r'KERNEL_LEAST "(.*)"', needs.read()).group(1)
    text = f"The tests show that it counts exactly on Debian's Linux {those('TESTED')}."
    if those("TRIED"):
        text += f" It was also tried on {those('TRIED')}, where every count was exact."
    if those("REFUSED"):
        text += (f" Linux {those('REFUSED')} is too old: each command that observes the host"
                 " refuses it.")
    text += (" On other kernels it was not tried; according to the kernel's source,"
             f" Linux {least} and later have everything that is needed."
             " [The kernels, and what was found on each](docs/kernels.md)")
    with open(README, encoding="utf-8") as file:
        old = file.read()
    new, many = re.subn(
        r"(?s)(<!-- Written by lab/jobs/kernels\.py -->\n).*?(<!-- until here -->)",
        lambda found: found.group(1) + textwrap.fill(text, 88) + "\n" + found.group(2), old)
    if many != 1:
        raise hosts.LabError("README.md has no place for what is said of kernels")
    replace(README, new)


def cell(series, vendor, what):
    """Return the text of a cell of the page."""
    tried = read_tried(series)
    if (vendor, what) in tried:
        _, date, result = tried[vendor, what]
        return f"{result} ({date})"
    patches = os.path.join(hosts.TOP, "kvm-instrumentation", "patches", series)
    return "no patches" if what == "books" and not os.path.isdir(patches) else "not tried"


def write_page(all_series):
    """Write docs/kernels.md."""
    rows = []
    for series in all_series:
        releases = sorted({words[0] for words in read_tried(series).values()})
        cells = [cell(series, vendor, what) for what in TRIALS for vendor in VENDORS]
        rows.append(f"| {' | '.join([series, ', '.join(releases) or '-', *cells])} |\n")
    replace(PAGE, HEAD + "".join(rows))


def options():
    """Parse the job's options."""
    parser = hosts.Parser(__doc__)
    parser.add_argument("--vendor", choices=VENDORS, help="this one alone (default: both)")
    parser.add_argument("--what", choices=TRIALS, help="this alone (default: both)")
    parser.add_argument("--page", action="store_true",
                        help="try nothing, and write all pages from the results")
    parser.add_argument("series", metavar="SERIES", nargs="*",
                        help="of kernels (default: all that the lab knows)")
    return parser.parse_args()


def try_one(series, vendor, what):
    """Try one cell of the table and keep its result; return an exit status."""
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
    return int(not result.startswith(RIGHT))


def try_series(series, asked, patched):
    """Try what was asked for on a series; return the exit statuses."""
    prepare = os.path.join(hosts.LAB, "setup", "prepare.sh")
    if subprocess.run([prepare, series], check=False).returncode:
        hosts.complain(f"Linux {series} could not be prepared")
        return [hosts.LAB_FAILED]
    return [try_one(series, vendor, what)
            for vendor in ([asked.vendor] if asked.vendor else VENDORS)
            for what in ([asked.what] if asked.what else TRIALS)
            if what != "books" or series in patched]


def main():
    """Do the job; return its exit status."""
    asked, known, statuses = options(), hosts.series("known"), [0]
    unknown = set(asked.series) - set(known)
    if unknown:
        hosts.complain(f"no kernel series '{unknown.pop()}'; known: {', '.join(known)}")
        return 1
    for series in [] if asked.page else asked.series or known:
        statuses += try_series(series, asked, hosts.series("patched"))
    write_page(known)
    stands = {series: standing(series) for series in known}
    write_table(stands)
    write_readme(stands)
    return 1 if 1 in statuses else max(statuses)


if __name__ == "__main__":
    hosts.run_job(main)
