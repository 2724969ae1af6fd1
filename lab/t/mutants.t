#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: mutants.t [amd|intel [SERIES]]
#
# The comparator's own test: counters that count wrong are caught, by the rule and
# with the reason that lab/mutants.txt says, and right ones are not blamed.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=userspace/t/tap.sh
. userspace/t/tap.sh

vendor=${1:-amd}
kernel=${2:-6.1}
results=${BUILD:-build}/results/mutants-$vendor-$kernel

run lab/mutants.sh --vendor "$vendor" --kernel "$kernel"
ok "$vendor $kernel: every wrong counter is caught, no right one is blamed" \
	status_is 0
wrong=$(sed -n 's/^.*: \([0-9]*\) wrong counters caught.*/\1/p' <<<"$out")
ok "$vendor $kernel: of ${wrong:-no} wrong counters" [ "${wrong:-0}" -ge 20 ]
# A mutant that no row of the table has would live unnoticed.
ok "$vendor $kernel: every mutant that there is is in the table" [ -z "$(
	grep -vxFf <(awk '/^[a-z]/ { print $1 }' lab/mutants.txt) \
		"$results/mutants" || true
)" ]
ok "$vendor $kernel: the modules have those that are described" cmp -s \
	<(sed -n 's/^MUTANT([A-Z0-9_]*, "\([^"]*\)".*/\1/p' \
		kvm-instrumentation/faults/exit_mutants.def) "$results/mutants"

# The books of some of them, for people.
text() { cat "$results/$(awk -v m="$1" -v v="$vendor" '
	/^[a-z]/ && ($2 == "both" || $2 == v) { if ($1 == m) { print n; exit } n++ }
	BEGIN { n = 0 }' lab/mutants.txt).txt"; }
ok "$vendor $kernel: lost I/O: the verdict" \
	grep -q '^verdict  DISCREPANCY$' <(text lost-io)
ok "$vendor $kernel: … the reason, both numbers and the difference" grep -qE \
	'exits for 0x0(7b IOIO|1e IO_INSTR[A-Z]*): KVM says 99, BPF had 251 before: 152 lost' \
	<(text lost-io)
ok "$vendor $kernel: a wrong place: the total is not accused" \
	[ -z "$(text neighbour | grep 'total exits:')" ]

run lab/mutants.sh --vendor "$vendor" --kernel "$kernel" no-such-mutant
ok 'a mutant that there is not: status' status_is 1
ok '… one line' one_err_line

done_testing
