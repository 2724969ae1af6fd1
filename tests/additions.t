#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""An addition to the project needs no other files than CONTRIBUTING.md names.  This test
makes up an exit reason, an ISA, an output format and a kernel series.  It adds each of them
to the files that CONTRIBUTING.md names, in a copy of the project, and then they must work."""

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile

os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
sys.path.insert(0, "tests")
import tap  # pylint: disable=wrong-import-position

BUILD = os.path.abspath(os.environ.get("BUILD", "build"))
SERIES = "99.9"
# The made-up host of record_demo has exits with this number, which no vendor has.
UNNAMED = 0xdead

ISA = f"""// SPDX-License-Identifier: GPL-2.0-only
/* An ISA that is made up. */
#include "ledger/isa_rows.h"

static const struct exit_reason reasons[] = {{
	{{ 1, "WFI", "idle", "wait for an interrupt" }},
	{{ {UNNAMED}, "FAR", "other", "far away" }},
}};

static const char *const prefixes[] = {{ "MADE_EXIT_", NULL }};

const struct isa isa_made = {{
	.id = 99,
	.name = "made",
	.vendor = "Made",
	.module = "kvm_made",
	.cpu_flag = "madevirt",
	.cpu_name = "Made-V",
	.reasons = reasons,
	.nr_reasons = ISA_LENGTH(reasons),
	.sparse = {UNNAMED},
	.roles = {{
		.hlt = 1,
		.cpuid = EXIT_ROLE_NONE,
		.io = EXIT_ROLE_NONE,
		.msr_read = EXIT_ROLE_NONE,
		.msr_write = EXIT_ROLE_NONE,
		.hypercall = EXIT_ROLE_NONE,
		.mmio = EXIT_ROLE_NONE,
		.io_late = EXIT_ROLE_NONE,
	}},
	.prefixes = prefixes,
}};
"""

FORMAT = """// SPDX-License-Identifier: GPL-2.0-only
/* A format that is made up: a line per sample. */
#include "sample/render_monitor.h"

static int render(const struct monitor_sample *sample,
		  const struct monitor_shape *shape, FILE *out)
{
	(void)shape;
	fprintf(out, "made up\\n%zu VMs\\n", sample->ledger->nr_vms);
	return 0;
}

const struct monitor_format monitor_format_made = {
	.name = "made",
	.doc = "Write what is made up",
	.sample = render,
};
"""

OPTION = """--made
   Write a line that is made up. Use it in a test.

