#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The command line: the input it refuses, its messages, and its exit statuses.  Neither
# privileges nor KVM are needed.
set -euo pipefail
cd "$(dirname "$0")/../../.."
# shellcheck source=tests/tap.sh
. tests/tap.sh

exitledger=${BUILD:-build}/bin/exitledger
good=tests/data/balanced.json

# edit PROGRAM: write the balanced books, edited by a sed program, to books.json
edit() { sed "$1" "$good" >"$tap_dir/books.json"; }

run "$exitledger"
ok 'no command: wrong usage' status_is 64
ok 'no command: the commands are listed' err_has 'compare'
run "$exitledger" --help
ok '--help' status_is 0
ok '--help lists monitor' out_has 'monitor'
ok '--help lists doctor' out_has 'doctor'
ok '--help lists bench' out_has 'bench'
run "$exitledger" --version
ok '--version' out_has 'exitledger '
run "$exitledger" frobnicate
ok 'an unknown command: wrong usage' status_is 64
ok 'an unknown command is named' err_has "'frobnicate'"
ok 'an unknown command: one line' one_err_line

for command in monitor compare bench; do
	run "$exitledger" "$command" --help
	ok "$command --help" status_is 0
	mapfile -t options < <(grep -oE -- '--[a-z][a-z-]+' <<<"$out" | sort -u)
	for option in "${options[@]}"; do
		case $option in --help | --usage) continue ;; esac
		ok "the manual page of $command has $option" \
			grep -qE -- "^(-. .*, )?$option" \
			"docs/exitledger-$command.1.rst"
	done
	run "$exitledger" "$command" --no-such-option
	ok "$command: an unknown option" status_is 64
	[ "$command" != bench ] || continue
	run "$exitledger" "$command" --attach kprobe -- true
	ok "$command --attach with nonsense" status_is 64
done

run "$exitledger" compare
ok 'compare without anything to compare' status_is 64
run "$exitledger" compare --replay "$good" -- true
ok 'compare with two sources' status_is 64
run "$exitledger" compare --for 0
ok 'compare --for 0' status_is 64
for options in '--for 1 --replay x' '--watch -- true' '--vm x -- true' \
	"--read x --replay $good" '--for 1 --read x --guest-report y' \
	'--watch --guest-report y' '--watch --interval 0' \
	'--watch --read-timeout 3' '--for 1 --read x --read-timeout 0' '--for 30x' '--for s'; do
	# shellcheck disable=SC2086 # a list of words
	run "$exitledger" compare $options
	ok "compare $options: wrong usage" status_is 64
done
run "$exitledger" monitor --interval=-1
ok 'monitor --interval=-1' status_is 64
run "$exitledger" monitor --count 0
ok 'monitor --count 0' status_is 64

run "$exitledger" compare --replay "$good"
ok 'balanced books: status' status_is 0
ok 'balanced books: verdict' out_has 'verdict  BALANCED'
ok 'balanced books: names' out_has '0x07b IOIO'
ok 'balanced books: in 80 columns' fits_80
ok 'balanced books: nothing on stderr' no_err
ok 'no colours into a pipe' [ "${out#*$'\033'}" = "$out" ]

edit 's/"kernel": "[^"]*"/"kernel": "6.12.117+deb12-amd64"/
	s/"hypervisor": "[^"]*"/"hypervisor": "Bochs"/'
run "$exitledger" compare --replay "$tap_dir/books.json"
ok 'a long name of the kernel: in 80 columns' fits_80
ok 'a long name of the kernel: the emulator is still there' out_has \
	'emulated by Bochs: times mean little'

edit 's/"exit_stats_after": 2/"exit_stats_after": 2, "by_anchors": true/'
run "$exitledger" compare --replay "$tap_dir/books.json"
ok 'hooks placed by anchors: judged all the same' status_is 0
ok 'hooks placed by anchors: said' out_has "KVM's hooks were placed by anchors"
ok 'hooks placed by anchors: in 80 columns' fits_80

# The guest caused 251 I/O exits and BPF saw as many; KVM's answer says one less.
edit 's/"eax": 251/"eax": 250/'
run "$exitledger" compare --replay "$tap_dir/books.json"
ok 'a lost exit: status' status_is 1
ok 'a lost exit: verdict' out_has 'verdict  DISCREPANCY'
ok 'a lost exit: the reason is named' out_has \
	'exits for 0x07b IOIO: KVM says 250, BPF had 251 before: 1 lost'
ok 'a lost exit: in 80 columns' fits_80

edit 's/"exit_stats_after": 2/"exit_stats_after": 0/'
run "$exitledger" compare --replay "$tap_dir/books.json"
ok 'counters switched off meanwhile: status' status_is 2
ok 'counters switched off meanwhile: said' out_has 'INCONCLUSIVE'

