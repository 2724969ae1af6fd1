#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A recorder of a made-up host whose disk is full, whose file another program has locked
# or reads, or whose command cannot be run.
set -euo pipefail
cd "$(dirname "$0")/../../.."
# shellcheck source=tests/tap.sh
. tests/tap.sh

build=${BUILD:-build}
exitledger=$build/bin/exitledger
demo=$build/tests/record_demo

# busy.py FILE SECONDS SQL: execute SQL and keep the transaction open for so long; creates
# FILE.begun and FILE.over
busy=$tap_dir/busy.py
cat >"$busy" <<'EOT'
import sqlite3, sys, time
db = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=20)
for sql in sys.argv[3].split(";"):
    db.execute(sql).fetchall()
open(sys.argv[1] + ".begun", "w").close()
time.sleep(float(sys.argv[2]))
db.execute("ROLLBACK")
open(sys.argv[1] + ".over", "w").close()
EOT

# until_there FILE: print a command that ends soon after the file exists
until_there() { echo "until [ -e '$1' ]; do sleep 0.05; done; sleep 0.3"; }

# forget: remove the messages of the last recorder.  A recorder in the background empties
# these files only when it gets to run, and until then the old messages would be taken for
# its own.
forget() { rm -f "$tap_dir/out" "$tap_dir/err"; }

# ended: wait for the recorder in the background; sets $status, $out and $err
ended() {
	status=0
	wait "$recorder" || status=$?
	out=$(cat "$tap_dir/out")
	err=$(cat "$tap_dir/err")
}

# counts: has the recorder in the background created its file and begun to count?
counts() { grep -qs '^exitledger: counting since ' "$tap_dir/err"; }

# If the command cannot be run, no file is left in the way of the next try.
for ((i = 0; i < 2; i++)); do
	run "$demo" 0 -o "$tap_dir/none" -- /nonexistent
	ok 'no such command: status' status_is 3
	ok 'no such command: that is said' err_has '/nonexistent: cannot be run'
	ok 'no such command: no file' [ -z "$(ls "$tap_dir"/none* 2>/dev/null)" ]
done
mkdir "$tap_dir/small"
run sh -c 'ulimit -f 8; exec "$@"' - "$demo" 0 -o "$tap_dir/small/run"
ok 'no room for the tables: status' status_is 3
ok 'no room for the tables: that is said' \
	err_has 'run: the file is as large as it may be'
ok 'no room for the tables: no file' [ -z "$(ls "$tap_dir/small")" ]

# The disk is full: this is reported at once, but the recorder must not end the command.
forget
(
	ulimit -f 300
	exec "$demo" 0 -o "$tap_dir/full" -i 10ms -- sh -c \
		"until [ -e '$tap_dir/go-on' ]; do sleep 0.05; done
		echo over >'$tap_dir/after'; exit 7"
) >"$tap_dir/out" 2>"$tap_dir/err" &
recorder=$!
ok 'no room: said while the command runs' within 60 grep -qs \
	'full: the file is as large.*; nothing more is recorded, and the command runs on$' \
	"$tap_dir/err"
ok 'no room: the command runs on' [ ! -e "$tap_dir/after" ]
: >"$tap_dir/go-on"
ended
ok 'no room: to its end' grep -q over "$tap_dir/after"
ok 'no room: status' status_is 3
ok 'no room: one line' one_err_line_after_counting
run "$exitledger" report "$tap_dir/full"
ok 'no room: what there was can be read' out_has '0x07b IOIO'
ok 'no room: and was cut off' out_has 'was cut off'

# The user interrupts such a recorder: the signal ends the command and the recorder.
forget
(
	ulimit -f 300
	exec "$demo" 0 -o "$tap_dir/stop" -i 10ms -- sleep 60
) >"$tap_dir/out" 2>"$tap_dir/err" &
recorder=$!
ok 'no room, then a signal: said' within 60 grep -qs 'runs on' "$tap_dir/err"
kill -TERM "$recorder"
began=$SECONDS
ended
ok 'no room, then a signal: status' status_is 3
ok 'no room, then a signal: at once' [ $((SECONDS - began)) -lt 5 ]

# The file is locked for longer than one write waits: no interval is lost, and the command
# is not ended.
forget
"$demo" 0 -o "$tap_dir/locked" -i 10ms -- sh -c \
	"$(until_there "$tap_dir/locked.over"); echo over >'$tap_dir/unlocked'" \
	>"$tap_dir/out" 2>"$tap_dir/err" &
