#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# lab/machine/l1.sh never reports a failure in L1 as a success.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/tap.sh
. tests/tap.sh

out_dir=$tap_dir/results
# A run without a result is repeated only in the tests that ask for it.
unset LAB_TRIES LAB_IDLE_MAX
export LAB_REPEATED=$tap_dir/repeated
# Most of these scenarios only sleep, so they may run beside as many emulators as there are
# processors.
LAB_SLOTS=$(($(nproc) + 1))
export LAB_SLOTS

# l1 SCRIPT [ARGUMENT...]: run SCRIPT as a scenario under Debian's own KVM
l1() {
	printf '#!/bin/sh\n%s\n' "$1" >"$tap_dir/scenario"
	shift
	run lab/machine/l1.sh --modules stock --timeout 120 --out "$out_dir" "$@" \
		"$tap_dir/scenario"
}
is() { [ "$1" = "$2" ]; }

# --- several scenarios in one boot ---

# scenario NAME LINE...: make a scenario whose results go to a folder of that name
scenario() {
	printf '%s\n' '#!/bin/sh' "${@:2}" >"$tap_dir/$1.sh"
}
# shellcheck disable=SC2016 # L1's shell expands these.
{
	scenario first 'echo "$WORDS" >/results/words; echo "${EMPTY-unset}" >/results/empty' \
		'cat /sys/module/kvm_amd/parameters/npt >/results/npt' \
		'head -c 1000000 /dev/urandom >/results/large' \
		'sha256sum </results/large >/results/sum; echo "[LAB] halfway"' \
		'echo left >/tmp/left; setsid sleep 4711 & exit 0'
	scenario second 'echo "${WORDS-unset}" >/results/words' \
		'cat /sys/module/kvm_amd/parameters/npt >/results/npt' \
		'ls /tmp /results >/results/files; ps >/results/processes' \
		'cat /sys/module/kvm/parameters/exit_stats >/results/mode; exit 7'
}
scenario most 'exit 63'
scenario more 'exit 200'
scenario warns 'echo "WARNING: CPU: 0 PID: 1 at a test" >/dev/kmsg'
scenario none '# kvm: none' 'test ! -e /dev/kvm && ! grep -q ^kvm /proc/modules'
scenario program '# needs: /bin/hostname' '/bin/hostname'
scenario panics 'echo c >/proc/sysrq-trigger'
scenario never 'exit 0'
settings=(WORDS="it's two  words" kvm_amd.npt=0 EMPTY=)
many=(--modules stock --timeout 120 --out "$out_dir/first" "$tap_dir/first.sh"
	"${settings[@]}")
for name in second most more warns none program panics never; do
	many+=(--then --out "$out_dir/$name")
	[ $name = second ] || many+=(--modules stock)
	many+=("$tap_dir/$name.sh")
	# Make results as if by an earlier run.
	mkdir -p "$out_dir/$name"
	echo 0 >"$out_dir/$name/l1-status"
done
run lab/machine/l1.sh "${many[@]}"
ok 'several: the status is that of the first that has not 0' status_is 7
ok 'a scenario tells where it is' out_has '| halfway'
cp "$tap_dir/err" "$tap_dir/many.err"

# of NAME: load a scenario's status and directory; $err has the messages of all scenarios
of() {
	dir=$out_dir/$1
	run lab/machine/l1.sh --again --out "$dir"
	err=$(cat "$tap_dir/many.err")
}
# holds FILE TEXT: check a result file
holds() { is "$(cat "$dir/$1" 2>&1)" "$2"; }

of first
ok 'status 0' status_is 0
ok 'an environment variable arrives as it is' holds words "it's two  words"
ok 'so does an empty one' holds empty ''
ok 'a module parameter arrives' holds npt N
ok 'large results arrive as they are' holds sum "$(sha256sum <"$dir/large" 2>&1)"
of second
ok 'status 7' status_is 7
ok 'status 7: results arrive all the same' holds l1-status 7
ok 'one after the other: each has its environment' holds words unset
ok 'one after the other: each has its parameters of modules' holds npt Y
ok 'one after the other: each has its modules' holds mode 2
ok 'one after the other: no file is left' [ -z "$(grep -v '^/\|^$\|^words$\|^npt$\|^files$' "$dir/files")" ]
ok 'one after the other: no process is left' [ -z "$(grep 4711 "$dir/processes")" ]
ok 'one after the other: each has its console' [ -z "$(grep halfway "$dir/console.txt")" ]
of most
ok 'status 63' status_is 63
of more
ok 'a status above 63 is 63' status_is 63
ok 'and its number is told' err_has 'status 200'
of warns
ok 'a warning of L1'\''s kernel is a failure' status_is 125
ok 'and shown' err_has 'at a test'
ok 'and its results can be looked at' [ -s "$dir/dmesg.txt" ]
of none
ok 'a scenario can do without KVM' status_is 0
ok "another one's warning is not its own" [ -z "$(grep 'at a test' "$dir/dmesg.txt")" ]
of program
ok 'a scenario can have a program of this machine' status_is 0
of panics
ok 'a panic of L1 is a failure' status_is 125
ok 'and said to be one' err_has "panics: L1's kernel panicked"
ok 'an earlier run'\''s results are gone' [ ! -e "$dir" ]
of never
ok 'a scenario that had no L1 any more is a failure' status_is 125
ok 'and said to be one' err_has 'never: not begun, as L1 had ended'

