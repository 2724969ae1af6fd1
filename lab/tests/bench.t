#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Tests exitledger bench on an emulated AMD host whose TSC counts instructions.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/tap.sh
. tests/tap.sh

build=${BUILD:-build}
exitledger=$build/bin/exitledger
results=$build/results/t-bench

run make -s -n bench bench-quick
ok 'make bench and bench-quick are this' out_has 'lab/jobs/bench.sh --quick'
run lab/jobs/bench.sh --slow
ok 'bench.sh: wrong usage' status_is 64

run lab/machine/l1.sh --tcg --vendor amd --icount --timeout 1800 --out "$results" \
	lab/scenarios/bench-short.sh
ok 'the scenario ran to its end' status_is 0

# ended NAME STATUS, said NAME TEXT: check a run's status and output
ended() { grep -qx "$2" "$results/$1.status"; }
said() { grep -qF -- "$2" "$results/$1.err"; }
one_line() { [ "$(wc -l <"$results/$1.err")" -eq 1 ]; }

ok 'bench: status' ended short 0
ok 'bench: nothing on stderr' [ ! -s "$results/short.err" ]
# Render the saved file, so that saving and loading are tested, too.
run "$exitledger" bench --replay "$results/short.json" --svg "$tap_dir/svg"
ok '--replay: status' status_is 0
ok '--replay shows what was shown' cmp -s "$tap_dir/out" "$results/short.out"
ok 'the table fits 80 columns' fits_80
ok 'the clock is found out' out_has 'INSTRUCTIONS ADDED PER EXIT'
ok 'a program that is not there is a row' out_has \
	'perf stat, kvm_exit: not installed: no perf in PATH'
ok '--svg: well-formed' python3 -c \
	'import sys, xml.dom.minidom as x; x.parse(sys.argv[1])' "$tap_dir/svg"
ok 'the results are what is true' python3 - "$results/short.json" <<-'END'
	import json, sys
	bench = json.load(open(sys.argv[1]))
	assert bench["format"] == "exitledger-bench" and bench["version"] == 1
	cell = {r["row"]: r for r in bench["results"]}
	added = {row: r["added"]["value"] for row, r in cell.items()}
	base = cell["nothing"]["per_exit"]["value"]
	# Two equal configurations differ little, from each other and from round to round.
	assert abs(added["again"]) < base / 200, added
	assert all(r["spread"] < base / 200 for r in cell.values()), cell
	assert not any(r["noise"] for row, r in cell.items()
		       if row not in ("nothing", "again")), cell
	assert 10 < added["kernel_time"] < 60, added
	assert added["kernel_time"] < added["sum_btf"] < added["hist_btf"], added
	assert added["hist_btf"] < added["tracefs"], added
	# Each peer's own count is exact, unless its ring is too small.
	for run in bench["runs"]:
	    if run["row"] == "tracefs":
	        assert run["counted"] < run["expected"], run
	    elif run["row"] not in ("nothing", "again"):
	        assert run["counted"] == run["expected"] > 1000, run
END
ok '--book kernel: KVM alone counts, in each way, and exactly' python3 - \
	"$results/kernel.json" <<-'END'
	import json, sys
	bench = json.load(open(sys.argv[1]))
	assert [row["name"] for row in bench["rows"]] == ["nothing", "again",
	    "kernel_count", "kernel_time", "kernel_hist"], bench["rows"]
	assert all(run["counted"] == run["expected"] > 1000 for run in bench["runs"]
		   if run["row"].startswith("kernel")), bench["runs"]
	assert sum(run["row"].startswith("kernel") for run in bench["runs"]) == 3
END
run "$exitledger" bench --compare "$results/short.json" "$results/short.json"
ok '--compare, the same: status' status_is 0
ok '--compare: in 80 columns' fits_80
python3 - "$results/short.json" "$tap_dir/dearer.json" <<-'END'
	import json, sys
	bench = json.load(open(sys.argv[1]))
	for run in bench["runs"]:
	    if run["row"] == "sum_btf":
	        run["laps"] = [int(lap * 1.02) for lap in run["laps"]]
	json.dump(bench, open(sys.argv[2], "w"))
