#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: edges.t [--again] [amd|intel [SERIES...]]
#
# Checks the numbers in situations in which naive counters are wrong.  --again: judge the
# existing results.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/tap.sh
. tests/tap.sh
# shellcheck source=lab/tests/arguments.sh
. lab/tests/arguments.sh

build=${BUILD:-build}
lab_arguments newest "$@"
# An emulated Intel host needs a second per VM.
if [ "$vendor" = amd ]; then VMS=${VMS:-200}; else VMS=${VMS:-30}; fi

balanced() { [ "$(cat "$results/$1.status")" = 0 ]; }
has() { grep -qF -- "$2" "$results/$1.txt"; }
# row NAME REASON COUNT: are the executed number, and those of the guest, of KVM and of
# BPF, all equal to this count?
row() {
	tr -d , <"$results/$1.txt" | awk -v reason="$2" -v count="$3" '
		$2 == substr(reason, 1, 12) { found = $3 == count && $4 == count &&
				$5 == count && $6 == count }
		END { exit !found }'
}
# answers_are_executed REPORT: check every count, of a guest that ran alone
answers_are_executed() {
	python3 -c '
import json, sys
reads = json.load(open(sys.argv[1]))["reads"]
known = [r for r in reads if "executed" in r]
sys.exit(not known or any(r["eax"] != r["executed"] for r in known))' \
		"$results/$1.report.json"
}
# observed NAME REASON KEY: print BPF's "exits" or "ns" of a reason
observed() {
	python3 -c '
import json, sys
books = json.load(open(sys.argv[1]))
print(sum(r[sys.argv[3]] for vm in books["vms"] for vcpu in vm["vcpus"]
          for r in vcpu["reasons"] if r["reason"] == int(sys.argv[2], 0)))' \
		"$results/$1.json" "$2" "$3"
}

# statistics NAME: print how much KVM's own statistics exceed BPF's count: unexplained,
# failed entries, and how often KVM emulated instead of entering the guest
statistics() {
	tr -d , <"$results/$1.txt" | awk '
		/^stat / { all = $8; bpf = $11 }
		/They also count events that are no exits/ { sub(".*failed entries ", ""); failed = $1; emulated = $3 }
		END { print all - bpf - failed - emulated, failed + 0, emulated + 0 }'
}

if [ "$vendor" = amd ]; then
	msr=MSR ud=EXCP_UD shutdown=SHUTDOWN failed=ERR hlt=0x78
else
	msr=MSR_WRITE ud=EXCEPTION_NMI shutdown=TRIPLE_FAULT
	failed=INVALID_STATE hlt=12
fi

# Each common mistake of counters would change one of these numbers.
test_rows() {
	ok "$name: TSC deadlines, far: fast path or not, each is an exit" \
		row tsc_far $msr 1002
	ok "$name: TSC deadlines, near: each, and each end of an interrupt" \
		row tsc_near $msr 2002
	ok "$name: self IPIs: each, and each end of an interrupt" \
		row self_ipi $msr 2002
	ok "$name: HLT with KVM's own APIC" row hlt_timer HLT 50
	ok "$name: two vCPUs with APICs" row apic_two $msr 344
	ok "$name: a failed entry is an exit, of its basic reason" \
		row fail_entry "$failed" 1
	ok "$name: a failed entry is an exit, of its basic reason: does not disturb others" row fail_entry CPUID 15
	ok "$name: a triple fault, and the counts go on" \
		row shutdown $shutdown 3
	ok "$name: a triple fault, and the counts go on: with what came before it" row shutdown $ud 3
	ok "$name: eight vCPUs on one CPU" row overcommit CPUID 804
}

test_amd() {
	ok "$name: a nested guest's exits are exits" row nested CPUID 1005
	ok "$name: a nested guest's exits are exits: beside those of its hypervisor" row nested VMRUN 1000
	ok "$name: a nested guest's exits are exits: balanced" balanced nested
}

