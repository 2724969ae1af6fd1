#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Tests the whole program in L1: books that balance, books that prove nothing, and hosts on
# which nothing can be observed.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/tap.sh
. tests/tap.sh

build=${BUILD:-build}
results=$build/results/t-books

# has FILE TEXT, lacks FILE PATTERN, line_is_one FILE: check a file of the results
has() { grep -qF -- "$2" "$results/$1"; }
lacks() { ! grep -qE -- "$2" "$results/$1"; }
line_is_one() { [ "$(wc -l <"$results/$1")" -eq 1 ]; }

# exits NAME: print "NAME=EXITS" per reason from the monitor's JSON
exits() {
	python3 -c '
import json, sys
total = json.loads(open(sys.argv[1]).read().splitlines()[-1])
for vm in total["vms"]:
    for r in vm["reasons"]:
        print("%s=%d" % (r["name"], r["exits"]))
for name, count in total["lost"].items():
    print("lost_%s=%d" % (name, count))
' "$results/$1"
}
exits_are() {
	local name=$1 want have
	shift
	have=$(exits "$name")
	for want in "$@"; do
		grep -qx -- "$want" <<<"$have" || return 1
	done
}

run lab/machine/l1.sh --vendor amd --tcg --out "$results" lab/scenarios/books.sh
ok 'the scenario ran to its end' status_is 0

ok 'micro-guests: 1, 2 and 4 vCPUs, by tp_btf and raw_tp: balanced' \
	name_is 0 one two four raw_tp
ok 'one vCPU: every bound leaves one value' has one.txt \
	'checked  6 counts (6 of them to the exit), 6 times, 16 reads by the guest'
ok 'one vCPU: all counts are the executed instructions' \
	has one.txt '5 counts of executed instructions'
ok 'one vCPU: CPUID, in all books' has one.txt \
	'0x072 CPUID            1,007     1,007     1,007     1,007     0'
ok 'one vCPU: IOIO, in all books' has one.txt \
	'0x07b IOIO               251       251       251       251     0'
ok 'four vCPUs: CPUID, in all books' has four.txt \
	'0x072 CPUID            4,007     4,007     4,007     4,007     0'
ok 'four vCPUs, of which three are quiet then: every bound leaves one value' \
	has four.txt 'checked  6 counts (6 of them to the exit)'
ok 'raw_tp was used where it was asked for' has raw_tp.txt 'BPF: raw_tp'
ok "$(first_attach) is the first choice" has one.txt "BPF: $(first_attach)"
ok 'five VMs in a row: balanced' name_is 0 again0 again1 again2 again3 again4
ok 'nothing was lost' [ -z "$(grep -l '^lost' "$results"/*.txt || true)" ]

ok 'the Linux guest: balanced' name_is 0 linux
ok 'the Linux guest: what it reported was compared' \
	grep -qE '(,|^ ) +1[0-9]{2} reads by the guest' "$results/linux.txt"
ok 'the Linux guest: its name' has linux.txt 'VM       linux-guest'
ok 'the Linux guest: thousands of exits' \
	grep -qE '^total +([0-9]+,[0-9]+ +){3}0 ' "$results/linux.txt"
ok 'the Linux guest: the table fits 80 columns' \
	lacks linux.txt '^.{81,}'

# linux_guest JUDGEMENT ARGUMENT...: see lab/tests/linux_guest.py
linux_guest() {
	lab/tests/linux_guest.py "$@" >"$tap_dir/judged" 2>&1 || {
		cat "$tap_dir/judged"
		return 1
	}
}
ok "the Linux guest: KVM's total at its marks is the record's, exactly" \
	linux_guest marks "$results/linux.exits" "$results/l2-console.txt"
run "$build/bin/exitledger" report "$results/linux.exits"
ok 'the Linux guest: and the report says so' \
	out_has "KVM's total is what BPF counted: at 4 of 4 marks exactly"
ok "the Linux guest: Debian's cpuid shows what exitleaf does" \
	linux_guest cpuid "$results/l2-console.txt"
ok "the Linux guest: a command's exits, without those of the reads" \
	linux_guest differences "$results/l2-console.txt"
ok 'the Linux guest: watched' linux_guest watch "$results/l2-console.txt"
ok 'reboots: each is a mark' linux_guest resets "$results/reboots.exits" \
	<("$build/bin/exitledger" replay "$results/reboots.exits" --json -i 0)

