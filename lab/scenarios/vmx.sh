#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# needs: qemu l2 exitledger guest
#
# Runs a short selection of checks, because an emulated Intel host needs minutes for work that
# takes the AMD host seconds.  lab/tests/intel.t judges the results: NAME.json, NAME.txt and
# NAME.status in /results.
set -u

WORK='cpuid=1000 out=200 in=50 hlt=300 rdmsr=400 vmcall=500'
parameters=/sys/module/kvm/parameters

keep() {
	name=$1
	shift
	"$@" >"/results/$name.txt" 2>&1
	echo $? >"/results/$name.status"
}

# books NAME ATTACH MICROGUEST-OPTIONS: compare a guest
books() {
	name=$1 attach=$2
	shift 2
	# shellcheck disable=SC2086 # a list of words
	keep "$name" exitledger compare --reader guest --json "/results/$name.json" \
		--attach="$attach" --guest-report /tmp/report.json -- \
		microguest --report /tmp/report.json "$@" $WORK
}

grep . /sys/module/kvm_intel/parameters/* >/results/parameters
echo "[LAB] micro-guests"
books one auto
books raw_tp raw_tp
books four auto --vcpus 4

echo "[LAB] modes of the counters"
echo 1 >$parameters/exit_stats
books counting auto
echo 0 >$parameters/exit_stats
books off auto
echo 2 >$parameters/exit_stats

echo "[LAB] without EPT"
rmmod kvm-intel
insmod /modules/kvm-intel.ko ept=0
books no_ept auto
rmmod kvm-intel
insmod /modules/kvm-intel.ko

echo "[LAB] a Linux guest"
export L2_REPORT=/results/linux-report.json L2_CONSOLE=/results/l2-console.txt
# shellcheck disable=SC2016 # The inner shell expands these.
keep record exitledger record -o /tmp/linux.exits -i 1s -- sh -c '
	exitledger compare --json /results/linux.json --guest-report "$L2_REPORT" \
		-- /qemu/run-qemu -name linux-guest >/results/linux.txt 2>&1
	echo $? >/results/linux.status'
cp /tmp/linux.exits /results/
exit 0
