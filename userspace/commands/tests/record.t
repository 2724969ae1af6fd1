#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Recorded runs of a made-up host on the command line.  Neither privileges nor KVM are
# needed.
set -euo pipefail
cd "$(dirname "$0")/../../.."
# shellcheck source=tests/tap.sh
. tests/tap.sh

build=${BUILD:-build}
exitledger=$build/bin/exitledger
demo=$build/tests/record_demo

# refused COMMAND WHAT SAID OPTION...: wrong usage is reported in one line
refused() {
	local command=$1 what=$2 said=$3
	shift 3
	run "$exitledger" "$command" "$@"
	ok "$command, $what: wrong usage" status_is 64
	ok "$command, $what: one line" one_err_line
	ok "$command, $what: what is wrong" err_has "$said"
}

# failed WHAT SAID COMMAND...: the command fails and reports it in one line
failed() {
	local what=$1 said=$2
	shift 2
	run "$@"
	ok "$what: status" status_is 3
	ok "$what: one line" one_err_line
	ok "$what: what is wrong" err_has "$said"
}

refused record 'no file' 'needs a file to write: -o RUN'
refused record 'no interval' "not 'x'" -o x -i x
refused record 'hardly an interval' "from 10ms to 1h," -o x -i 1ms
refused record 'no detail' "not '-1'" -o x --detail=-1
refused record 'counts alone and slow exits' '--slower-than needs times' -o x \
	--count-only --slower-than 1ms
refused mark 'nothing' 'the run or the text is missing'
refused mark 'no text' 'the run or the text is missing' x
refused mark 'an empty text' '1 to 63 bytes' x ''
refused mark 'a text that is an order to a terminal' 'one line of UTF-8' x $'a\e[31m'
refused mark 'a text that is no text' 'one line of UTF-8' x $'caf\xe9'
refused mark 'two texts' 'put the text in quotes' x login prompt
refused replay 'no run' 'which run?'
refused replay 'two runs' "not 'y', too" x y
refused report 'no run' 'which run?'
refused report 'three runs' "more than two runs ('z')" x y z

run "$exitledger" mark --help
ok 'mark --help' status_is 0
for command in record replay report; do
	run "$exitledger" "$command" --help
	ok "$command --help" status_is 0
	ok "$command --help: in 80 columns" fits_80
	mapfile -t options < <(grep -oE -- '--[a-z][a-z-]+' <<<"$out" | sort -u)
	for option in "${options[@]}"; do
		case $option in --help | --usage) continue ;; esac
		ok "the manual page of $command has $option" \
			grep -qE -- "^(-. .*, )?$option" \
			"docs/exitledger-$command.1.rst"
	done
done

# A run with all optional data.  All intervals but those of the last 60 ms are merged.
run_file=$tap_dir/run
run "$demo" 20 -o "$run_file" -i 20ms --detail 60ms --by port --fast --off-cpu \
	--slower-than 1ms
ok 'recorded' status_is 0
ok 'recorded: since when, and in a line what' one_err_line_after_counting
ok 'recorded: since when, by both clocks' python3 - "$tap_dir/err" <<'EOT'
import datetime, re, sys, time
said = re.search(r"since (.*) UTC .at_ns (\d+)", open(sys.argv[1]).readline())
at = datetime.datetime.fromisoformat(said[1] + "+00:00").timestamp()
ago, ago_ns = time.time() - at, time.monotonic_ns() - int(said[2])
sys.exit(not (0 < ago < 60 and abs(ago - ago_ns / 1e9) < 0.1))
EOT
ok 'recorded: one file' [ "$(ls "$tap_dir"/run*)" = "$run_file" ]
cp "$tap_dir/out" "$tap_dir/live.json"

# replay NAME OPTION...: replay the run as JSON into NAME.json
replay() {
	local name=$1
	shift
	run "$exitledger" replay "$run_file" --json "$@"
	cp "$tap_dir/out" "$tap_dir/$name.json"
}

