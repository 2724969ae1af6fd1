#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: kvm-cost.sh [--kernel SERIES] [KIND...]
#
# Measures the cost of the counters in KVM: instructions per exit, from the guest's
# instruction to its next one.  The distribution's own modules and ours are measured in
# one run of the emulated AMD host whose TSC counts instructions.  KIND: kinds of
# microguest (default: cpuid and vmcall).
#
# Exit status: 0; 1 if the cost exceeds its limit (below) by more than the difference
# between rounds of the same modules; 3 if nothing was measured.

# shellcheck source=lab/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib.sh"
# shellcheck source=lab/setup/kernels.sh
. "$LAB/setup/kernels.sh"
DIE_STATUS=3

# The limits of the instructions that may be added, in the order of MODES.
LIMITS=(4 16 36 50)
MODES=("off (kvm.exit_stats=0)" "count (1)" "count and time (2)" "and histograms (3)")

parse_options() {
	KERNEL=$(default_series)
	if [[ ${1:-} == --kernel ]]; then
		(($# > 1)) || usage
		KERNEL=$2
		shift 2
	fi
	[[ ${1:-} != -* ]] || usage
	KINDS=("$@")
	((${#KINDS[@]})) || KINDS=(cpuid vmcall)
	RESULTS=$BUILD/results/kvm-cost-$KERNEL
}

# quartiles FILE...: print the median and the quartiles of all laps, per exit
quartiles() {
	sort -n -- "$@" | awk '{ a[NR] = $1 / 100 } END {
		printf "%.1f %.1f %.1f\n", a[int((NR + 1) / 2)],
			a[int((NR + 3) / 4)], a[int((3 * NR + 1) / 4)] }'
}

# row NAME FILE...: print a line without its end, and set ADDED to the difference of its median
# from $BASE, the median of the first row
row() {
	local name=$1 median q1 q3

	shift
	read -r median q1 q3 < <(quartiles "$@")
	[[ -n ${BASE:-} ]] || BASE=$median
	ADDED=$(awk -v a="$median" -v b="$BASE" 'BEGIN { printf "%+.1f", a - b }')
	printf '  %-24s %9s  %9s - %-9s %7s' "$name" "$median" "$q1" "$q3" \
		"$ADDED"
}

# spread KIND: print the largest difference between rounds of the same modules.  When modules
# are loaded again, the emulator sometimes counts an instruction more or less per exit.
spread() {
	local name file

	for name in stock mode0. mode1. mode2. mode3.; do
		for file in "$RESULTS/$1-$name"?; do
			quartiles "$file"
		done | sort -n | awk 'NR == 1 { least = $1 }
			END { printf "%.1f\n", $1 - least }'
	done | sort -n | tail -n 1
}

show_kind() {
	local kind=$1 mode spread word

	spread=$(spread "$kind")
	BASE=''
	row "Debian's modules" "$RESULTS/$kind"-stock?
	printf '\n'
	for mode in 0 1 2 3; do
		row "${MODES[mode]}" "$RESULTS/$kind-mode$mode".?
		word='at most'
		if awk -v a="$ADDED" -v l="${LIMITS[mode]}" -v s="$spread" \
			'BEGIN { exit !(a > l + s) }'; then
			word='over'
			STATUS=1
		fi
		printf '  %s %d\n' "$word" "${LIMITS[mode]}"
	done
	printf '  %-24s%41s\n' 'rounds of the same differ' "$spread"
}

main() {
	local start=$EPOCHREALTIME status=0 kind

	parse_options "$@"
	"$LAB/setup/deps.sh" build demo
	lock
	"$LAB/setup/prepare.sh" "$KERNEL"
	unlock
	"$LAB/machine/l1.sh" --kernel "$KERNEL" --icount --timeout 1200 --out "$RESULTS" \
		"$LAB/scenarios/kvm-cost.sh" KINDS="${KINDS[*]}" || status=$?
	((status == 0)) || die "the scenario failed with status $status"
	STATUS=0
	printf '\nInstructions per exit, Linux %s, kvm_amd, emulated; a lap is 100 exits\n\n' \
		"$KERNEL"
	printf '  %-24s %9s  %21s %7s\n' 'MODULES' 'MEDIAN' 'QUARTILES ' 'ADDED'
	for kind in "${KINDS[@]}"; do
		printf '%s\n' "$kind"
		show_kind "$kind"
	done
	printf '\n%s s in all\n' "$(since "$start")"
	exit "$STATUS"
}

main "$@"
