#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: timed.sh FILE COMMAND...
#
# Runs a command, and adds a line to FILE: the seconds that it took, those of
# processor time, and its name.  Ends with its status.
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
exit "$status"
