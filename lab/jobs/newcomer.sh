#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: newcomer.sh [--suite bookworm|trixie] [--users "root user"] [--cold]
#                    [--keep] [COMMAND...]
#
# Does what a new user does: makes a minimal Debian in a folder, clones this commit there,
# and runs the commands that it finds in the README, as root in root's home, and as an
# ordinary user with sudo in that user's home.
#
# --suite   Debian's release (default: this machine's)
# --users   root, user, or both in this order (default: both)
# --cold    use no downloads of an earlier run
# --keep    keep the system in build/newcomer/SUITE, to look at it
# COMMAND   run only these of the README's commands, such as "make check"
#
# The system lives in a mount namespace of its own, which ends with this script.  The
# Debian mirror is this machine's, unless MIRROR=URI and SECURITY_MIRROR=URI name another.
#
# Exit status: 0 if all commands ended with 0; 1 if one did not; 3 if such a system cannot be
# made on this machine.

# shellcheck source=lab/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib.sh"
# shellcheck source=lab/setup/kernels.sh
. "$LAB/setup/kernels.sh"
# shellcheck source=lab/setup/mirrors.sh
. "$LAB/setup/mirrors.sh"
# shellcheck source=lab/setup/minimal.sh
. "$LAB/setup/minimal.sh"
DIE_STATUS=3

NAME=exitledger		# the clone's folder
SUMMARY=()		# a line for each step