ok 'counting without timing: balanced' name_is 0 counting
ok 'counting without timing: no time is compared' has counting.txt ' 0 times'
ok 'counters off: refused' name_is 3 off
ok 'counters off: the way out is said' has off.txt 'switch it on'
ok 'counters off: the command was not run' [ ! -e "$results/off.json" ]
ok 'counters on again: balanced' name_is 0 on_again
ok "without root's rights: balanced" name_is 0 rights
ok "without root's rights: none, and those of the user" rights_are "$results/compare.rights" 1000
ok "without root's rights: the command has those of root" \
	[ "$(cat "$results/compare.user")" = 0 ]
ok "without root's rights: the same counts" has rights.txt \
	'0x072 CPUID            1,007     1,007     1,007     1,007     0'
ok "without root's rights: KVM's own statistics are read" has rights.json \
	'"statistics":[{'
ok "without root's rights: the evidence is the user's" \
	grep -qE '^-rw-r--r-- +1 1000 +1000 .* rights.json$' "$results/rights.files"
ok "the guest's report is not there: inconclusive" name_is 2 unreported
ok "the guest's report is not there: the last line says so" \
	[ "$(tail -n 1 "$results/unreported.txt")" = 'verdict  INCONCLUSIVE' ]
ok "the guest's report is not there: the evidence, too" \
	grep -q '"verdict":"INCONCLUSIVE"' "$results/unreported.json"
ok 'leaves off: refused' name_is 3 leaves_off
ok 'leaves off: said' has leaves_off.txt 'kvm.exit_stats_leaves is off'
ok 'a mode that there is not is refused' name_is 1 bad_mode
ok 'a mode that there is not is refused: the mode stays' [ "$(cat "$results/mode")" = 2 ]
ok 'switching under load: the guest runs to its end' name_is 0 under_load

ok 'attached late, read once: inconclusive' name_is 2 late1
ok 'attached late, read again: balanced' name_is 0 late3

# answered: print the number of VMs with answers, and of answers
answered() {
	python3 -c '
import json, sys
answers = json.load(open(sys.argv[1]))["answers"]
print(len({a["vm"] for a in answers}), len(answers))' "$results/$1"
}
ok 'one VM of several: balanced' name_is 0 vm
ok 'one VM of several: no other VM is in its books' grep -qE '^1 [0-9]+$' \
	<(answered vm.json)
ok 'a VM that there is not: status' name_is 3 no_vm
ok 'a VM that there is not: one line, that says which there are' \
	grep -qxE "exitledger: there is no VM 'no-such-vm' here; there is none" \
	"$results/no_vm.txt"
ok 'a name that two VMs have: status' name_is 3 two_vms
ok 'a name that two VMs have: one line, that says which there are' grep -qxE \
	"exitledger: several VMs have the name 'microguest'; give a pid: microguest \([0-9]+\), microguest \([0-9]+\)" \
	"$results/two_vms.txt"
ok 'a guest that is made to read: balanced' name_is 0 read
ok 'a guest that is made to read: its reports are held against the answers' \
	grep -qE ' [0-9]{2,} reads by the guest' "$results/read.txt"
ok 'a guest that cannot be made to read: status' name_is 3 read_fails
ok 'a guest that cannot be made to read: why' has read_fails.txt "--read 'exit 7': it ended with status 7"

ok 'watching: balanced' name_is 0 watch
ok 'watching: a line per second, in 80 columns' [ \
	"$(grep -cE '^20.{,78}BALANCED$' "$results/watch.txt")" -ge 7 ]
# shellcheck disable=SC2016 # awk expands $5.
ok 'watching: counts were checked' \
	awk '{ n += $5 } END { exit !(n > 100) }' "$results/watch.txt"
# The switches off and on are noticed together or one after the other.
ok 'watching: for programs: a switch of the counters is noticed' \
	python3 -c '
import json, sys
lines = [json.loads(line) for line in open(sys.argv[1])]
sys.exit(not (lines[0]["switched"] == 0 and lines[-1]["switched"] in (1, 2) and
              lines[-1]["verdict"] == "BALANCED" and
              sum(line["checked"] for line in lines) > 100))' \
	"$results/watch.json"