END
run "$exitledger" bench --compare "$results/short.json" "$tap_dir/dearer.json"
ok '--compare, 2 % dearer: status' status_is 1
ok '--compare, 2 % dearer: which' [ "$(grep -v 'noise$' <<<"$out" |
	grep -c '^observer: times, tp_btf')" -eq 1 ]
run "$exitledger" bench --compare "$tap_dir/dearer.json" "$results/short.json"
ok '--compare, cheaper: status' status_is 0

# Write the page of 'make bench', from these results instead of its own.
whole=$tap_dir/build/results/bench-$(lab/setup/series.sh default)
mkdir -p "$whole" "$tap_dir/build/bin" "$tap_dir/docs"
ln -s "$(readlink -f "$exitledger")" "$tap_dir/build/bin/exitledger"
cp "$results/short.json" "$whole/bench.json"
cp "$results/short.out" "$whole/bench.txt"
echo 12.3 >"$whole/seconds"
document() {
	run env BUILD="$tap_dir/build" lab/jobs/bench.sh --replay --out "$tap_dir/docs"
}
document
ok 'the document: status' status_is 0
ok 'the document: how long it took, and on what' grep -q \
	'^Measured by .make bench., in 12.3 s, from Linux 6' "$tap_dir/docs/overhead.md"
ok 'the document: the table is in it' grep -q '^    observer: times, tp_btf  *+[0-9]' \
	"$tap_dir/docs/overhead.md"
ok 'the document: its picture' python3 -c \
	'import sys, xml.dom.minidom as x; x.parse(sys.argv[1])' \
	"$tap_dir/docs/overhead.svg"
cp "$tap_dir/dearer.json" "$whole/bench.json"
python3 - "$whole/bench.json" <<-'END'
	import json, sys
	bench = json.load(open(sys.argv[1]))
	rows = [run for run in bench["runs"] if run["row"] == "sum_btf"]
	rows[0]["laps"] = [int(lap * 1.02) for lap in rows[0]["laps"]]
	json.dump(bench, open(sys.argv[1], "w"))
END
document
ok 'a result that is not repeatable: status' status_is 1
ok 'a result that is not repeatable: what' err_has 'sum_btf'

# Exits to userspace include the exit that ends the guest's work.
run "$exitledger" bench --replay "$results/own.json"
ok "the observer's own figure is what the laps say: status" status_is 0
if [ "$(lab/setup/series.sh default)" = 6.1 ]; then
	ok "the observer's own figure is what the laps say: within 2 %" [ "$(grep -cE '^out .* -?[01]\.[0-9] %$' <<<"$out")" -eq 1 ]
else
	skip "the observer's own figure is what the laps say: within 2 %" 'Linux 6.1 (lab/setup/prepare.sh 6.1)'
fi

ok 'interrupted: status' ended interrupted 0
ok 'interrupted: said' grep -q '^ *interrupted' "$results/interrupted.out"
ok 'interrupted: and in the JSON' grep -q '"interrupted":true' \
	"$results/interrupted.json"
ok "KVM's counters are as they were" [ "$(tr -d '\n' <"$results/mode")" = 11 ]
ok 'nothing is left behind' [ "$(grep -c 'No such file' "$results/left")" -eq 2 ]

ok 'no KVM: status' ended no-kvm 3
ok 'no KVM: one line' one_line no-kvm
ok 'no KVM: what to do' said no-kvm 'modprobe'
ok 'unpatched: status' ended unpatched 0
ok "unpatched: KVM's counters are a row that is not there" grep -q \
	"^KVM's counters: and time: not installed: this KVM has no exit counters" \
	"$results/unpatched.out"

done_testing
