#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: rip.t [--again] [amd|intel [SERIES...]]
#
# The addresses that `--by rip` shows are those of the instructions that exited: of all exits,
# for a guest whose code is known.  --again: judge the existing results.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/tap.sh
. tests/tap.sh
# shellcheck source=lab/tests/arguments.sh
. lab/tests/arguments.sh

build=${BUILD:-build}
lab_arguments own "$@"
objcopy -O binary -j .rodata "$build/obj/guest/micro_code.o" "$tap_dir/code"

# is TEST NAME: judge the monitor's output of this name
is() {
	lab/tests/rip_addresses.py "$1" "$results/$2.json" "$results/$2.kallsyms" \
		"$tap_dir/code" >"$tap_dir/judged" 2>&1
}

for kernel in "${kernels[@]}"; do
	results=$build/results/t-rip-$vendor-$kernel
	tap_evidence=("$results/console.txt" "$tap_dir/judged")
	run lab/machine/l1.sh "${again[@]}" --tcg --vendor "$vendor" --kernel "$kernel" \
		--out "$results" lab/scenarios/rip.sh VENDOR="$vendor"
	ok "$vendor $kernel: the scenario ran to its end" status_is 0
	for name in places_tp_btf places_raw_tp apic; do
		ok "$vendor $kernel: $name: each exit has an address" is whole $name
		ok "$vendor $kernel: $name: 64 places, all as often" is places $name
		ok "$vendor $kernel: $name: the instructions are those that exit" \
			is instructions $name
	done
	for name in places_tp_btf places_raw_tp; do
		ok "$vendor $kernel: $name: the other work, each at its place" \
			is work $name
	done
	[ "$vendor" = intel ] ||
		ok "$vendor $kernel: a guest of the guest has none, and is counted" \
			is nested nested
done

done_testing