run "$exitledger" compare --json - --replay "$good"
ok '--json -: status' status_is 0
ok '--json -: nothing but JSON' python3 -m json.tool "$tap_dir/out" \
	"$tap_dir/parsed"
ok '--json -: has the verdict' grep -q '"verdict": "BALANCED"' "$tap_dir/parsed"
cp "$tap_dir/out" "$tap_dir/again.json"
run "$exitledger" compare --json - --replay "$tap_dir/again.json"
ok '--json: what it writes can be replayed, and is the same' \
	cmp -s "$tap_dir/out" "$tap_dir/again.json"

run "$exitledger" compare --json "$tap_dir/no/such/place" --replay "$good"
ok '--json to nowhere: status' status_is 3
ok '--json to nowhere: one line' one_err_line
ok '--json to nowhere: the table is there all the same' out_has BALANCED

run "$exitledger" compare --replay <(cat "$good")
ok 'compare --replay, of a pipe: status' status_is 0
run "$exitledger" compare --replay /nonexistent.json
ok 'no such books: status' status_is 3
ok 'no such books: one line' one_err_line
ok 'no such books: named' err_has '/nonexistent.json'
head -c 3000 "$good" >"$tap_dir/cut.json"
run "$exitledger" compare --replay "$tap_dir/cut.json"
ok 'truncated books: status' status_is 3
ok 'truncated books: one line' one_err_line

# Reports that the guest printed: from a file and from standard input, within other output
# of a console; and reports with answers that KVM did not give.
python3 -c 'import json, sys
books = json.load(open(sys.argv[1]))
print("login: root\r\n" + json.dumps(books["guest_report"]) + "\n# ")
del books["guest_report"]
books.update(started_ns=books["answers"][0]["at_ns"] - 1500000000,
             switched=False, leaves_on=True, running=[])
json.dump(books, open(sys.argv[2], "w"))' "$good" "$tap_dir/began.json" \
	>"$tap_dir/report"
sed -E 's/("eax": )[1-9][0-9]+/\17777/' "$tap_dir/report" >"$tap_dir/wrong"
run "$exitledger" compare --replay "$tap_dir/began.json" --guest-report "$tap_dir/report"
ok "the guest's answers from a file: status" status_is 0
ok "the guest's answers from a file: they are compared" grep -qE 'checked .*, [1-9][0-9]* reads by the guest' \
	<<<"$out"
cp "$tap_dir/out" "$tap_dir/from_file"
run sh -c 'exec "$0" compare --replay "$1" --guest-report - <"$2"' \
	"$exitledger" "$tap_dir/began.json" "$tap_dir/report"
ok "the guest's answers from a file: from standard input: the same" cmp -s "$tap_dir/out" "$tap_dir/from_file"
run sh -c 'exec "$0" compare --replay "$1" --guest-report - <"$2"' \
	"$exitledger" "$tap_dir/began.json" "$tap_dir/wrong"
ok "a guest that says something else than KVM: status" status_is 1
ok 'a guest that says something else than KVM: by the name of that' out_has 'the guest reports '
ok 'a guest that says something else than KVM: when, and on which vCPU' grep -qE \
	'^when     (the first: )?read by vCPU 0, [0-9.]+ m?s after BPF came$' <<<"$out"

# In these books KVM says that data is missing: by bits 0 and 1 of EDX, and by the numbers
# of leaf INFO.
#
# with_gaps CODE: change EDX and INFO of began.json by CODE and judge it as gaps.json
with_gaps() {
	python3 -c 'import json, sys
books = json.load(open(sys.argv[1]))
reads = books["answers"]
times = [read for read in reads if read["leaf"] in (0x4ffffffe, 0x4ffffffc)]
counts = [read for read in reads if read["leaf"] in (0x4fffffff, 0x4ffffffd)]
def flag(reads, edx):
    for read in reads:
        read["edx"] = edx
def number(dropped, uncounted):
    reads.append(dict(reads[-1], leaf=0x4ffffffb, index=2, eax=dropped, ebx=0,
                      ecx=uncounted, edx=0))
exec(sys.argv[3])
json.dump(books, open(sys.argv[2], "w"))' "$tap_dir/began.json" \
		"$tap_dir/gaps.json" "$1"
	run "$exitledger" compare --replay "$tap_dir/gaps.json" \
		--json "$tap_dir/judged.json"
}

judged() {
	python3 -c 'import json, sys
result = json.load(open(sys.argv[1]))["result"]
sys.exit(not eval(sys.argv[2], result))' "$tap_dir/judged.json" "$1"
}

