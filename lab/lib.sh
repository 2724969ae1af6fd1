# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What the lab's scripts share; sourced by them.
#
# Everything that is made goes under $BUILD (build/ in the source tree, unless
# set).  Whatever is kept there is built in a temporary place beside its final
# name and renamed, so that it is complete or absent, however a run ended.

set -euo pipefail
export LC_ALL=C
umask 022

LAB=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
TOP=${LAB%/*}
BUILD=$(realpath -m -- "${BUILD:-$TOP/build}")
export BUILD

TEMPS=()	# removed at exit
CHILD=		# the process group that run() waits for
RUN_STATUS=0	# how it ended
STOP_SIGNAL=TERM	# what ends it
DIE_STATUS=1	# the status that die() exits with

die() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit "$DIE_STATUS"
}

# usage: shows the script's "# usage:" paragraph.
usage() {
	sed -n '/^# usage:/,/^#$/s/^# \{0,1\}//p' "$0" >&2
	exit 64
}

note() {
	printf '%s\n' "$*"
}

# rel PATH: PATH as one would type it in the source tree.
rel() {
	printf '%s\n' "${1#"$TOP"/}"
}

# since START: seconds from START, an $EPOCHREALTIME, with one decimal.
since() {
	local us=$(((${EPOCHREALTIME/./} - ${1/./}) / 100000))

	printf '%d.%d' $((us / 10)) $((us % 10))
}

# hash_of FILE...: one key for the contents and names of these files.
hash_of() {
	sha256sum -- "$@" | sha256sum | cut -c1-16
}

# --- temporary places ---

# sweep DIR...: removes what runs that were killed have left in these.
sweep() {
	local dir left pid

	for dir in "$@"; do
		for left in "$dir"/.new.*; do
			[[ -e $left ]] || continue
			pid=${left##*/.new.}
			pid=${pid%%.*}
			[[ -d /proc/$pid ]] || rm -rf -- "$left"
		done
	done
}

# new_beside VAR FINAL: VAR becomes a new directory on FINAL's file system.
new_beside() {
	local -n made=$1
	local dir

	dir=$(dirname -- "$2")
	mkdir -p -- "$dir"
	sweep "$dir"
	# Listed before it is there, so that no signal comes in between.
	made=$dir/.new.$BASHPID.${#TEMPS[@]}
	TEMPS+=("$made")
	rm -rf -- "$made"
	mkdir -- "$made"
}

# publish NEW FINAL: puts a file or directory that is complete in its place.
publish() {
	local old

	if [[ -d $2 && ! -L $2 ]]; then
		new_beside old "$2"
		mv -T -- "$2" "$old/old"
		mv -T -- "$1" "$2"
		rm -rf -- "$old"
	else
		mv -fT -- "$1" "$2"
	fi
}

# --- one run at a time ---

# File descriptor 9 holds the lock.  Whatever may outlive this script is
# started with 9>&-, as a lock is held for as long as anyone has it open.
lock() {
	mkdir -p "$BUILD" ||
		die "cannot create $BUILD; set BUILD to a directory to build in"
	[[ ${EXITLEDGER_LOCKED:-} != "$BUILD" ]] || return 0
	exec 9>>"$BUILD/.lock"
	if ! flock -n 9; then
		note "waiting for process $(<"$BUILD/.lock"), which is" \
			"building in $(rel "$BUILD")"
		flock 9
	fi
	printf '%s\n' "$$" >"$BUILD/.lock"
	export EXITLEDGER_LOCKED=$BUILD LOCK_IS_MINE=$$
	sweep "$BUILD" "$BUILD"/*/ "$BUILD"/*/*/ "$BUILD"/*/*/*/
}

unlock() {
	[[ ${LOCK_IS_MINE:-} == "$$" ]] || return 0
	exec 9>&-
	unset EXITLEDGER_LOCKED LOCK_IS_MINE
}

# --- children that end with the script ---

stop_child() {
	local i

	[[ -n $CHILD ]] || return 0
	kill -"$STOP_SIGNAL" -- "-$CHILD" 2>/dev/null || true
	for ((i = 0; i < 30; i++)); do
		kill -0 -- "-$CHILD" 2>/dev/null || break
		sleep 0.1
	done
	kill -KILL -- "-$CHILD" 2>/dev/null || true
	kill -KILL -- "-$GUARD" 2>/dev/null || true
	CHILD=
}

cleanup() {
	stop_child
	[[ ${#TEMPS[@]} == 0 ]] || rm -rf -- "${TEMPS[@]}"
}

trap cleanup EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# spawn CMD...: starts a command or function as a process group of its own,
# $CHILD, that does not survive this script, not even a SIGKILL to it.
spawn() {
	set -m
	"$@" 9>&- </dev/null &
	CHILD=$!
	(
		tail --pid="$$" -s 0.5 -f /dev/null
		kill -KILL -- "-$CHILD"
	) 9>&- </dev/null >/dev/null 2>&1 &
	GUARD=$!
	disown "$GUARD"
	set +m
}

# reap: waits for what spawn() started; $RUN_STATUS says how it ended.
reap() {
	RUN_STATUS=0
	wait "$CHILD" 2>/dev/null || RUN_STATUS=$?
	kill -KILL -- "-$GUARD" 2>/dev/null || true
	CHILD=
}

# step TEXT LOG CMD...: does one step of a run, says how long it took, and
# keeps what it printed in log/LOG.log.  To be called as a statement of its
# own: within a condition the shell would not stop CMD at its first error.
step() {
	local text=$1 log=$BUILD/log/$2.log start=$EPOCHREALTIME

	shift 2
	mkdir -p "$BUILD/log"
	[[ ! -t 1 ]] || printf '    ...  %s\r' "$text"
	spawn "$@" >"$log" 2>&1
	reap
	if ((RUN_STATUS == 0)); then
		printf '%6s s  %s, log: %s\n' "$(since "$start")" "$text" \
			"$(rel "$log")"
		return 0
	fi
	printf '%6s s  FAILED: %s\n' "$(since "$start")" "$text"
	tail -n 15 -- "$log" | sed 's/^/    | /' >&2
	printf '%s: failed: %s (status %d); see %s\n' "${0##*/}" "$text" \
		"$RUN_STATUS" "$(rel "$log")" >&2
	return "$RUN_STATUS"
}
