#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Tests exitwork without counters; lab/tests/boot-study.t tests the exits that it
# causes.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/tap.sh
. tests/tap.sh

exitwork=${BUILD:-build}/guest/exitwork
page=docs/exitwork.1.rst

run "$exitwork" --help
ok '--help' status_is 0
ok '--help: every option is in the manual page' [ -z "$(
	grep -oE -- '--[a-z]+' "$tap_dir/out" | grep -vE 'help|usage|version' |
		sort -u | while read -r option; do
			grep -qE -- "^(-.( [A-Z]+)?, )?$option" "$page" || echo "$option"
		done)" ]
run "$exitwork" --version
ok '--version' out_has 'exitwork '
run ldd "$exitwork"
ok 'it is static' grep -qE 'not a dynamic executable|statically linked' \
	"$tap_dir/err" "$tap_dir/out"

run "$exitwork" --list
ok '--list: status' status_is 0
ok '--list: 80 columns' fits_80
cp "$tap_dir/out" "$tap_dir/list"
workloads=$(sed -n 's/^\([a-z0-9_]*\):.*/\1/p' "$tap_dir/list")
ok '--list: the workloads are those of the manual page' [ "$workloads" = "$(
	sed -n '/^workload  /,/^EXIT\|^\*first/s/^\([a-z0-9_]\{1,\}\)  .*/\1/p' "$page" |
		grep -vx workload)" ]
# named: print the reasons in the output of --list that are missing in the row of their
# workload in the manual page
named() {
	awk -v page="$page" '
	/^[a-z]/ { name = substr($1, 1, length($1) - 1); next }
	{ print name, $2, $3 == "at" && $4 == "most" }' "$tap_dir/list" |
		while read -r name reason none; do
			[ "$none" = 0 ] || continue
			awk -v name="$name" '
			$1 == name { on = 1; print; next }
			/^[a-z=]/ { on = 0 }
			on' "$page" | grep -qw "$reason" || echo "$name: $reason"
		done
}
ok '--list: the reasons, too' [ -z "$(named)" ]

# Workloads that need no privileges and no hardware can run anywhere; a hypercall needs
# a hypervisor.
for workload in cpuid ud2 hlt first_touch invlpg context_switch pause rdtsc; do
	run "$exitwork" "$workload" --json --count 3
	ok "$workload: done" status_is 0
	ok "$workload: three times" out_has \
		"\"workload\":\"$workload\",\"operations\":3,"
	ok "$workload: nothing on stderr" no_err
done
truncate -s 1M "$tap_dir/disk"
run "$exitwork" disk --file "$tap_dir/disk" --count 20
# Some file systems do not support O_DIRECT.
if [ "$status" -eq 3 ] && err_has 'Invalid argument'; then
	skip 'disk: done' 'a file system with O_DIRECT'
else
	ok 'disk: done' status_is 0
fi
run "$exitwork" cpuid --seconds 0.2
ok '--seconds: done' status_is 0
ok '--seconds: for so long' grep -qE 'operations in 0\.[2-9]' "$tap_dir/out"
run taskset -c 0 "$exitwork" ipi
ok 'one CPU: status' status_is 3
ok 'one CPU: said' err_has 'takes two CPUs'
if [ "$(nproc)" -gt 1 ]; then
	for workload in ipi tlb_shootdown; do
		run "$exitwork" "$workload" --count 3
		ok "$workload: done" status_is 0
	done
fi
run "$exitwork" disk --file /nonexistent
ok 'no such disk: status' status_is 3
ok 'no such disk: one line' one_err_line
run "$exitwork" serial --file /dev/null
ok 'no serial port: said' err_has '/dev/null is no terminal'

for arguments in '' jump 'cpuid rdtsc' 'cpuid --count 0' 'cpuid --count 1x' \
	'cpuid --count -3' 'cpuid --seconds nan' 'cpuid --seconds -1' disk \
	'cpuid --count 1 --seconds 1' '--no-such-option'; do
	# shellcheck disable=SC2086 # words
	run "$exitwork" $arguments
	ok "wrong usage: '$arguments'" status_is 64
done
ok 'standard output is full: status' [ "$(
	"$exitwork" cpuid --count 1 2>/dev/null >/dev/full || echo $?)" = 3 ]

run "$exitwork" cpuid --count 1 --check
if [ "$status" -eq 0 ]; then
	skip '--check without counters' 'a hypervisor without exit counters'
else
	ok '--check without counters: status' status_is 2
	ok '--check without counters: one line' one_err_line
fi

done_testing