grown=$(awk '{ print $2 - $1 }' "$results/watch.resident")
ok "watching: needs no more memory with each guest: $grown kB" \
	[ "$grown" -le 128 ]
ok 'switched meanwhile, and back: inconclusive' name_is 2 switched
ok 'switched meanwhile, and back: said' has switched.txt 'was written to meanwhile'

ok 'KVM'"'"'s own statistics at the end are what BPF counted' grep -qE \
	"^stat     KVM's own statistics at the end: ([0-9,]+) exits, BPF: \1\$" \
	"$results/four.txt"
ok 'KVM'"'"'s own statistics of a guest of QEMU' grep -qE \
	"^stat     KVM's own statistics meanwhile: [0-9,]+ exits, BPF: " \
	"$results/linux.txt"
ok 'the time of four vCPUs is compared' has four.txt ' 6 times,'

ok 'the monitor ends with its command' name_is 0 monitor table
# The work's thousand CPUIDs, and the guest's 16 reads of the leaves.
ok 'the monitor counts what was executed' exits_are monitor.txt CPUID=1016 \
	HLT=300 IOIO=252 MSR=400 VMMCALL=500 lost_no_slot=0 lost_missed_exits=0
ok 'the monitor: a table by VM and reason' has table.txt '0x07c MSR'
ok 'SIGINT ends the monitor with the total' name_is 0 interrupted
ok 'SIGINT ends the monitor: the total is there' has interrupted.txt 'in total'

# doctor NAME CONDITION: check the output of doctor --json, as "d"
doctor() {
	python3 -c '
import json, sys
d = json.loads(open(sys.argv[1]).read())
d["states"] = {f["name"]: f["state"] for f in d["findings"]}
sys.exit(not eval("(%s)" % sys.argv[2]))
' "$results/$1" "$2"
}
ok 'the doctor: all is well' name_is 0 doctor doctor_json doctor_vm
ok 'the doctor: with the patched modules' has doctor.txt \
	'monitor can run here, exitledger compare can too'
ok 'the doctor: in 80 columns' lacks doctor.txt '^.{81,}'
ok 'the doctor: nothing is missing, nothing unknown' \
	lacks doctor.txt '^(missing|unknown)'
ok 'the doctor: AMD, by each way to attach, with the ends of vCPUs' \
	doctor doctor_json.txt 'd["can_compare"] and
d["host"]["backend"] == "kvm_amd" and d["host"]["isa"] == "svm" and
d["host"]["kvm_exit_args"] == "(vcpu, isa)" and d["host"]["exit_stats"] == 2
and d["attach"] == dict(tp_btf=True, raw_tp=True, tp=True, vcpu_end=True)'
# bpf_rdonly_cast() exists since Linux 6.2.
ok 'the doctor: bpf_rdonly_cast: where the kernel has it' doctor doctor_json.txt \
	"d['host']['bpf_rdonly_cast'] == ('$(lab/setup/series.sh default)' != '6.1')"
ok 'the doctor: the VM that runs' doctor doctor_vm.txt \
	'[(v["name"], v["vcpus"]) for v in d["vms"]] == [("microguest", 2)]'
ok 'the doctor without root: status' name_is 1 nobody_doctor
ok 'the doctor without root: only privileges are missing' \
	[ "$(grep -c ^missing "$results/nobody_doctor.txt")" = 1 ]

ok 'without root: status' name_is 3 nobody_monitor nobody_compare
ok 'without root: one line' line_is_one nobody_monitor.txt
ok 'without root: what is needed' has nobody_compare.txt 'needs root'

# Test Debian's own modules.
results=$build/results/t-unpatched
tap_evidence=("$results"/{record.txt,record.err,l2-console.txt})
run lab/machine/l1.sh --vendor amd --tcg --modules stock --out "$results" lab/scenarios/unpatched.sh
ok 'unpatched KVM: the scenario ran to its end' status_is 0
ok 'unpatched KVM: the monitor works' name_is 0 monitor
ok 'unpatched KVM: the monitor counts what was executed' exits_are \
	monitor.txt HLT=300 IOIO=202 lost_missed_exits=0
ok 'unpatched KVM: compare says that there are no counters' name_is 3 compare
ok 'unpatched KVM: one line' line_is_one compare.err
ok 'unpatched KVM: what to do' has compare.err 'load the patched modules'
ok 'unpatched KVM: microguest runs, and reports no leaves' \
	has microguest.txt '"abi":0'