parse_options() {
	local suite

	SUITE='' USERS='root user' COLD='' KEEP=''
	while [[ ${1:-} == --* ]]; do
		case $1 in
		--cold) COLD=1 ;;
		--keep) KEEP=1 ;;
		--suite | --users)
			(($# > 1)) || usage
			printf -v "$(tr a-z- A-Z_ <<<"${1#--}")" '%s' "$2"
			shift
			;;
		*) usage ;;
		esac
		shift
	done
	for suite in "${!RELEASE[@]}"; do
		[[ -n $SUITE || ${RELEASE[$suite]} != "$(debian_release)" ]] ||
			SUITE=$suite
	done
	SUITE=${SUITE:-bookworm}
	[[ -n ${RELEASE[$SUITE]:-} && $USERS =~ ^(root|user|root user)$ ]] || usage
	COMMANDS=("$@")
	ROOT=$BUILD/newcomer/$SUITE
	CACHE=$BUILD/newcomer/cache/$SUITE
}

# Print the commands of the README to be run on this machine: "make" with one target.
readme_commands() {
	sed -n 's/^    \(make [a-z][a-z-]*\)$/\1/p' "$TOP/README.md"
}

check_machine() {
	local changed command known

	((EUID == 0)) || die "a minimal system can only be made by root; sudo make newcomer"
	need unshare chroot git
	[[ -n $(type -P debootstrap) ]] ||
		die "no command debootstrap; apt install debootstrap"
	known=$(readme_commands)
	[[ -n $known ]] || die "the README names no command"
	((${#COMMANDS[@]})) || mapfile -t COMMANDS <<<"$known"
	for command in "${COMMANDS[@]}"; do
		grep -qxF -- "$command" <<<"$known" ||
			die "'$command' is no command of the README; those are:" \
				"$(paste -sd, <<<"$known")"
	done
	# The checkout may belong to the user who called sudo.
	mkdir -p "$BUILD/newcomer"
	export GIT_CONFIG_GLOBAL=$BUILD/newcomer/gitconfig
	printf '[safe]\n\tdirectory = *\n' >"$GIT_CONFIG_GLOBAL"
	changed=$(git -C "$TOP" status --porcelain) || die "$TOP is no git checkout"
	[[ -z $changed ]] ||
		note "          changes that are not committed are not in the clone"
}

# --- the system ---

# as_user USER COMMAND: run COMMAND as this user in the user's clone
as_user() {
	if [[ $1 == root ]]; then
		inside /bin/bash -c "cd /root/$NAME && exec $2"
	else
		inside su - "$1" -c "cd $NAME && exec $2"
	fi
}

home_of() {
	if [[ $1 == root ]]; then echo /root; else echo "/home/$1"; fi
}

add_user() {
	inside apt-get install -q -y --no-install-recommends sudo
	inside useradd --create-home --shell /bin/bash user
	echo 'user ALL=(ALL) NOPASSWD: ALL' >"$ROOT/etc/sudoers.d/user"
}

# Clone the commit into the user's home.  The lab's own downloads are kept from run to
# run, too: they are mounted where the clone would put them.
make_clone() { # USER
	local home

	home=$(home_of "$1")
	git clone -q --no-hardlinks "$TOP" "$ROOT$home/$NAME"
	git -C "$ROOT$home/$NAME" checkout -q --detach "$COMMIT"
	mkdir -p "$ROOT$home/$NAME/build/cache"
	mount --bind "$CACHE/lab" "$ROOT$home/$NAME/build/cache"
	inside chown -R "$1:" "$home/$NAME"
}

# --- the run ---

# timed TEXT COMMAND...: run COMMAND, add a row to the summary, and set STEP_STATUS
timed() {
	local text=$1 start=$EPOCHREALTIME

	shift
	note "=== $text"
	spawn "$@"
	reap
	STEP_STATUS=$RUN_STATUS
	SUMMARY+=("$(printf '%-46s %8s s  %s' "$text" "$(since "$start")" \
		"$( ((STEP_STATUS == 0)) || echo "status $STEP_STATUS")")")
}

tests_in() { # LOG: print "TESTS SKIPS"
	awk '/^Files=[0-9]+, Tests=/ { sub(/.*Tests=/, ""); tests += $1 }
		/^[0-9]+ tests were skipped:/ { skips += $1 }
		END { print tests + 0, skips + 0 }' "$1"
}

run_command() { # USER COMMAND
	local log=$BUILD/log/newcomer-$SUITE-$1-${2##* }.log tests skips

	timed "$1: $2" run_logged "$log" "$1" "$2"
	read -r tests skips < <(tests_in "$log")
	TESTS=$((TESTS + tests)) SKIPS=$((SKIPS + skips))
	((STEP_STATUS == 0)) || {
		FAILED=1
		note "newcomer.sh: as $1, '$2' ended with status $STEP_STATUS; see $(rel "$log")" >&2
		# Add check.sh's lines about the checks that failed.
		mapfile -t -O "${#SUMMARY[@]}" SUMMARY < <(sed -n '/^failed: /p' "$log")
	}
}

run_logged() { # LOG USER COMMAND
	as_user "$2" "$3" 2>&1 | tee "$1"
}

show_summary() {
	printf '\nDebian %s (%s), commit %s\n' "${RELEASE[$SUITE]}" "$SUITE" \
		"${COMMIT:0:12}"
	printf '%s\n' "${SUMMARY[@]}"
	printf '%s s, %s MB in the system, %d tests, %d skips\n' "$(since "$START")" \
		"$(du -smx "$ROOT" | cut -f1)" "$TESTS" "$SKIPS"
}

go() {
	local user command

	START=$EPOCHREALTIME TESTS=0 SKIPS=0 FAILED=''
	COMMIT=$(git -C "$TOP" rev-parse HEAD)
	[[ -z $COLD ]] || rm -rf -- "$CACHE"
	mkdir -p "$CACHE"/{debs,lab,archives/partial} "$BUILD/log"
	KEEP='' clean_up
	trap clean_up EXIT
	mkdir -p "$ROOT"
	try_step "make a minimal Debian ${RELEASE[$SUITE]}" "newcomer-$SUITE" make_system git make
	((STEP_STATUS == 0)) || exit "$DIE_STATUS"
	mount_system
	for user in $USERS; do
		[[ $user == root ]] || step "add an ordinary user with sudo" \
			"newcomer-$SUITE-user" add_user
		make_clone "$user"
		for command in "${COMMANDS[@]}"; do
			run_command "$user" "$command"
		done
	done
	show_summary
	[[ -z $FAILED ]] || exit 1
}

main() {
	parse_options "$@"
	if [[ -z ${NEWCOMER_NAMESPACE:-} ]]; then
		check_machine
		need_mirrors
		export MIRROR SECURITY_MIRROR
		NEWCOMER_NAMESPACE=1 exec unshare --mount --propagation private \
			"$0" "$@"
	fi
	((${#COMMANDS[@]})) || mapfile -t COMMANDS <<<"$(readme_commands)"
	lock_system
	go
}

main "$@"
