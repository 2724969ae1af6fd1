#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: host-reads.t [--again] [amd|intel [SERIES...]]
#
# The host reads KVM's counters: the books balance without a guest's help, and monitor and
# export show the same with either book.  --again: judge the existing results.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/tap.sh
. tests/tap.sh
# shellcheck source=lab/tests/arguments.sh
. lab/tests/arguments.sh

build=${BUILD:-build}
lab_arguments own "$@"

# result NAME EXPRESSION: evaluate it with compare's JSON as "result"
result() {
	python3 -c '
import json, sys
result = json.load(open(sys.argv[1]))["result"]
print(eval(sys.argv[2]))' "$results/$1.json" "$2"
}
has() { grep -q -- "$2" "$results/$1"; }
status_of() { cat "$results/$1.status"; }

# monitors WHAT: check WHAT in the same run by BPF's book and by KVM's
monitors() {
	python3 - "$results" "$1" <<'END'
import json
import sys

folder, what = sys.argv[1:]
samples = [[json.loads(line) for line in open(f"{folder}/monitor-{book}.json")]
           for book in ("bpf", "kernel")]
vms = [next(sample for sample in each if sample["kind"] == "total")["vms"][0]
       for each in samples]
rows = [{row["name"]: row for row in vm["reasons"]} for vm in vms]
if what == "exits":
    exits = [{name: row["exits"] for name, row in each.items()} for each in rows]
    print(exits[0] == exits[1] and vms[0]["exits"] == vms[1]["exits"] > 1000
          or (exits, vms[0]["exits"], vms[1]["exits"]))
elif what == "times":
    # KVM's times include the time of BPF's programs.
    print(all(bpf["ns"] <= rows[1][name]["ns"] and rows[1][name]["p50_ns"] > 0
              for name, bpf in rows[0].items())
          or [vm["reasons"] for vm in vms])
END
}

# metrics FAMILY: do both books give the same series?
metrics() {
	local book

	for book in bpf kernel; do
		grep "^$1{" "$results/$book.prom" | sort >"$tap_dir/$book"
	done
	[ -s "$tap_dir/bpf" ] && cmp "$tap_dir/bpf" "$tap_dir/kernel"
}

for kernel in "${kernels[@]}"; do
	results=$build/results/t-host-reads-$vendor-$kernel
	tap_evidence=("$results"/{console,one,four,late,two}.txt)
	short=''
	[ "$vendor" = amd ] || short=1
	run lab/machine/l1.sh "${again[@]}" --tcg --vendor "$vendor" --kernel "$kernel" \
		--out "$results" lab/scenarios/host-reads.sh SHORT=$short
	name="$vendor $kernel"
	ok "$name: the scenario ran to its end, without a warning" status_is 0
	ok "$name: one vCPU: balanced" [ "$(status_of one)" = 0 ]
	ok "$name: one vCPU: counts and times were held against each other" \
		[ "$(result one 'result["checked"] > 8 and result["timed"] > 8')" = True ]
	ok "$name: one vCPU: no guest was asked" [ "$(result one 'result["told"]')" = 0 ]
	ok "$name: one vCPU: CPUID, to the exit" \
		grep -qE '^0x0(72|0a) CPUID +([0-9,]+) +\2 +0 ' "$results/one.txt"
	ok "$name: monitor: the same exits by either book" [ "$(monitors exits)" = True ]
	ok "$name: monitor: KVM's times hold BPF's" [ "$(monitors times)" = True ]
	ok "$name: export: the same exits by either book" metrics exitledger_exits_total
	ok "$name: export: says which book it is" \
		grep -q '^exitledger_build_info{.*backend="kernel"' "$results/kernel.prom"
	ok "$name: export: with KVM's book there is no verdict" \
		[ "$(grep -c '^exitledger_verdict' "$results/kernel.prom")" = 0 ]
	[ -z "$short" ] || continue
	for run in four late two watch vm; do
		ok "$name: $run: balanced" [ "$(status_of $run)" = 0 ]
	done
	ok "$name: four vCPUs: most counts leave one value" \
		[ "$(result four 'result["exact"] * 2 > result["checked"] > 8')" = True ]
	ok "$name: a guest that was there before: all since the first read" \
		has late.txt '^BPF came after'
	ok "$name: two VMs: a statement each" \
		[ "$(grep -c '^VM ' "$results/two.txt")" = 2 ]
	ok "$name: one of two VMs is asked for: its statement alone" \
		[ "$(grep -c '^VM ' "$results/vm.txt")" = 1 ]
	ok "$name: --watch: nobody read, and BALANCED" \
		grep -qE 'Z +2 +[0-9,]+ +0 +[1-9][0-9]* +0 .* BALANCED$' "$results/watch.txt"
	ok "$name: no exit meanwhile: nothing can be said" [ "$(status_of stopped)" = 2 ]
	ok "$name: no exit meanwhile: says so" has stopped.txt '^reason   no VM had an exit'
done

done_testing