# is EXPRESSION: evaluate it with the last replay's lines and the live total
is() {
	python3 - "$tap_dir/live.json" "$tap_dir/out" "$1" <<-'EOT'
		import json, sys
		live = json.loads(open(sys.argv[1]).read())
		lines = [json.loads(line) for line in open(sys.argv[2])]
		total = lines[-1]
		def exits(line):
		    return sum(vm["exits"] for vm in line["vms"])
		sys.exit(not eval(sys.argv[3]))
	EOT
}

replay total -i 0 --histograms
ok 'replay: status' status_is 0
ok 'replay: nothing on stderr' no_err
# The live total has only the slow exits that no interval has shown; leave them out.
ok 'replay: the total is that of the live run' is \
	'{**total, "slow": 0} == {**live, "slow": 0} and exits(live) > 100000'
ok 'replay: all slow exits' is 'len(total["slow"]) == 20'
replay intervals -i 0.02
ok 'replay: intervals, then the total' is \
	'[l["kind"] for l in lines] == ["interval"] * (len(lines) - 1) + ["total"]'
ok 'replay: thinned' is '3 <= len(lines) <= 12'
ok 'replay: percentiles in all' is \
	'all("p99_ns" in r for l in lines for v in l["vms"] for r in v["reasons"] if "ns" in r and r["ns"])'
replay fine -i 0.01 --fine
ok 'replay --fine: all intervals' is '15 <= len(lines) <= 21'
ok 'replay --fine: they add up' is \
	'exits(total) - exits(live) == 0 and 0.8 * exits(live) < sum(map(exits, lines[:-1])) <= exits(live)'
replay filtered -i 0 --vm vm2 --reason cpuid --by-vcpu
ok 'replay: filters' is \
	'[v["name"] for v in total["vms"]] == ["vm2"] and [r["name"] for v in total["vms"][0]["by_vcpu"] for r in v["reasons"]] == ["CPUID"] * 2'
run "$exitledger" replay "$run_file" --csv -i 0
ok 'replay --csv' out_has 'total,'
run "$exitledger" replay "$run_file"
ok 'replay: a table' out_has 'EXIT REASON'
ok 'replay: a table: of when' out_has 'recorded 20'
ok 'replay: a table: marks' out_has 'first I/O exit: vm2'
ok "replay: a table: guests' marks" out_has 'guest: login?[31m prompt'
ok 'replay: a table: in 80 columns' fits_80
# The demo's observer loses exits, so the verdict is inconclusive.
run "$exitledger" compare --replay "$run_file" --json "$tap_dir/books"
ok 'compare --replay, of a run: status' status_is 2
ok "compare --replay, of a run: which books" out_has "kernel: totals in guests' marks; BPF:"
ok 'compare --replay, of a run: what was held' out_has 'checked  1 counts (0 of them to the exit)'
cp "$tap_dir/out" "$tap_dir/compared"
run "$exitledger" compare --replay "$tap_dir/books"
ok 'compare --replay, of a run: from the books that it wrote: the same' cmp -s "$tap_dir/out" \
	"$tap_dir/compared"
run "$exitledger" compare --replay "$run_file" -g "$tap_dir/books"
ok "compare --replay, of a run: with a guest's report: status" status_is 3
ok 'compare --replay, of a run: one line' one_err_line
ok 'compare --replay, of a run: what is wrong' err_has '--guest-report'
replay schema -i 0.02 --histograms
run userspace/sample/tests/formats.t "$tap_dir/schema.json"
ok 'replay: every line is valid' status_is 0
run "$exitledger" replay "$run_file" --fine --by-vcpu
ok 'replay --fine --by-vcpu: wrong usage' status_is 64
run "$exitledger" replay "$run_file" --vm nobody
ok 'replay: no such VM is said' err_has "no VM matched --vm 'nobody'"
run "$exitledger" replay "$run_file" --reason FROBNICATE
ok 'replay: no such reason' status_is 64
refused replay 'a speed without a live view' '--speed belongs to --top' \
	"$run_file" --speed 2
refused replay 'no speed' "0.01 to 1000, not '0'" "$run_file" --top --speed 0
refused replay 'no terminal' '--top needs a terminal' "$run_file" --top
refused replay 'JSON and CSV' 'exclude each other' "$run_file" --json --csv

