# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Watches a run of L1: shows its progress, keeps it awake, and ends it when its time is up.
# l1.sh sources it after the emulator's file.

# Print the scenario's [LAB] lines as they come.
show_progress() {
	local line

	tail --pid="$CHILD" -s 0.2 -n +1 -f "$CONSOLE" 8>&- 9>&- |
		while IFS= read -r line; do
			line=${line%$'\r'}
			[[ $line != '[LAB] '* ]] ||
				printf '%6s s  | %s\n' "$(since "$START")" \
					"${line#'[LAB] '}"
		done
}

# Keep L1 awake, if the emulator needs that.  Until the scenario's first [LAB] line, L1's port
# would echo its input to us.
beat() {
	[[ -n $BEAT ]] && ((SECONDS >= LAST_BEAT + BEAT)) || return 0
	! grep -q '^\[LAB\]' "$CONSOLE" || keep_awake
	LAST_BEAT=$SECONDS
}

runs() { kill -0 -- "-$CHILD" 2>/dev/null; }

# Has the emulator used less than a tenth of a processor for LAB_IDLE_MAX seconds?  The time
# for which its threads waited for a processor counts as used, since another program had it.
# SINCE is the beginning of this span, and USED the seconds that had been used by then.
stands_still() {
	local used

	# Some kernels do not tell for how long a thread has run.
	[[ -n ${LAB_IDLE_MAX:-} && $EMULATOR == QEMU && -r /proc/$CHILD/schedstat ]] || return 1
	used=$(cat -- "/proc/$CHILD/task/"*/schedstat 2>/dev/null |
		awk '{ ns += $1 + $2 } END { printf "%d", ns / 1e9 }')
	if ((used - USED >= LAB_IDLE_MAX / 10)); then
		SINCE=$SECONDS USED=$used
	fi
	((SECONDS - SINCE >= LAB_IDLE_MAX))
}

# When a scenario's time is up, or nothing happens in L1 any more, ask L1 for the results, and
# end the emulator if they do not come.  This sleeps in short steps, so that it ends soon after
# the emulator does.
end_when_late() {
	local end=$((SECONDS + TIMEOUT)) begun now=0

	exec 8>&- 9>&- </dev/null >/dev/null 2>&1
	LAST_BEAT=$SECONDS SINCE=$SECONDS USED=0
	while ((SECONDS < end)) && runs && ! stands_still; do
		sleep 0.5
		beat
		# Each scenario has the whole time.  The boot belongs to the first one.
		begun=$(grep -c '^\[L1\] scenario ' "$CONSOLE") || true
		if ((begun > now)); then
			((begun == 1)) || end=$((SECONDS + TIMEOUT))
			now=$begun
		fi
	done
	((SECONDS >= end)) || ! runs || : >"$RUN/still"
	# Ask again and again, because L1 receives nothing that is sent before it is up.
	end=$((SECONDS + GRACE))
	while ((SECONDS < end)) && runs; do
		request_results
		sleep 1
	done
	runs || return 0
	: >"$RUN/late"
	stop_child
}
