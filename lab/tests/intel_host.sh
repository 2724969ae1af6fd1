# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154 # These are variables of tap.sh.
#
# Runs scenarios on the emulated Intel host.  Its boot takes longer than most scenarios, so
# one boot runs the scenarios of all tests of 'make check', one after the other: the first
# test boots, and the others read their results.  A test that is run alone boots only for its
# own scenarios.  Tests source this file after tap.sh.
#
# A scenario that ends L1 must be the last of its boot.

intel_own=$(lab/setup/series.sh default)
intel_newest=$(lab/setup/series.sh prepared | tail -n 1)
intel_results=${BUILD:-build}/results

# One line per scenario: its boot, its test, and the folder of its results.
intel_table="
own	intel.t		t-intel
own	intel-edges.t	t-edges-intel-$intel_own
own	intel-host-reads.t	t-host-reads-intel-$intel_own
own	intel-mutants.t	t-intel-mutants
own	intel.t		t-intel-panic
newest	intel-reasons.t	t-reasons-intel-$intel_newest
newest	intel-rip.t	t-rip-intel-$intel_newest
newest	intel.t		t-intel-seven
reset	intel.t		t-intel-reset
"
intel_mutants=(flags handle-exit entries)

# intel_words NAME: set words to l1.sh's arguments for that scenario
intel_words() {
	local script=$tap_dir/$1.sh

	words=()
	case $1 in
	t-intel) words+=(lab/scenarios/vmx.sh) ;;
	t-edges-*) words+=(lab/scenarios/edges.sh VMS=30) ;;
	t-host-reads-*) words+=(lab/scenarios/host-reads.sh SHORT=1) ;;
	t-reasons-*) words+=(lab/scenarios/reasons.sh LACKS=) ;;
	t-rip-*) words+=(lab/scenarios/rip.sh VENDOR=intel) ;;
	t-intel-mutants)
		words+=(--modules "${BUILD:-build}/modules/$intel_own/fault-mutants"
			lab/scenarios/compare-rows.sh
			"ROWS=$(lab/jobs/mutants.py --vendor intel --rows "${intel_mutants[@]}")")
		;;
	t-intel-seven)
		# shellcheck disable=SC2016 # L1's shell expands these.
		printf '%s\n' '#!/bin/sh' 'echo "$WORDS" >/results/words' \
			'cat /sys/module/kvm_intel/parameters/vpid >/results/vpid' \
			'head -c 20000 /dev/urandom >/results/random' \
			'sha256sum </results/random >/results/sum' 'exit 7' >"$script"
		words+=(--modules stock "$script" "WORDS=it's two  words" kvm_intel.vpid=0)
		;;
	t-intel-panic) words+=("$script") && echo 'echo c >/proc/sysrq-trigger' >"$script" ;;
	t-intel-reset)
		words+=("$script") && echo 'echo b >/proc/sysrq-trigger; sleep 60' >"$script"
		;;
	esac
}

# intel_boot BOOT TEST: boot L1 for all tests of this make check, or for TEST alone
intel_boot() {
	local kernel=$intel_own boot test name all=() words out err status

	[ "$1" != newest ] || kernel=$intel_newest
	while read -r boot test name; do
		[[ $boot == "$1" && " $2 ${LAB_TESTS:-} " == *[\ /]"$test "* ]] || continue
		# Make a result as if by an earlier run, which l1.sh must remove.
		mkdir -p "$intel_results/$name"
		echo 63 >"$intel_results/$name/l1-status"
		intel_words "$name"
		[ ${#all[@]} -eq 0 ] || all+=(--then)
		all+=(--out "$intel_results/$name" "${words[@]}")
	done <<<"$intel_table"
	run lab/machine/l1.sh --vendor intel --tcg --kernel "$kernel" "${all[@]}" 7>&-
	cp "$tap_dir/out" "$intel_boots/$1.out"
	cp "$tap_dir/err" "$intel_boots/$1.err"
	# Write this file last: the boot counts as done once it exists.
	echo "$status" >"$intel_boots/$1.status"
}

# intel_host TEST: run the scenarios of TEST, unless they have been run
intel_host() {
	local boots boot

	intel_boots=${LAB_BOOTS:-$tap_dir/boots}
	mkdir -p "$intel_boots"
	# Boot in the order of the table, so that intel-reasons.t can boot the newest kernel
	# while intel.t boots this distribution's own.
	boots=$(awk -v test="$1" '$2 == test && !seen[$1]++ { print $1 }' <<<"$intel_table")
	for boot in $boots; do
		exec 7>>"$intel_boots/$boot.lock"
		flock 7
		[ -e "$intel_boots/$boot.status" ] || intel_boot "$boot" "$1"
		exec 7>&-
	done
}

# intel_result NAME: set the scenario's status, and l1.sh's output of that boot
intel_result() {
	local boot

	boot=$(awk -v name="$1" '$3 == name { print $1 }' <<<"$intel_table")
	run lab/machine/l1.sh --again --out "$intel_results/$1"
	out=$(cat "$intel_boots/$boot.out")
	err=$(cat "$intel_boots/$boot.err")
}