run "$exitledger" report "$run_file" --text
ok 'report: status' status_is 0
ok 'report: in 80 columns' fits_80
ok 'report: no colours into a pipe' [ "${out#*$'\033'}" = "$out" ]
ok 'report: checked against the source' out_has "add up to BPF's own sums"
ok 'report: where the time went' out_has 'time in  0x078 HLT (96.'
ok 'report: the most' out_has 'most     0x07b IOIO'
ok 'report: the least' out_has 'least    UNKNOWN(0xdead)'
ok 'report: percentiles' out_has 'P99'
ok 'report: stability' out_has 'CHANCE'
ok "report: a guest's mark begins a phase" out_has 's  guest: login?[31m prompt'
ok "report: a guest's mark, in both books" \
	out_has "KVM's total is what BPF counted: at 1 of 1 marks exactly"
ok 'report: what exits were about' \
	grep -qE '^0x3f8 COM1 data +0x07b IOIO +200 ' "$tap_dir/out"
ok 'report: by vCPU' grep -qE '^vm2 +1002 +1 +[0-9,]+ +[0-9.]+ % ' "$tap_dir/out"
ok 'report: the slow exits' out_has 'slow     20 exits longer than 1.00 ms'
ok 'report: the slowest' \
	grep -qE '^ +0\.[0-9]+  IOIO 0x3f8 COM1 data +2\.00 ms +- +0  caf' "$tap_dir/out"
ok 'report: the slowest: no more than ten' out_has 'and 10 more, none of them slower'
ok 'report: what was not booked' out_has 'lost     4 events'
status=0
"$exitledger" report "$run_file" >/dev/full 2>"$tap_dir/err" || status=$?
ok 'report: standard output is full' status_is 3
ok 'report: changes of the rate' out_has 'Too few intervals to say whether'

# has_types FILE: do the members of reasons on standard output have the types of FILE's?
has_types() {
	python3 - "$1" "$tap_dir/out" <<-'EOT'
		import json, sys
		replayed, it = (json.loads(open(path).read()) for path in sys.argv[1:])
		def types(reasons):
		    return {(name, type(value)) for r in reasons for name, value in r.items()}
		replayed = types(r for vm in replayed["vms"] for r in vm["reasons"])
		report = types(it["reasons"])
		print(sorted(map(str, report - replayed)), sorted(map(str, replayed - report)))
		sys.exit(not {name for name, _ in replayed - report} <= {"time_share", "keys"} or
		         not report <= replayed)
	EOT
}

# has EXPRESSION: evaluate it with the JSON on standard output and the live total
has() {
	python3 - "$tap_dir/live.json" "$tap_dir/out" "$1" <<-'EOT'
		import json, sys
		live = json.loads(open(sys.argv[1]).read())
		it = json.loads(open(sys.argv[2]).read())
		def exits(line):
		    return sum(vm["exits"] for vm in line["vms"])
		# The made-up host repeats itself exactly; ignore differences that come from rounding to
		# nanoseconds.
		def told(row):
		    return any(row[it]["verdict"] in ("more", "less") and
		               abs(row[it]["ratio"] - 1) > 0.001
		               for it in ("per_second", "mean_ns") if it in row)
		sys.exit(not eval(sys.argv[3]))
	EOT
}

run "$exitledger" report "$run_file" --json
ok 'report --json: status' status_is 0
ok 'report --json: one line' [ "$(wc -l <"$tap_dir/out")" = 1 ]
ok 'report --json: all exits' has \
	'it["run"]["exits"] == it["run"]["bpf_exits"] == exits(live) == it["rate"]["exits"] == sum(r["exits"] for r in it["reasons"])'
"$exitledger" replay "$run_file" --json -i 0 >"$tap_dir/replayed.json"
ok "report --json: a reason's members are of the types that they are in replay's" \
	has_types "$tap_dir/replayed.json"
ok 'report --json: classes' has \
	'{r["name"]: r["class"] for r in it["reasons"] if "name" in r}.items() >= {"HLT": "idle", "IOIO": "io"}.items()'
ok 'report --json: phases' has \
	'it["phases"][0]["begin"] == 0 and sum(p["rate"]["exits"] for p in it["phases"]) == exits(live)'
