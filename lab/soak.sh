#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: soak.sh [--vendor amd|intel] [--kernel SERIES] [--runs N] [--exits N]
#                [--seed N] [--out DIR] [--again]
#
# Has compare judge right counters, over and over: guests of 1 to 4 vCPUs that do
# random mixes of what exits, watched from the start, from a stop in the middle of
# their work or, on AMD, while they run; read when the work is done or, two of
# three with several vCPUs, while it is.  All must be BALANCED.
#
# An exit is reconciled if both books have it, and were held against each other: of
# a guest that was there before that is from its first read that compare saw to its
# last one.
#
# --vendor, --kernel   on this host alone (default: all four, a vendor's kernels side
#          by side)
# --runs   how many guests on each (default: 70; Intel, which is slow: 30)
# --exits  how many exits are reconciled on each, about (default: 5600000; Intel:
#          60000)
# --seed   of the random numbers (default: another one each time; it is shown)
# --out    the results, in a folder for each host (default: build/results/soak)
# --again  add up the results that are there
#
# Exit status: 0 if all were balanced, no exit was missing, and there were as many as
# there must be by default, ten million; 1 if not, 125 if the lab failed.

# shellcheck source=lab/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=lab/kernels.sh
. "$LAB/kernels.sh"

OTHERS=()	# the processes that run the hosts
trap '((! ${#OTHERS[@]})) || kill "${OTHERS[@]}" 2>/dev/null || true; cleanup' EXIT

# What both vendors count once each time; an own APIC does not go with HLT to
# userspace.
KINDS=(cpuid out in hlt rdmsr wrmsr vmcall wbinvd rdpmc ud2 write_cr0 write_cr4)
APIC_KINDS=(cpuid out in rdmsr vmcall ud2 tsc_far self_ipi)
# These are slow, or wait.
declare -A PART=([out]=4 [in]=4 [hlt]=8 [ud2]=8 [wbinvd]=4 [self_ipi]=4)

parse_options() {
	VENDOR='amd intel' KERNEL='' RUNS='' EXITS='' SEED='' AGAIN=''
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
	LEAST=1
	[[ -n $RUNS$EXITS$KERNEL || $VENDOR != 'amd intel' ]] ||
		LEAST=10000000
	KERNEL=${KERNEL:-$(prepared_series | paste -sd' ')}
}

# pick VAR LOW HIGH: a random number, from LOW to HIGH
pick() {
	printf -v "$1" '%d' $(($2 + (RANDOM * 32768 + RANDOM) % ($3 - $2 + 1)))
}

# A guest that does less may be over before compare is there.
RUNNING_EXITS=50000

# random_work: some kinds of work, in $work; $each: how many exits that is
random_work() {
	local kinds nr i n kind many=25
	local -A count=()

	work='' each=0
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
}

