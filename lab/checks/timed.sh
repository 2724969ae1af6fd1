#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: timed.sh FILE COMMAND...
#
# Runs a command, and adds a line to FILE: the seconds that it took, those of
# processor time, and its name.  Ends with its status; with 1 if the command has left
# processes that have its output open: whoever reads that waits for them, too.
set -uo pipefail

file=$1
shift
start=$EPOCHREALTIME
"$@"
status=$?
end=$EPOCHREALTIME
# The second line is what the command used: 1m2.345s 0m0.678s.  By a file, as it would
# be another process's in a pipe.
times >"$file.$$"
{
	read -r _
	read -r user system
} <"$file.$$"
rm -f -- "$file.$$"
seconds() {
	awk -v t="$1" 'BEGIN { split(t, part, "m"); print part[1] * 60 + part[2] }'
}
awk -v us=$((${end/./} - ${start/./})) -v user="$(seconds "$user")" \
	-v kernel="$(seconds "$system")" -v name="$*" \
	'BEGIN { printf "%.1f %.1f %s\n", us / 1e6, user + kernel, name }' >>"$file"

# holders: the processes that have our standard output open, but the one that reads it
holders() {
	local link pid

	link=$(readlink /proc/$$/fd/1)
	[[ $link == pipe:* ]] || return 0
	link=${link//[/\\[}
	for pid in $(find /proc/[0-9]*/fd -lname "$link" 2>/dev/null | cut -d/ -f3 | sort -u); do
		[[ $pid == "$$" || $pid == "$PPID" || $pid == "$BASHPID" ]] || echo "$pid"
	done
}
# They may be ending just now.
patience=$((SECONDS + 3))
while left=$(holders) && [[ -n $left ]] && ((SECONDS < patience)); do
	sleep 0.2
done
[[ -n $left ]] || exit "$status"
for pid in $left; do
	printf '%s: process %d, which it has left, has its output open: %s\n' "$*" \
		"$pid" "$(tr '\0' ' ' <"/proc/$pid/cmdline")" >&2
done
exit 1
