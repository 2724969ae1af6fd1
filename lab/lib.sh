# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Functions for the lab's scripts, which source this file.
#
# All products go to $BUILD (default: build/ in the source tree).  Each product is made
# under a temporary name beside its final place, and then renamed.  So it is either
# complete or absent, even if a run was killed.

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
RUN_STATUS=0	# the exit status of the last such group
STOP_SIGNAL=TERM	# the signal that ends the group
DIE_STATUS=1	# the exit status of die()

die() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit "$DIE_STATUS"
}

# usage: print the script's "# usage:" paragraph, and exit
usage() {
	sed -n '/^# usage:/,/^#$/s/^# \{0,1\}//p' "$0" >&2
	exit 64
}

note() {
	printf '%s\n' "$*"
}

# --- a failure names the command that failed ---

# A script ends at the first command that fails, with one line that names the command.
# Two places need care, because the shell itself would not end there:
# - a function that is called in a condition (`if f`, `f || ...`): style.t allows this
#   only if the function is one condition, or handles all failures itself;
# - the elements of a pipeline: try() names the one that failed.

# distribution: print the kind of this system's packages: ubuntu (also for derivatives),
# debian, fedora (also for RHEL), or nothing.  This calls no other command, as that could be
# the missing one.
distribution() {
	local file=${OS_RELEASE:-/etc/os-release} key value ids=' '

	[[ -r $file ]] || return 0
	while IFS='=' read -r key value; do
		[[ $key != ID && $key != ID_LIKE ]] || ids+="${value//[\"\']/} "
	done <"$file"
	case $ids in
	*' ubuntu '*) echo ubuntu ;;
	*' debian '*) echo debian ;;
	*' fedora '* | *' rhel '*) echo fedora ;;
	esac
}

# to_install PACKAGE...: print the command that installs them.
to_install() {
	case $(distribution) in
	ubuntu | debian) printf 'apt install %s' "$*" ;;
	fedora) printf 'dnf install %s' "$*" ;;
	*) printf 'install %s' "$*" ;;
	esac
}

# package_of COMMAND: print the Debian package of a command, by lab/setup/packages.txt; for
# dnf, which finds packages by their files, print the command's path.  This calls no other
# command, as that could be the missing one.
package_of() {
	local package commands

	if [[ $(distribution) == fedora ]]; then
		printf '/usr/bin/%s\n' "$1"
		return 0
	fi
	[[ -r $LAB/setup/packages.txt ]] || return 0
	while read -r package _ commands _; do
		[[ $package == '#'* || ",$commands," != *",$1,"* ]] || {
			printf '%s\n' "$package"
			return 0
		}
	done <"$LAB/setup/packages.txt"
}

# need COMMAND...: if commands are missing, end the script with a message that names them
# and their packages
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
			printf '; %s' "$(to_install "${packages[@]}")")"
}

command_not_found_handle() {
	local package

	package=$(package_of "$1")
	printf '%s: no command %s%s\n' "${0##*/}" "$1" \
		"${package:+; $(to_install "$package")}" >&2
	return 127
}

# try COMMAND...: run one element of a pipeline; print a message if it fails
try() {
	local status=0

	"$@" || status=$?
	# 141 is SIGPIPE: the reader of the output, a later element, has failed.  For 127,
	# command_not_found_handle() has printed the message.
	((status == 0 || status == 141 || status == 127)) ||
		printf '%s: %s failed with status %d\n' "${0##*/}" "$1" "$status" >&2
	return "$status"
}