recorder=$!
within 60 counts
python3 "$busy" "$tap_dir/locked" 6 'BEGIN IMMEDIATE'
ended
ok 'locked: status' status_is 0
ok 'locked: the command ran to its end' grep -q over "$tap_dir/unlocked"
ok 'locked: one line' one_err_line_after_counting
run "$exitledger" report "$tap_dir/locked"
ok 'locked: no exit is missing' out_has "add up to BPF's own sums"
ok "locked: nor a guest's mark" out_has 'guest: login?[31m prompt'
run "$exitledger" replay "$tap_dir/locked" -i 0.01 --json
ok 'locked: what was meanwhile is one interval' python3 -c '
import json, sys
lines = [json.loads(line) for line in open(sys.argv[1])]
sys.exit(not any(5.5 < l["seconds"] for l in lines[:-1]))' "$tap_dir/out"

# The file is locked to the end: the recorder reports it and does not wait forever.
forget
"$demo" 0 -o "$tap_dir/lost" -i 10ms -- sh -c \
	"$(until_there "$tap_dir/lost.begun")" >"$tap_dir/out" \
	2>"$tap_dir/err" &
recorder=$!
within 60 counts
python3 "$busy" "$tap_dir/lost" 30 'BEGIN IMMEDIATE' &
locker=$!
ended
kill "$locker" 2>/dev/null || true
ok 'locked to the end: status' status_is 3
ok 'locked to the end: that is said' err_has 'another program has it locked'
ok 'locked to the end: one line' one_err_line_after_counting

# The file is locked when a signal ends the command: no message claims that it still runs.
forget
"$demo" 0 -o "$tap_dir/given-up" -i 10ms -- sleep 60 >"$tap_dir/out" \
	2>"$tap_dir/err" &
recorder=$!
within 60 counts
python3 "$busy" "$tap_dir/given-up" 30 'BEGIN IMMEDIATE' &
locker=$!
within 60 [ -e "$tap_dir/given-up.begun" ]
command=$(pgrep -P "$recorder")
kill -INT "$recorder"
ended
kill "$locker" 2>/dev/null || true
ok 'locked, then a signal: status' status_is 3
ok 'locked, then a signal: that is said' \
	err_has 'another program has it locked'
ok 'locked, then a signal: not that the command runs on' err_lacks 'runs on'
ok 'locked, then a signal: one line' one_err_line_after_counting
ok 'locked, then a signal: the command is ended' [ ! -e "/proc/$command" ]

# A live view has the file open during the run and after it.
forget
"$demo" 0 -o "$tap_dir/live" -i 10ms --detail 1s >/dev/null 2>"$tap_dir/err" &
recorder=$!
within 60 "$exitledger" mark "$tap_dir/live" begin 2>/dev/null
sleep 0.3
: >"$tap_dir/screen"
TERM=xterm script -qfec "'$exitledger' replay '$tap_dir/live' --top --speed 0.01" \
	/dev/null </dev/null >"$tap_dir/screen" 2>&1 &
viewer=$!
ok 'a live view: shown' within 60 grep -q recorded "$tap_dir/screen"
sleep 6
ok 'a live view: still there' kill -0 "$viewer"
ok 'a live view: the log is small' \
	[ "$(stat -c %s "$tap_dir/live-wal")" -lt 6000000 ]
kill -INT "$recorder"
status=0
wait "$recorder" || status=$?
err=$(cat "$tap_dir/err")
ok 'a live view: the run is ended' status_is 0
ok 'a live view: one file' [ "$(ls "$tap_dir"/live*)" = "$tap_dir/live" ]
kill "$viewer"
wait "$viewer" 2>/dev/null || true

# The recorder waits for other programs that have the file open; if they keep it open, the
# log stays as part of the run.
forget
"$demo" 0 -o "$tap_dir/two" -i 10ms -- sh -c \
	"$(until_there "$tap_dir/two.begun")" >"$tap_dir/out" \
	2>"$tap_dir/err" &
recorder=$!
within 60 "$exitledger" mark "$tap_dir/two" begin 2>/dev/null
python3 "$busy" "$tap_dir/two" 30 'BEGIN;SELECT count(*) FROM interval' &
reader=$!
ended
ok 'open elsewhere: status' status_is 0
ok 'open elsewhere: that is said' err_has 'two-wal, which belongs to it'
ok 'open elsewhere: one line' one_err_line_after_counting
run "$exitledger" report "$tap_dir/two"
ok 'open elsewhere: all of it' out_has "add up to BPF's own sums"
kill "$reader"
wait "$reader" 2>/dev/null || true

# A named pipe is refused; the reader must not wait for a writer.
mkfifo "$tap_dir/pipe"
for command in report replay; do
	run timeout 10 "$exitledger" "$command" "$tap_dir/pipe"
	ok "$command of a pipe: status" status_is 3
	ok "$command of a pipe: that is said" err_has 'pipe: is no regular file'
done

done_testing