ok 'unpatched KVM: exitleaf says that there are no counters' \
	has l2-console.txt 'exitleaf-status 2'
ok "unpatched KVM: it sets marks all the same" \
	has l2-console.txt "marked 'report'"
run "$build/bin/exitledger" report "$results/linux.exits"
ok "unpatched KVM: which come without a total of KVM's" \
	grep -qE '^ +[0-9.]+  report +- +[0-9,]+ +-$' "$tap_dir/out"
ok 'unpatched KVM: the doctor says that the monitor works' name_is 0 doctor
ok 'unpatched KVM: the doctor says that compare does not work' doctor doctor.txt \
	'not d["can_compare"] and d["host"]["exit_stats"] is None and
d["states"]["exit_stats"] == "warning" and d["attach"]["tp_btf"]'

tap_evidence=()

# Test a host without KVM, and then a KVM without BTF.
results=$build/results/t-refusals
mkdir "$tap_dir/no-btf"
for module in kvm kvm-amd kvm-intel; do
	objcopy --remove-section=.BTF "$build/modules/$(lab/setup/series.sh default)/normal/$module.ko" \
		"$tap_dir/no-btf/$module.ko"
done
(cd "$tap_dir/no-btf" && sha256sum -- *.ko >stamp)
run lab/machine/l1.sh --vendor amd --tcg --modules "$tap_dir/no-btf" --out "$results" \
	lab/scenarios/refusals.sh
ok 'refusals: the scenario ran to its end' status_is 0
ok 'no KVM: status' name_is 3 no_kvm_monitor no_kvm_compare
ok 'no KVM: one line' line_is_one no_kvm_monitor.err
ok 'no KVM: what to do' has no_kvm_monitor.err 'modprobe kvm_amd'
ok 'no KVM: microguest says so' has no_kvm_microguest.err '/dev/kvm'
ok 'no KVM: the doctor says so' has no_kvm_doctor.txt 'modprobe kvm_amd'
ok 'no KVM: the doctor: status' name_is 1 no_kvm_doctor

# Classic tracepoints need no types of the modules.
ok 'no BTF of the modules: monitor works' name_is 0 no_btf_auto no_btf_tp
for attach in auto tp; do
	ok "no BTF of the modules: by $attach it counts what was executed" exits_are \
		"no_btf_$attach.txt" IOIO=202 lost_missed_exits=0
done
ok 'no BTF of the modules: raw_tp cannot be had' name_is 3 no_btf_raw_tp
ok 'no BTF of the modules: one line' line_is_one no_btf_raw_tp.err
ok 'no BTF of the modules: why' has no_btf_raw_tp.err 'no BTF'
ok 'no BTF of the modules: nor can compare' name_is 3 no_btf_compare
ok 'no BTF of the modules: one line' line_is_one no_btf_compare.err
ok 'no BTF of the modules: the doctor warns' doctor no_btf_doctor.txt \
	'd["can_monitor"] and not d["can_compare"] and
d["states"]["btf"] == "warning" and d["attach"]["tp"]'
ok 'no BTF, no tracefs: status' name_is 3 no_tracefs_monitor
ok 'no BTF, no tracefs: one line' line_is_one no_tracefs_monitor.err
ok 'no BTF, no tracefs: what is missing' has no_tracefs_monitor.err \
	'/sys/kernel/btf/kvm'
ok 'no BTF, no tracefs: the doctor finds that missing, and it alone' doctor \
	no_tracefs_doctor.txt '[n for n in d["states"] if d["states"][n] == "missing"
	and n not in ("tp_btf", "raw_tp", "tp")] == ["btf"]'

one_vm() {
	python3 -c '
import json, sys
vms = json.loads(open(sys.argv[1]).read().splitlines()[-1])["vms"]
sys.exit([vm["name"] for vm in vms] != ["microguest"])
' "$results/$1"
}
ok 'a PID namespace: monitor works' name_is 0 pid_ns
ok 'a PID namespace: it says so' has pid_ns.err "not the host's PID namespace"
ok 'a PID namespace: a VM that lives is one, by the name of its program' one_vm \
	pid_ns.txt

done_testing
