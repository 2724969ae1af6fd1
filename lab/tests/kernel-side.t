#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Runs lab/jobs/leaf-fuzz.sh and lab/jobs/kvm-cost.sh.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/tap.sh
. tests/tap.sh

series_to_test own
for kernel in "${SERIES[@]}"; do
	run lab/jobs/leaf-fuzz.sh --kernel "$kernel" 100000
	ok "$kernel: leaf-fuzz: all answers are right" status_is 0
	ok "$kernel: leaf-fuzz: four things were looked at" \
		[ "$(grep -c '^  ok ' <<<"$out")" -eq 4 ]
	ok "$kernel: leaf-fuzz: 500,000 reads and more" out_has '100000 values, 500002 reads'
	ok "$kernel: leaf-fuzz: of reasons of both kinds" \
		grep -qE ' [1-9][0-9]+ of defined reasons, [1-9][0-9]+ of undefined' \
		<<<"$out"

	run lab/jobs/kvm-cost.sh --kernel "$kernel" cpuid
	# The number of instructions depends on the compiler; the limits are for gcc 12.
	env=${BUILD:-build}/kernel/$kernel/current/kernel.env
	# shellcheck disable=SC1090
	if grep -q 'CC_VERSION_TEXT="[^ ]*gcc-12 ' "$(. "$env" && echo "$KHEADERS")/.config"; then
		ok "$kernel: kvm-cost: no row is above its limit" status_is 0
	else
		skip "$kernel: kvm-cost: no row is above its limit" "a Linux $kernel that gcc 12 has built"
		grep -E '^  (off|count|and)' <<<"$out" | sed 's/^/# /'
	fi
	ok "$kernel: kvm-cost: off, count, count and time, histograms" \
		[ "$(grep -cE '(at most|over) [0-9]+$' <<<"$out")" -eq 4 ]
	ok "$kernel: kvm-cost: the table fits 80 columns" \
		[ -z "$(sed -n '/^Instructions/,$p' "$tap_dir/out" | grep -E '.{81}')" ]
done

done_testing
