# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# This tells what came of a run of L1: the results of each scenario, or why there are
# none.  It is sourced by l1.sh.

# find_parts: each scenario's results are a part of $RUN/results, with a line after it
# that has init's code, and one before the first: what came before that is an echo of
# what L1 was sent too early.  Sets BEGINS, ENDS and CODES of the parts that came, from 1
# on, and LAST_CODE, which may also be one without results.
find_parts() {
	local lines at line begin=0 number=0

	BEGINS=() ENDS=() CODES=() LAST_CODE=''
	lines=$(grep -abo "^\[L1\] $TOKEN [a-z0-9]*$" "$RUN/results") || (($? == 1))
	[[ -n $lines ]] || return 0
	while IFS=: read -r at line; do
		if [[ $line == *' begins' ]]; then
			begin=$((at + ${#line} + 1))
			continue
		fi
		LAST_CODE=${line##* }
		((LAST_CODE != STATUS_SETUP)) || break
		number=$((number + 1))
		BEGINS[number]=$begin ENDS[number]=$((at - 1)) CODES[number]=$LAST_CODE
		begin=$((at + ${#line} + 1))
	done <<<"$lines"
}

# unpack_part NUMBER: to RESULTS; fails if the part is not whole
unpack_part() {
	dd if="$RUN/results" bs=64k iflag=skip_bytes,count_bytes status=none \
		skip="${BEGINS[$1]}" count="$((ENDS[$1] - BEGINS[$1]))" |
		gzip -dc 2>/dev/null |
		tar -x --no-same-owner -C "$RESULTS" -f - 2>/dev/null &&
		[[ -s $RESULTS/l1-status && -s $RESULTS/dmesg.txt ]]
}

# console_of NUMBER: L1's console while it booted, and while that scenario ran
console_of() {
	tr -d '\r' <"$CONSOLE" | awk -v number="$1" '
		/^\[L1\] scenario [0-9]+$/ { now = $3; next }
		!now || now == number'
}

# part_failed NUMBER WHY: says so, with what there is to see of it
part_failed() {
	{
		console_of "$1" | sed '/^\[LAB\]/d' | tail -n 10
		emulator_errors
	} | sed 's/^/    | /' >&2
	printf '%s: %s\n' "${0##*/}" "$NAME: $2; see $(rel "$CONSOLE")" >&2
	worst 125
}

# worst STATUS: of all scenarios, if it is the first that is not 0
worst() {
	((STATUS)) || STATUS=$1
}

# Sets WHY: that L1 has not come to its end as it should; empty if it has.
how_it_ended() {
	WHY=''
	if ((RUN_STATUS == 124)); then
		WHY="no end after $TIMEOUT s"
		NO_RESULT=1
	elif [[ -z $CODE ]]; then
		WHY="L1 ended without a word ($EMULATOR's status $RUN_STATUS)"
		! grep -q 'Kernel panic' "$CONSOLE" || WHY="L1's kernel panicked"
	elif ((CODE == STATUS_SETUP)); then
		WHY='L1 could not be set up'
	elif ((CODE < STATUS_BASE || CODE > STATUS_LATE)); then
		WHY="$EMULATOR failed (status $RUN_STATUS)"
	fi
}

# judge_missing NUMBER: a scenario of which there are no results
judge_missing() {
	if [[ -n $WHY ]]; then
		part_failed "$1" "$WHY"
	elif ((CODE == STATUS_LATE)); then
		NO_RESULT=1
		part_failed "$1" "no end after $TIMEOUT s, and the results did not arrive whole"
	else
		part_failed "$1" "the results did not arrive whole ($EMULATOR's status $RUN_STATUS)"
	fi
}

# agrees NUMBER STATUS: several ways tell of a scenario's status
agrees() {
	((CODES[$1] >= STATUS_LARGE || CODES[$1] == $2 + STATUS_BASE)) &&
		(($1 < COUNT || CODES[$1] == CODE))
}

# judge_part NUMBER: a scenario of which there are results
judge_part() {
	local out=${OUTS[$1]} code=${CODES[$1]} status

	new_beside RESULTS "$out"
	if ! unpack_part "$1"; then
		judge_missing "$1"
		return 0
	fi
	console_of "$1" >"$RESULTS/console.txt"
	status=$(<"$RESULTS/l1-status")
	if ((code != STATUS_LATE)) && ! agrees "$1" "$status"; then
		part_failed "$1" "L1 ended with $code, which is not for the scenario's status $status"
		return 0
	fi
	publish "$RESULTS" "$out"
	# It may say why the run took so long.
	if ((code == STATUS_LATE)); then
		NO_RESULT=1
		part_failed "$1" "no end after $TIMEOUT s; what there was by then is in $(rel "$out")"
		return 0
	fi
	[[ ! -e $out/guest-failed ]] || NO_RESULT=1
	tell_results "$out"
}

# tell_results DIR: what came of the scenario whose results are there
tell_results() {
	local status

	status=$(<"$1/l1-status")
	if [[ -s $1/l1-complaints ]]; then
		head -n 5 "$1/l1-complaints" | sed 's/^/    | /' >&2
		printf '%s: %s\n' "${0##*/}" \
			"$NAME: L1's kernel warned; see $(rel "$1")/dmesg.txt" >&2
		worst 125
		return 0
	fi
	((status <= 63)) || {
		note "          $NAME: the scenario ended with status $status" >&2
		status=63
	}
	note "$(printf '%6s s' "$(since "$START")")  $NAME: status $status," \
		"results: $(rel "$1")"
	worst "$status"
}

# Says once more what came of the run whose results are in the first --out.
judge_again() {
	local out=${OUTS[1]}

	[[ -s $out/l1-status ]] || die "no results in $(rel "$out")"
	STATUS=0 START=$EPOCHREALTIME NAME=$(basename -- "$out")
	tell_results "$out"
	exit "$STATUS"
}

# tell_no_result: the run may be repeated, if whoever called this wants that; but not
# one in which books did not balance or L1's kernel warned, as far as is known.
tell_no_result() {
	local out

	[[ -n $NO_RESULT && -n ${LAB_NO_RESULT:-} && $EMULATOR == QEMU ]] || return 0
	for out in "${OUTS[@]}"; do
		[[ ! -s $out/l1-complaints ]] || return 0
		! grep -rqs DISCREPANCY "$out" || return 0
	done
	: >"$LAB_NO_RESULT"
}

# Publishes the results, says what came of each scenario, and ends with the status.
judge() {
	local number came

	STATUS=0 NO_RESULT=''
	collect_results
	find_parts
	end_code
	how_it_ended
	came=${#CODES[@]}
	# The last one's results count only if L1 then ended as it should.
	((came < COUNT)) || [[ -z $WHY ]] || came=$((COUNT - 1))
	for ((number = 1; number <= COUNT; number++)); do
		NAME=$(basename -- "${OUTS[number]}")
		if ((number <= came)); then
			judge_part "$number"
		elif ((number == came + 1)) && [[ $WHY || ${CODES[came]:-} != "$STATUS_LATE" ]]; then
			judge_missing "$number"
		else
			part_failed "$number" 'not begun, as L1 had ended'
		fi
	done
	tell_no_result
	exit "$STATUS"
}
