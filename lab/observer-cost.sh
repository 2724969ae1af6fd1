#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: observer-cost.sh [--quick]
#
# What the observer costs: instructions added per exit, from the guest's to the
# guest's next, on the distribution's own modules, in runs of the emulated AMD
# host whose TSC counts instructions; beside programs that do nothing, which is
# what any observer costs there.  On 6.1 and 6.12, with mitigations off and auto.
# --quick: one run, of 6.12 with mitigations off, and the main rows alone.
#
# Exit status: 0; 1 if it is more than it must be (below); 3 if nothing was
# measured.

# shellcheck source=lab/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
DIE_STATUS=3

# The most that may be added: KERNEL MITIGATIONS ROW MOST.
LIMITS="6.12 off count 160
6.12 off time 380
6.1 off time 450
6.1 auto time 520"

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
	"slow|  with --slower-than 1s"
	"by_cpuid|  with --by cpuid"
	"crowd|  992 other vCPUs known"
	"time_4|  four vCPUs on the one CPU"
)

parse_options() {
	QUICK=''
	RUNS=("6.12 off" "6.12 auto" "6.1 off" "6.1 auto")
	case ${1:-} in
	--quick) QUICK=1 RUNS=("6.12 off") ;;
	'') ;;
	*) usage ;;
	esac
	(($# <= 1)) || usage
}

# cases KERNEL MITIGATIONS: of a run; all in the first of each kernel's.
cases() {
	if [[ -n $QUICK ]]; then
		echo none null floor_exit floor_pair count time
	elif [[ $2 == auto ]]; then
		echo none null floor_exit floor_pair count time time_btf
	elif [[ $1 == 6.1 ]]; then
		echo none null floor_exit floor_pair count time time_raw time_4
	fi
}

results_of() { # KERNEL MITIGATIONS
	RESULTS=$BUILD/results/observer-cost-$1-$2
}

measure() { # KERNEL MITIGATIONS
	local status=0

	results_of "$1" "$2"
	"$LAB/l1.sh" --kernel "$1" --icount --mitigations "$2" --timeout 900 \
		--out "$RESULTS" "$LAB/scenarios/observer-cost.sh" \
		CASES="$(cases "$1" "$2")" || status=$?
	((status == 0)) || die "the scenario failed with status $status"
}

# median FILE: per exit
median() {
	sort -n -- "$1" | awk '{ a[NR] = $1 / 100 }
		END { printf "%.0f\n", a[int((NR + 1) / 2)] }'
}

# cell ROW KERNEL MITIGATIONS: sets CELL: instructions added; or, of none, all
cell() {
	local base most value

	results_of "$2" "$3"
	[[ -e $RESULTS/$1 ]] || {
		printf -v CELL '%10s' ''
		return
	}
	value=$(median "$RESULTS/$1")
	base=$(median "$RESULTS/none")
	[[ $1 != none ]] || base=0
	most=$(awk -v k="$2" -v m="$3" -v r="$1" \
		'$1 == k && $2 == m && $3 == r { print $4 }' <<<"$LIMITS")
	if [[ -n $most ]] && ((value - base > most)); then
		printf -v CELL '%10s' "$((value - base))!"
		STATUS=1
	elif [[ $1 == none ]]; then
		printf -v CELL '%10d' "$value"
	else
		printf -v CELL '%+10d' "$((value - base))"
	fi
}

show() {
	local row run line any

	printf '\nInstructions added per CPUID exit, kvm_amd, emulated; medians of %s laps\n\n' \
		"$(wc -l <"$RESULTS/none")"
	printf '%-36s' 'LINUX'
	for run in "${RUNS[@]}"; do printf '%10s' "${run% *}"; done
	printf '\n%-36s' 'MITIGATIONS'
	for run in "${RUNS[@]}"; do printf '%10s' "${run#* }"; done
	printf '\n'
	for row in "${ROWS[@]}"; do
		# Only what was measured in some run.
		line='' any=''
		for run in "${RUNS[@]}"; do
			# shellcheck disable=SC2086 # two words
			results_of $run
			[[ ! -e $RESULTS/${row%%|*} ]] || any=1
			# shellcheck disable=SC2086
			cell "${row%%|*}" $run
			line+=$CELL
		done
		[[ -z $any ]] || printf '%-36s%s\n' "${row#*|}" "$line"
	done
	((STATUS == 0)) || printf '\n!: more than it must be\n'
}

main() {
	local start=$EPOCHREALTIME run

	parse_options "$@"
	"$LAB/deps.sh"
	lock
	"$LAB/prepare.sh" 6.1 6.12
	unlock
	for run in "${RUNS[@]}"; do
		# shellcheck disable=SC2086 # two words
		measure $run
	done
	STATUS=0
	show
	printf '\n%s s in all\n' "$(since "$start")"
	exit "$STATUS"
}

main "$@"
