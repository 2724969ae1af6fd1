#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: observer-cost.sh [--quick]
#
# Measures the observer's cost: the instructions that it adds per exit, from the guest's
# instruction to its next one.  The distribution's own modules run in emulated hosts
# whose TSC counts instructions.  Programs that do nothing are measured, too, as any
# observer costs at least that.  Each kernel that has patches is measured on AMD with
# mitigations off; the newest one is also measured with mitigations auto, and on Intel.
# --quick: one run, of the newest on AMD with mitigations off, and only the main rows.
#
# Exit status: 0; 1 if the cost is above a limit (below); 3 if nothing was measured.

# shellcheck source=lab/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib.sh"
# shellcheck source=lab/setup/kernels.sh
. "$LAB/setup/kernels.sh"
DIE_STATUS=3

# A line of LIMITS is ROW FLOOR MOST: ROW may have at most MOST instructions more than the row
# FLOOR.  A line of EXCEPT is SERIES ROW MOST or VENDOR ROW MOST: there, ROW has this limit.
LIMITS="count floor_exit 50
time floor_pair 210"
EXCEPT="6.1 count 70
6.1 time 225
intel time 225"

ROWS=(
	"none|nothing: instructions per exit"
	"null|nothing, once more"
	"floor_exit|floor: kvm_exit, empty program"
	"floor_pair|floor: the pair, empty programs"
	"count|counts alone (--count-only)"
	"time|counts, times, percentiles"
	"time_btf|  by tp_btf"
	"time_raw|  by raw_tp"
	"time_tp|  by the classic tracepoint"
	"fast|  with --fast"
	"off_cpu|  with --off-cpu"
	"split|  with --split"
	"slow|  with --slower-than 1s"
	"by_cpuid|  with --by cpuid"
	"by_rip|  with --by rip"
	"crowd|  992 other vCPUs known"
	"time_4|  four vCPUs on the one CPU"
)

parse_options() {
	local series all

	all=$(patched_series | sort -rV)
	NEWEST=${all%%$'\n'*}
	QUICK=''
	RUNS=()
	case ${1:-} in
	--quick) QUICK=1 RUNS=("amd $NEWEST off") ;;
	'')
		for series in $all; do
			RUNS+=("amd $series off")
			[[ $series != "$NEWEST" ]] || RUNS+=("amd $series auto")
		done
		RUNS+=("intel $NEWEST off")
		;;
	*) usage ;;
	esac
	(($# <= 1)) || usage
}

# cases VENDOR KERNEL MITIGATIONS: print the cases of a run; no output means all cases
cases() {
	if [[ -n $QUICK || $1 == intel ]]; then
		echo none null floor_exit floor_pair count time
	elif [[ $3 == auto ]]; then
		echo none null floor_exit floor_pair count time time_btf
	elif [[ $2 != "$NEWEST" ]]; then
		echo none null floor_exit floor_pair count time time_raw time_4
	fi
}

results_of() { # VENDOR KERNEL MITIGATIONS
	RESULTS=$BUILD/results/observer-cost-$1-$2-$3
}

measure() { # VENDOR KERNEL MITIGATIONS
	local status=0 how=(--icount --mitigations "$3")

	# Bochs' TSC always counts instructions, and there are no mitigations.
	[[ $1 == amd ]] || how=(--tcg)
	results_of "$@"
	"$LAB/machine/l1.sh" --vendor "$1" --kernel "$2" "${how[@]}" --timeout 1800 \
		--out "$RESULTS" "$LAB/scenarios/observer-cost.sh" \
		CASES="$(cases "$@")" || status=$?
	((status == 0)) || die "the scenario failed with status $status"
}

# median FILE: prints the median of instructions per exit
median() {
	sort -n -- "$1" | awk '{ a[NR] = $1 / 100 }
		END { printf "%.0f\n", a[int((NR + 1) / 2)] }'
}

# floor_and_most ROW VENDOR KERNEL: sets FLOOR and MOST to the limit of that row; MOST is empty
# if there is none
floor_and_most() {
	local row what most

	FLOOR='' MOST=''
	while read -r row what most; do
		[[ $row != "$1" ]] || FLOOR=$what MOST=$most
	done <<<"$LIMITS"
	while read -r what row most; do
		[[ $row != "$1" || ($what != "$2" && $what != "$3") ]] || MOST=$most
	done <<<"$EXCEPT"
}

# cell ROW VENDOR KERNEL MITIGATIONS: sets CELL to the instructions that were added; for
# the row "none", to all instructions
cell() {
	local base floor value

	results_of "$2" "$3" "$4"
	printf -v CELL '%8s' ''
	[[ -e $RESULTS/$1 ]] || return 0
	value=$(median "$RESULTS/$1")
	base=$(median "$RESULTS/none")
	[[ $1 != none ]] || base=0
	floor_and_most "$1" "$2" "$3"
	floor=0
	[[ -z $MOST ]] || floor=$(median "$RESULTS/$FLOOR")
	if [[ -n $MOST ]] && ((value - floor > MOST)); then
		printf -v CELL '%8s' "$((value - base))!"
		STATUS=1
	elif [[ $1 == none ]]; then
		printf -v CELL '%8d' "$value"
	else
		printf -v CELL '%+8d' "$((value - base))"
	fi
}

# head_line NAME FIELD: prints a line of the table's head, with FIELD of each run
head_line() {
	local run words

	printf '%-36s' "$1"
	for run in "${RUNS[@]}"; do
		read -ra words <<<"$run"
		printf '%8s' "${words[$2]}"
	done
	printf '\n'
}

show() {
	local row run line

	printf '\nInstructions added per CPUID exit, emulated; medians of %s laps\n\n' \
		"$(wc -l <"$RESULTS/none")"
	head_line "HOST'S PROCESSOR" 0
	head_line 'LINUX' 1
	head_line 'MITIGATIONS' 2
	for row in "${ROWS[@]}"; do
		line=''
		for run in "${RUNS[@]}"; do
			# shellcheck disable=SC2086 # three words
			cell "${row%%|*}" $run
			line+=$CELL
		done
		# Show only rows that were measured in some run.
		[[ -z ${line// /} ]] || printf '%-36s%s\n' "${row#*|}" "$line"
	done
	((STATUS == 0)) || printf '\n!: more than the limit\n'
}

main() {
	local start=$EPOCHREALTIME run deps=(build demo intel)

	parse_options "$@"
	[[ -z $QUICK ]] || deps=(build demo)
	"$LAB/setup/deps.sh" "${deps[@]}"
	lock
	# shellcheck disable=SC2046 # words
	"$LAB/setup/prepare.sh" $(printf '%s\n' "${RUNS[@]}" | cut -d' ' -f2 | sort -u)
	unlock
	for run in "${RUNS[@]}"; do
		# shellcheck disable=SC2086 # three words
		measure $run
	done
	STATUS=0
	show
	printf '\n%s s in all\n' "$(since "$start")"
	exit "$STATUS"
}

main "$@"
