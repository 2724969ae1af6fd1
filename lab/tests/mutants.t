#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: mutants.t [amd|intel [SERIES]]
#
# Tests compare itself: it finds the mistakes in the books of KVM or of BPF by the rule, and
# accuses the reason, that lab/jobs/mutants.txt names; and right books balance.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/tap.sh
. tests/tap.sh

vendor=${1:-amd}
kernel=${2:-$(lab/setup/series.sh default)}
results=${BUILD:-build}/results/mutants-$vendor-$kernel

# in_table BOOK: print the mistakes in that book that the table lists
in_table() {
	awk -v book="$1" '/^[a-z]/ && $2 == book { print $1 }' lab/jobs/mutants.txt |
		sort -u
}
# described FILE: print the mistakes that a file describes
described() {
	sed -n 's/^[A-Z]*([A-Z0-9_]*, "\([^"]*\)".*/\1/p' "$1"
}
kvm="kvm-instrumentation/faults/exit_mutants.def"
bpf="lab/faults/observer_faults.def"

run lab/jobs/mutants.py --vendor "$vendor" --kernel "$kernel"
ok "$vendor $kernel: every mistake is caught, no right book is blamed" \
	status_is 0
caught=$(sed -n 's/^.*: \([0-9]*\) mistakes caught.*/\1/p' <<<"$out")
ok "$vendor $kernel: ${caught:-no} mistakes" [ "${caught:-0}" -ge 40 ]
# A mistake without a row in the table would never be tested.
ok 'every mistake in KVM is in the table' cmp -s \
	<(in_table kvm) <(described $kvm | sort)
ok 'every mistake in the observer is in the table' cmp -s \
	<(in_table bpf) <(described $bpf | sort)
ok 'the modules have the mistakes that are described' cmp -s \
	<(described $kvm) "$results/mutants"
ok 'docs/mutants.md shows them all' cmp -s \
	<(awk '/^[a-z]/ { print $1 }' lab/jobs/mutants.txt | sort -u) \
	<(awk '$3 == "BALANCED" || $3 == "DISCREPANCY" || $3 == "INCONCLUSIVE" {
		print $1 }' docs/mutants.md | sort -u)

# Check the books of some mistakes, as people see them.
row() {
	awk -v m="$1" -v v="$vendor" '
		/^[a-z]/ && ($3 == "both" || $3 == v) { if ($1 == m) { print n; exit } n++ }
		BEGIN { n = 0 }' lab/jobs/mutants.txt
}
text() { cat "$results/$(row "$1").txt"; }
ok "$vendor $kernel: lost I/O: the verdict" \
	grep -q '^verdict  DISCREPANCY$' <(text lost-io)
ok "$vendor $kernel: lost I/O: the reason, both numbers and the difference" grep -qE \
	'exits for 0x0(7b IOIO|1e IO_INSTR[A-Z]*): KVM says 99, BPF had 251 before: 152 lost' \
	<(text lost-io)
ok "$vendor $kernel: a wrong place: the total is not accused" \
	[ -z "$(text neighbour | grep 'total exits:')" ]

ok 'an exit that BPF did not see: what it knows is said' \
	grep -q '^lost     1 entries that no exit preceded$' <(text missed-exit)

# A mistake that is not found must be reported: give it the results of right counters.
cp -r "$results" "$tap_dir/results"
for file in status txt json; do
	cp "$results/0.$file" "$tap_dir/results/$(row nothing).$file"
done
run lab/jobs/mutants.py --vendor "$vendor" --kernel "$kernel" --again \
	--out "$tap_dir/results"
ok 'a mistake that is not caught: status' status_is 1
ok 'a mistake that is not caught: which' grep -qE '^nothing +kvm +BALANCED +WRONG: ' <<<"$out"
ok 'a mistake that is not caught: how many' err_has "$vendor $kernel: 1 of "

run lab/jobs/mutants.py --vendor "$vendor" --kernel "$kernel" no-such-mutant
ok 'a mutant that there is not: status' status_is 1
ok 'a mutant that there is not: one line' one_err_line
run lab/jobs/mutants.py --kernel 9.9 --out "$tap_dir/none"
ok 'a lab that fails: status' status_is 125

done_testing
