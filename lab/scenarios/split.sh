#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# needs: exitledger guest
#
# Splits the time of exits.  The guest's VMM measures how long its exits were in user space;
# for the first guest that is work, and for the second one sleep.
set -u

# split NAME ARGUMENT...: observe a micro-guest; leaves NAME.json and NAME.report
split() {
	name=$1
	shift
	exitledger monitor --split --interval 0 --json -- \
		microguest --report "/results/$name.report" "$@" \
		>"/results/$name.json" 2>"/results/$name.err" || echo "[LAB] $name failed"
}

split short out=2000 in=300 cpuid=500
split pause --pause 5ms out=100 cpuid=500
split turns --turns --vcpus 3 out=300 cpuid=100
exitledger monitor --split --interval 0 -- microguest --pause 500us out=300 hlt=20 cpuid=500 \
	>/results/table.txt 2>&1
exit 0
