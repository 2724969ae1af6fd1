#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Runs of a made-up host that are recorded for ever: record --keep and --max-size.
set -euo pipefail
cd "$(dirname "$0")/../../.."
# shellcheck source=tests/tap.sh
. tests/tap.sh

build=${BUILD:-build}
exitledger=$build/bin/exitledger
demo=$build/tests/record_demo
run_file=$tap_dir/run

# refused WHAT SAID OPTION...: wrong usage is reported in one line
refused() {
	local what=$1 said=$2
	shift 2
	run "$exitledger" record -o x "$@"
	ok "$what: wrong usage" status_is 64
	ok "$what: one line" one_err_line
	ok "$what: what is wrong" err_has "$said"
}

refused 'too short a time' "--keep takes a time from 10ms to 1000d," --keep 1ms
refused 'a time below that of the details' '--keep must not be shorter than --detail' \
	--keep 30s
refused 'a time below given details' '--keep must not be shorter than --detail' \
	--keep 1h --detail 2h
refused 'no size' "--max-size takes a size from 4M to 16T, such as 50M or 2G, not 'x'" \
	--max-size x
refused 'too small a size' "not '4095K'" --max-size 4095K
refused 'a size below 0' "not '-5M'" --max-size=-5M
refused 'a size in units of which there are none' "not '50MB'" --max-size 50MB

# has EXPRESSION: evaluate it with the JSON on standard output, in which a run is it["run"]
has() {
	python3 - "$tap_dir/out" "$1" <<-'EOT'
		import json, sys
		it = json.loads(open(sys.argv[1]).read())
		sys.exit(not eval(sys.argv[2]))
	EOT
}

# Nothing is thrown away if the run is shorter than that.
run "$demo" 5 -o "$tap_dir/short" -i 10ms --keep 1h --max-size 1G
ok 'short: recorded' status_is 0
ok 'short: nothing is said' err_lacks 'thrown away'
run "$exitledger" report "$tap_dir/short" --json
ok 'short: the options are in the run' has \
	'it["run"]["keep_ns"] == 3600 * 10**9 and it["run"]["max_size"] == 2**30'
ok 'short: all of it is there' has '"thrown_away" not in it["run"]'

run "$demo" 200 -o "$run_file" -i 10ms --detail 100ms --keep 1s --slower-than 1ms
ok 'recorded' status_is 0
ok 'recorded: what was thrown away' \
	grep -qE '; the first [0-9]+ intervals were thrown away$' "$tap_dir/err"
said='the first [0-9]+ intervals, [-0-9]+ [0-9:]+ to ([-0-9]+ )?[0-9:]+ UTC, with [0-9,]+ exits, were thrown away \(--keep 1s\)'
# says FILE: is it said there what was thrown away, on any number of lines?
says() { tr '\n' ' ' <"$1" | sed 's/  */ /g' | grep -qE "$said"; }

run "$exitledger" report "$run_file"
ok 'report: status' status_is 0
ok 'report: what was thrown away' says "$tap_dir/out"
ok 'report: in 80 columns' fits_80
ok 'report: the sums' out_has \
	"the intervals and what was thrown away add up to BPF's own sums"
run "$exitledger" report "$run_file" --json
ok 'report --json: what was thrown away' has \
	'it["run"]["thrown_away"]["intervals"] > 10 and it["run"]["thrown_away"]["exits"] + it["run"]["exits"] == it["run"]["bpf_exits"]'
ok 'report --json: its time' has \
	'1 <= it["run"]["seconds"] < 5 and 0 <= it["run"]["started_at"] - it["run"]["thrown_away"]["from_at"] - it["run"]["thrown_away"]["seconds"] + 1 <= 1.001'
ok 'report --json: no mark is earlier' has 'all(m["at"] >= 0 for m in it["marks"])'
ok 'report --json: phases begin with what is kept' has \
	'it["phases"][0]["begin"] == 0 and sum(p["rate"]["exits"] for p in it["phases"]) == it["run"]["exits"]'
ok 'report --json: slow exits of what is kept alone' has \
	'10 < it["slow_exits"] < 200 - it["run"]["thrown_away"]["intervals"] + 1'
