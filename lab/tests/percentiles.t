#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: percentiles.t [--again]
#
# Compares the percentiles of KVM's book with a trace of each exit in the same run.  --again:
# judge the existing results.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/tap.sh
. tests/tap.sh
# shellcheck source=lab/tests/arguments.sh
. lab/tests/arguments.sh

lab_arguments own "$@"
results=${BUILD:-build}/results/t-percentiles

# judge WHAT: compare the monitor's table with the trace; prints True, or what differs
judge() {
	python3 - "$results" "$1" <<'END'
import json
import math
import re
import sys

folder, what = sys.argv[1:]
NAMES = {"cpuid": "CPUID", "hlt": "HLT", "interrupt": "INTR", "io": "IOIO", "msr": "MSR",
         "npf": "NPF", "vintr": "VINTR"}
# By how much a percentile may be wrong, for times from 960 cycles on: this share of it, and
# this number of ns (userspace/kernel/kernel_buckets.h).
ERROR, ROUNDING = 0.116, 2

rows = {}
for line in open(f"{folder}/monitor.json"):
    sample = json.loads(line)
    if sample["kind"] == "total":
        rows = {row["name"]: row for row in sample["vms"][0]["reasons"]}
khz = 1000 * float(re.findall(r"(?:calibration: |Detected )([\d.]+) MHz",
                              open(f"{folder}/dmesg.txt").read())[-1])
times, begun = {}, None
for line in open(f"{folder}/trace.txt"):
    at, event, reason = re.search(
        r" (\d+): kvm_(exit|entry): (?:.*?reason (\w+))?", line).groups()
    if event == "exit":
        begun = int(at), NAMES[reason]
    elif begun:
        times.setdefault(begun[1], []).append((int(at) - begun[0]) * 1e6 / khz)
        begun = None

# When the trace began, the guest was stopped within an exit, so the trace does not have
# the beginning of that exit.  It is by far the longest exit of its reason.
for name, each in times.items():
    if rows[name]["timed"] == len(each) + 1:
        each.append(rows[name]["max_ns"])
        rows[name]["ns"] -= rows[name]["max_ns"]
        rows[name]["open"] = 1
# KVM's time of an exit begins before its tracepoint and ends after the entry's.
beyond = {name: (rows[name]["ns"] - sum(each[:len(each) - rows[name].get("open", 0)])) /
          (len(each) - rows[name].get("open", 0)) for name, each in times.items()}
usual = beyond["CPUID"]

if what == "counts":
    print(sum(map(len, times.values())) > 3000 and len(times) >= 5 and
          all(rows[name]["timed"] == len(each) for name, each in times.items()) or
          {name: (rows[name]["timed"], len(each)) for name, each in times.items()})
elif what == "sums":
    print(200 < usual < 2000 and
          all(abs(value - usual) < 0.02 * usual for value in beyond.values()) or beyond)
else:
    wrong = []
    for name, each in times.items():
        each.sort()
        for share, field in ((0.5, "p50_ns"), (0.9, "p90_ns"), (0.99, "p99_ns"),
                             (0.999, "p999_ns")):
            true = each[math.ceil(share * len(each)) - 1]
            if true != rows[name]["max_ns"]:
                true += usual
            if abs(rows[name][field] - true) > ERROR * true + ROUNDING:
                wrong.append((name, field, rows[name][field], true))
        if not rows[name]["min_ns"] * rows[name]["timed"] <= \
                rows[name]["ns"] + rows[name].get("open", 0) * rows[name]["max_ns"] <= \
                rows[name]["max_ns"] * rows[name]["timed"]:
            wrong.append((name, "the mean is not between least and most", rows[name]))
    print(not wrong or wrong)
END
}
is_so() { [ "$1" = True ] || { echo "# $1"; return 1; }; }

for series in "${kernels[@]}"; do
	# The TSC counts instructions: nothing outside of L1 makes an exit longer.
	run lab/machine/l1.sh --tcg --vendor amd --icount --kernel "$series" "${again[@]}" \
		--out "$results" lab/scenarios/percentiles.sh kvm.exit_stats=3 TIME=0.3
	ok "$series: the scenario ran to its end" status_is 0
	ok "$series: the trace has lost no event" \
		[ "$(grep -c 'overrun: 0$' "$results/overrun.txt")" -ge 2 ]
	ok "$series: monitor has timed each exit of the trace, and no other" is_so "$(judge counts)"
	ok "$series: KVM's times are longer by the same for each reason" is_so "$(judge sums)"
	ok "$series: percentiles are within the error that is stated" is_so "$(judge percentiles)"
done

done_testing
