#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Tests lab/lib.sh: steps, the lock, and what is left when a run is stopped.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/tap.sh
. tests/tap.sh

export BUILD=$tap_dir/build
mkdir "$BUILD"

# in_lab SCRIPT: run SCRIPT in a shell that has sourced lib.sh
in_lab() {
	printf '. lab/lib.sh\n%s\n' "$1" >"$tap_dir/script"
	run bash "$tap_dir/script"
}
# left WORD: print the processes whose command line has WORD
left() { grep -lsz -- "[${1:0:1}]${1:1}" /proc/[0-9]*/cmdline; }
temporary() { find "$BUILD" -name '.new.*'; }

in_lab 'step "a thing" thing echo said'
ok 'a step' out_has ' s  a thing, log: '
ok 'has a log' grep -q said "$BUILD/log/thing.log"
in_lab 'f() { echo why; false; echo no; }; step "a thing" thing f; echo on'
ok 'a step that fails ends the run' status_is 1
ok 'with the end of its log' err_has '| why'
ok 'and where that is' err_has 'log/thing.log'
ok 'a failing command ends a step' [ "$(cat "$BUILD/log/thing.log")" = why ]
ok 'nothing is coloured' [ "${out#*$'\e'}" = "$out" ]

# shellcheck disable=SC2016 # The script's shell expands these.
in_lab 'new_beside t "$BUILD/a/final"; echo new >"$t/f"
	publish "$t" "$BUILD/a/final"; new_beside t "$BUILD/a/final"
	echo newer >"$t/f"; publish "$t" "$BUILD/a/final"'
ok 'a directory takes the place of another' \
	[ "$(cat "$BUILD/a/final/f")" = newer ]
ok 'and nothing else is left' [ "$(ls -A "$BUILD/a")" = final ]
mkdir -p "$BUILD/a/.new.4194304.x/y" # No process can have this number.
in_lab 'lock'
ok 'what a killed run left is removed' [ -z "$(temporary)" ]

# A step of a run in its own process group, as under a terminal, gets a signal.  left()
# finds it by 4711.
for signal in INT TERM HUP KILL; do
	cat >"$tap_dir/script" <<-'EOF'
	. lab/lib.sh
	lock
	new_beside t "$BUILD/b/final"
	f() { sleep 4711.25; echo no; }
	step "a long thing" long f
	EOF
	set -m
	bash "$tap_dir/script" >"$tap_dir/out" 2>"$tap_dir/err" &
	script=$!
	set +m
	sleep 0.5
	ok "SIG$signal: it runs" [ -n "$(left 4711.25)" ]
	kill -"$signal" "$script"
	status=0
	wait "$script" 2>/dev/null || status=$?
	[ "$signal" != KILL ] || sleep 1.5
	ok "SIG$signal: it ends with that" \
		status_is $((128 + $(kill -l "$signal")))
	ok "SIG$signal: no process is left" [ -z "$(left 4711.25)" ]
	ok "SIG$signal: nor one that watched" \
		[ -z "$(left "pid=$script")" ]
	in_lab 'lock'
	ok "SIG$signal: the lock is free" status_is 0
	ok "SIG$signal: nothing is left" [ -z "$(temporary)" ]
done

in_lab 'lock
	(unset EXITLEDGER_LOCKED; timeout 1 bash -c ". lab/lib.sh; lock") || true'
ok 'a second run waits' out_has 'waiting for process'
in_lab 'lock; bash -c ". lab/lib.sh; lock; echo in"'
ok 'a script of the run itself does not' out_has in

# The boot sector reads whole chunks, so the last one must be complete.
# shellcheck disable=SC2016 # The script's shell expands these.
in_lab '. lab/machine/bochs.sh
	for chunks in {5000..5040}; do
		size=$(disk_size "$chunks")
		((size >= 4096 + chunks * 32768 && size % (512 * 63 * 16) == 0)) ||
			echo "$chunks chunks: $size bytes"
	done'
ok "Bochs' disk has room for them" [ -z "$out" ]

done_testing