run "$exitledger" report "$run_file" -o "$tap_dir/page.html"
ok 'page: what was thrown away' says "$tap_dir/page.html"
ok 'page: the sums' grep -q 'the intervals and what was thrown away add up to' \
	"$tap_dir/page.html"
run "$exitledger" report "$run_file" "$tap_dir/short"
ok 'report of two: of which run a part was thrown away' grep -q 'the first run: the' \
	"$tap_dir/out"
ok 'report of two: what was thrown away' says "$tap_dir/out"
run "$exitledger" advise "$run_file"
ok 'advise: what was thrown away' says "$tap_dir/out"
run "$exitledger" replay "$run_file"
ok 'replay: what was thrown away' says "$tap_dir/out"
ok 'replay: in 80 columns' fits_80
ok 'replay: nothing on stderr' no_err
for format in --json --csv; do
	run "$exitledger" replay "$run_file" "$format"
	ok "replay $format: status" status_is 0
	ok "replay $format: one line" one_err_line
	ok "replay $format: what was thrown away" says "$tap_dir/err"
done
run "$exitledger" compare --replay "$run_file"
ok 'compare --replay: what was thrown away' says "$tap_dir/err"
run "$exitledger" export --replay "$run_file" --at-once -i 0 \
	--textfile "$tap_dir/metrics"
ok 'export --replay: what was thrown away' says "$tap_dir/err"

# All commands say the same totals.
run "$exitledger" replay "$run_file" --json -i 0
kept=$(python3 -c 'import json,sys
print(sum(vm["exits"] for vm in json.loads(sys.stdin.read())["vms"]))' <"$tap_dir/out")
run "$exitledger" report "$run_file" --json
ok 'replay and report: the same total' has "it['run']['exits'] == $kept"

# SIGKILL while parts are thrown away, and programs that read meanwhile.
for ((i = 0; i < 6; i++)); do
	rm -f "$tap_dir"/killed* "$tap_dir/err"
	"$demo" 0 -o "$tap_dir/killed" -i 10ms --detail 20ms --keep 1s >/dev/null \
		2>"$tap_dir/err" &
	recorder=$!
	within 60 grep -qs 'counting since' "$tap_dir/err"
	sleep "2.$((i * 13 % 10))"
	run "$exitledger" report "$tap_dir/killed" --json
	ok "killed $i: read while it is recorded" status_is 0
	{
		kill -9 "$recorder"
		wait "$recorder" || true
	} 2>/dev/null # hide the message of bash that the recorder was killed
	run "$exitledger" report "$tap_dir/killed" --json
	ok "killed $i: it can be read" status_is 0
	ok "killed $i: it has no more than it should" has \
		'it["run"]["thrown_away"]["intervals"] > 0 and it["run"]["seconds"] < 3'
done

# The size of all files stays below the limit, on a disk that is full or not.
"$demo" 0 -o "$tap_dir/sized" -i 10ms --max-size 4M --detail 1s >/dev/null 2>&1 &
recorder=$!
most=0
for ((i = 0; i < 60; i++)); do
	sleep 0.1
	size=$(cat "$tap_dir"/sized* 2>/dev/null | wc -c)
	[ "$size" -le "$most" ] || most=$size
done
kill -INT "$recorder"
wait "$recorder"
ok "size: at most $most bytes" [ "$most" -le 4194304 ]
run "$exitledger" report "$tap_dir/sized"
ok 'size: all of it is there' out_has "add up to BPF's own sums"
status=0
rm -f "$tap_dir/err"
(
	ulimit -f 100
	trap '' XFSZ
	exec "$demo" 0 -o "$tap_dir/full" -i 10ms --detail 20ms --keep 1s
) >"$tap_dir/out" 2>"$tap_dir/err" || status=$?
ok 'no room: status' status_is 3
ok 'no room: that is said' grep -q 'full: the file is as large as it may be' \
	"$tap_dir/err"
run "$exitledger" report "$tap_dir/full"
ok 'no room: what there was can be read' out_has '0x07b IOIO'

done_testing
