#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: timed.sh FILE COMMAND...
#
# Runs a command and appends a line to FILE: the elapsed seconds, the seconds of CPU time,
# the status and the command's name.  The status is the command's own; but it is 1 if the
# command left processes that have its output open, because the reader of that output would
# wait for them.  This script ends with the same status.
set -uo pipefail

file=$1
shift
start=$EPOCHREALTIME
"$@"
status=$?
end=$EPOCHREALTIME
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

seconds() {
	awk -v t="$1" 'BEGIN { split(t, part, "m"); print part[1] * 60 + part[2] }'
}
awk -v us=$((${end/./} - ${start/./})) -v user="$(seconds "$user")" \
	-v kernel="$(seconds "$system")" -v status="$status" -v name="$*" \
	'BEGIN { printf "%.1f %.1f %d %s\n", us / 1e6, user + kernel, status, name }' >>"$file"
exit "$status"
