#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Tests the monitor in the lab, with guests whose exits are known.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/tap.sh
. tests/tap.sh

results=${BUILD:-build}/results/test-monitor

has() { grep -qF -- "$2" "$results/$1"; }
lacks() { ! grep -qF -- "$2" "$results/$1"; }
# only_file LIST UID NAME: check that a listing of ls -n has only this file
only_file() {
	[ "$(awk 'NF > 2 { print $3, $4, $9 }' "$results/$1")" = "$2 $2 $3" ]
}
fits() { ! grep -qE '^.{81,}' "$results/$1"; }

# is NAME EXPRESSION: evaluate it with the last line of a JSON output, and with all lines
is() {
	python3 - "$results/$1.txt" "$2" <<-'EOF'
		import json, sys
		lines = [json.loads(line) for line in open(sys.argv[1])]
		last = lines[-1]
		reasons = {r["name"]: r for vm in last["vms"] for r in vm.get("reasons", [])}
		sys.exit(not eval(sys.argv[2]))
	EOF
}

rm -f "$results"/{run,rights-run}.exits
run lab/machine/l1.sh --vendor amd --tcg --out "$results" lab/scenarios/monitor.sh
ok 'the scenario ran to its end' status_is 0
ok 'all of it went well' name_is 0 json by-vcpu csv table key slow count \
	reason run top rights rights-run

run userspace/sample/tests/formats.t "$results"/{json,by-vcpu,key,slow,count,reason}.txt
ok 'JSON: every line is valid' status_is 0
ok 'JSON: all executed CPUIDs and RDMSRs' is json \
	'40000 <= reasons["CPUID"]["exits"] < 40050 and reasons["MSR"]["exits"] == 10000'
ok 'JSON: intervals, then the total' is json \
	'[l["kind"] for l in lines] == ["interval"] * (len(lines) - 1) + ["total"] and len(lines) > 2'
ok 'JSON: the name' is json 'last["vms"][0]["name"] == "microguest"'
ok 'JSON: it has ended' is json 'last["vms"][0]["ended"]'
ok 'JSON: histograms hold all exits that had a time' is json \
	'all(r["exits"] - 2 <= sum(n for _, n in r["histogram"]) <= r["exits"] for r in reasons.values())'
ok 'JSON: nothing is lost' is json \
	'last["lost"] and not any(last["lost"].values())'
ok 'JSON: percentiles in order' is json \
	'all(r["min_ns"] <= r["p50_ns"] <= r["p90_ns"] <= r["p99_ns"] <= r["p999_ns"] <= r["max_ns"] for r in reasons.values())'
ok 'by vCPU: both, each with its own' is by-vcpu \
	'[2000 <= sum(r["exits"] for r in v["reasons"] if r["name"] == "CPUID") < 2020 for v in last["vms"][0]["by_vcpu"]] == [True, True]'
ok 'counts alone: no times' is count \
	'2000 <= reasons["CPUID"]["exits"] < 2020 and "ns" not in reasons["CPUID"]'
ok 'by MSR: IA32_APIC_BASE' is key \
	'reasons["MSR"]["keys"][0]["key"] == 0x1b and reasons["MSR"]["keys"][0]["key_name"] == "APIC_BASE" and reasons["MSR"]["keys"][0]["exits"] == 300'
ok 'slow exits: each once, and slow' is slow \
	'len({(s["at_ns"], s["vcpu"]) for l in lines for s in l["slow"]}) == sum(len(l["slow"]) for l in lines) > 0 and all(s["ns"] > 50000 for l in lines for s in l["slow"])'
ok 'filters: one reason of one vCPU' is reason \
	'list(reasons) == ["CPUID"] and 2000 <= reasons["CPUID"]["exits"] < 2010'
ok 'CSV: as JSON has it' grep -qE '^total,.*,124,MSR,,,10000,' "$results/csv.txt"
ok 'the table: in 80 columns' fits table.txt
ok 'the table: what was asked for' has table.txt 'FAST  TIME % PREEMPT BLOCKED'

# same_totals NAME LEAST: are the totals of the run that was recorded in L1 equal to those of a
# monitor that ran beside it, and LEAST exits or more?
same_totals() {
	python3 - "$results/$1.txt" <("${BUILD:-build}/bin/exitledger" replay \
		"$results/$1.exits" --json -i 0) "$2" <<-'EOF'
		import json, sys
		def reasons(path):
		    lines = [json.loads(l) for l in open(path) if l.startswith("{")]
		    return {r["reason"]: r["exits"] for vm in lines[-1]["vms"] for r in vm["reasons"]}
		live, replayed = map(reasons, sys.argv[1:3])
		print(live, replayed)
		sys.exit(live != replayed or sum(live.values()) < int(sys.argv[3]))
	EOF
}
ok 'a run: its totals are those of the monitor beside it' same_totals run 10000
run "${BUILD:-build}/bin/exitledger" report "$results/run.exits"
ok 'a run: the intervals are all that BPF booked' out_has \
	"add up to BPF's own sums"
ok 'a run: its VM began and ended' out_has 'microguest'
ok 'a run: nothing is lost' out_has 'lost     nothing'

ok 'its rights: none, and those of nobody' rights_are "$results/monitor.rights" 65534
ok 'its rights: the command has those of root' \
	[ "$(cat "$results/monitor.user")" = 0 ]
ok 'its rights: all executed CPUIDs' is rights \
	'2000 <= reasons["CPUID"]["exits"] < 2050 and not any(last["lost"].values())'
ok "a run's rights: none, and those of the user" rights_are "$results/record.rights" 1000
ok "a run's rights: the file is that user's, and nothing else is left" \
	only_file rights-run.files 1000 run.exits
ok "a run's rights: its totals are those of the monitor beside it" \
	same_totals rights-run 3000

ok 'no such VM: nothing is shown' has nobody.txt 'no VM exits'
ok 'no such VM: said' has nobody.err "no VM matched --vm 'nobody'; VMs seen: "
ok 'no such pid: said' has nobody.err "no VM matched --pid '1'"
ok 'no such VM: no success' name_is 2 nobody
ok 'nobody reads: status' name_is 3 unread
ok 'nobody reads: said' has unread.err 'standard output: cannot be written'
ok 'standard output is full: status' name_is 3 full
ok 'standard output is full: said' has full.err 'No space left on device'
ok 'the live view: the VM' has top.typescript 'microguest'
ok 'the live view: its vCPUs' has top.typescript 'vCPU 1'
ok 'the live view: the total after it' has top.typescript 'in total, '

done_testing
