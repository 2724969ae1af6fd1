#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# lab/checks/check.sh and timed.sh run and judge made-up tests.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/tap.sh
. tests/tap.sh

export BUILD=$tap_dir/build
unset PERL_TEST_HARNESS_DUMP_TAP HARNESS_ACTIVE

# made_up NAME COMMAND...: make a test that runs these commands and passes
made_up() {
	local name=$1

	shift
	printf '%s\n' '#!/bin/sh' "$@" 'echo "ok 1 - made up"' 'echo 1..1' \
		>"$tap_dir/$name"
	chmod +x "$tap_dir/$name"
}

made_up good
run lab/checks/check.sh "$tap_dir/good"
ok 'a test that passes: status' status_is 0
ok 'a test that passes: its times are kept' grep -qE "^[0-9.]+ [0-9.]+ 0 $tap_dir/good\$" \
	"$BUILD/log/tests-times.txt"
ok 'a test that passes: nothing was skipped' out_has 'no test was skipped'

made_up bad 'exit 3'
run lab/checks/check.sh "$tap_dir/good" "$tap_dir/bad"
ok 'a test that fails: status' status_is 1
ok 'a test that fails without a check that failed: it is told last' \
	[ "$(tail -n 1 "$tap_dir/err")" = "failed: $tap_dir/bad: it ended with status 3" ]

made_up wrong 'echo "not ok 1 - in time"; echo "#   1 is not 2"; echo "ok 2"; echo "#   good"' \
	'echo "not ok 3 - later # TODO"; echo 1..3; exit 1'
run lab/checks/check.sh "$tap_dir/good" "$tap_dir/wrong"
ok 'a check that fails: status' status_is 1
ok 'a check that fails: it is told last, with its evidence' \
	[ "$(tail -n 2 "$tap_dir/err")" = "failed: ${tap_dir#/}/wrong: not ok 1 - in time
failed:     #   1 is not 2" ]
ok 'nothing else is said to have failed' [ "$(grep -c '^failed:' "$tap_dir/err")" = 2 ]

# shellcheck disable=SC2016 # for the made-up test's shell
made_up long 'echo "not ok 1 - died"; for i in $(seq 30); do echo "#   line $i"; done; echo 1..1; exit 1'
run lab/checks/check.sh "$tap_dir/long"
ok 'much evidence: the first lines are told, and the last' \
	[ "$(grep -c '^failed:' "$tap_dir/err") $(tail -n 3 "$tap_dir/err")" = "11 failed:     #   line 8
failed:     (more)
failed:     #   line 30" ]

made_up skips 'echo "ok 1 # SKIP no reason that is expected"; echo 1..1; exit 0'
run lab/checks/check.sh "$tap_dir/skips"
ok 'a skip that nobody expects: status' status_is 1
ok 'a skip that is not expected: it is said' err_has 'unexpected skip: no reason that is expected'

# A series without patches needs no modules, so its skip depends on its kernel alone.
for series in $(lab/setup/series.sh refused); do
	made_up old "echo 'ok 1 # SKIP Linux $series (lab/setup/prepare.sh $series)'; echo 1..1; exit 0"
	run lab/checks/check.sh "$tap_dir/old"
	ok "a skip for want of Linux $series" status_is 0
	mkdir -p "$BUILD/kernel/$series"
	run lab/checks/check.sh "$tap_dir/old"
	ok "a skip though Linux $series is there" status_is 1
done

# prove waits for the end of each test's output, which a leftover process delays.
made_up leaves 'sleep 9.4711 &'
run lab/checks/check.sh "$tap_dir/leaves"
ok 'a test that leaves a process which has its output: status' status_is 1
ok 'a process that is left: named, with its test' grep -qE \
	"^$tap_dir/leaves: it has left process [0-9]+, which has its output open: sleep 9.4711" \
	"$tap_dir/err"
ok 'a process that is left: ended' [ -z "$(pgrep -f 'sleep 9[.]4711')" ]
made_up leaves_quietly 'sleep 9.4712 >/dev/null 2>&1 &'
run lab/checks/check.sh "$tap_dir/leaves_quietly"
ok 'a process that does not have the output open: status' status_is 0
made_up ends_soon 'sleep 0.5 &'
run lab/checks/check.sh "$tap_dir/ends_soon"
ok 'a process that ends soon: status' status_is 0

made_up hangs 'sleep 4713' 'exit 3'
run env TEST_SECONDS=1 lab/checks/check.sh "$tap_dir/good" "$tap_dir/hangs"
ok 'a test that hangs: status' status_is 1
ok 'a test that hangs: named' grep -q "^$tap_dir/hangs: it has not ended after 1 s" \
	"$tap_dir/err"
ok 'a test that hangs: its processes, and where they wait' grep -qE \
	'^    [0-9]+, S \(sleeping\), in [^:?]+: sleep 4713 $' "$tap_dir/err"
ok 'a test that hangs: nothing of it is left' [ -z "$(pgrep -f 'sleep 4713')" ]
made_up denies "trap 'echo ok 1; echo 1..1; exit 0' TERM" 'sleep 4714 &' 'wait'
run env TEST_SECONDS=1 lab/checks/check.sh "$tap_dir/denies"
ok 'a test that hangs, and passes when it is ended: status' status_is 1

done_testing
