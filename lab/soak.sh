#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: soak.sh [--vendor amd|intel] [--kernel SERIES] [--runs N] [--exits N]
#                [--seed N] [--out DIR]
#
# Has compare judge right counters, over and over: guests of 1 to 4 vCPUs that do
# random mixes of what exits, watched from the start or from somewhere in the
# middle, read when the work is done or while it is. All must be BALANCED.
#
# --runs   how many guests (default 50)
# --exits  how many exits they have, all together, about (default 1000000)
# --seed   of the random numbers (default: another one each time; it is shown)
#
# Exit status: 0 if all were balanced and no exit was missing, 1 if not, 125 if the
# lab failed.

# shellcheck source=lab/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

# What both vendors count once each time; an own APIC does not go with HLT to
# userspace.
KINDS=(cpuid out in hlt rdmsr wrmsr vmcall wbinvd rdpmc ud2 write_cr0 write_cr4)
APIC_KINDS=(cpuid out in rdmsr vmcall ud2 tsc_far self_ipi)
# These are slow, or wait.
declare -A PART=([out]=4 [in]=4 [hlt]=8 [ud2]=8 [wbinvd]=4 [self_ipi]=4)

parse_options() {
	VENDOR=amd KERNEL=6.1 RUNS=50 EXITS=1000000 SEED='' OUT=''
	while (($#)); do
		(($# > 1)) || usage
		case $1 in
		--vendor | --kernel | --runs | --exits | --seed | --out)
			printf -v "$(tr '[:lower:]' '[:upper:]' <<<"${1#--}")" '%s' "$2"
			;;
		*) usage ;;
		esac
		shift 2
	done
	[[ $VENDOR =~ ^(amd|intel)$ && $RUNS =~ ^[1-9][0-9]*$ &&
		$EXITS =~ ^[1-9][0-9]*$ && $SEED =~ ^[0-9]*$ ]] || usage
	: "${SEED:=$SRANDOM}"
	OUT=${OUT:-$BUILD/results/soak-$VENDOR-$KERNEL}
}

# pick VAR LOW HIGH: a random number, from LOW to HIGH
pick() {
	printf -v "$1" '%d' $(($2 + (RANDOM * 32768 + RANDOM) % ($3 - $2 + 1)))
}

# random_run NR: adds a row to ROWS, with about EXITS / RUNS exits.  Not to be
# called in a subshell, where bash has other random numbers.
random_run() {
	local vcpus kinds nr i laps how=alone many=25 options='' work='' kind n row
	local -A count=()
	local each=0

	pick vcpus 1 4
	pick i 0 2
	kinds=("${KINDS[@]}")
	((i)) || kinds=("${APIC_KINDS[@]}")
	pick nr 1 5
	for ((i = 0; i < nr; i++)); do
		pick n 0 $((${#kinds[@]} - 1))
		kind=${kinds[n]}
		pick n 1 $((many / ${PART[$kind]:-1} + 1))
		count[$kind]=$n
	done
	for kind in "${kinds[@]}"; do
		[[ -n ${count[$kind]:-} ]] || continue
		work+=" $kind=${count[$kind]}"
		each=$((each + count[$kind]))
	done
	laps=$((EXITS / RUNS / each / vcpus + 1))
	# The guest has room for so many.
	while ((laps > 4096)); do
		laps=$((laps / 2))
		work=$(sed -E 's/=([0-9]+)/=\1*2/g' <<<"$work")
		work=$(double "$work")
	done
	pick i 0 1
	((i)) || how=late
	pick n 0 1
	if ((vcpus > 1 && n)); then
		options="--meanwhile --reads 100"
	elif [[ $how == late ]]; then
		options="--reads 4"
	fi
	# It must not be over before compare is there.
	[[ $how == alone ]] || options+=" --stop"
	printf -v row '%d - %s --vcpus %d --laps %d %s%s' "$1" "$how" "$vcpus" \
		"$laps" "$options" "$work"
	ROWS+=$row$'\n'
}

# double " KIND=N*2...": what is to be multiplied is
double() {
	local word

	for word in $1; do
		printf ' %s=%d' "${word%%=*}" $((${word#*=}))
	done
}

make_rows() {
	local nr

	RANDOM=$SEED
	ROWS=''
	for ((nr = 0; nr < RUNS; nr++)); do
		random_run "$nr"
	done
}

# Adds up the books' totals: sets BALANCED, KERNEL_EXITS, DIFFERENCE, and shows
# the runs that were not balanced.
add_up() {
	local nr status

	BALANCED=0 KERNEL_EXITS=0 DIFFERENCE=0
	for ((nr = 0; nr < RUNS; nr++)); do
		status=$(cat "$OUT/$nr.status" 2>/dev/null || echo none)
		if [[ $status != 0 ]]; then
			note "NOT BALANCED (status $status): $(sed -n "$((nr + 1))p" <<<"$ROWS")"
			sed 's/^/    /' "$OUT/$nr.txt" || true
			continue
		fi
		BALANCED=$((BALANCED + 1))
		KERNEL_EXITS=$((KERNEL_EXITS + $(total "$nr" kernel)))
		DIFFERENCE=$((DIFFERENCE + $(total "$nr" difference)))
	done
}

total() { # NR WHAT
	sed -n "s/.*\"$2\":\\(-\\{0,1\\}[0-9]*\\).*/\\1/p" "$OUT/$1.total"
}

main() {
	local status=0

	parse_options "$@"
	make_rows
	note "          $VENDOR $KERNEL: $RUNS runs, seed $SEED"
	"$LAB/l1.sh" --tcg --vendor "$VENDOR" --kernel "$KERNEL" \
		--timeout 7200 --out "$OUT" \
		"$LAB/scenarios/compare-rows.sh" READ= READS= \
		EVERY=$((RUNS / 10 + 1)) ROWS="${ROWS%$'\n'}" || status=$?
	((status == 0)) || exit 125
	printf '%s' "$ROWS" >"$OUT/rows.txt"
	add_up
	note "$VENDOR $KERNEL: seed $SEED: $BALANCED of $RUNS runs balanced," \
		"$KERNEL_EXITS exits reconciled, difference $DIFFERENCE"
	((BALANCED == RUNS && DIFFERENCE == 0))
}

main "$@"