with_gaps 'flag(counts + times, 1); number(7, 0)'
ok 'dropped times: the counts balance' status_is 0
ok 'dropped times: are said' grep -qE \
	'^ +[1-9][0-9]* times are not compared: KVM dropped the time of 7 exits,$' <<<"$out"
ok 'dropped times: in 80 columns' fits_80
ok 'dropped times: in JSON' judged 'gaps > 0 and dropped == 7 and uncounted == 0'
with_gaps 'flag(counts + times, 3); number(7, 1)'
ok 'uncounted: status' status_is 2
ok 'uncounted: why' grep -qE '^reason .*no memory for the counters of some vCPU$' <<<"$out"
ok 'uncounted: the TSC is not blamed' [ "${out#*TSC was}" = "$out" ]
ok 'uncounted: in JSON' judged 'gaps == 0 and uncounted > gaps and checked == timed == 0'
with_gaps 'books["answers"] = times; flag(times, 1)'
ok 'only times, and gaps: why' out_has 'only times were read, and KVM dropped'
with_gaps 'books["answers"] = times'
ok 'only times: why' out_has 'read no number of exits'
with_gaps 'flag(counts + times, 1); number(0, 0)'
ok 'a gap with the number 0: status' status_is 1
ok 'a gap with the number 0: which leaf' out_has 'leaf 0x4ffffffb with ECX 2: '

# The guest ran its report twice: both reports count.
cat "$tap_dir/report" "$tap_dir/report" >"$tap_dir/twice"
run "$exitledger" compare --replay "$tap_dir/began.json" --guest-report "$tap_dir/twice"
ok 'two reports on a console: status' status_is 0
ok 'two reports on a console: both are compared, and said' grep -qE \
	'28 reads by the guest in 2 reports' <<<"$out"
cat "$tap_dir/report" "$tap_dir/wrong" >"$tap_dir/twice"
run "$exitledger" compare --replay "$tap_dir/began.json" --guest-report "$tap_dir/twice"
ok 'two reports on a console: what the second says counts' status_is 1

run "$exitledger" compare --replay "$good" --guest-report /nonexistent.json
ok 'no such report: status' status_is 3
ok 'no such report: one line' one_err_line
ok 'no such report: nothing is judged without it' [ -z "$out" ]

status=0
"$exitledger" compare --replay "$good" >/dev/full 2>"$tap_dir/err" || status=$?
ok 'standard output is full: status' status_is 3
ok 'standard output is full: one line' one_err_line

# This machine may lack KVM, root or both: the refusal names what is missing.
if [ ! -e /sys/module/kvm_amd ] && [ ! -e /sys/module/kvm_intel ]; then
	run "$exitledger" monitor -n 1
	ok 'no KVM: status' status_is 3
	ok 'no KVM: one line' one_err_line
	ok 'no KVM: what to do' err_has 'modprobe'
else
	skip 'no KVM: status' 'a machine without kvm_amd and kvm_intel'
fi

run "$exitledger" bench --list
ok 'bench --list: status' status_is 0
ok 'bench --list: a configuration' out_has "kernel_time     KVM's counters: and time"
ok 'bench --list: a command' out_has 'perf stat -a'
for options in '--compare x' '--compare x y z' '--rounds 0' '--laps x' '--time -1' \
	'--config perf' '--book kvm' '--test-run --book bpf' '--list cpuid' '--replay x --test-run' cpuid=1 \
	'--compare x y --json z' '--compare x y --svg z' '--compare x y --rounds 2' \
	'--test-run --config ours' '--microguest x --test-run' '--test-run --time 9' \
	'--replay x --laps 2' '--replay x --cpu 0' '--list --json x' \
	'--compare x y --limit 1' '--replay x --limit 0' '--limit 1'; do
	# shellcheck disable=SC2086 # a list of words
	run "$exitledger" bench $options
	ok "bench $options: wrong usage" status_is 64