ok 'report --json: marks and the rest' has \
	'len(it["marks"]) > 10 and it["changes"] == [] and it["lost"]["no_slot"] == 4 and it["run"]["kernel"] == "6.1.0-demo"'
ok 'report --json: vCPUs have all exits' has \
	'sum(v["exits"] for v in it["vcpus"]) == exits(live) and len(it["vcpus"]) == it["run"]["vcpus"]'
ok 'report --json: keys' has \
	'[(k["name"], k["key"], k["key_name"], k["exits"] % 10, k["max_ns"]) for k in it["keys"]] == [("IOIO", 0x3f8, "COM1 data", 0, 1500)]'
ok 'report --json: slow exits' has \
	'it["slow_exits"] == len(it["slow"]) == 20 and all(s["ns"] == 2000000 and s["key"] == 0x3f8 and s["key_name"] == "COM1 data" and s["blocked_ns"] == 0 for s in it["slow"])'
ok 'report --json: no names are bytes' has '"vm2" in [v["name"] for v in it["vms"]]'
run "$exitledger" report "$run_file" --json --vm vm2 --reason cpuid
ok 'report --json: filters' has \
	'[v["name"] for v in it["vms"]] == ["vm2"] and [r["name"] for r in it["reasons"]] == ["CPUID"] and it["run"]["vms"] == 1 and it["slow"] == []'

# Compare two runs; the second lasts longer, at the same rates.
run "$demo" 60 -o "$tap_dir/longer" -i 20ms --fast
ok 'recorded: longer' status_is 0
run "$exitledger" report "$tap_dir/longer"
ok 'report: no change of a steady rate' out_has 'did not change its level'
run "$exitledger" report "$run_file" "$tap_dir/longer"
ok 'report of two: status' status_is 0
ok 'report of two: in 80 columns' fits_80
ok 'report of two: rates' out_has 'EXITS PER SECOND'
ok 'report of two: counts' \
	[ "$(grep -cE '^total  +156,9[0-9]{2} +473,0[0-9]{2} +3\.01' <<<"$out")" = 1 ]
ok 'report of two: times' out_has 'TIME OF AN EXIT'
ok 'report of two: the same time' \
	[ "$(grep -cE '^0x07b IOIO .*us .*same$' <<<"$out")" = 1 ]
ok 'report of two: percentiles' grep -qE \
	'^0x07c MSR +1\.07 us +1\.07 us +1\.000 +[0-9.]+ us +[0-9.]+ us +[0-9.]+$' <<<"$out"
ok 'report of two: what was unlike' \
	out_has 'observed: --fast --off-cpu --by port --slower-than, and --fast'
ok 'report of two: what was lost' out_has 'lost 4 events'
run "$exitledger" report "$run_file" "$tap_dir/longer" --json
ok 'report of two --json: both' has \
	'[r["exits"] for r in it["runs"]] == it["total"]["exits"] and it["runs"][0]["exits"] == exits(live)'
ok 'report of two --json: percentiles' has \
	'[r["p50_ns"][0] < 1100 and r["p50_ns"][0] == r["p50_ns"][1] <= r["p99_ns"][1] for r in it["reasons"] if r.get("name") == "MSR"] == [True]'
ok 'report of two --json: nothing is told' has \
	'not any(map(told, it["reasons"])) and it["comparisons"] > 20'
run "$exitledger" report "$run_file" "$run_file" --json --vm vm2 --reason hlt
ok 'report of two: filters' has \
	'[r["name"] for r in it["reasons"]] == ["HLT"] and it["reasons"][0]["per_second"]["ratio"] == 1 and it["runs"][1]["vms"] == 1'

# other COLUMN VALUE: copy the longer run and change a value in its table meta
other() {
	rm -f "$tap_dir/other"
	python3 - "$tap_dir/longer" "$tap_dir/other" "$1" "$2" <<-'EOT'
		import shutil, sqlite3, sys
		shutil.copy(sys.argv[1], sys.argv[2])
		db = sqlite3.connect(sys.argv[2])
		db.execute("UPDATE meta SET value = ? WHERE name = ?",
		           (int(sys.argv[4]), sys.argv[3]))
		db.commit()
	EOT
}

