#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: debug-lab.sh [--kernel SERIES] [--short]
#
# Runs KVM with the exit counters in a kernel that looks for mistakes by itself: KASAN,
# lockdep, RCU's and the slabs' checks (lab/setup/debug.config).  lab/scenarios/debug.sh
# has the work, on an emulated AMD host with one CPU and with two; no complaint may be in
# the kernel's log.  Two planted mistakes, a use after free and locks that are taken in both
# orders, must be found.  --short: less of the work.
#
# Exit status: 0 if the log is clean and the planted mistakes are found, else 1.

# shellcheck source=lab/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib.sh"
# shellcheck source=lab/setup/kernels.sh
. "$LAB/setup/kernels.sh"

parse_options() {
	SERIES=$(default_series) WORK=()
	while (($#)); do
		case $1 in
		--kernel)
			(($# > 1)) || usage
			SERIES=$2
			shift
			;;
		--short) WORK=(ROUNDS=4 EACH=40) ;;
		*) usage ;;
		esac
		shift
	done
	check_series "$SERIES"
}

# run_l1 NAME OPTION...: run L1, and set STATUS; its output goes to the log
run_l1() {
	STATUS=0
	RESULTS=$BUILD/results/debug-$1
	"$LAB/machine/l1.sh" --debug --kernel "$SERIES" --vendor amd --tcg --timeout 7200 \
		--out "$RESULTS" "${@:2}" || STATUS=$?
}

# work CPUS: no complaint may be in the log
work() {
	run_l1 "$1-cpus" --cpus "$1" "$LAB/scenarios/debug.sh" "${WORK[@]}"
	if ((STATUS == 0)); then
		sed "s/^/          $1 CPU: /" "$RESULTS/summary"
		note "ok        $1 CPU: no complaint of the kernel"
	else
		note "FAILED    $1 CPU: see $(rel "$RESULTS")"
		RESULT=1
	fi
}

# planted NUMBER WHAT TEXT: the kernel's log must say so
planted() {
	run_l1 "planted-$1" --modules "$BUILD/modules/$SERIES-debug/fault-planted" \
		"$LAB/scenarios/debug.sh" PLANTED=1 "kvm.exit_stats_planted=$1" >/dev/null 2>&1
	if ((STATUS == 125)) && grep -qF -- "$3" "$RESULTS/l1-complaints"; then
		note "ok        planted: $2: found: $(grep -m 1 -F -- "$3" "$RESULTS/l1-complaints" |
			sed 's/^\[ *[0-9.]*\] //')"
	else
		note "FAILED    planted: $2: not found; see $(rel "$RESULTS")"
		RESULT=1
	fi
}

main() {
	local RESULT=0

	parse_options "$@"
	"$LAB/setup/debug-kernel.sh" "$SERIES"
	work 1
	work 2
	planted 1 'a use after free' 'BUG: KASAN: '
	planted 2 'locks that are taken in both orders' 'possible circular locking dependency'
	exit "$RESULT"
}

main "$@"