# random_run NR EXITS VENDOR: adds a row to ROWS, with about so many exits.  Not to
# be called in a subshell, where bash has other random numbers.
random_run() {
	local vcpus i laps how=alone options='' work each row reads
	local exits=$2 meanwhile

	pick vcpus 1 4
	random_work
	pick meanwhile 0 2
	((vcpus > 1)) || meanwhile=0
	# The first vCPU then does no work.
	laps=$((exits / each / (meanwhile ? vcpus - 1 : vcpus) + 2))
	# The guest has room for so many.
	while ((laps > 4096)); do
		laps=$((laps / 2))
		work=$(sed -E 's/=([0-9]+)/=\1*2/g' <<<"$work")
		work=$(double "$work")
	done
	pick i 0 1
	((i)) || how=late
	if ((meanwhile)); then
		# The guest has room for some 2000, 20 and more at a time.
		reads=$((exits / 100))
		options="--meanwhile --reads $((reads > 80 ? 80 : reads < 10 ? 10 : reads))"
		pick i 0 1
		[[ $how == alone || $3 != amd ]] || ((i || exits < RUNNING_EXITS)) ||
			how=running
	elif [[ $how == late ]]; then
		options="--reads 4"
	fi
	# It must not be over before compare is there.
	[[ $how != late ]] || options+=" --stop"
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

# make_rows SEED EXITS VENDOR: of half of the guests, those that compare comes late
# to, about half of the exits are reconciled.
make_rows() {
	local nr

	RANDOM=$1
	ROWS=''
	for ((nr = 0; nr < RUNS; nr++)); do
		random_run "$nr" $(($2 * 4 / 3 / RUNS)) "$3"
	done
}

# total NR WHAT: a number of a run's books; 0 if they have none
total() {
	local number

	number=$(sed -n "s/.*\"$2\":\(-\{0,1\}[0-9]*\).*/\1/p" "$DIR/$1.total")
	printf '%s\n' "${number:-0}"
}

# Adds up a host's books in $DIR: adds to BALANCED, RECONCILED, ALL_EXITS and
# DIFFERENCE, and shows the runs that were not balanced.
add_up() {
	local nr status off balanced=0 exits=0 all=0 difference=0

	for ((nr = 0; nr < RUNS; nr++)); do
		status=$(cat "$DIR/$nr.status" 2>/dev/null || echo none)
		if [[ $status != 0 ]]; then
			note "NOT BALANCED (status $status): $(sed -n "$((nr + 1))p" \
				"$DIR/rows.txt")"
			sed 's/^/    /' "$DIR/$nr.txt" || true
			continue
		fi
		balanced=$((balanced + 1))
		exits=$((exits + $(total "$nr" reconciled)))
		# Since the VM's creation, whoever has seen them.
		all=$((all + $(total "$nr" kernel) + $(total "$nr" kernel_first)))
		off=$(total "$nr" difference)
		difference=$((difference + ${off#-}))
	done
	note "$1: $balanced of $RUNS runs balanced," \
		"$exits of $all exits reconciled, difference $difference"
	BALANCED=$((BALANCED + balanced)) RECONCILED=$((RECONCILED + exits))
	ALL_EXITS=$((ALL_EXITS + all)) DIFFERENCE=$((DIFFERENCE + difference))
}

# on VENDOR KERNEL: DIR and RUNS become this host's
on() {
	DIR=$OUT/$1-$2
	RUNS=70
	[[ $1 == amd ]] || RUNS=30
	RUNS=${WANTED:-$RUNS}
}

# start VENDOR KERNEL SEED: in the background; the machine has two processors, and
# an emulated host keeps one busy
start() {
	# Two CPUs, where there can be: others are in the guest while one reads.
	local exits=5600000 cpus=2

	on "$1" "$2"
	[[ $1 == amd ]] || { exits=60000 cpus=1; }
	make_rows "$3" "${EXITS:-$exits}" "$1"
	ALL_ROWS[$1-$2]=$ROWS
	note "          $1 $2: $RUNS runs, seed $3"
	"$LAB/l1.sh" --tcg --vendor "$1" --kernel "$2" --cpus "$cpus" \
		--timeout 7200 --out "$DIR" "$LAB/scenarios/compare-rows.sh" READ= READS= \
		EVERY=$((RUNS / 10 + 1)) ROWS="${ROWS%$'\n'}" \
		> >(sed -u "s/^/$1 $2: /") &
	OTHERS+=($!)
}

# run VENDOR: on all of its kernels
run() {
	local kernel pid status=0
	local -A ALL_ROWS=()

	for kernel in $KERNEL; do
		start "$1" "$kernel" $((SEED + HOSTS))
		HOSTS=$((HOSTS + 1))
	done
	for pid in "${OTHERS[@]}"; do
		wait "$pid" || status=$?
	done
	OTHERS=()
	((status == 0)) || exit 125
	for kernel in $KERNEL; do
		on "$1" "$kernel"
		printf '%s' "${ALL_ROWS[$1-$kernel]}" >"$DIR/rows.txt"
	done
}

main() {
	local vendor kernel runs=0

	parse_options "$@"
	WANTED=$RUNS HOSTS=0
	BALANCED=0 RECONCILED=0 ALL_EXITS=0 DIFFERENCE=0
	for vendor in $VENDOR; do
		[[ -n $AGAIN ]] || run "$vendor"
		for kernel in $KERNEL; do
			on "$vendor" "$kernel"
			add_up "$vendor $kernel"
			runs=$((runs + RUNS))
		done
	done
	note "in all: $BALANCED of $runs runs balanced," \
		"$RECONCILED of $ALL_EXITS exits reconciled, difference $DIFFERENCE"
	((BALANCED == runs && DIFFERENCE == 0 && RECONCILED >= LEAST))
}

main "$@"