"""


def promised(what):
    """Return the files and folders that CONTRIBUTING.md names for this kind of addition."""
    with open("CONTRIBUTING.md", encoding="utf-8") as page:
        entry = re.search(rf"(?ms)^\*\*{what}\*\*.*?(?=^\*\*|\Z)", page.read())[0]
    return re.findall(r"`([\w./-]+)`", entry)


class Copy:
    """A copy of the project and its build in another folder."""

    def __init__(self, path):
        self.path = path
        self.changed = []
        names = subprocess.run(
            ["git", "ls-files", "-zco", "--exclude-standard"], check=True, text=True,
            stdout=subprocess.PIPE).stdout.split("\0")
        for name in filter(os.path.isfile, names):
            os.makedirs(os.path.dirname(self.of(name)), exist_ok=True)
            shutil.copy2(name, self.of(name))
        # Keep the files' times, so that make builds only what has changed.
        for part in ("bpf", "flags", "obj", "page", "rooms"):
            if os.path.exists(f"{BUILD}/{part}"):
                self.call("cp", "-a", f"{BUILD}/{part}", "build/")
        self.call("git", "init", "-q")

    def of(self, name):
        """Return the path of a file in the copy."""
        return os.path.join(self.path, name)

    def call(self, *command):
        """Run a command in the copy; return its status and all of its output."""
        os.makedirs(self.of("build"), exist_ok=True)
        env = {name: value for name, value in os.environ.items()
               if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
        run = subprocess.run(command, cwd=self.path, env=dict(env, BUILD="build"),
                             check=False, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True, errors="replace")
        return run.returncode, run.stdout

    def write(self, name, text):
        """Write a new file."""
        os.makedirs(os.path.dirname(self.of(name)), exist_ok=True)
        with open(self.of(name), "x", encoding="utf-8") as file:
            file.write(text)
        self.changed.append(name)

    def insert(self, name, text, before):
        """Put text into a file, before the first line that matches."""
        with open(self.of(name), encoding="utf-8") as file:
            old = file.read()
        new, nr = re.subn(rf"(?m)^(?={before})", lambda _: text, old, count=1)
        if not nr:
            raise ValueError(f"{name} has no line '{before}'")
        with open(self.of(name), "w", encoding="utf-8") as file:
            file.write(new)
        self.changed.append(name)

    def append(self, name, line):
        """Put a line at the end of a file."""
        with open(self.of(name), "a", encoding="utf-8") as file:
            file.write(line + "\n")
        self.changed.append(name)

    def named(self, what, new="", like=""):
        """Check that CONTRIBUTING.md names each file that was changed; it names the file
        @new by the pattern @like."""
        names = promised(what)
        missing = [name for name in self.changed
                   if (like if name == new else name) not in names]
        tap.ok(f"{what}: CONTRIBUTING.md names all files that it takes", not missing,
               f"{missing} are not in {names}")
        self.changed = []

    def passes(self, *tests):
        """Run tests that check the additions; they must pass."""
        for test in tests:
            status, out = self.call(test)
            tap.ok(f"{test} passes with all additions", status == 0, "\n".join(
                line for line in out.splitlines() if not line.startswith("ok ")))


def add_reason(copy):
    """Add an exit reason: a row."""
    table = "kvm-instrumentation/src/svm_exit_reasons.def"
    copy.insert(table, f'EXIT_REASON({UNNAMED:#x}, MADE_UP, other, "made up")\n',
                r"EXIT_REASON\(0xffffffff")
    copy.named("An exit reason")


def add_isa(copy):
    """Add an ISA: a file and a row."""
    name = "userspace/ledger/isa_made.c"
    copy.write(name, ISA)
    copy.append("userspace/ledger/isa_rows.def", "ISA(made)")
    copy.named("An ISA, or another vendor's processors", name, "isa_NAME.c")


def add_format(copy):
    """Add an output format: a file, a row, and texts in the manual pages."""
    name = "userspace/sample/render_monitor_made.c"
    copy.write(name, FORMAT)
    copy.append("userspace/sample/render_monitor_formats.def", "FORMAT(made)")
    page = "docs/exitledger-monitor.1.rst"
    copy.insert(page, OPTION, "--by-vcpu$")
    copy.insert(page, "MADE\n====\n\nA line that is made up.\n\n", "CSV$")
    copy.insert(page, "**--made**    1.0 ms        1.0 ms        1 ms\n", r"\*\*--csv\*\* .* ms$")
    copy.insert("docs/exitledger-replay.1.rst", OPTION, "--top$")
    copy.named("An output format", name, "render_monitor_NAME.c")


def add_series(copy):
    """Add a kernel series: a folder, and a folder of patches."""
    with open("lab/kernels/6.12/series.conf", encoding="utf-8") as old:
        copy.write(f"lab/kernels/{SERIES}/series.conf", old.read().replace("6.12", SERIES))
    shutil.copytree("kvm-instrumentation/patches/6.12",
                    copy.of(f"kvm-instrumentation/patches/{SERIES}"))
    copy.changed = ["lab/kernels/", "kvm-instrumentation/patches/"]
    copy.named("A kernel series")


def reasons_and_isas(copy, run):
    """The commands show the names of the new reason and of the new ISA."""
    exitledger = "build/bin/exitledger"
    shown = copy.call(exitledger, "replay", run, "-i", "0")[1]
    tap.ok("a reason: replay shows its name", f"{UNNAMED:#x} MADE_UP" in shown, shown)
    status, shown = copy.call(exitledger, "replay", run, "-i", "0", "--csv", "--reason", "made_up")
    tap.ok("a reason: an option takes its name",
           status == 0 and f",{UNNAMED},MADE_UP," in shown and ",READ_CR4," not in shown, shown)
    with sqlite3.connect(run) as rows:
        rows.execute("UPDATE vm SET isa = 99")
        rows.execute("UPDATE meta SET value = 99 WHERE name = 'isa'")
    rows.close()
    shown = copy.call(exitledger, "replay", run, "-i", "0", "--json")[1]
    total = json.loads(shown.splitlines()[-1])
    tap.ok("an ISA: replay shows its name", {vm["isa"] for vm in total["vms"]} == {"made"}, shown)
    status, shown = copy.call(exitledger, "replay", run, "-i", "0", "--csv", "--reason",
                              "MADE_EXIT_FAR")
    tap.ok("an ISA: an option takes its reason with its prefix, and replay shows the name",
           status == 0 and f",{UNNAMED},FAR," in shown, shown)


def formats(copy, run):
    """The commands offer the new format, and write it."""
    for command in ("monitor", "replay"):
        shown = copy.call("build/bin/exitledger", command, "--help")[1]
        tap.ok(f"a format: {command} --help offers it", " --made " in shown, shown)
    status, shown = copy.call("build/bin/exitledger", "replay", run, "--made", "-i", "0")
    tap.ok("a format: replay writes it", status == 0 and "made up\n4 VMs\n" in shown, shown)


def series(copy):
    """All scripts find the new series."""
    for which in ("known", "patched", "newest"):
        found = copy.call("lab/setup/series.sh", which)[1].split()
        tap.ok(f"a series: series.sh {which} has it", found and found[-1] == SERIES, found)
    # Scripts refuse an unknown series with a list of the known ones.
    for command in (["lab/jobs/demo.sh", "--kernel"], ["lab/jobs/build-selftests.sh"],
                    ["lab/jobs/kernels.py"]):
        shown = copy.call(*command, "5.4")[1]
        tap.ok(f"a series: {command[0]} knows it", SERIES in shown, shown)
    shown = copy.call("make", "-s", "-C", "kvm-instrumentation", "modules",
                      "KREL=5.4.0-1-amd64")[1]
    tap.ok("a series: the makefile of KVM's side knows it", f"{SERIES}.y" in shown, shown)
    shown = copy.call("make", "-s", "--eval", "made: ; @echo $(KVM_FILES)", "made")[1]
    tap.ok("a series: the package of KVM's side has it",
           f"lab/kernels/{SERIES}/series.conf" in shown, shown)
    shown = copy.call("userspace/balance/tests/soundness.t")[1]
    tap.ok("a series: the assumptions of docs/soundness.md are checked in it",
           f" - {SERIES}: the page has boxes" in shown and "not ok" not in shown, shown)


def main():
    with tempfile.TemporaryDirectory() as path:
        copy = Copy(os.path.join(path, "project"))
        for add in (add_reason, add_isa, add_format, add_series):
            add(copy)
        status, out = copy.call(
            "make", "-s", "programs",
            *(f"build/tests/{name}" for name in ("test_reasons", "monitor_demo", "record_demo")))
        tap.ok("all of it is built", status == 0, out)
        run = os.path.join(path, "run.exits")
        status, out = copy.call("build/tests/record_demo", "3", "-o", run, "-i", "100ms")
        tap.ok("a run is recorded", status == 0, out)
        formats(copy, run)
        reasons_and_isas(copy, run)
        series(copy)
        copy.call("git", "add", "-A")
        copy.passes("build/tests/test_reasons", "userspace/sample/tests/formats.t",
                    "tests/pages.t", "tests/lists.t")
    tap.done()


main()
