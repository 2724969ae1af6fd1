#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# exitledger in a PID namespace of its own, as in a container: its messages are right, and
# it does not take a process for another one with the same number.
set -euo pipefail
cd "$(dirname "$0")/../../.."
# shellcheck source=tests/tap.sh
. tests/tap.sh

build=${BUILD:-build}
exitledger=$(realpath "$build")/bin/exitledger

inside() { unshare --pid --fork --mount-proc "$@"; }

if ! inside true 2>/dev/null; then
	skip 'a PID namespace' 'unshare --pid --mount-proc is not permitted'
	done_testing
	exit
fi
if [ "$(readlink /proc/self/ns/pid)" != 'pid:[4026531836]' ]; then
	skip 'the host itself' 'this is not the initial PID namespace'
else
	run "$exitledger" doctor
	ok 'the host itself: nothing to be said' out_has \
		"ok       pid_ns      /proc shows the host's processes"
fi

run inside "$exitledger" doctor
ok 'a PID namespace: a warning' out_has 'warning  pid_ns'
ok 'a PID namespace: what to do' out_has '--pid=host'
ok 'a PID namespace: which VMs can be seen' out_has 'in this PID namespace'
run inside "$exitledger" doctor --json
ok 'a PID namespace: JSON' grep -q '"host_pids":false' "$tap_dir/out"

# A recorder in the namespace; its number there belongs to another process outside.
unshare --pid --fork --mount-proc \
	"$build/tests/record_demo" 0 -o "$tap_dir/run" -i 10ms >/dev/null 2>&1 &
unshare=$!
for ((i = 0; i < 200; i++)); do
	run "$exitledger" mark "$tap_dir/run" here
	! err_has 'another PID namespace' || break
	sleep 0.05
done
ok 'a recorder in a PID namespace: no mark from outside' status_is 3
ok 'a recorder in a PID namespace: said' err_has 'another PID namespace'
recorder=$(pgrep -P "$unshare")
# Enter the recorder's root as well: it can differ from that of its mount namespace.
run nsenter --target "$recorder" --pid --mount --root \
	"$exitledger" mark "$tap_dir/run" here
ok 'a recorder in a PID namespace: a mark from inside' status_is 0
kill -INT "$recorder"
status=0
wait "$unshare" || status=$?
ok 'a recorder in a PID namespace: its end' status_is 0
run "$exitledger" report "$tap_dir/run"
ok 'a recorder in a PID namespace: the mark is there' out_has here

done_testing