# The shell calls this for the command that ends the script.  For an assignment, a function
# or a pipeline, the command that failed inside it has already printed its message.
on_error() {
	local status=$? elements=${#PIPESTATUS[@]} command=${BASH_COMMAND%% *}

	# shellcheck disable=SC2319 # It is the status of the command that failed.
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

# The commands that this file itself calls.
need realpath nproc flock tail
PROCESSORS=$(nproc)
BUILD=$(realpath -m -- "${BUILD:-$TOP/build}")
export BUILD

# rel PATH: print PATH relative to the top of the source tree, if it is below
rel() {
	printf '%s\n' "${1#"$TOP"/}"
}

# since START: print the seconds since START, an $EPOCHREALTIME, with one decimal
since() {
	local us=$(((${EPOCHREALTIME/./} - ${1/./}) / 100000))

	printf '%d.%d' $((us / 10)) $((us % 10))
}

# hash_of FILE...: print one key for the contents and names of these files
hash_of() {
	sha256sum -- "$@" | sha256sum | cut -c1-16
}

# --- temporary places ---

# sweep DIR...: remove the temporary files that killed runs have left in these
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

# new_beside VAR FINAL: make a temporary directory beside FINAL, and set VAR to its path
new_beside() {
	local -n made=$1
	local dir

	dir=$(dirname -- "$2")
	mkdir -p -- "$dir"
	sweep "$dir"
	# List the directory before making it: then a signal in between leaves nothing behind.
	made=$dir/.new.$BASHPID.${#TEMPS[@]}
	TEMPS+=("$made")
	rm -rf -- "$made"
	mkdir -- "$made"
}

# publish NEW FINAL: move a complete file or directory to its final place
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

# File descriptor 9 holds the lock.  The lock is held while any process has the descriptor
# open, so a process that may outlive this script is started with 9>&-.
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

# --- at most one emulator per processor at a time ---

# take_slot: wait until fewer emulators run than this machine has processors, or than
# LAB_SLOTS in the environment says; file descriptor 8 holds the slot until the script ends
take_slot() {
	local nr said=''

	mkdir -p "$BUILD/run"
	while :; do
		for ((nr = 0; nr < ${LAB_SLOTS:-$PROCESSORS}; nr++)); do
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

# spawn CMD...: start a command or function as a process group of its own, $CHILD.  The group
# ends with this script, even if the script is ended by SIGKILL.
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

# reap: wait for the process group of spawn(), and set RUN_STATUS to its exit status
reap() {
	RUN_STATUS=0
	wait "$CHILD" 2>/dev/null || RUN_STATUS=$?
	kill -KILL -- "-$GUARD" 2>/dev/null || true
	CHILD=
}

# reason_in LOG: print the line of a step's log that tells why the step failed: our own
# message about a command, else the first line that looks like an error, else the last line.
# Messages about make itself do not count, because the command that make called has told why.
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

# step TEXT LOG CMD...: do one step of a run, print how long it took, and keep its output in
# log/LOG.log.  Call this as a statement of its own: within a condition, the shell would not
# end CMD at its first error.  To go on after a failure, call try_step instead, which sets
# STEP_STATUS and STEP_REASON.
step() {
	local text=$1 log=$BUILD/log/$2.log start=$EPOCHREALTIME clear=''

	shift 2
	mkdir -p "$BUILD/log"
	# On a terminal, another step may have written a longer line meanwhile.
	[[ ! -t 1 ]] || clear=$'\e[K'
	[[ ! -t 1 ]] || printf '    ...  %s%s\r' "$text" "$clear"
	spawn "$@" >"$log" 2>&1
	reap
	if ((RUN_STATUS == 0)); then
		printf '%6s s  %s, log: %s%s\n' "$(since "$start")" "$text" \
			"$(rel "$log")" "$clear"
		return 0
	fi
	printf '%6s s  FAILED: %s%s\n' "$(since "$start")" "$text" "$clear"
	tail -n 15 -- "$log" | sed 's/^/    | /' >&2
	STEP_REASON=$(reason_in "$log")
	printf '%s: failed: %s (status %d): %s; see %s\n' "${0##*/}" "$text" \
		"$RUN_STATUS" "$STEP_REASON" "$(rel "$log")" >&2
	return "$RUN_STATUS"
}

try_step() {
	set +e
	step "$@"
	# shellcheck disable=SC2034 # The caller uses it.
	STEP_STATUS=$?
	set -e
}
