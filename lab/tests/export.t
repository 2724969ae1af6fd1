#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Tests the exporter on a real KVM in the lab: scrapes while a guest runs equal what a monitor
beside it saw, the service's rights suffice, and root's rights are dropped."""

import glob
import json
import os
import re
import shutil
import subprocess
import sys

os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
sys.dont_write_bytecode = True
sys.path[:0] = ["tests", "userspace/export/tests"]
import metrics  # noqa: E402
from tap import done, ok  # noqa: E402

BUILD = os.environ.get("BUILD", "build")
RESULTS = f"{BUILD}/results/test-export"


def read(name):
    """The content of a result file."""
    with open(f"{RESULTS}/{name}", encoding="utf-8") as file:
        return file.read()


def scrape(name, is_open=False):
    """Parse a scrape into families."""
    return metrics.parse(read(name), is_open)


def values(families, name):
    """{labels: value} of a family."""
    return {labels: sample.value for labels, sample in metrics.series(families, name).items()}


def by_reason(families, name="exitledger_exits"):
    """{reason: value} of the only VM."""
    return {dict(labels)["reason"]: int(value)
            for labels, value in values(families, name).items()}


def falls(before, after):
    """The counters that have become smaller or disappeared."""
    return [(name, labels) for name, family in before.items() if family.kind == "counter"
            for labels, value in values(before, name).items()
            if values(after, name).get(labels, -1) < value]


def rights_of_unit():
    """The unit's capabilities, as setpriv takes a bounding set."""
    with open("packaging/systemd/exitledger-export.service.in", encoding="utf-8") as file:
        (names,) = re.findall(r"^CapabilityBoundingSet=(.*)", file.read(), re.M)
    return ",".join(["-all", *(name.replace("CAP_", "+").lower() for name in names.split())])


shutil.rmtree(RESULTS, ignore_errors=True)
series = subprocess.run(["lab/setup/series.sh", "default"], check=True, text=True,
                        stdout=subprocess.PIPE).stdout.strip()
run = subprocess.run(["lab/machine/l1.sh", "--vendor", "amd", "--tcg", "--modules",
                      f"{BUILD}/modules/{series}/fault-mutants", "--out", RESULTS,
                      "lab/scenarios/export.sh", f"RIGHTS={rights_of_unit()}"], check=False, stdout=subprocess.PIPE,
                     stderr=subprocess.STDOUT, text=True)
ok("the scenario ran to its end", run.returncode == 0, run.stdout)
for part in ("export", "monitor", "textfile", "service", "wrong"):
    ok(f"{part}: ended with 0", read(f"{part}.status") == "0\n", read(f"{part}.err"))
ok("it said where it serves, and nothing else",
   read("export.err") == "exitledger: serving at 127.0.0.1:19177\n", read("export.err"))

during = sorted(glob.glob(f"{RESULTS}/during-*.prom"),
                key=lambda name: int(re.search(r"(\d+)\.prom", name)[1]))
scrapes = [scrape(name) for name in
           ("before.prom", *(os.path.basename(name) for name in during), "after.prom")]
ok("scrapes: while the guest ran, too", len(scrapes) > 4, len(scrapes))
ok("scrapes: no counter falls", not any(falls(*pair) for pair in zip(scrapes, scrapes[1:])),
   [falls(*pair) for pair in zip(scrapes, scrapes[1:])])
ok("before: no VM, and all kinds of loss", values(scrapes[0], "exitledger_vms") == {(): 0} and
   not any(values(scrapes[0], "exitledger_lost_events").values()) and
   len(values(scrapes[0], "exitledger_lost_events")) > 10)
ok("meanwhile: one VM with two vCPUs, in two slots", any(
    values(families, "exitledger_vms") == {(): 1} and
    set(values(families, "exitledger_vm_vcpus").values()) == {2} and
    values(families, "exitledger_vcpu_slots_used") == {(): 2} for families in scrapes))

after = scrapes[-1]
last = json.loads(read("monitor.txt").splitlines()[-1])
wanted = {reason["name"]: reason["exits"] for vm in last["vms"] for reason in vm["reasons"]}
ok("after: each reason's exits are those of a monitor beside it",
   by_reason(after) == wanted and wanted["MSR"] == 5000, (by_reason(after), wanted))
