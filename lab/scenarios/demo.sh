#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# needs: qemu l2 exitledger guest
#
# The demo's two guests: one whose exits are known in advance, and Linux.  lab/jobs/demo.sh
# judges the verdicts; here only a failed command is an error.
set -u

# books NAME REPORT COMMAND...: keep the books of the VM that the command runs
books() {
	name=$1 report=$2
	shift 2
	exitledger compare --json "/results/$name.json" \
		--guest-report "$report" -- "$@" >"/results/$name.txt" 2>&1
	status=$?
	[ "$status" -le 2 ] || {
		cat "/results/$name.txt"
		exit "$status"
	}
}

echo "[LAB] running the guest of known behaviour"
books micro /tmp/micro.json microguest --report /tmp/micro.json \
	cpuid=1000 out=200 in=50 hlt=300 rdmsr=400 vmcall=500

echo "[LAB] booting a Linux guest"
export L2_REPORT=/results/report.json L2_CONSOLE=/results/l2-console.txt
books linux "$L2_REPORT" /qemu/run-qemu -name linux-guest
exit 0
