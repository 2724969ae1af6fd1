#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# needs: exitledger guest
#
# VENDOR: of the host.  Watches guests whose exits come from known addresses; lab/tests/rip.t
# judges the results.
set -u

# watch NAME OPTION... -- COMMAND: save the monitor's JSON in /results/NAME.json
watch() {
	name=$1
	shift
	exitledger monitor --interval 0 --json --by rip "$@" \
		>"/results/$name.json" 2>"/results/$name.err"
	echo "[LAB] $name: status $?"
}

for attach in tp_btf raw_tp; do
	watch "places_$attach" --attach "$attach" -- microguest --vcpus 2 \
		--report /dev/null --symbols "/results/places_$attach.kallsyms" \
		places=6400 out=250 in=50 rdmsr=125 wrmsr=100 vmcall=62 mmio=35 hlt=20
done
watch apic -- microguest --report /dev/null --symbols /results/apic.kallsyms \
	places=640 tsc_far=100 hlt_timer=20 self_ipi=30 pic=40
[ "${VENDOR:-}" = intel ] || watch nested -- microguest --report /dev/null \
	--symbols /results/nested.kallsyms places=640 nested=100
exit 0
