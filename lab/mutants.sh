#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: mutants.sh [--vendor amd|intel] [--kernel SERIES] [--out DIR] [--again]
#                   [MUTANT...]
#
# Has compare judge books with mistakes in them, KVM's or BPF's: those of
# mutants.txt.  Shows who was caught, by which rule, and what was said.  Each must
# be caught by the rule that the table says, and nothing accused that is innocent.
#
# MUTANT   these alone (default: all that the host can have)
# --out    the results (default: build/results/mutants-VENDOR-SERIES); the table
#          that is shown is in table.txt there
# --again  judge the results that are there, of a run with the same arguments
#
# Exit status: 0 if all were caught and no right counter was blamed, 1 if not, 125
# if the lab failed.

# shellcheck source=lab/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=lab/kernels.sh
. "$LAB/kernels.sh"

# What mutants.txt calls reasons, by vendor.
# shellcheck disable=SC2034 # translate() uses both, by their names
declare -A AMD=([IO]=0x07b [HLT]=0x078 [HLT+1]=0x079 [CPUID]=0x072 [MSR]=0x07c
	[CALL]=0x081 [INTR]=0x060 [NPF]=0x400 [ERR]=0xffffffff [LAST]=0x0a6
	[UNDEFINED]=UNKNOWN)
# shellcheck disable=SC2034
declare -A INTEL=([IO]=0x01e [HLT]=0x00c [HLT+1]=0x00d [CPUID]=0x00a
	[RDMSR]=0x01f [WRMSR]=0x020 [CALL]=0x012 [INTR]=0x001 [STATE]=0x021
	[EPT]=0x030 [UNDEFINED]=UNKNOWN)
declare -A LEAVES=([LEAF_F]=0x4fffffff [LEAF_E]=0x4ffffffe [LEAF_D]=0x4ffffffd
	[LEAF_C]=0x4ffffffc [LEAF_B]=0x4ffffffb)

parse_options() {
	VENDOR=amd KERNEL=$(default_series) OUT='' AGAIN=''
	while [[ ${1:-} == -* ]]; do
		if [[ $1 == --again ]]; then
			AGAIN=1
			shift
			continue
		fi
		(($# > 1)) || usage
		case $1 in
		--vendor) VENDOR=$2 ;;
		--kernel) KERNEL=$2 ;;
		--out) OUT=$2 ;;
		*) usage ;;
		esac
		shift 2
	done
	[[ $VENDOR =~ ^(amd|intel)$ ]] || usage
	ONLY=" $* "
	OUT=${OUT:-$BUILD/results/mutants-$VENDOR-$KERNEL}
	MODULES=$BUILD/modules/$KERNEL/fault-mutants
}

# Reads the rows that this host can have, into an array per column; ROWS is what
# the scenario is told.
read_table() {
	local nr=0 mutant book hosts rule accused run

	ROWS='' MUTANT=() BOOK=() RULE=() ACCUSED=() RUN=()
	while read -r mutant book hosts rule accused run; do
		[[ $mutant != '#'* && -n $mutant ]] || continue
		[[ $hosts == both || $hosts == "$VENDOR" ]] || continue
		[[ $ONLY == '  ' || $ONLY == *" $mutant "* ]] || continue
		MUTANT[nr]=$mutant BOOK[nr]=$book RULE[nr]=$rule RUN[nr]=$run
		ACCUSED[nr]=$(translate "$accused")
		ROWS+="$nr $book $mutant $run"$'\n'
		nr=$((nr + 1))
	done <"$LAB/mutants.txt"
	((nr)) || die "there is no mutant '$ONLY' for $VENDOR in lab/mutants.txt"
}

# translate IO,t:HLT,total: with the numbers that this vendor has
translate() {
	local -n codes=${VENDOR^^}
	local word words time

	IFS=, read -r -a words <<<"$1"
	for word in "${words[@]}"; do
		time=''
		[[ $word != t:* ]] || time=t:
		word=${word#t:}
		printf '%s%s ' "$time" "${codes[$word]:-${LEAVES[$word]:-$word}}"
	done
}

# what MUTANT: its description
what() {
	case $1 in
	none) echo "no mistake" ;;
	*) sed -n "s/^[A-Z]*([A-Z0-9_]*, \"$1\", \"\\(.*\\)\")/\\1/p" \
		"$TOP/kvm-instrumentation/faults/exit_mutants.def" \
		"$LAB/faults/observer_faults.def" ;;
	esac
}