# shellcheck disable=SC2016 # L1's shell expands these.
scenario slow 'echo early >/results/early; (while :; do sleep 1; done) & sleep 600'
run lab/machine/l1.sh --modules stock --timeout 20 --out "$out_dir/never" \
	"$tap_dir/never.sh" --then --modules stock --out "$out_dir/slow" "$tap_dir/slow.sh" \
	--then --modules stock --out "$out_dir/most" "$tap_dir/most.sh"
cp "$tap_dir/err" "$tap_dir/many.err"
of never
ok 'no end in time: a scenario before that has its results' status_is 0
dir=$out_dir/slow
ok 'no end in time is a failure, whatever the scenarios before it took' \
	err_has 'slow: no end after 20 s'
ok 'and what there was by then is here' holds early early
ok 'with what the kernel said' [ -s "$dir/dmesg.txt" ]
ok 'no end in time: a scenario after that has not begun' err_has 'most: not begun'
rm -rf "$out_dir"

# --- one alone ---

l1 'echo b >/proc/sysrq-trigger; sleep 60'
ok 'a reset of L1 is a failure' status_is 125

# The host waits until L1 has started before it asks for results.
l1 'sleep 600' --timeout 1
ok 'no end in time, and that was before L1 was up' err_has 'no end after 1 s'
ok 'no end in time, and that was before L1 was up: its results are here' \
	[ -s "$out_dir/dmesg.txt" ]

l1 'kill -STOP -1; sleep 600' --timeout 15
ok 'no end in time, and L1 does not answer: a failure' status_is 125
ok 'no end in time, and L1 does not answer: said' err_has 'no end after 15 s'

# Repeat the run if that is asked for, and say so.
LAB_TRIES=2 LAB_TIMEOUT_MAX=12 l1 'sleep 600'
ok 'no end, and two tries: a failure' status_is 125
ok 'no end, and two tries: said to be one' err_has 'no end after 12 s'
ok 'no end, and two tries: that was repeated' out_has 'no result; once more'
ok 'no end, and two tries: is listed' grep -q . "$LAB_REPEATED"
# A scenario that works for longer than LAB_IDLE_MAX, and then waits for what does not come.
LAB_IDLE_MAX=10 l1 'timeout 15 sh -c "while :; do :; done"; echo "[LAB] worked"; sleep 600'
ok 'nothing happens any more: a failure' status_is 125
ok 'nothing happens any more: not before it did' out_has '| worked'
ok 'nothing happens any more: said, and long before the time is up' \
	err_has 'nothing happened for 10 s'
ok 'nothing happens any more: what there was by then is here' [ -s "$out_dir/dmesg.txt" ]
# shellcheck disable=SC2016 # L1's shell expands these.
LAB_TRIES=2 l1 'echo a guest >/results/guest-failed'
ok 'a guest that ended early: repeated' out_has 'no result; once more'
ok 'a guest that ended early: the first results are kept' [ -e "$out_dir.first-try/guest-failed" ]
LAB_TRIES=2 l1 'echo a guest >/results/guest-failed
	echo "verdict  DISCREPANCY" >/results/books.txt'
ok 'books that do not balance: not repeated' out_lacks 'once more'
LAB_MISTAKES=1 LAB_TRIES=2 l1 'echo a guest >/results/guest-failed
	echo "verdict  DISCREPANCY" >/results/books.txt'
ok 'books with mistakes made on purpose: repeated' out_has 'once more'
LAB_MISTAKES=1 LAB_TRIES=2 l1 'echo a guest >/results/guest-failed
	echo 7 >/results/blamed'
ok 'right books that are blamed beside those: not repeated' out_lacks 'once more'
LAB_TRIES=2 l1 'exit 3'
ok 'a result, whatever it is: not repeated' out_lacks 'once more'
ok 'a result, whatever it is: is the status' status_is 3

l1 "printf '\\100' | dd of=/dev/port bs=1 seek=244"
ok 'status 0 without results is a failure' status_is 125
l1 'echo x >/dev/ttyS1'
ok 'results with something else in them are a failure' status_is 125
ok 'and said to be one' err_has 'did not arrive whole'
l1 '# needs: qemu nonsense'
ok 'an unknown need is a failure' err_has "'needs: nonsense' is not known"

# The status 137 of SIGKILL is odd, like that of a completed run.
printf '#!/bin/sh\nsleep 60\n' >"$tap_dir/scenario"
lab/machine/l1.sh --modules stock --out "$out_dir" "$tap_dir/scenario" \
	>"$tap_dir/out" 2>"$tap_dir/err" &
l1_pid=$!
# The run may have to wait for another emulator to end.
children() { { tr ' ' '\n' <"/proc/$1/task/$1/children"; } 2>/dev/null || true; }
qemu=''
while [ -z "$qemu" ] && [ -d "/proc/$l1_pid" ]; do
	sleep 0.2
	for pid in $(children "$l1_pid"); do
		[ "$(cat "/proc/$pid/comm" 2>/dev/null)" != qemu-system-x86 ] || qemu=$pid
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
