#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: mutants.sh [--vendor amd|intel] [--kernel SERIES] [--out DIR] [MUTANT...]
#
# Has compare judge KVM's counters with mistakes in them, those of mutants.txt,
# and shows who was caught, by which rule, and what was said.  Each must be caught
# by the rule that the table says, and nothing accused that is innocent.
#
# MUTANT   these alone (default: all that the host can have)
# --out    the results (default: build/results/mutants-VENDOR-SERIES)
#
# Exit status: 0 if all were caught and no right counter was blamed, 1 if not, 125
# if the lab failed.

# shellcheck source=lab/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

# What mutants.txt calls reasons, by vendor.
# shellcheck disable=SC2034 # translate() uses both, by their names
declare -A AMD=([IO]=0x07b [HLT]=0x078 [HLT+1]=0x079 [CPUID]=0x072 [MSR]=0x07c
	[CALL]=0x081 [INTR]=0x060 [NPF]=0x400 [ERR]=0xffffffff [LAST]=0x0a6)
# shellcheck disable=SC2034
declare -A INTEL=([IO]=0x01e [HLT]=0x00c [HLT+1]=0x00d [CPUID]=0x00a
	[RDMSR]=0x01f [WRMSR]=0x020 [CALL]=0x012 [INTR]=0x001 [STATE]=0x021
	[EPT]=0x030)
declare -A LEAVES=([LEAF_F]=0x4fffffff [LEAF_E]=0x4ffffffe [LEAF_D]=0x4ffffffd
	[LEAF_C]=0x4ffffffc [LEAF_B]=0x4ffffffb)

parse_options() {
	VENDOR=amd KERNEL=6.1 OUT=''
	while [[ ${1:-} == -* ]]; do
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

# Reads the rows that this host can have: RULE[nr], ACCUSED[nr], MUTANT[nr];
# ROWS is what the scenario is told.
read_table() {
	local nr=0 mutant hosts rule accused run

	ROWS='' MUTANT=() RULE=() ACCUSED=() RUN=()
	while read -r mutant hosts rule accused run; do
		[[ $mutant != '#'* && -n $mutant ]] || continue
		[[ $hosts == both || $hosts == "$VENDOR" ]] || continue
		[[ $ONLY == '  ' || $ONLY == *" $mutant "* ]] || continue
		MUTANT[nr]=$mutant RULE[nr]=$rule RUN[nr]=$run
		ACCUSED[nr]=$(translate "$accused")
		ROWS+="$nr $mutant $run"$'\n'
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
	sed -n "s/^MUTANT([A-Z0-9_]*, \"$1\", \"\\(.*\\)\")/\\1/p" \
		"$TOP/kvm-instrumentation/faults/exit_mutants.def"
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

# judge NR: sets CAUGHT to the finding that caught it, WRONG to what is not as it
# must be, or neither.
judge() {
	local status accused rule subject text first

	CAUGHT='' WRONG=''
	status=$(cat "$OUT/$1.status" 2>/dev/null) || status=none
	if [[ ${RULE[$1]} == BALANCED ]]; then
		[[ $status == 0 ]] || WRONG="a right counter is blamed"
		return 0
	fi
	[[ $status == 1 ]] || {
		WRONG="it lives (status $status)"
		return 0
	}
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
}

# Shows the table, and sets LIVE to how many are not as they must be.
show_table() {
	local nr

	LIVE=0
	printf '%-16s %-11s %s\n' MUTANT 'CAUGHT BY' "WHAT IS WRONG, AND WHAT COMPARE SAYS"
	for nr in "${!MUTANT[@]}"; do
		judge "$nr"
		printf '%-16s %-11s %s\n' "${MUTANT[nr]}" \
			"$([[ -n $WRONG ]] && echo - || echo "${RULE[nr]}")" \
			"$(what "${MUTANT[nr]}") (${RUN[nr]})"
		if [[ -n $WRONG ]]; then
			LIVE=$((LIVE + 1))
			printf '%29sWRONG: %s\n' '' "$WRONG"
			[[ ! -e $OUT/$nr.json ]] ||
				findings "$nr" | sed "s/^/$(printf '%30s' '')/"
		elif [[ -n $CAUGHT ]]; then
			printf '%29s%s\n' '' "$CAUGHT"
		fi
	done
}

main() {
	local status=0 right caught

	parse_options "$@"
	read_table
	"$LAB/l1.sh" --tcg --vendor "$VENDOR" --kernel "$KERNEL" \
		--modules "$MODULES" --timeout 900 --out "$OUT" \
		"$LAB/scenarios/compare-rows.sh" ROWS="${ROWS%$'\n'}" || status=$?
	((status == 0)) || exit "$DIE_STATUS"
	show_table >"$OUT/table.txt"
	cat -- "$OUT/table.txt"
	right=$(printf '%s\n' "${RULE[@]}" | grep -c BALANCED) || true
	caught=$((${#RULE[@]} - right))
	note
	((LIVE == 0)) || die "$VENDOR $KERNEL: $LIVE of ${#RULE[@]} rows are wrong"
	note "$VENDOR $KERNEL: $caught wrong counters caught, $right right ones balanced"
}

main "$@"
