#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: kvm-cost.sh [--kernel 6.1|6.12] [KIND...]
#
# What the counters in KVM cost: instructions per exit, from the guest's to the
# guest's next, with the distribution's own modules and with ours, in one run of
# the emulated AMD host whose TSC counts instructions.  KIND: of microguest's
# (cpuid and vmcall, unless said).
#
# Exit status: 0; 1 if it is more than it must be (below) by more than Debian's
# modules differ from themselves; 3 if nothing was measured.

# shellcheck source=lab/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
DIE_STATUS=3

# The most that may be added: off, counting, counting and timing.
LIMITS=(4 20 50)
MODES=("off (kvm.exit_stats=0)" "count (1)" "count and time (2)")

parse_options() {
	KERNEL=6.1
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

# quartiles FILE...: median and quartiles of all laps, per exit.
quartiles() {
	sort -n -- "$@" | awk '{ a[NR] = $1 / 100 } END {
		printf "%.1f %.1f %.1f\n", a[int((NR + 1) / 2)],
			a[int((NR + 3) / 4)], a[int((3 * NR + 1) / 4)] }'
}

# row NAME FILE...: prints a line, and puts the median in $MEDIAN.
row() {
	local name=$1 q1 q3

	shift
	read -r MEDIAN q1 q3 < <(quartiles "$@")
	[[ -n ${BASE:-} ]] || BASE=$MEDIAN
	ADDED=$(awk -v a="$MEDIAN" -v b="$BASE" 'BEGIN { printf "%+.1f", a - b }')
	printf '  %-24s %9s  %9s - %-9s %7s' "$name" "$MEDIAN" "$q1" "$q3" \
		"$ADDED"
}

show_kind() {
	local kind=$1 mode null

	BASE=''
	row '' "$RESULTS/$kind-stock1" >/dev/null
	row '' "$RESULTS/$kind-stock2" >/dev/null
	null=$ADDED
	BASE=''
	row "Debian's modules" "$RESULTS/$kind"-stock[12]
	printf '\n'
	for mode in 0 1 2; do
		row "${MODES[mode]}" "$RESULTS/$kind-mode$mode".[12]
		printf '  at most %d' "${LIMITS[mode]}"
		if awk -v a="$ADDED" -v l="${LIMITS[mode]}" -v n="$null" \
			'BEGIN { exit !(a > l + (n < 0 ? -n : n)) }'; then
			printf ': TOO MUCH'
			STATUS=1
		fi
		printf '\n'
	done
	printf '  %-24s%41s\n' "Debian's, 2nd - 1st" "$null"
}

main() {
	local start=$EPOCHREALTIME status=0 kind

	parse_options "$@"
	"$LAB/deps.sh"
	lock
	"$LAB/prepare.sh" "$KERNEL"
	"$LAB/l1.sh" --kernel "$KERNEL" --icount --timeout 600 --out "$RESULTS" \
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
