#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# lab/machine/l1.sh: what went wrong in L1 is never taken for a success.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/tap.sh
. tests/tap.sh

out_dir=$tap_dir/results
# A run without a result is repeated only where a test asks for it.
unset LAB_TRIES
export LAB_REPEATED=$tap_dir/repeated

# l1 SCRIPT [ARGUMENT...]: runs it as a scenario under Debian's own KVM
l1() {
	printf '#!/bin/sh\n%s\n' "$1" >"$tap_dir/scenario"
	shift
	run lab/machine/l1.sh --modules stock --timeout 120 --out "$out_dir" "$@" \
		"$tap_dir/scenario" "${settings[@]}"
}
is() { [ "$1" = "$2" ]; }
settings=()

# shellcheck disable=SC2016 # for L1's shell
settings=("WORDS=it's two  words" kvm_amd.npt=0 EMPTY=)
# shellcheck disable=SC2016 # for L1's shell
l1 'echo "$WORDS" >/results/words; echo "${EMPTY-unset}" >/results/empty
	cat /sys/module/kvm_amd/parameters/npt >/results/npt
	head -c 1000000 /dev/urandom >/results/large
	sha256sum </results/large >/results/sum; echo "[LAB] halfway"'
settings=()
ok 'status 0' status_is 0
ok 'a scenario tells where it is' out_has '| halfway'
ok 'an environment variable arrives as it is' \
	is "$(cat "$out_dir/words" 2>&1)" "it's two  words"
ok 'so does an empty one' is "$(cat "$out_dir/empty" 2>&1)" ''
ok 'a module parameter arrives' is "$(cat "$out_dir/npt" 2>&1)" N
ok 'large results arrive as they are' is "$(cat "$out_dir/sum" 2>&1)" \
	"$(sha256sum <"$out_dir/large" 2>&1)"

l1 'exit 7'
ok 'status 7' status_is 7
ok 'status 7: results arrive all the same' is "$(cat "$out_dir/l1-status")" 7
l1 'exit 63'
ok 'status 63' status_is 63
l1 'exit 200'
ok 'a status above 63 is 63' status_is 63
ok 'and its number is told' err_has 'status 200'

l1 'echo c >/proc/sysrq-trigger'
ok 'a panic of L1 is a failure' status_is 125
ok 'and said to be one' err_has 'panicked'
ok 'an earlier run'\''s results are gone' [ ! -e "$out_dir" ]
l1 'echo b >/proc/sysrq-trigger; sleep 60'
ok 'a reset of L1 is a failure' status_is 125
# shellcheck disable=SC2016 # for L1's shell
l1 'echo early >/results/early; (while :; do sleep 1; done) & sleep 600' --timeout 15
ok 'no end in time is a failure' status_is 125
ok 'and said to be one' err_has 'no end after 15 s'
ok 'and what there was by then is here' \
	is "$(cat "$out_dir/early" 2>&1)" early
ok 'with what the kernel said' [ -s "$out_dir/dmesg.txt" ]

# Once more where that is asked for, and said.
LAB_TRIES=2 l1 'sleep 600' --timeout 12
ok 'no end, and two tries: a failure' status_is 125
ok 'no end, and two tries: that was repeated' out_has 'no result; once more'
ok 'no end, and two tries: is listed' grep -q . "$LAB_REPEATED"
# shellcheck disable=SC2016 # for L1's shell
LAB_TRIES=2 l1 'echo a guest >/results/guest-failed'
ok 'a guest that ended early: repeated' out_has 'no result; once more'
ok 'a guest that ended early: the first results are kept' [ -e "$out_dir.first-try/guest-failed" ]
LAB_TRIES=2 l1 'echo a guest >/results/guest-failed
	echo "verdict  DISCREPANCY" >/results/books.txt'
ok 'books that do not balance: not repeated' out_lacks 'once more'
LAB_TRIES=2 l1 'exit 3'
ok 'a result, whatever it is: not repeated' out_lacks 'once more'

l1 "printf '\\100' | dd of=/dev/port bs=1 seek=244"
ok 'status 0 without results is a failure' status_is 125
l1 'echo x >/dev/ttyS1'
ok 'results with something else in them are a failure' status_is 125
ok 'and said to be one' err_has 'did not arrive whole'
l1 'echo "WARNING: CPU: 0 PID: 1 at a test" >/dev/kmsg'
ok 'a warning of L1'\''s kernel is a failure' status_is 125
ok 'and shown' err_has 'at a test'
ok 'and its results can be looked at' [ -s "$out_dir/dmesg.txt" ]

l1 '# kvm: none
	test ! -e /dev/kvm && ! grep -q ^kvm /proc/modules'
ok 'a scenario can do without KVM' status_is 0
l1 '# needs: /bin/hostname
	/bin/hostname'
ok 'a scenario can have a program of this machine' status_is 0
l1 '# needs: qemu nonsense'
ok 'an unknown need is a failure' err_has "'needs: nonsense' is not known"

# SIGKILL's 137 is odd, like the status of a run that came to its end.
printf '#!/bin/sh\nsleep 60\n' >"$tap_dir/scenario"
lab/machine/l1.sh --modules stock --out "$out_dir" "$tap_dir/scenario" \
	>"$tap_dir/out" 2>"$tap_dir/err" &
l1_pid=$!
# It may have to wait for another emulator to end.
children() { tr ' ' '\n' <"/proc/$1/task/$1/children" 2>/dev/null || true; }
qemu=''
while [ -z "$qemu" ] && [ -d "/proc/$l1_pid" ]; do
	sleep 0.2
	for pid in $(children "$l1_pid"); do
		for child in $(children "$pid"); do
			[ "$(cat "/proc/$child/comm" 2>/dev/null)" != qemu-system-x86 ] ||
				qemu=$child
		done
	done
done
sleep 1
kill -KILL "$qemu"
status=0
wait "$l1_pid" || status=$?
err=$(cat "$tap_dir/err")
ok 'QEMU killed is a failure' status_is 125
ok 'and no time-out' err_has "status 137"

mkdir "$tap_dir/mine"
touch "$tap_dir/mine/file"
run lab/machine/l1.sh --modules stock --out "$tap_dir/mine" "$tap_dir/scenario"
ok 'a directory of others is not replaced' err_has 'choose another'
ok 'nor touched' [ -e "$tap_dir/mine/file" ]
run lab/machine/l1.sh --modules "$tap_dir/mine" --out "$out_dir" "$tap_dir/scenario"
ok 'modules without a stamp are refused' err_has 'no complete set of KVM modules'
run lab/machine/l1.sh --nonsense
ok 'wrong usage' status_is 64

done_testing
