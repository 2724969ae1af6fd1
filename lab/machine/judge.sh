# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Tells the outcome of a run of L1: the results of each scenario, or why there are none.
# l1.sh sources it.

# find_parts: find the results of each scenario in $RUN/results.  A line with init's code
# comes after each part, and a line "begins" before the first.  Anything before that line is
# an echo of data that L1 was sent too early.  Sets BEGINS, ENDS and CODES for the parts that
# have arrived, from 1 on, and LAST_CODE, which can also be a code without results.
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

# unpack_part NUMBER: unpack a part to RESULTS; fail if it is not complete
unpack_part() {
	dd if="$RUN/results" bs=64k iflag=skip_bytes,count_bytes status=none \
		skip="${BEGINS[$1]}" count="$((ENDS[$1] - BEGINS[$1]))" |
		gzip -dc 2>/dev/null |
		tar -x --no-same-owner -C "$RESULTS" -f - 2>/dev/null &&
		[[ -s $RESULTS/l1-status && -s $RESULTS/dmesg.txt ]]
}

# console_of NUMBER: print L1's console during its boot and during that scenario
console_of() {
	tr -d '\r' <"$CONSOLE" | awk -v number="$1" '
		/^\[L1\] scenario [0-9]+$/ { now = $3; next }
		!now || now == number'
}

# part_failed NUMBER WHY: report that a scenario failed, with the evidence
part_failed() {
	{
		console_of "$1" | sed '/^\[LAB\]/d' | tail -n 10
		emulator_errors
	} | sed 's/^/    | /' >&2
	printf '%s: %s\n' "${0##*/}" "$NAME: $2; see $(rel "$CONSOLE")" >&2
	worst 125
}

# worst STATUS: set STATUS, the status of all scenarios, unless it is already not 0
worst() {
	((STATUS)) || STATUS=$1
}

# Print why a scenario's time was up.
why_late() {
	if [[ -e $RUN/still ]]; then
		echo "nothing happened for $LAB_IDLE_MAX s"
	else
		echo "no end after $TIMEOUT s"
	fi
}

# Set WHY to the reason why L1 did not end as it should; empty if it did.
how_it_ended() {
	WHY=''
	if [[ -e $RUN/late ]]; then
		WHY=$(why_late)
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

# judge_missing NUMBER: judge a scenario without complete results
judge_missing() {
	if [[ -n $WHY ]]; then
		part_failed "$1" "$WHY"
	elif ((CODE == STATUS_LATE)); then
		NO_RESULT=1
		part_failed "$1" "$(why_late), and the results did not arrive whole"
	else
		part_failed "$1" "the results did not arrive whole ($EMULATOR's status $RUN_STATUS)"
	fi
}

# agrees NUMBER STATUS: do all places that tell a scenario's status agree?
agrees() {
	((CODES[$1] >= STATUS_LARGE || CODES[$1] == $2 + STATUS_BASE)) &&
		(($1 < COUNT || CODES[$1] == CODE))
}

# judge_part NUMBER: judge a scenario with results
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
	# Results that came late are kept, too, because the console may tell why the run
	# took so long.
	if ((code == STATUS_LATE)); then
		NO_RESULT=1
		part_failed "$1" "$(why_late); what there was by then is in $(rel "$out")"
		return 0
	fi
	[[ ! -e $out/guest-failed ]] || NO_RESULT=1
	# A scenario that repeats what hung says so; that is a repeated run, too.
	[[ ! -s $out/repeated || -z ${LAB_TRIES:-} ]] ||
		sed "s/.*/$NAME:&/" "$out/repeated" >>"${LAB_REPEATED:-$BUILD/log/lab-repeated.txt}"
	tell_results "$out"
}

# tell_results DIR: tell the outcome of the scenario whose results are in this directory
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

# Tell again the outcome of the run whose results are in the first --out.
judge_again() {
	local out=${OUTS[1]}

	[[ -s $out/l1-status ]] || die "no results in $(rel "$out")"
	STATUS=0 START=$EPOCHREALTIME NAME=$(basename -- "$out")
	tell_results "$out"
	exit "$STATUS"
}

# tell_no_result: tell the caller that the run had no result and may be repeated; but not if
# books are known not to balance that should, or L1's kernel is known to have warned
tell_no_result() {
	local out

	[[ -n $NO_RESULT && -n ${LAB_NO_RESULT:-} && $EMULATOR == QEMU ]] || return 0
	for out in "${OUTS[@]}"; do
		[[ ! -s $out/l1-complaints && ! -s $out/blamed ]] || return 0
		[[ -n ${LAB_MISTAKES:-} ]] || ! grep -rqs DISCREPANCY "$out" || return 0
	done
	: >"$LAB_NO_RESULT"
}

# Publish the results, tell the outcome of each scenario, and exit with the status.
judge() {
	local number came

	STATUS=0 NO_RESULT=''
	collect_results
	find_parts
	end_code
	how_it_ended
	came=${#CODES[@]}
	# The results of the last scenario count only if L1 then ended as it should.
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
