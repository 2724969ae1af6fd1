#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: split.t [--again]
#
# Holds the VMM's part of exits against what the VMM has measured itself.  --again: judge the
# existing results.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/tap.sh
. tests/tap.sh
# shellcheck source=lab/tests/arguments.sh
. lab/tests/arguments.sh

lab_arguments own "$@"
results=${BUILD:-build}/results/t-split

# judge WHAT: print True, or the numbers that are wrong
judge() {
	python3 - "$results" "$1" <<'END'
import json
import sys

folder, what = sys.argv[1:]
NAMES = "short", "pause", "turns"


def rows(name):
    """Return {reason: its row} of a guest's total."""
    for line in open(f"{folder}/{name}.json"):
        sample = json.loads(line)
        if sample["kind"] == "total":
            return {row["name"]: row for row in sample["vms"][0]["reasons"]}


def userspace(name):
    """Return the TSC's cycles that the first vCPU's VMM counted; there is one per ns here."""
    report = json.load(open(f"{folder}/{name}.report"))
    return [read["userspace"] for read in report["reads"] if "userspace" in read][-1]


def beyond(name):
    """Return by how many ns per exit our part is longer: the system call itself."""
    row = rows(name)["IOIO"]
    ours = row["vmm_ns"] + row["blocked_ns"] + row["preempted_ns"]
    return (ours - userspace(name)) / row["timed"]


if what == "sums":
    wrong = [(name, row["name"]) for name in NAMES for row in rows(name).values()
             if row["kvm_ns"] + row["vmm_ns"] + row["preempted_ns"] + row["blocked_ns"]
             != row["ns"] or not row["kvm_ns"]]
    print(not wrong or wrong)
elif what == "vmm":
    wrong = [(name, row["name"], row["vmm_ns"]) for name in NAMES
             for row in rows(name).values() if (row["vmm_ns"] > 0) != (row["name"] == "IOIO")]
    print(not wrong or wrong)
elif what == "pause":
    row = rows("pause")["IOIO"]
    ours, theirs = row["vmm_ns"] + row["blocked_ns"], userspace("pause")
    print(abs(ours / theirs - 1) < 0.01 and row["blocked_ns"] > 100 * 4e6 or (ours, theirs))
elif what == "beyond":
    both = beyond("short"), beyond("pause")
    print(all(500 < one < 2500 for one in both) and abs(both[0] / both[1] - 1) < 0.2 or both)
else:
    # While a vCPU waits for its turn, the thread runs the two others.
    row, kvm = rows("turns")["IOIO"], rows("short")["IOIO"]
    print(row["vmm_ns"] / row["timed"] > 3 * kvm["vmm_ns"] / kvm["timed"] or row)
END
}
is_so() { [ "$1" = True ] || { echo "# $1"; return 1; }; }

for series in "${kernels[@]}"; do
	# The TSC counts instructions: nothing outside of L1 makes an exit longer.
	run lab/machine/l1.sh --tcg --vendor amd --icount --kernel "$series" "${again[@]}" \
		--out "$results" lab/scenarios/split.sh
	ok "$series: the scenario ran to its end" status_is 0
	ok "$series: the parts of each reason's time add up to it" is_so "$(judge sums)"
	ok "$series: only exits that go to the VMM have a part of the VMM" is_so "$(judge vmm)"
	ok "$series: the VMM's part, with its sleep, is within 1 % of what the VMM measured" \
		is_so "$(judge pause)"
	ok "$series: what is beyond that is the system call, and the same for each exit" \
		is_so "$(judge beyond)"
	ok "$series: a thread that runs vCPUs in turn" is_so "$(judge turns)"
	ok "$series: the table has the columns" grep -q ' VMM  *KVM' "$results/table.txt"
done

done_testing
