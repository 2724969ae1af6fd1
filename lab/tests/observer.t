#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: observer.t [SERIES [VENDOR [stock]]]
"""Tests the observer's counts and times, with guests that know what they executed.

A series without patches, or with the word "stock", runs with the distribution's own
modules.
"""

import json
import math
import os
import subprocess
import sys

os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
sys.dont_write_bytecode = True
sys.path.insert(0, "tests")
from tap import done, ok  # noqa: E402

BUILD = os.environ.get("BUILD", "build")
KERNEL = sys.argv[1] if len(sys.argv) > 1 else "6.12"
VENDOR = sys.argv[2] if len(sys.argv) > 2 else "amd"
RESULTS = f"{BUILD}/results/t-observer-{VENDOR}-{KERNEL}"
VMS = int(os.environ.get("VMS", "135"))
PATCHED = os.path.isdir(f"kvm-instrumentation/patches/{KERNEL}") and \
    sys.argv[3:] != ["stock"]
# An emulated Intel host is slow and has one CPU.
SMALL = VENDOR == "intel"
AMD = {"io": "IOIO", "rdmsr": "MSR", "wrmsr": "MSR", "vmcall": "VMMCALL",
       "mmio": "NPF", "cpuid": "CPUID", "hlt": "HLT"}
INTEL = {"io": "IO_INSTRUCTION", "rdmsr": "MSR_READ", "wrmsr": "MSR_WRITE",
         "vmcall": "VMCALL", "mmio": "EPT_MISCONFIG", "cpuid": "CPUID", "hlt": "HLT"}
NAMES = AMD if VENDOR == "amd" else INTEL


def total(name):
    """The monitor's last object, which covers the whole run."""
    with open(f"{RESULTS}/{name}.json", encoding="utf-8") as file:
        return json.loads(file.read().splitlines()[-1])


def reasons(name):
    return {
        row["name"]: row for vm in total(name)["vms"] for row in vm["reasons"]
    }


def lost(name):
    return {k: v for k, v in total(name)["lost"].items() if v}


def executed(name):
    """Exits by reason at the guest's last read of each, from the guest's report."""
    with open(f"{RESULTS}/{name}.report.json", encoding="utf-8") as file:
        reads = json.load(file)["reads"]
    return {r["index"]: r["executed"] for r in reads if "executed" in r}


def number(name):
    with open(f"{RESULTS}/{name}", encoding="utf-8") as file:
        return int(file.read())


def timed(row):
    return sum(count for _, count in row["histogram"])


def test_counts():
    """CPUIDs beyond the work are the guest's own reads of the leaves."""
    for attach in ("tp_btf", "raw_tp", "tp"):
        for name, vcpus in ((f"one_{attach}", 1), (f"four_{attach}", 4)):
            rows = reasons(name)
            counts = {k: rows[k]["exits"] for k in rows}
            wanted = {
                NAMES["io"]: 250 * vcpus + vcpus + 1,
                NAMES["rdmsr"]: 125 * vcpus,
                NAMES["vmcall"]: 62 * vcpus,
            }
            got = {k: counts.get(k) for k in wanted}
            ok(f"{name}: every count is what was executed", got == wanted,
               f"{got} is not {wanted}")
            reads = counts["CPUID"] - 1000 * vcpus
            ok(f"{name}: every CPUID, and the reads", 0 < reads <= 20, counts)
            ok(f"{name}: nothing lost", not lost(name), lost(name))
    rows = reasons("count_only")
    ok("count only: every count, no time",
       rows[NAMES["rdmsr"]]["exits"] == 500
       and "ns" not in rows[NAMES["rdmsr"]], rows)


def test_movement():
    if SMALL:
        return
    rows = reasons("migrating")
    ok("threads were sent from CPU to CPU", number("moved") > 20)
    ok("vCPUs that migrate: every CPUID",
       0 < rows["CPUID"]["exits"] - 80000 <= 20, rows["CPUID"])
    ok("vCPUs that migrate: every OUT",
       rows[NAMES["io"]]["exits"] == 4 * 20 * 25 + 5, rows["IOIO"])
    ok("vCPUs that migrate: nothing lost", not lost("migrating"))
    rows = reasons("late")
    ok("attached in the middle: since then, and not more than there was",
       1000 < rows["CPUID"]["exits"] < 200020, rows["CPUID"])
    ok("attached in the middle: nothing is missing since", not lost("late"))


def percentile(times, share):
    return times[max(math.ceil(share * len(times)), 1) - 1]


def test_trace():
    """In one run, the single times of all exits equal the histograms."""
    run = total("trace")
    ok("trace: no exit's time was lost", not lost("trace"), lost("trace"))
    worst = 0
    for row in run["vms"][0]["reasons"]:
        times = sorted(
            e["ns"] for e in run["slow"] if e["reason"] == row["reason"]
        )
        name = row["name"]
        ok(f"trace: {name}: as many times as in the histogram",
           len(times) == timed(row), f"{len(times)} {timed(row)}")
        ok(f"trace: {name}: total, smallest and largest",
           [sum(times), times[0], times[-1]]
           == [row["ns"], row["min_ns"], row["max_ns"]])
        errors = [
            abs(row[key] / percentile(times, share) - 1)
            for key, share in (("p50_ns", 0.5), ("p90_ns", 0.9),
                               ("p99_ns", 0.99), ("p999_ns", 0.999))
        ]
        worst = max(worst, *errors)
        ok(f"trace: {name}: percentiles within 5 %", max(errors) <= 0.05,
           errors)
    print(f"# largest error of a percentile: {worst:.2%}")


