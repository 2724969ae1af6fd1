#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Grades counters of VM exits that somebody has added to KVM: docs/exercise.md.

Applies a patch to the kernel's KVM (or takes the KVM of another source), builds the
modules, boots the lab with them, and runs guests with known work.  What they read from
the CPUID leaves is held against what BPF counts of the same exits.

Exit status: 0 if all leaves are right; 1 if any is wrong; 2 if nothing can be said; 3 if
there is nothing to grade, and one line says why: the patch does not apply or does not
build, L1 panics or hangs with it, or the leaves are never answered; 125 if the lab failed.
"""

import json
import os
import re
import subprocess
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(1, os.path.join(os.path.dirname(HERE), "jobs"))

import facts  # noqa: E402
import hosts  # noqa: E402
import page  # noqa: E402
import show  # noqa: E402
import verdict  # noqa: E402

LEAVES = os.path.join(HERE, "leaves")
BUILDER = os.path.join(hosts.TOP, "kvm-instrumentation", "build-modules.sh")

# The guests: a name, how compare meets it (lab/scenarios/grade.sh), and the work.
RUNS = {
    "work": "alone --reads 2 WORK",
    "all": "alone --all WORK",
    "meanwhile": "alone --vcpus 2 --meanwhile --reads 6 --laps 4 WORK",
    "vcpus": "alone --vcpus 2 --laps 3 WORK",
    "second": "second WORK",
    "reset": "alone shutdown=1 cpuid=100",
    "wait": "alone hlt_timer=100 cpuid=100",
}
RUNS_OF = {
    # More than 2^32 cycles.
    # The Linux guest was only tried on QEMU.
    "amd": {"pause": "alone --pause 500ms out=8 hlt=2",
            "linux": "linux 0x72 0x78 0x7b 0x81"},
    "intel": {"pause": "alone --pause 20ms out=20 hlt=10",
              "fast": "alone tsc_far=1000",
              "failed": "alone fail_entry=1 WORK",
              "vmfail": "alone vm_fail=1",
              "emulated": "emulated real_mode=100"},
}
# Enough to see most mistakes, for the tests.
QUICK = ("work", "second", "pause", "fast", "linux")

# Lines of L1's console that tell why it ended.
TELLING = re.compile(r"Kernel panic|BUG: |Oops: |RIP: 0010:|unable to handle|soft lockup|"
                     r"rcu: INFO|general protection|WARNING: CPU")


def options():
    """Parse the job's options."""
    parser = hosts.Parser(__doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--patch", metavar="FILE", help="the patch, for the kernel's source")
    what.add_argument("--source", metavar="DIR",
                      help="a kernel's source with the counters in arch/x86/kvm")
    what.add_argument("--modules", metavar="DIR",
                      help="modules that are built: kvm.ko, kvm-amd.ko, kvm-intel.ko")
    parser.add_argument("--kernel", metavar="SERIES",
                        help="the host's kernel (default: this distribution's own)")
    parser.add_argument("--vendor", choices=tuple(RUNS_OF), default="amd",
                        help="the vendor of the host's processor (default: amd)")
    parser.add_argument("--leaves", metavar="FILE",
                        default=os.path.join(LEAVES, "exercise.leaves"),
                        help="which leaf tells what (default: as in the exercise's first "
                        "years, lab/grade/leaves/exercise.leaves)")
    parser.add_argument("--parameters", metavar="WORDS", default="",
                        help="load kvm.ko with these parameters")
    parser.add_argument("--quick", action="store_true", help="run only some of the guests")
    parser.add_argument("--again", action="store_true",
                        help="judge the existing results of a run with the same arguments")
    parser.add_argument("--json", metavar="FILE", help="write the grade to FILE, too")
    parser.add_argument("--html", metavar="FILE", help="write a page to FILE, too")
    parser.add_argument("--out", metavar="DIR",
                        help="the folder for the results (default: "
                        "build/results/grade-NAME-VENDOR-SERIES)")
    asked = parser.parse_args()
    asked.kernel = asked.kernel or hosts.series("default")[0]
    given = asked.patch or asked.source or asked.modules
    asked.name = re.sub(r"[^A-Za-z0-9._-]", "_", os.path.basename(
        os.path.realpath(given)).removesuffix(".patch"))
    asked.out = asked.out or os.path.join(
        hosts.BUILD, "results", f"grade-{asked.name}-{asked.vendor}-{asked.kernel}")
    return asked


def read_text(path):
    """Return a file's text; "" if there is none."""
    if not path or not os.path.exists(path):
        return ""
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def outside(patch):
    """Return the first file of a patch that no module of KVM is made of, or None."""
    for path in re.findall(r"^\+\+\+ (?:[^/\s]+/)?(\S+)", patch, re.MULTILINE):
        if not path.startswith(("arch/x86/kvm/", "virt/kvm/", "Documentation/", "tools/",
                                "/dev/null")):
            return path
    return None


def build(asked):
    """Build the modules; return (their folder, None), or (None, why not)."""
    if asked.modules:
        return asked.modules, None
    other = outside(read_text(asked.patch))
    if other:
        return None, (f"the patch changes {other}: only KVM's own folders, arch/x86/kvm and "
                      "virt/kvm, are built again")
    out = os.path.join(hosts.BUILD, "modules", asked.kernel, f"grade-{asked.name}")
    # The files that a patch leaves as they are are compiled once.
    base = os.path.join(hosts.BUILD, "modules", asked.kernel, "grade-base")
    if asked.patch and subprocess.run([BUILDER, "--kernel", asked.kernel, "--only", "none",
                                       "--out", base], check=False).returncode:
        raise hosts.LabError("KVM does not build without any patch")
    command = [BUILDER, "--kernel", asked.kernel, "--out", out, "--base", base]
    if asked.patch:
        command += ["--only", asked.patch]
    else:
        command += ["--only", "none", "--source", asked.source]
        headers = headers_of(asked.kernel)
        if headers:
            command += ["--headers", headers]
    done = subprocess.run(command, check=False, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, errors="replace")
    sys.stdout.write(done.stdout)
    if not done.returncode:
        return out, None
    log = read_text(os.path.join(hosts.BUILD, "log",
                                 f"modules-{asked.kernel}-grade-{asked.name}.log"))
    return None, why_not_built(done.stderr, log)


def headers_of(series):
    """Return where the headers of a kernel of the lab are, or None."""
    script = os.path.join(hosts.BUILD, "kernel", series, "current", "kernel.env")
    done = subprocess.run(["bash", "-c", '. "$1" && echo "$KHEADERS"', "bash", script],
                          check=False, stdout=subprocess.PIPE, text=True)
    return done.stdout.strip() or None


def why_not_built(errors, log):
    """Say in one line why there are no modules."""
    lines = [line.split(": ", 1)[-1] for line in errors.splitlines()
             if line.startswith("build-modules.sh: ")]
    if any("does not apply" in line for line in lines):
        text = next(line for line in lines if "does not apply" in line)
        return "the patch does not apply: " + re.sub(r"; nothing was changed.*", "", text)
    errors_in = re.findall(r"^(?:.*/)?(arch/x86/kvm/\S*|virt/kvm/\S*): error: (.*)$", log,
                           re.MULTILINE)
    if errors_in:
        where, what = errors_in[0]
        return f"it does not build: {where}: {what}"
    modpost = re.findall(r'^ERROR: modpost: (.*)$', log, re.MULTILINE)
    if modpost:
        return f"it does not build: {modpost[0]}"
    return f"it does not build: {lines[-1] if lines else 'no reason is known'}"


def rows(asked):
    """Return the runs: {name: how and work}."""
    runs = RUNS | RUNS_OF[asked.vendor]
    return {name: run for name, run in runs.items() if not asked.quick or name in QUICK}


def run_lab(asked, modules, leaves):
    """Run the guests; return why there are no results, or None."""
    told = "\n".join(f"{name} {run}" for name, run in rows(asked).items())
    host = hosts.Host(asked.vendor, asked.kernel, asked.out, "grade.sh",
                      ["--modules", modules, "--timeout",
                       "600" if asked.vendor == "amd" else "1800"],
                      {"ROWS": told, "LEAVES": leaves.text,
                       "PARAMETERS": asked.parameters})
    try:
        status = host.wait()
    finally:
        host.stop()
    # l1.sh calls it a failure of the lab if L1's kernel has warned, but here KVM is judged.
    if not status or complaints(asked):
        return None
    return why_l1_ended(asked)


def complaints(asked):
    """Return the lines of L1's log in which its kernel complains of KVM's code, each once."""
    lines = [re.sub(r"^\[ *[0-9.]+\] *| PID: \d+|/\S*/(?=arch/|virt/)", "", line) for line
             in read_text(os.path.join(asked.out, "l1-complaints")).splitlines()
             if "[kvm" in line]
    return list(dict.fromkeys(lines))


def why_l1_ended(asked):
    """Say in one line why L1 ended; raise LabError if it was not the patch's fault."""
    # L1 that has panicked leaves no results, but its console is in this log.
    console = read_text(os.path.join(hosts.BUILD, "log",
                                     f"l1-{os.path.basename(asked.out)}.log"))
    told = [re.sub(r"^\[ *[0-9.]+\] *", "", line) for line in console.splitlines()
            if TELLING.search(line)]
    if not told and not os.path.exists(os.path.join(asked.out, "late.txt")):
        raise hosts.LabError("the lab failed; its own lines say why")
    panicked = any("Kernel panic" in line for line in told)
    how = "L1 panics" if panicked else "L1's kernel complains" if told else "L1 hangs"
    return f"{how} with these modules" + "".join(f"\n{line}" for line in told[:6])


def grade(asked, leaves):
    """Grade; return the Verdict."""
    if not asked.again:
        modules, why = build(asked)
        if why:
            return verdict.no_grade(why)
        why = run_lab(asked, modules, leaves)
        if why:
            line, *telling = why.split("\n")
            return verdict.no_grade(line, telling)
    runs = {name: run for name in rows(asked)
            if (run := facts.Run.read(asked.out, name)) is not None}
    if not runs:
        raise hosts.LabError(f"there are no results in {asked.out}")
    unusable = [run for run in runs.values() if run.status > 2 and not run.hung]
    if unusable:
        raise hosts.LabError(f"compare failed: {unusable[0].text.strip()}")
    return verdict.judge(runs, leaves, asked.vendor, complaints(asked))


def main():
    """Do the job; return its exit status."""
    asked = options()
    for path in (asked.patch, asked.leaves):
        if path and not os.path.isfile(path):
            hosts.complain(f"there is no file {path}")
            return hosts.WRONG_USAGE
    leaves = facts.Leaves.read(asked.leaves)
    result = grade(asked, leaves)
    what = [("graded", asked.patch or asked.source or asked.modules),
            ("on", f"Linux {asked.kernel}, an emulated {asked.vendor.upper()} host"
             if asked.vendor == "amd" else f"Linux {asked.kernel}, an emulated Intel host"),
            ("leaves", leaves.name)]
    hosts.say("\n".join(show.as_text(what, result)))
    if asked.json:
        with open(asked.json, "w", encoding="utf-8") as file:
            json.dump(show.as_data(what, result), file, indent=1)
            file.write("\n")
    if asked.html:
        with open(asked.html, "w", encoding="utf-8") as file:
            file.write(page.make(what, result))
    return result.status


if __name__ == "__main__":
    hosts.run_job(main)
