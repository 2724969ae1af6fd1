#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# needs: qemu l2 exitledger?
#
# Boots a Linux guest that reads its exit counters at the end of its boot, and compares
# the books of that boot.
set -u

run() {
	if [ -x /bin/exitledger ]; then
		exitledger compare --json /results/linux-guest.json \
			--guest-report "$L2_REPORT" -- /qemu/run-qemu
	else
		/qemu/run-qemu
	fi
}

export L2_REPORT=/results/guest-report.json L2_CONSOLE=/results/l2-console.txt
echo "[LAB] booting a Linux guest"
status=0
run >/results/linux-guest.txt 2>&1 || status=$?
echo "[LAB] it ended with status $status"
cat /results/linux-guest.txt
exit "$status"