def test_key(name, key, count):
    """All exits of a key, whatever their reason: the first access to an address without
    memory has another reason.  From Linux 7.0 on the kernel may skip the program on
    kvm_mmio, and on Intel the address is nowhere else: such an exit is counted as one
    without a key."""
    kept = [k for row in reasons(name).values() for k in row.get("keys", ())
            if k["key"] == key]
    exits = sum(k["exits"] for k in kept)
    skipped = 0
    if "mmio" in name and VENDOR == "intel" and int(KERNEL.split(".")[0]) >= 7:
        skipped = total(name)["lost"]["no_key"]
        print(f"# {name}: {skipped} of {count} without a key")
    else:
        ok(f"{name}: nothing lost", not lost(name), lost(name))
    ok(f"{name}: every exit under its key, or counted as one without",
       exits > 0 and exits + skipped == count, kept)
    ok(f"{name}: with its time", all(k["ns"] > 0 for k in kept)
       and sum(k["timed"] for k in kept) == exits, kept)


def test_more():
    rows = reasons("off_cpu")
    hlt = rows[NAMES["hlt"]]
    ok("off the CPU: HLT sleeps", hlt["blocked_ns"] > 0.5 * hlt["ns"], hlt)
    ok("off the CPU: four vCPUs on fewer CPUs are preempted",
       sum(row["preempted_ns"] for row in rows.values()) > 0)
    ok("off the CPU: no more than the time of the exit",
       all(row["preempted_ns"] + row["blocked_ns"] <= row["ns"]
           for row in rows.values()), rows)
    # There are a few more interrupts than armed timers, and some come before the HLT.
    msr = rows[NAMES["wrmsr"]]
    # Without the patches a guest reads no counters, but this many timers were armed.
    ok("off the CPU: every deadline, and end of an interrupt",
       msr["exits"] == executed("off_cpu")[msr["reason"]] if PATCHED
       else 160 <= msr["exits"] < 200, msr)
    for name, key, count in (("by_port", 0x10, 500), ("by_mmio", 0x200000, 70),
                             ("by_msr", 0x1B, 250), ("by_hypercall", 0xFFFF, 124)):
        test_key(name, key, count)
    # Three vCPUs, which one thread runs in turn.
    for attach in ("auto", "tp"):
        test_key(f"turns_{attach}", 0x10, 3000)
        test_key(f"turns_mmio_{attach}", 0x200000, 300)
    row = reasons("by_cpuid")["CPUID"]
    ok("by_cpuid: the keys' counts are the reason's",
       sum(k["exits"] for k in row["keys"]) == row["exits"], row["keys"])
    row = reasons("fast")[NAMES["wrmsr"]]
    if VENDOR == "amd":
        ok("fast: counted, and none is fast where the handler sees all",
           row["exits"] >= 500 and row["fast"] == 0, row)
    else:
        ok("fast: counted, and those that the handler does not see are told",
           row["exits"] >= row["fast"] >= 500, row)


def test_life():
    run = total("churn")
    vcpus = sum(vm["vcpus"] for vm in run["vms"])
    cpuids = sum(row["exits"] for vm in run["vms"] for row in vm["reasons"]
                 if row["name"] == "CPUID")
    reads = (cpuids - VMS * 16 * 3) / VMS
    print(f"# {vcpus} vCPUs came and went")
    ok("churn: every VM was seen, and its end",
       len(run["vms"]) == VMS and all(vm["ended"] for vm in run["vms"]))
    ok("churn: every vCPU", vcpus == 16 * VMS, vcpus)
    ok("churn: every count", reads == int(reads) and 0 < reads <= 20, reads)
    ok("churn: nothing lost, no slot but was given back", not lost("churn"),
       lost("churn"))
    ok("killed: it had been attached", number("progs_during") == 2)
    ok("killed: nothing is left attached", number("progs_after") == 0)
    ok("killed: no map is left", number("maps_after") == 0)
    with open(f"{RESULTS}/none_match.err", encoding="utf-8") as file:
        said = file.read()
    ok("no VM matches: said, with those that there were",
       "no VM matched --vm 'nobody'; VMs seen: microguest" in said, said)


def main():
    host = ["--vendor", VENDOR, "--tcg", "--kernel", KERNEL]
    host += [] if PATCHED else ["--modules", "stock"]
    host += ["--timeout", "1800"] if SMALL else ["--cpus", "2", "--timeout", "800"]
    lab = subprocess.run(
        ["lab/machine/l1.sh", *host, "--out", RESULTS, "lab/scenarios/observer.sh",
         f"VMS={VMS}", f"SMALL={'1' if SMALL else ''}"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    ok("the scenario ran to its end", lab.returncode == 0,
       lab.stdout + lab.stderr)
    if lab.returncode == 0:
        test_counts()
        test_movement()
        test_trace()
        test_more()
        test_life()
    done()


main()
