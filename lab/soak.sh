#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: soak.sh [--vendor amd|intel] [--kernel SERIES] [--runs N] [--exits N]
#                [--seed N] [--out DIR] [--again]
#
# Has compare judge right counters, over and over: guests of 1 to 4 vCPUs that do
# random mixes of what exits, watched from the start or from somewhere in the
# middle, read when the work is done or while it is. All must be BALANCED.
#
# --vendor, --kernel   on this host alone (default: all four, one after the other)
# --runs   how many guests on each (default: 70; Intel, which is slow: 30)
# --exits  how many exits are reconciled on each, about (default: 5200000; Intel:
#          60000)
# --seed   of the random numbers (default: another one each time; it is shown)
# --out    the results, in a folder for each host (default: build/results/soak)
# --again  add up the results that are there
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
	VENDOR='amd intel' KERNEL='6.1 6.12' RUNS='' EXITS='' SEED='' AGAIN=''
	OUT=$BUILD/results/soak
	while (($#)); do
		if [[ $1 == --again ]]; then
			AGAIN=1
			shift
			continue
		fi
		(($# > 1)) || usage
		case $1 in
		--vendor | --kernel | --runs | --exits | --seed | --out)
			printf -v "$(tr '[:lower:]' '[:upper:]' <<<"${1#--}")" '%s' "$2"
			;;
		*) usage ;;
		esac
		shift 2
	done
	[[ $VENDOR =~ ^(amd|intel|amd intel)$ && $RUNS =~ ^([1-9][0-9]*)?$ &&
		$EXITS =~ ^([1-9][0-9]*)?$ && $SEED =~ ^[0-9]*$ ]] || usage
	: "${SEED:=$SRANDOM}"
}

# pick VAR LOW HIGH: a random number, from LOW to HIGH
pick() {
	printf -v "$1" '%d' $(($2 + (RANDOM * 32768 + RANDOM) % ($3 - $2 + 1)))
}

# Of guests that are read while they work (half of those with several vCPUs: 3 of
# 8 in all), what comes after the last read is not reconciled, so they do less.
MEANWHILE_EXITS=8000

# random_run NR EXITS: adds a row to ROWS, with about so many exits.  Not to be
# called in a subshell, where bash has other random numbers.
random_run() {
	local vcpus kinds nr i laps how=alone many=25 options='' work='' kind n row
	local exits=$2 meanwhile
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
	pick meanwhile 0 1
	((vcpus > 1)) || meanwhile=0
	((!meanwhile || exits < MEANWHILE_EXITS)) || exits=$MEANWHILE_EXITS
	laps=$((exits / each / vcpus + 1))
	# The guest has room for so many.
	while ((laps > 4096)); do
		laps=$((laps / 2))
		work=$(sed -E 's/=([0-9]+)/=\1*2/g' <<<"$work")
		work=$(double "$work")
	done
	pick i 0 1
	((i)) || how=late
	if ((meanwhile)); then
		options="--meanwhile --reads 100"
	elif [[ $how == late ]]; then
		options="--reads 4"
	fi
	# It must not be over before compare is there.
	[[ $how == alone ]] || options+=" --stop"
	printf -v row '%d - - %s --vcpus %d --laps %d %s%s' "$1" "$how" "$vcpus" \
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

# make_rows SEED EXITS
make_rows() {
	local nr

	RANDOM=$1
	ROWS=''
	for ((nr = 0; nr < RUNS; nr++)); do
		random_run "$nr" $(($2 * 8 / 5 / RUNS))
	done
}

total() { # NR WHAT
	sed -n "s/.*\"$2\":\(-\{0,1\}[0-9]*\).*/\1/p" "$DIR/$1.total"
}

# Adds up a host's books in $DIR: adds to BALANCED, KERNEL_EXITS, DIFFERENCE, and
# shows the runs that were not balanced.
add_up() {
	local nr status off balanced=0 exits=0 difference=0

	for ((nr = 0; nr < RUNS; nr++)); do
		status=$(cat "$DIR/$nr.status" 2>/dev/null || echo none)
		if [[ $status != 0 ]]; then
			note "NOT BALANCED (status $status): $(sed -n "$((nr + 1))p" \
				"$DIR/rows.txt")"
			sed 's/^/    /' "$DIR/$nr.txt" || true
			continue
		fi
		balanced=$((balanced + 1))
		exits=$((exits + $(total "$nr" kernel)))
		off=$(total "$nr" difference)
		difference=$((difference + ${off#-}))
	done
	note "$1: $balanced of $RUNS runs balanced," \
		"$exits exits reconciled, difference $difference"
	BALANCED=$((BALANCED + balanced)) KERNEL_EXITS=$((KERNEL_EXITS + exits))
	DIFFERENCE=$((DIFFERENCE + difference))
}

# run VENDOR KERNEL SEED
run() {
	local exits=5200000

	[[ $1 == amd ]] || exits=60000
	make_rows "$3" "${EXITS:-$exits}"
	note "          $1 $2: $RUNS runs, seed $3"
	"$LAB/l1.sh" --tcg --vendor "$1" --kernel "$2" --timeout 7200 \
		--out "$DIR" "$LAB/scenarios/compare-rows.sh" READ= READS= \
		EVERY=$((RUNS / 10 + 1)) ROWS="${ROWS%$'\n'}" || exit 125
	printf '%s' "$ROWS" >"$DIR/rows.txt"
}

main() {
	local vendor kernel hosts=0 runs=0 wanted

	parse_options "$@"
	wanted=$RUNS
	BALANCED=0 KERNEL_EXITS=0 DIFFERENCE=0
	for kernel in $KERNEL; do
		for vendor in $VENDOR; do
			DIR=$OUT/$vendor-$kernel
			RUNS=70
			[[ $vendor == amd ]] || RUNS=30
			RUNS=${wanted:-$RUNS}
			[[ -n $AGAIN ]] || run "$vendor" "$kernel" $((SEED + hosts))
			add_up "$vendor $kernel"
			hosts=$((hosts + 1)) runs=$((runs + RUNS))
		done
	done
	note "in all: $BALANCED of $runs runs balanced," \
		"$KERNEL_EXITS exits reconciled, difference $DIFFERENCE"
	((BALANCED == runs && DIFFERENCE == 0))
}

main "$@"