test_intel() {
	# On 7.x, some deadlines have passed before the guest is entered.
	least=1000
	[ "${kernel%%.*}" -lt 7 ] || least=980
	timer=$(observed tsc_near 52 exits)
	ok "$name: the preemption timer: an exit per near deadline: $timer of 1,000" \
		[ $((timer >= least && timer <= 1000)) = 1 ]
	ok "$name: TSC deadlines without it" row tsc_far_no_timer $msr 1002
	ok "$name: VM-Fail is no exit" balanced vm_fail
	ok "$name: VM-Fail is no exit: of any reason" [ "$(observed vm_fail 0xdead exits)" = 0 ]
	ok "$name: VM-Fail is no exit: nothing that was missed" \
		[ -z "$(grep '^lost' "$results/vm_fail.txt")" ]
	ok "$name: VM-Fail is no exit: but KVM's statistics count it, and BPF knows" \
		[ "$(statistics vm_fail)" = '0 1 0' ]
	ok "$name: what KVM emulates in place of an entry is no exit" \
		row real_mode CPUID 4
	ok "$name: what KVM emulates in place of an entry is no exit: nor one of an invalid state" \
		[ "$(observed real_mode 33 exits)" = 0 ]
	ok "$name: what KVM emulates in place of an entry is no exit: balanced" balanced real_mode
	ok "$name: what KVM emulates in place of an entry is no exit: KVM's statistics count it, each one" \
		grep -qE '^0 0 [1-9][0-9]+$' <<<"$(statistics real_mode)"
}

for kernel in "${kernels[@]}"; do
	name="$vendor $kernel"
	results=$build/results/t-edges-$vendor-$kernel
	run lab/machine/l1.sh "${again[@]}" --tcg --vendor "$vendor" --kernel "$kernel" \
		--timeout 1800 --out "$results" lab/scenarios/edges.sh VMS="$VMS"
	ok "$name: the scenario ran to its end, L1's kernel content" status_is 0
	for books in tsc_far tsc_near self_ipi hlt_timer apic_two fail_entry \
		shutdown overcommit again; do
		ok "$name: $books: balanced" balanced "$books"
	done
	test_rows
	"test_$vendor"
	# 50 times 1 ms, minus the time the guest took from the timer to HLT.
	ms=$(($(observed hlt_timer "$hlt" ns) / 1000000))
	ok "$name: HLT's wait is HLT's time: $ms ms" [ "$ms" -ge 25 ]
	ok "$name: the instruction emulator answers the leaves" \
		has emulated 'answers to the instruction emulator'
	ok "$name: the instruction emulator answers the leaves: rightly" answers_are_executed emulated
	for i in 1 2 3 4 5 6 7 8; do
		ok "$name: of eight guests, number $i sees itself alone" \
			answers_are_executed "together$i"
	done
	ok "$name: all guests ran" [ ! -e "$results/vms-failed" ]
	# The objects of each VM are gone, and the kernel's memory is the same within half a
	# megabyte.  From 7.x on the kernel keeps some free objects at hand, which count as
	# used: fewer than one of each VM.
	more=0
	[ "${kernel%%.*}" -lt 7 ] || more=$((VMS - 1))
	# shellcheck disable=SC2016 # awk expands these.
	ok "$name: KVM has no more objects than before $VMS" awk -v more="$more" '
		{ for (i = 1; i <= NF; i++) {
			split($i, is, "=")
			if (FNR == NR)
				before[is[1]] = is[2]
			else if ($i ~ /=/ && is[2] > before[is[1]] + more)
				grown = 1
		} }
		END { exit grown || !("kvm_exit_cells" in before) }' \
		"$results"/allocated-{before,after}
	grown=$(paste -d' ' "$results"/allocated-{before,after} |
		sed 's/.*SUnreclaim:\([0-9]*\).*SUnreclaim:\([0-9]*\).*/\2 \1/')
	ok "$name: the slabs are as large: before and after $grown kB" \
		[ $((${grown% *} - ${grown#* })) -lt 512 ]
	ok "$name: the modules go when the guests have gone" \
		grep -qx 0 "$results/modules.status"
done

done_testing
