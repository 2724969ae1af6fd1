#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Tests our kvm.ko under the distribution's vendor module: no leaf is answered, nothing is
# written, and the host survives.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/tap.sh
. tests/tap.sh

build=${BUILD:-build}

# abi NAME: print the ABI version of the leaves that the guest saw; 0: no leaves
abi() { grep -o '"abi":[0-9]*' "$results/$1.json" | head -n 1; }
has() { grep -qF -- "$2" "$results/$1"; }

series_to_test newest
for kernel in "${SERIES[@]}"; do
	results=$build/results/t-mixed-$kernel
	tap_evidence=("$results"/console.txt)
	run lab/machine/l1.sh --tcg --vendor amd --kernel "$kernel" --out "$results" \
		lab/scenarios/mixed.sh
	ok "$kernel: the scenario ran to its end, without a warning" status_is 0
	ok "$kernel: every mode could be set" \
		[ -z "$(grep 'cannot be set' "$results/console.txt")" ]
	ok "$kernel: both are ours: the leaves are answered" \
		[ "$(abi ours)" = '"abi":1' ]
	ok "$kernel: both are ours: the books balance" \
		has ours-compare.txt 'verdict  BALANCED'
	for name in after-ours never-ours; do
		ok "$kernel: $name: no leaf is answered" [ "$(abi "$name")" = '"abi":0' ]
		ok "$kernel: $name: the monitor counts all the same" \
			has "$name-monitor.json" '"name":"CPUID"'
		ok "$kernel: $name: compare has nothing to compare" \
			grep -qx 3 "$results/$name-compare.status"
		ok "$kernel: $name: compare has nothing to compare: says why" has "$name-compare.txt" \
			'its kvm_amd was built without them'
		ok "$kernel: $name: which counters there are" \
			grep -qx 0 "$results/$name.isa"
	done
	ok "$kernel: both are ours again: the leaves are answered" \
		[ "$(abi ours-again)" = '"abi":1' ]
	ok "$kernel: both are ours again: the books balance" \
		has ours-again-compare.txt 'verdict  BALANCED'
done

done_testing
