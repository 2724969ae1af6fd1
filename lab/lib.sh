# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Functions for the lab's scripts, which source this file.
#
# Everything that is made goes under $BUILD (build/ in the source tree, unless
# set).  Whatever is kept there is built in a temporary place beside its final
# name and renamed, so that it is complete or absent, however a run ended.

set -Eeuo pipefail
shopt -s inherit_errexit	# $(...) ends at its first error, too
export LC_ALL=C
# Debian's bpftool, depmod and debootstrap are not in an ordinary user's PATH.
[[ :$PATH: == *:/usr/sbin:* ]] || export PATH=$PATH:/usr/sbin:/sbin
umask 022

LAB=${BASH_SOURCE[0]%lib.sh}
LAB=$(cd -- "${LAB:-.}" && pwd -P)
TOP=${LAB%/*}

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

# --- a failure names the command that failed ---

# A script ends at the first command that fails, with one line that names it.
# Two places need care, because the shell itself would not end there:
# - a function that is called in a condition (`if f`, `f || ...`): style.t finds
#   those; each is one condition, or says why it may be called so;
# - a pipeline's elements: try() names the one that failed.

# package_of COMMAND: the Debian package that brings it, as lab/setup/packages.txt says.  By
# the shell alone, as any command may be the missing one.
package_of() {
	local package commands

	[[ -r $LAB/setup/packages.txt ]] || return 0
	while read -r package _ commands _; do
		[[ $package == '#'* || ",$commands," != *",$1,"* ]] || {
			printf '%s\n' "$package"
			return 0
		}
	done <"$LAB/setup/packages.txt"
}

# need COMMAND...: ends the script if one of them is missing, and says which
# packages have them.
need() {
	local command package missing=() packages=()

	for command; do
		[[ -z $(type -P "$command") ]] || continue
		missing+=("$command")
		package=$(package_of "$command")
		[[ -z $package || " ${packages[*]} " == *" $package "* ]] ||
			packages+=("$package")
	done
	((${#missing[@]} == 0)) || die "no command ${missing[*]}$(
		((${#packages[@]} == 0)) ||
			printf '; apt install %s' "${packages[*]}")"
}

command_not_found_handle() {
	local package

	package=$(package_of "$1")
	printf '%s: no command %s%s\n' "${0##*/}" "$1" \
		"${package:+; apt install $package}" >&2
	return 127
}

# try COMMAND...: runs one element of a pipeline; says so if it fails.
try() {
	local status=0

	"$@" || status=$?
	# Nobody reads what it writes any more: then another one has failed.
	((status == 0 || status == 141 || status == 127)) ||
		printf '%s: %s failed with status %d\n' "${0##*/}" "$1" "$status" >&2
	return "$status"
}

# Called for the command that ends the script.  An assignment, a function or a
# pipeline has had its line already, from the command that failed inside it.
on_error() {
	local status=$? elements=${#PIPESTATUS[@]} command=${BASH_COMMAND%% *}

	# shellcheck disable=SC2319 # the status of the command that failed
	((status < 127 && elements == 1)) || return 0
	case $(type -t -- "$command" || true) in
	file)
		printf '%s: %s failed with status %d\n' "${0##*/}" "$command" \
			"$status" >&2
		;;
	keyword)
		printf '%s: line %d of %s does not hold: %s\n' "${0##*/}" \
			"${BASH_LINENO[0]}" "${BASH_SOURCE[1]##*/}" \
			"$BASH_COMMAND" >&2
		;;
	esac
}
trap on_error ERR

# This file calls these itself.
need realpath nproc flock tail
PROCESSORS=$(nproc)
BUILD=$(realpath -m -- "${BUILD:-$TOP/build}")
export BUILD

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
		die "mkdir cannot create $BUILD; set BUILD to a directory to build in"
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

# --- as many emulators at a time as there are processors ---

# take_slot: waits until fewer emulators run than this machine has processors; file
# descriptor 8 holds the slot until the script ends.
take_slot() {
	local nr said=''

	mkdir -p "$BUILD/run"
	while :; do
		for ((nr = 0; nr < PROCESSORS; nr++)); do
			exec 8>>"$BUILD/run/slot.$nr"
			! flock -n 8 || return 0
		done
		[[ -n $said || ! -t 1 ]] ||
			note "          waiting for an emulator to end"
		said=1
		sleep 0.5
	done
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
	(
		set -e
		"$@"
	) 8>&- 9>&- </dev/null &
	CHILD=$!
	(
		tail --pid="$$" -s 0.5 -f /dev/null
		kill -KILL -- "-$CHILD"
	) 8>&- 9>&- </dev/null >/dev/null 2>&1 &
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

# reason_in LOG: the line of a step's log that says why it failed: our own line
# about a command, else the first that looks like an error, else the last one.  That
# make failed says nothing: what it had called has said why.
reason_in() {
	awk '
	/: make failed with status / { next }
	!ours && /: no command |: [^ ]+ failed with status [0-9]+$/ { ours = $0 }
	!theirs && tolower($0) ~ /error|not found|no such file|cannot|fail/ {
		theirs = $0
	}
	NF { last = $0 }
	END { print ours ? ours : theirs ? theirs : last }' "$1" |
		cut -c 1-200
}

# step TEXT LOG CMD...: does one step of a run, says how long it took, and
# keeps what it printed in log/LOG.log.  It is to be called as a statement of its
# own, for within a condition the shell would not stop CMD at its first error; who
# wants to go on after a failure calls try_step and looks at $STEP_STATUS, and at
# $STEP_REASON.
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
	STEP_REASON=$(reason_in "$log")
	printf '%s: failed: %s (status %d): %s; see %s\n' "${0##*/}" "$text" \
		"$RUN_STATUS" "$STEP_REASON" "$(rel "$log")" >&2
	return "$RUN_STATUS"
}

try_step() {
	set +e
	step "$@"
	# shellcheck disable=SC2034 # for the caller
	STEP_STATUS=$?
	set -e
}
