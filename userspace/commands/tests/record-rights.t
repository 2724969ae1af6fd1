#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The rights of record while it records, the owner of the run, and the user who runs the
# command, on a made-up host; so KVM is not needed.
set -euo pipefail
cd "$(dirname "$0")/../../.."
# shellcheck source=tests/tap.sh
. tests/tap.sh

build=${BUILD:-build}
exitledger=$build/bin/exitledger
demo=$build/tests/record_demo
user=54321 # which is not in /etc/passwd

if [ "$(id -u)" != 0 ]; then
	skip 'rights are given up' 'root: there are none to give up'
	done_testing
	exit
fi
chmod 755 "$tap_dir"
unset SUDO_UID SUDO_GID

# The command: saves its recorder's /proc status and its own user id.
cat >"$tap_dir/look" <<'EOF2'
#!/bin/sh
parent() { sed -n 's/^PPid:[^0-9]*//p' "/proc/$1/status"; }
cat "/proc/$(parent "$(parent $$)")/status" >"$1"
id -u >"$1.user"
exit 7
EOF2
chmod +x "$tap_dir/look"

# folder OWNER: create an empty folder that belongs to this user
folder() {
	rm -rf "$tap_dir/kept" "$tap_dir/status"*
	mkdir "$tap_dir/kept"
	chown "$1:$1" "$tap_dir/kept"
}

# record OPTION...: record the command into that folder
record() {
	run "$@" -o "$tap_dir/kept/run" -i 10ms -- "$tap_dir/look" \
		"$tap_dir/status"
}

# only_file_of UID: is the run the only file in the folder, and does it belong to this user?
only_file_of() {
	[ "$(find "$tap_dir/kept" -type f -printf '%f %U:%G\n')" = "run $1:$1" ]
}
command_is_of() { [ "$(cat "$tap_dir/status.user")" = "$1" ]; }

# so WHAT UID: check the last record(), whose run must belong to this user
so() {
	ok "$1: it is recorded" status_is 0
	ok "$1: without rights" rights_are "$tap_dir/status" "$2"
	ok "$1: the file is the user's, and alone" only_file_of "$2"
	ok "$1: the command has all rights" command_is_of 0
	run "$exitledger" report "$tap_dir/kept/run"
	ok "$1: the run is complete" out_has 'exit status 7'
}

folder $user
record "$demo" 0 --user $user
so 'a user that is named' $user

folder $user
record env SUDO_UID=$user SUDO_GID=$user "$demo" 0
so 'by sudo' $user

folder 0
record env SUDO_UID=$user SUDO_GID=$user "$demo" 0
so "by sudo, in a folder of root's" 0

folder $user
record "$demo" 0
so "in a user's folder" $user

folder 0
record "$demo" 0
so "in root's folder" 0

folder 0
record "$demo" 0 --user $user
ok 'a user who may not write there: status' status_is 3
ok 'a user who may not write there: one line' one_err_line
ok 'a user who may not write there: why' err_has 'run: cannot be written: Permission denied'
ok 'a user who may not write there: nothing was run' [ ! -e "$tap_dir/status" ]
ok 'a user who may not write there: nothing is left' \
	[ -z "$(ls -A "$tap_dir/kept")" ]

# A signal to the recorder alone also ends the command, which runs as root and which the
# recorder may not signal itself.
folder $user
"$demo" 0 --user $user -o "$tap_dir/kept/run" -i 10ms -- sh -c \
	"echo \$\$ >$tap_dir/status && exec sleep 60" >/dev/null 2>"$tap_dir/err" &
recorder=$!
for ((i = 0; i < 200; i++)); do
	! [ -s "$tap_dir/status" ] || break
	sleep 0.05
done
"$exitledger" mark "$tap_dir/kept/run" "root's" 2>/dev/null && marked=0 || marked=$?
kill -TERM "$recorder"
status=0
wait "$recorder" || status=$?
ok 'SIGTERM: the run is ended' status_is 0
ok 'SIGTERM: so is the command' [ ! -e "/proc/$(cat "$tap_dir/status")" ]
ok 'a mark by root: it is set' [ "$marked" -eq 0 ]
ok 'a mark by root: the file is the user'\''s, and alone' only_file_of $user
run "$exitledger" report "$tap_dir/kept/run"
ok 'a mark by root: it is in the run' out_has "root's"

done_testing