# findings NR: "RULE|SUBJECT|TEXT" a line
findings() {
	{ grep -o '"rule":"[^"]*","text":"[^"]*"' "$OUT/$1.json" || true; } |
		sed 's/^"rule":"//; s/","text":"/|/; s/"$//' |
		while IFS='|' read -r rule text; do
			printf '%s|%s|%s\n' "$rule" "$(subject "$text")" "$text"
		done
}

# subject TEXT: what a finding is about, as translate() has it
subject() {
	case $1 in
	'total exits'*) echo total ;;
	'total time'*) echo t:total ;;
	'exits for '*) set -- "${1#exits for }" && echo "${1%%[ :(]*}" ;;
	'time for '*) set -- "${1#time for }" && echo "t:${1%%[ :(]*}" ;;
	'leaf '*) set -- "${1#leaf }" && echo "${1%% *}" ;;
	*) echo - ;;
	esac
}

# The verdict that a rule ends in, and compare's exit status.
verdict_of() {
	case $1 in
	BALANCED) echo BALANCED 0 ;;
	incomplete | late) echo INCONCLUSIVE 2 ;;
	*) echo DISCREPANCY 1 ;;
	esac
}

# verdict NR: what compare said
verdict() {
	sed -n 's/^verdict  //p' "$OUT/$1.txt" 2>/dev/null || true
}

# judge NR: sets CAUGHT to the finding that caught it, WRONG to what is not as it
# must be, or neither.
judge() {
	local verdict accused rule subject text first

	CAUGHT='' WRONG=''
	verdict="$(verdict "$1") $(cat "$OUT/$1.status" 2>/dev/null)" || true
	[[ $verdict == "$(verdict_of "${RULE[$1]}")" ]] || {
		WRONG="verdict and exit status are '$verdict'"
		return 0
	}
	[[ ${RULE[$1]} != BALANCED ]] || return 0
	accused=" ${ACCUSED[$1]}"
	first=${ACCUSED[$1]%% *}
	while IFS='|' read -r rule subject text; do
		[[ -n $CAUGHT || $rule != "${RULE[$1]}" ]] ||
			[[ $first != '*' && $subject != "$first" ]] ||
			CAUGHT=$text
		[[ $accused == *" $subject "* || $accused == *' * '* ]] ||
			WRONG="an innocent is blamed: $text"
	done < <(findings "$1")
	[[ -n $CAUGHT || -n $WRONG ]] ||
		WRONG="${RULE[$1]} does not accuse $first"
	[[ ${RULE[$1]} != incomplete ]] ||
		grep -q '^lost ' "$OUT/$1.txt" ||
		WRONG="what was lost is not said"
}

# Shows the table, and sets LIVE to how many are not as they must be.
show_table() {
	local nr by

	LIVE=0
	printf '%-16s %-4s  %-12s %s\n' MUTANT BOOK VERDICT 'CAUGHT BY'
	for nr in "${!MUTANT[@]}"; do
		judge "$nr"
		by=-
		[[ -z $CAUGHT ]] || by=${RULE[nr]}
		[[ -z $WRONG ]] || by="WRONG: $WRONG"
		printf '%-16s %-4s  %-12s %s\n' "${MUTANT[nr]}" "${BOOK[nr]}" \
			"$(verdict "$nr")" "$by"
		printf '    %s (%s)\n' "$(what "${MUTANT[nr]}")" "${RUN[nr]}"
		if [[ -n $WRONG ]]; then
			LIVE=$((LIVE + 1))
			[[ ! -e $OUT/$nr.json ]] ||
				findings "$nr" | sed 's/^/        /'
		elif [[ -n $CAUGHT ]]; then
			printf '    %s\n' "$CAUGHT"
			[[ ${RULE[nr]} != incomplete ]] ||
				sed -n 's/^lost  */    lost: /p' "$OUT/$nr.txt"
		fi
	done
}

main() {
	local status=0 right caught

	parse_options "$@"
	read_table
	[[ -n $AGAIN ]] ||
		"$LAB/l1.sh" --tcg --vendor "$VENDOR" --kernel "$KERNEL" \
			--modules "$MODULES" --timeout 5400 --out "$OUT" \
			"$LAB/scenarios/compare-rows.sh" ROWS="${ROWS%$'\n'}" ||
		status=$?
	((status == 0)) || exit 125
	show_table >"$OUT/table.txt"
	cat -- "$OUT/table.txt"
	right=$(printf '%s\n' "${RULE[@]}" | grep -c BALANCED) || true
	caught=$((${#RULE[@]} - right))
	note
	((LIVE == 0)) || die "$VENDOR $KERNEL: $LIVE of ${#RULE[@]} rows are wrong"
	note "$VENDOR $KERNEL: $caught mistakes caught, $right right books balanced"
}

main "$@"
