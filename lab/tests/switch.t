#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Tests the counters' memory and the host's decision for one VM: what exists while nothing
# counts, how a running guest begins to be counted, and which guests may read.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/tap.sh
. tests/tap.sh

build=${BUILD:-build}

abi() { grep -o '"abi":[0-9]*' "$results/$1.json" | head -n 1; }
# missing NAME: print by each read how many executed CPUIDs KVM did not count
missing() {
	python3 -c '
import json, sys
reads = json.load(open(sys.argv[1]))["reads"]
print(*sorted({r["executed"] - r["eax"] for r in reads
               if r["leaf"] == 0x4ffffffd and r["index"] == 0x72}))' \
		"$results/$1.json"
}
# slab NAME CACHE COLUMN: print a column of the cache's line in the saved slabinfo: 2 is the
# number of objects in use, 4 the size of an object
slab() {
	awk -v cache="$2" -v column="$3" '$1 == cache { print $column; found = 1 }
		END { if (!found) print 0 }' "$results/$1.slab"
}
# book NAME QUESTION: ask kvm_book.py about the file that the host read while the guest
# was stopped
book() { lab/tests/kvm_book.py "$results/$1.book" "$2"; }
# answers ALL ONE: may a guest read with these decisions?
answers() {
	case $2 in
	default) echo "$1" ;;
	*) echo "$2" ;;
	esac
}

series_to_test own
for kernel in "${SERIES[@]}"; do
	results=$build/results/t-switch-$kernel
	tap_evidence=("$results"/console.txt)
	run lab/machine/l1.sh --tcg --vendor amd --kernel "$kernel" --out "$results" \
		lab/scenarios/switch.sh
	ok "$kernel: the scenario ran to its end, without a warning" status_is 0
	ok "$kernel: the scenario reports no failure" \
		[ -z "$(grep '\[LAB\].*\(cannot\|was taken\|no book\|without a VM\)' "$results/console.txt")" ]

	# The first 1,000 of 2,000 were executed before counting began.
	ok "$kernel: a guest that began uncounted is counted from the switch on, to the exit" \
		[ "$(missing late)" = 1000 ]
	ok "$kernel: a guest that was counted all the while misses nothing" \
		[ "$(missing early)" = 0 ]
	ok "$kernel: off: no cells are there: $(slab off kvm_exit_cells 2)" \
		[ "$(slab off kvm_exit_cells 2)" = 0 ]
	ok "$kernel: on: cells of 2,496 bytes: $(slab on kvm_exit_cells 4)" \
		[ "$(slab on kvm_exit_cells 4)" = 2496 ]
	ok "$kernel: on: no histograms are there: $(slab on kvm_exit_hists 2)" \
		[ "$(slab on kvm_exit_hists 2)" = 0 ]
	# With the slab's overhead, three of them take 32 KiB.
	size=$(slab hist kvm_exit_hists 4)
	ok "$kernel: histograms: two of them, of a third of 32 KiB: $size bytes" \
		[ "$(slab hist kvm_exit_hists 2)" -ge 2 -a "$size" -le 10920 ]

	for name in early hist; do
		# The first vCPU stops the guest after its own first lap.
		ok "$kernel: $name: the host reads the exits of its first vCPU" \
			[ "$(book $name reason=0x72 | cut -d' ' -f1)" = 1000 ]
		ok "$kernel: $name: all numbers add up" \
			[ "$(book $name sums)" = 'right right' ]
		ok "$kernel: $name: KVM's own statistics are the same" \
			[ "$(book $name statistics)" = '0 0' ]
	done
	ok "$kernel: the file says the mode" \
		[ "$(book early mode) $(book hist mode)" = '2 3' ]
	ok "$kernel: only mode 3 has histograms" \
		[ "$(book early spans) $(book hist spans)" = '0 112' ]
	ok "$kernel: without its VM the file has nothing" \
		[ ! -s "$results/gone.book" ]
	ok "$kernel: without its VM a read fails" \
		grep -q 'Input/output error' "$results/gone.txt"

	for all in Y N; do
		for one in default Y N; do
			name=all-$all-one-$one
			ok "$kernel: $name: no setting at first" \
				[ "$(cat "$results/$name.before")" = default ]
			ok "$kernel: $name: what was written is read" \
				[ "$(cat "$results/$name.after")" = $one ]
			expected='"abi":0'
			may=$(answers $all $one)
			[ "$may" = N ] || expected='"abi":1'
			ok "$kernel: $name: the guest has $expected" \
				[ "$(abi "$name")" = "$expected" ]
		done
	done
	ok "$kernel: other words change nothing" \
		[ "$(cat "$results/wrong-word.after")" = default ]
	ok "$kernel: one guest may not read" [ "$(abi wrong-word)" = '"abi":0' ]
	ok "$kernel: one guest may not read: its neighbour may" [ "$(abi neighbour)" = '"abi":1' ]
	ok "$kernel: compare does not take that for a fault" \
		[ "$(cat "$results/compare.status")" = 2 ]
	ok "$kernel: compare does not take that for a fault: says why there is nothing to compare" \
		grep -q '^reason .*exit_stats_leaves' "$results/compare.txt"
	ok "$kernel: after switching under load the books balance" \
		[ "$(cat "$results/after.status")" = 0 ]
done

done_testing
