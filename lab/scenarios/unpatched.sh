#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# needs: qemu l2 exitledger guest
#
# Runs commands on Debian's own modules: monitor and record work, and compare has no counters
# to compare with.
set -u

keep() {
	name=$1
	shift
	"$@" >"/results/$name.txt" 2>"/results/$name.err"
	echo $? >"/results/$name.status"
}

keep monitor exitledger monitor --json -i 0 -- microguest \
	cpuid=1000 out=200 hlt=300
keep compare exitledger compare -- microguest cpuid=10
keep microguest microguest cpuid=10
keep doctor exitledger doctor --json
# A guest without counters can still set marks.
export L2_REPORT=/tmp/report.json L2_CONSOLE=/results/l2-console.txt
keep record exitledger record -o /tmp/linux.exits -- /qemu/run-qemu
cp /tmp/linux.exits /results/
exit 0