done
run "$exitledger" bench --replay /nonexistent.json
ok 'bench, no such file: status' status_is 3
ok 'bench, no such file: one line' one_err_line
run "$exitledger" bench --replay "$good"
ok 'bench, another format: status' status_is 3
ok 'bench, another format: what it is' err_has 'exitledger-books'
if [ "$(id -u)" -eq 0 ]; then
	run "$exitledger" bench --microguest /nonexistent
	ok 'bench, no micro-guest: status' status_is 3
	ok 'bench, no micro-guest: one line' one_err_line
	ok 'bench, no micro-guest: is named' err_has '/nonexistent'
	run "$exitledger" bench --cpu 4095
	ok 'bench, no such CPU: status' status_is 3
	ok 'bench, no such CPU: is named' err_has 'CPU 4095'
	run "$exitledger" bench --test-run --rounds 3 --laps 3 \
		--json "$tap_dir/bench.json"
	ok 'bench --test-run: status' status_is 0
	ok 'bench --test-run: in 80 columns' fits_80
	ok 'bench --test-run: says what it is not' out_has 'no exit happened'
	cp "$tap_dir/out" "$tap_dir/test-run"
	run "$exitledger" bench --replay "$tap_dir/bench.json"
	ok 'bench --replay: the same' cmp -s "$tap_dir/out" "$tap_dir/test-run"
	run "$exitledger" bench --replay "$tap_dir/bench.json" --limit 0.000001
	ok 'bench --limit, beyond it: status' status_is 1
	ok 'bench --limit, beyond it: one line' one_err_line
	ok 'bench --limit, beyond it: which' err_has ', pair: '
	run "$exitledger" bench --replay "$tap_dir/bench.json" --limit 100
	ok 'bench --limit, within it: status' status_is 0
	ok 'bench --limit, within it: nothing is said' no_err
	run "$exitledger" bench --compare "$tap_dir/bench.json" "$tap_dir/bench.json"
	ok 'bench --compare, the same: status' status_is 0
	ok 'bench --compare, the same: in 80 columns' fits_80
	sed 's/"unit":"ns"/"unit":"cycles"/' "$tap_dir/bench.json" >"$tap_dir/cycles.json"
	run "$exitledger" bench --compare "$tap_dir/bench.json" "$tap_dir/cycles.json"
	ok 'bench --compare, another unit: status' status_is 3
	ok 'bench --compare, another unit: one line' one_err_line
	ok 'bench --compare, another unit: no table' [ -z "$out" ]
else
	skip 'bench --test-run' 'root, for BPF'
fi

# On any machine, the output is complete and the status fits the findings.
run "$exitledger" doctor --help
ok 'doctor --help' status_is 0
ok 'doctor --help has --json' out_has '--json'
ok 'the manual page of doctor has --json' \
	grep -q '^--json' docs/exitledger-doctor.1.rst
run "$exitledger" doctor --no-such-option
ok 'doctor: an unknown option' status_is 64
run "$exitledger" doctor host
ok 'doctor: an argument' status_is 64
ok 'doctor: an argument is named' err_has "'host'"
# doctor_agrees TEXT: check that status, summary and findings agree
doctor_agrees() {
	case $status in
	0) out_has 'monitor can run here' && ! out_has $'\nmissing ' ;;
	1) out_has 'monitor cannot run here' && out_has $'\nmissing ' ;;
	*) false ;;
	esac
}
run "$exitledger" doctor
ok 'doctor: status, upshot and findings agree' doctor_agrees
ok 'doctor: in 80 columns' fits_80
ok 'doctor: nothing on stderr' no_err
ok 'doctor: no colours into a pipe' [ "${out#*$'\033'}" = "$out" ]
ok 'doctor: the kernel' out_has "Linux $(uname -r)"
doctor_status=$status
run "$exitledger" doctor --json
ok 'doctor --json: the same status' status_is "$doctor_status"
ok 'doctor --json: nothing but JSON, and its version' python3 -c '
import json, sys
doctor = json.load(open(sys.argv[1]))
assert doctor["format"] == "exitledger-doctor" and doctor["version"] == 1
assert doctor["can_monitor"] == (sys.argv[2] == "0")
missing = [f for f in doctor["findings"] if f["state"] == "missing"]
assert bool(missing) != doctor["can_monitor"]
assert all(f["advice"] for f in missing)
' "$tap_dir/out" "$status"
status=0
"$exitledger" doctor >/dev/full 2>"$tap_dir/err" || status=$?
ok 'doctor: standard output is full: status' status_is 3
ok 'doctor: standard output is full: one line' one_err_line
if [ "$(id -u)" -eq 0 ]; then
	install -d -m 755 "$tap_dir/bin"
	install -m 755 "$exitledger" "$tap_dir/bin"
	chmod 755 "$tap_dir"
	run setpriv --reuid=65534 --clear-groups "$tap_dir/bin/exitledger" bench
	ok 'bench without root: status' status_is 3
	ok 'bench without root: what to do' err_has 'sudo'
	run setpriv --reuid=65534 --clear-groups "$tap_dir/bin/exitledger" doctor
	ok 'doctor without root: the monitor cannot run' status_is 1
	ok 'doctor without root: what to do' out_has 'sudo'
	ok 'doctor without root: what it could not see' out_has 'may not be looked into'
	ok 'doctor without root: nothing is tried' out_has 'unknown  attach'
	ok 'doctor without root: nothing on stderr' no_err
else
	skip 'doctor without root' 'root, to drop it'
fi

done_testing
