#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: timed.sh FILE COMMAND...
#
# Runs a command and appends a line to FILE: the elapsed seconds, the seconds of CPU time,
# the status and the command's name.  The status is the command's own; but it is 1 if the
# command left processes that have its output open: they are named and ended, because the
# reader of that output would wait for them.  This script ends with the same status.
#
# A command that has not ended after TEST_SECONDS (default: 2400) hangs.  Each of its
# processes is shown, with its state and what it waits for in the kernel, and then ended;
# its status is not 0, even if it says so when it is asked to end.
set -uo pipefail

limit=${TEST_SECONDS:-2400}
file=$1
shift

# descendants PID BUT: print all processes below PID, but not BUT and those below it
descendants() {
	local child children

	read -ra children < <(cat "/proc/$1/task/"*/children 2>/dev/null)
	for child in "${children[@]}"; do
		[[ $child != "$2" ]] || continue
		echo "$child"
		descendants "$child" "$2"
	done
}

# describe PID: print a process's number, state, what it waits for, and its command
describe() {
	local state waits

	state=$(sed -n 's/^State:[[:space:]]*//p' "/proc/$1/status" 2>/dev/null)
	waits=$(cat "/proc/$1/wchan" 2>/dev/null)
	printf '    %d, %s, in %s: %s\n' "$1" "${state:-ended}" "${waits:-?}" \
		"$(tr '\0' ' ' 2>/dev/null <"/proc/$1/cmdline" | cut -c 1-200)"
}

# stop PID...: end these processes
stop() {
	local patience=$((SECONDS + 5))

	kill -TERM "$@" 2>/dev/null
	while kill -0 "$@" 2>/dev/null && ((SECONDS < patience)); do
		sleep 0.1
	done
	kill -KILL "$@" 2>/dev/null
}

# guard NAME: wait until this script has ended, or end its command at the limit
guard() {
	local name=$1 self=$BASHPID hung pid

	timeout "$limit" tail --pid=$$ -s 1 -f /dev/null >/dev/null 2>&1
	(($? == 124)) || return
	mapfile -t hung < <(descendants $$ "$self")
	{
		printf '%s: it has not ended after %d s; its processes:\n' "$name" "$limit"
		for pid in "${hung[@]}"; do
			describe "$pid"
		done
	} >&2
	: >"$file.$$.hung"
	stop "${hung[@]}"
}

guard "$*" >/dev/null &
guard=$!
start=$EPOCHREALTIME
"$@"
status=$?
end=$EPOCHREALTIME
if [[ -e $file.$$.hung ]]; then
	wait "$guard"
	rm -f -- "$file.$$.hung"
	((status)) || status=1
else
	kill "$guard" 2>/dev/null
fi
# The second line has the command's CPU time: 1m2.345s 0m0.678s.  Use a file, as in a pipe
# "times" would run in another process.
times >"$file.$$"
{
	read -r _
	read -r user system
} <"$file.$$"
rm -f -- "$file.$$"

# holders: print the processes with our standard output open, except for its reader
holders() {
	local link pid

	link=$(readlink /proc/$$/fd/1)
	[[ $link == pipe:* ]] || return 0
	link=${link//[/\\[}
	for pid in $(find /proc/[0-9]*/fd -lname "$link" 2>/dev/null | cut -d/ -f3 | sort -u); do
		[[ $pid == "$$" || $pid == "$PPID" || $pid == "$BASHPID" ]] || echo "$pid"
	done
}

# Wait, as these processes may be about to end.
patience=$((SECONDS + 3))
while left=$(holders) && [[ -n $left ]] && ((SECONDS < patience)); do
	sleep 0.2
done
for pid in $left; do
	printf '%s: it has left process %d, which has its output open: %s\n' "$*" \
		"$pid" "$(tr '\0' ' ' <"/proc/$pid/cmdline")" >&2
	status=1
done
# shellcheck disable=SC2086 # These are numbers.
[[ -z $left ]] || stop $left

seconds() {
	awk -v t="$1" 'BEGIN { split(t, part, "m"); print part[1] * 60 + part[2] }'
}
awk -v us=$((${end/./} - ${start/./})) -v user="$(seconds "$user")" \
	-v kernel="$(seconds "$system")" -v status="$status" -v name="$*" \
	'BEGIN { printf "%.1f %.1f %d %s\n", us / 1e6, user + kernel, status, name }' >>"$file"
exit "$status"
