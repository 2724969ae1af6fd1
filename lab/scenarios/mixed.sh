#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# needs: exitledger guest stock
#
# Runs guests on a kvm.ko with exit counters under a vendor module without them.  The kvm.ko
# was just loaded, or our vendor module has used it before.  The vCPUs have no counters, so
# no leaf may be answered and nothing may be written.
set -u
vendor=kvm-amd
grep -qw vmx /proc/cpuinfo && vendor=kvm-intel

# guest NAME: switch modes while a guest runs, then save what guests can read
guest() {
	microguest --vcpus 4 cpuid=300000 >/dev/null 2>&1 &
	running=$!
	sleep 0.5
	for mode in 0 1 2 1 2; do
		echo "$mode" >/sys/module/kvm/parameters/exit_stats ||
			echo "[LAB] $1: mode $mode cannot be set"
	done
	kill -9 "$running"
	wait "$running"
	microguest --vcpus 4 cpuid=100 >"/results/$1.json" 2>&1
	exitledger monitor --json -i 0 -- microguest cpuid=100 \
		>"/results/$1-monitor.json" 2>&1
	exitledger compare -- microguest cpuid=10 >"/results/$1-compare.txt" 2>&1
	echo $? >"/results/$1-compare.status"
	cat /sys/module/kvm/parameters/exit_stats_isa >"/results/$1.isa"
}

guest ours
rmmod "$vendor" && insmod "/modules/stock/$vendor.ko" || exit 1
guest after-ours
rmmod "$vendor" && rmmod kvm && insmod /modules/kvm.ko || exit 1
# There are no vCPUs, and no vendor module says where their counters are.
for mode in 0 2; do
	echo "$mode" >/sys/module/kvm/parameters/exit_stats || exit 1
done
insmod "/modules/stock/$vendor.ko" || exit 1
guest never-ours
rmmod "$vendor" && insmod "/modules/$vendor.ko" || exit 1
guest ours-again
exit 0