other isa 1
run "$exitledger" report "$run_file" "$tap_dir/other" --json
ok 'report of two kinds of processors: totals alone' has \
	'it["reasons"] == [] and it["total"]["per_second"]["verdict"] != "too few"'
ok 'report of two kinds of processors: that is said' has \
	'it["notes"][0] == "exit reasons: svm has others than vmx: totals alone are compared"'
refused report 'a reason of two kinds' 'of two kinds of processors' \
	"$run_file" "$tap_dir/other" --reason hlt
other count_only 1
run "$exitledger" report "$run_file" "$tap_dir/other"
ok 'report of counts alone: said' out_has 'no times: --count-only recorded the second'
ok 'report of counts alone: no table of times' \
	[ "${out#*TIME OF AN EXIT}" = "$out" ]
run "$exitledger" report "$run_file" "$tap_dir/longer" --vm nobody
ok 'report of two: no such VM, and in which' err_has "longer: no VM matched --vm 'nobody'"
failed 'report of two, one of which is none' 'nothing: No such file' \
	"$exitledger" report "$run_file" "$tap_dir/nothing"

# The page is written; page.t checks its content.
page=$tap_dir/page.html
refused report 'text and a page' 'exclude each other' "$run_file" --text -o "$page"
refused report 'JSON and a page' 'exclude each other' "$run_file" --json -o "$page"
run "$exitledger" report "$run_file" -o "$page"
ok 'page: status' status_is 0
ok 'page: nothing is said' [ -z "$out$err" ]
ok 'page: whole' grep -q '^</html>$' "$page"
cp "$page" "$tap_dir/before.html"
run "$exitledger" report "$run_file" --vm vm2 --output "$page"
ok 'page: a page is written over' status_is 0
ok 'page: with what the filter lets through' grep -qF -- \
	"--vm 'vm2'" "$page"
ok 'page: which is less' [ "$(stat -c %s "$page")" -lt \
	"$(stat -c %s "$tap_dir/before.html")" ]
run "$exitledger" report "$run_file" -o "$page"
ok 'page: the same run, the same page' cmp "$page" "$tap_dir/before.html"
cp "$run_file" "$tap_dir/copy"
failed 'page: a run is not written over' 'it is not overwritten' \
	"$exitledger" report "$run_file" -o "$run_file"
ok 'page: a run is not written over: it is as it was' \
	cmp "$run_file" "$tap_dir/copy"
failed 'page: no folder' 'cannot be written: No such file' \
	"$exitledger" report "$run_file" -o "$tap_dir/no/page.html"
failed 'page: no room' 'cannot be written: No space left' \
	"$exitledger" report "$run_file" -o /dev/full
run sh -c "trap '' XFSZ; ulimit -f 100; exec \"\$@\"" - "$exitledger" report \
	"$run_file" -o "$page"
ok 'page: too large: status' status_is 3
ok 'page: too large: one line' one_err_line
ok 'page: too large: the one before is as it was' cmp "$page" "$tap_dir/before.html"
ok 'page: too large: nothing is left' [ "$(ls "$tap_dir"/page*)" = "$page" ]
# Links, modes and pipes at the page's path are kept.
chmod 640 "$page"
ln -s page.html "$tap_dir/link"
run "$exitledger" report "$run_file" -o "$tap_dir/link"
ok 'page: a link stays one' [ -L "$tap_dir/link" ]
ok 'page: what it leads to keeps its mode' [ "$(stat -c %a "$page")" = 640 ]
mkfifo "$tap_dir/pipe"
timeout 20 cat "$tap_dir/pipe" >"$tap_dir/piped" &
run timeout 20 "$exitledger" report "$run_file" -o "$tap_dir/pipe"
wait $!
ok 'page: a pipe is written to' cmp -s "$tap_dir/piped" "$page"
"$exitledger" report "$run_file" -o /dev/stdout >"$tap_dir/piped"
ok 'page: so is standard output, by that name' cmp -s "$tap_dir/piped" "$page"
run "$exitledger" report "$run_file" --vm nobody -o "$page"
ok 'page: no exits' grep -q 'No exits were recorded' "$page"
ok 'page: no such VM is said' err_has "no VM matched --vm 'nobody'"