ok("after: the VM has ended, and its series are there",
   values(after, "exitledger_vms") == {(): 0} and
   set(values(after, "exitledger_vm_vcpus").values()) == {0} and
   values(after, "exitledger_vcpu_slots_used") == {(): 0})
info = [dict(labels) for labels in values(after, "exitledger_vm_info")]
ok("after: its process", len(info) == 1 and info[0]["vm"] == info[0]["vmm"] == "microguest" and
   int(info[0]["pid"]) > 1, info)
keyed = {labels: int(value) for labels, value in values(after, "exitledger_keyed_exits").items()}
ok("keys: IA32_APIC_BASE, with its name", list(keyed.values()) == [5000] and
   dict(*keyed)["key"] == "0x1b" and dict(*keyed)["name"] == "APIC_BASE", keyed)
slow = by_reason(after, "exitledger_slow_exits")
ok("slow exits: some of each, and never more than all",
   slow and "HLT" not in slow and all(0 < slow[name] <= wanted[name] for name in slow), slow)
total = sum(sample.ns() for sample in metrics.series(after, "exitledger_exit_seconds").values())
off = sum(sample.ns() for name in ("preempted", "blocked") for sample in
          metrics.series(after, f"exitledger_vcpu_{name}_seconds").values())
ok("off the CPU: some of the time, and not more", 0 < off <= total, (off, total))
count = {sample.labels["reason"]: int(sample.value)
         for sample in after["exitledger_exit_duration_seconds"].samples
         if sample.name.endswith("_count")}
ok("histograms: all exits but each vCPU's last", all(
    wanted[name] - 2 <= count[name] <= wanted[name] for name in wanted), (count, wanted))
opened = scrape("after.open", True)
ok("OpenMetrics: the same exits", by_reason(opened) == wanted and
   "application/openmetrics-text" in read("open.headers"), read("open.headers"))

# --- the books ---


def by_kind(families, name):
    """{kind: value} of a family."""
    return {dict(labels)["kind"]: int(value) for labels, value in values(families, name).items()}


judged = by_kind(after, "exitledger_books_judged")
ok("books: the guest's reads were judged, counts and times, and KVM's statistics",
   judged["count"] > 5 and judged["time"] > 5 and judged["statistics"] > 1 and
   values(after, "exitledger_books_reads")[()] > 100, judged)
ok("books: not one number is wrong, and all rules are there",
   not any(by_kind(after, "exitledger_books_discrepancies").values()) and
   {"kernel-low", "statistics"} <= set(by_kind(after, "exitledger_books_discrepancies")))
(kvm,) = values(after, "exitledger_kvm_exits").values()
ok("books: KVM's own count, of all but the last moment", 0 < kvm <= sum(wanted.values()),
   (kvm, wanted))
(cost,) = values(after, "exitledger_observer_seconds_per_exit").values()
ok("books: the observer costs something, and less than a millisecond", 0 < cost < 0.001, cost)
service = scrape("service.prom")
judged, wrong = (by_kind(service, f"exitledger_books_{name}")
                 for name in ("judged", "discrepancies"))
ok("the service's rights: a guest that ran already is judged, and not one number is wrong",
   judged["count"] > 0 and judged["statistics"] > 0 and not any(wrong.values()),
   (judged, wrong))
wrong = by_kind(scrape("wrong.prom"), "exitledger_books_discrepancies")
ok("wrong books: found, by the rule that KVM lost exits", wrong["kernel-low"] > 0 and
   set(kind for kind, count in wrong.items() if count) == {"kernel-low"}, wrong)
said = [line for line in read("wrong.err").splitlines() if "do not balance" in line]
ok("wrong books: told with both numbers, and not without end", 0 < len(said) <= 10 and
   all(re.search(r"\d", line) for line in said), read("wrong.err"))

rights = dict(re.findall(r"(\w+):\s+(.*)", read("export.rights")))
ok("rights: nobody, without capabilities, for good",
   rights["Uid"].split() == ["65534"] * 4 and not int(rights["CapPrm"], 16) and
   not int(rights["CapBnd"], 16) and rights["NoNewPrivs"] == "1" and rights["Seccomp"] == "2",
   rights)

textfile = scrape("textfile.prom")
ok("a file: its exits, by classic tracepoints, and no times",
   3000 <= by_reason(textfile)["CPUID"] < 3020 and
   "exitledger_exit_seconds_total" not in textfile and
   dict(*values(textfile, "exitledger_build_info"))["attach"] == "tp", textfile.keys())
done()
