#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# needs: guest
#
# A minute of everything that a mistake planted for the debugging kernel may be in
# (lab/debug/faults): modes are set and read, and a VM with histograms comes and goes.
parameter=/sys/module/kvm/parameters/exit_stats

echo 3 >$parameter
microguest --vcpus 2 --laps 2 cpuid=100 out=10 >/results/guest.json 2>&1 ||
	echo "[LAB] the guest failed"
for mode in 0 1 2 3; do
	echo $mode >$parameter
	[ "$(cat $parameter)" = $mode ] || echo "[LAB] the mode is not $mode"
done
microguest cpuid=10 >/results/second.json 2>&1 || echo "[LAB] the guest failed"
cat /proc/sys/kernel/tainted >/results/tainted
exit 0
