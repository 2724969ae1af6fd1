#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# needs: guest stock
#
# TSC cycles of an exit, on stock modules and on patched ones with the counters
# off, counting, and counting and timing: /results/KIND-CONFIGURATION.
set -u

fail() {
	echo "[LAB] $*"
	exit 1
}

# load DIR: the KVM modules from there
load() {
	vendor=kvm-amd
	grep -qw vmx /proc/cpuinfo && vendor=kvm-intel
	if ! rmmod "$vendor" kvm || ! insmod "$1/kvm.ko" ||
		! insmod "$1/$vendor.ko"; then
		fail "cannot load the modules in $1"
	fi
}

measure() {
	for kind in ${KINDS:-cpuid}; do
		microguest --laps "${LAPS:-50}" --cycles "/results/$kind-$1" \
			--report /tmp/report.json "$kind=100" ||
			fail "microguest failed"
	done
}

# In turn: rounds show what difference there is between equals.
for round in $(seq "${ROUNDS:-4}"); do
	echo "[LAB] round $round: stock"
	load /modules/stock
	measure "stock$round"
	echo "[LAB] round $round: patched"
	load /modules
	for mode in 0 1 2; do
		echo "$mode" >/sys/module/kvm/parameters/exit_stats
		measure "mode$mode.$round"
	done
done
exit 0