run "$demo" 3 -o "$tap_dir/nobody" -i 10ms --vm nobody
ok 'recorded: no such VM is said' err_has "no VM matched --vm 'nobody'"
run "$exitledger" report "$tap_dir/nobody"
ok 'recorded: nothing, and only what' out_has "only     --vm 'nobody'"
failed 'nothing is overwritten' 'is not overwritten' "$demo" 5 -o "$run_file"
ok 'nothing is overwritten: it is as it was' \
	"$exitledger" replay "$run_file" -i 0 --json
failed 'no folder' 'cannot be written' "$demo" 5 -o "$tap_dir/no/run"
failed 'no such run' 'No such file' "$exitledger" replay "$tap_dir/none"
failed 'no such run for a mark' 'No such file' "$exitledger" mark "$tap_dir/none" x
failed 'a run that has ended' 'has ended' "$exitledger" mark "$run_file" x
failed 'no run' 'is no run' "$exitledger" report "$0"
head -c 30000 "$run_file" >"$tap_dir/cut"
failed 'a run that was cut' 'it was cut off' "$exitledger" replay "$tap_dir/cut"

# The disk is full: this is reported, and the intervals until then can be read.
status=0
(
	ulimit -f 400
	trap '' XFSZ
	exec "$demo" 0 -o "$tap_dir/full" -i 10ms
) >"$tap_dir/out" 2>"$tap_dir/err" || status=$?
ok 'no room: status' status_is 3
ok 'no room: one line' one_err_line_after_counting
ok 'no room: which file' grep -qF "$tap_dir/full: " "$tap_dir/err"
run "$exitledger" report "$tap_dir/full"
ok 'no room: what there was can be read' out_has '0x07b IOIO'

# A command is recorded; another command cannot be run.
run "$demo" 0 -o "$tap_dir/command" -i 10ms -- sh -c 'sleep 0.1; exit 7'
ok 'a command: its end is the end' status_is 0
run "$exitledger" report "$tap_dir/command"
ok 'a command: its status' out_has 'exit status 7'
failed 'no such command' 'cannot be run' "$demo" 0 -o "$tap_dir/nocommand" -- \
	/nonexistent

# The terminal is closed.  The last command's messages must not be taken for this one's.
rm "$tap_dir/err"
"$demo" 0 -o "$tap_dir/hangup" -i 10ms >/dev/null 2>"$tap_dir/err" &
recorder=$!
within 60 grep -qs 'counting since' "$tap_dir/err"
kill -HUP "$recorder"
status=0
wait "$recorder" || status=$?
ok 'SIGHUP: the run is ended' status_is 0
run "$exitledger" report "$tap_dir/hangup"
ok 'SIGHUP: all of it' out_lacks 'was cut off'

# Set a mark during the recording, then kill the recorder.
"$demo" 0 -o "$tap_dir/killed" -i 10ms --detail 50ms >/dev/null 2>&1 &
recorder=$!
marked=1
for ((i = 0; i < 100 && marked; i++)); do
	"$exitledger" mark "$tap_dir/killed" 'login prompt' 2>/dev/null &&
		marked=0
	sleep 0.05
done
ok 'a mark from another process' [ "$marked" -eq 0 ]
intervals() { "$exitledger" replay "$1" --fine -i 0.01 --json | wc -l; }
before=$(intervals "$tap_dir/killed")
ok 'read while it is recorded' [ "$before" -ge 2 ]
sleep 0.2
{
	kill -9 "$recorder"
	wait "$recorder" || true
} 2>/dev/null # hide the message of bash that the recorder was killed
ok 'killed: what came meanwhile is there' \
	[ "$(intervals "$tap_dir/killed")" -gt "$before" ]
run "$exitledger" report "$tap_dir/killed"
ok 'killed: it can be read' status_is 0
ok 'killed: and that is said' out_has 'was cut off'
ok 'killed: the mark' out_has 'login prompt'
failed 'killed: no more marks' 'no longer being recorded' "$exitledger" mark \
	"$tap_dir/killed" late

run "$build/tests/run_fuzz" 2000
ok 'damage at random: refused or read' status_is 0

done_testing
