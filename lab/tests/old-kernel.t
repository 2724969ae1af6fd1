#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: old-kernel.t [SERIES [VENDOR]]
#
# Tests a kernel that is too old for exitledger: each command says so, in one line that names
# what is missing and what to do, and begins nothing.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/tap.sh
. tests/tap.sh

build=${BUILD:-build}
vendor=${2:-amd}
least=$(sed -nE 's/^#define KERNEL_LEAST "([0-9.]+)"$/\1/p' userspace/host/kernel_needs.h)
has() { grep -qF -- "$2" "$results/$1"; }
lacks() { ! grep -qF -- "$2" "$results/$1"; }
line_is_one() { [ "$(wc -l <"$results/$1")" -eq 1 ] && [ ! -s "$results/${1%.err}.txt" ]; }
# doctor PYTHON: is this true of what doctor --json said?
doctor() {
	python3 -c '
import json, sys
d = json.load(open(sys.argv[1]))
states = {f["name"]: f["state"] for f in d["findings"]}
sys.exit(not eval(sys.argv[2]))
' "$results/doctor_json.txt" "$1"
}

for series in ${1:-$(lab/setup/series.sh refused)}; do
	if [ ! -r "$build/kernel/$series/current/kernel.env" ]; then
		skip "all of $series" "Linux $series (lab/setup/prepare.sh $series)"
		continue
	fi
	results=$build/results/t-old-kernel-$vendor-$series
	run lab/machine/l1.sh --vendor "$vendor" --tcg --kernel "$series" \
		--out "$results" lab/scenarios/old-kernel.sh
	ok "$series: the scenario ran to its end" status_is 0
	[ "$status" = 0 ] || continue
	for name in monitor_{auto,tp_btf,raw_tp,tp} record compare bench export; do
		ok "$series: $name: status" name_is 3 "$name"
		ok "$series: $name: one line" line_is_one "$name.err"
		for word in "Linux $series." 'too old' '4 MiB' "boot Linux $least or later"; do
			ok "$series: $name: '$word'" has "$name.err" "$word"
		done
	done
	ok "$series: nothing has begun" [ ! -s "$results/begun" ]
	ok "$series: the doctor: status" name_is 1 doctor doctor_json
	ok "$series: the doctor finds the kernel missing, and it alone" doctor \
		'[n for n in states if states[n] == "missing"] == ["kernel"]'
	ok "$series: the doctor: nothing can be done" doctor \
		'not d["can_monitor"] and not d["can_compare"]'
	ok "$series: the doctor promises no classic tracepoints" lacks doctor.txt \
		'tracepoints are used'
done
done_testing
