#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# exitledger snapshot: copies of a run of a made-up host while it is being recorded.
set -euo pipefail
cd "$(dirname "$0")/../../.."
# shellcheck source=tests/tap.sh
. tests/tap.sh

build=${BUILD:-build}
exitledger=$build/bin/exitledger
run_file=$tap_dir/run

"$build/tests/record_demo" 0 -o "$run_file" -i 10ms --detail 50ms --keep 1s >/dev/null \
	2>"$tap_dir/recorder" &
recorder=$!
within 60 grep -qs 'counting since' "$tap_dir/recorder"
for ((i = 0; i < 5; i++)); do
	sleep 0.5
	run "$exitledger" snapshot "$run_file" "$tap_dir/copy$i"
	ok "copy $i: status" status_is 0
	ok "copy $i: nothing is said" [ -z "$out$err" ]
	run "$exitledger" report "$tap_dir/copy$i"
	ok "copy $i: it can be read" status_is 0
	ok "copy $i: what it is" grep -qE \
		'^ +a snapshot of [-0-9]+ [0-9:]+ UTC; the recording had not ended$' \
		"$tap_dir/out"
done
ok 'copies: a single file each, and nothing else' \
	[ "$(cd "$tap_dir" && echo copy*)" = 'copy0 copy1 copy2 copy3 copy4' ]
run "$exitledger" mark "$tap_dir/copy0" late
ok 'a mark in a copy: refused' status_is 3
ok 'a mark in a copy: why' err_has 'is a snapshot; marks can only be set in the run'
run "$exitledger" mark "$run_file" 'in the run'
ok 'a mark in the run' status_is 0
run "$exitledger" snapshot "$run_file" "$tap_dir/copy0"
ok 'a file that is there: status' status_is 3
ok 'a file that is there: said in one line' one_err_line
ok 'a file that is there: what is wrong' err_has 'is not overwritten'
run sh -c "trap '' XFSZ; ulimit -f 20; exec \"\$@\"" - "$exitledger" snapshot "$run_file" \
	"$tap_dir/small"
ok 'no room: status' status_is 3
ok 'no room: one line' one_err_line
ok 'no room: nothing is left' [ -z "$(ls "$tap_dir"/small* 2>/dev/null)" ]
kill -INT "$recorder"
status=0
wait "$recorder" || status=$?
ok 'the recorder was not disturbed' status_is 0
run "$exitledger" report "$run_file"
ok 'the run has all' out_has "add up to BPF's own sums"
for view in --text --json "--output=$tap_dir/page.html"; do
	run "$exitledger" report "$tap_dir/copy4" "$view"
	ok "report $view: of a copy" status_is 0
done
ok 'page: what it is' grep -q 'This is a snapshot; the recording had not ended' \
	"$tap_dir/page.html"
run "$exitledger" replay "$tap_dir/copy4"
ok 'replay: what it is' out_has 'a snapshot of '

done_testing
