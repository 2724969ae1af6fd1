#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# needs: guest stock
#
# Measures the TSC cycles of an exit on stock modules, and on patched modules with the
# counters off, counting, timing, and with histograms: /results/KIND-CONFIGURATION.
set -u

fail() {
	echo "[LAB] $*"
	exit 1
}

measure() {
	for kind in ${KINDS:-cpuid}; do
		microguest --laps "${LAPS:-50}" --cycles "/results/$kind-$1" \
			--report /tmp/report.json "$kind=100" ||
			fail "microguest failed"
	done
}

# Measure in turn, so that rounds show the differences between equal runs.
for round in $(seq "${ROUNDS:-4}"); do
	echo "[LAB] round $round: stock"
	load-kvm /modules/stock || exit
	measure "stock$round"
	echo "[LAB] round $round: patched"
	load-kvm /modules || exit
	for mode in 0 1 2 3; do
		echo "$mode" >/sys/module/kvm/parameters/exit_stats
		measure "mode$mode.$round"
	done
done
exit 0
