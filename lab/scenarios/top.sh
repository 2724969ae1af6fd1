#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# needs: qemu l2 exitledger guest terminfo /usr/bin/script
#
# Records the live view beside two Linux guests and a guest of known behaviour, for the
# README's picture (lab/pictures/top-picture.sh) and for a test on a real host of VMs.
# TOP_LINES: lines of the terminal.
set -u

export TERM=xterm-256color LC_ALL=C.UTF-8
mkdir -p /dev/pts
mount -t devpts devpts /dev/pts

# guest NAME: boot Linux again and again
guest() {
	while :; do
		L2_CONSOLE=/tmp/$1.console L2_REPORT=/tmp/$1.report \
			/qemu/run-qemu -name "$1"
	done >/dev/null 2>&1
}

echo "[LAB] starting guests"
guest web1 &
guest db1 &
microguest --vcpus 2 cpuid=400000 rdmsr=30000 out=20000 >/dev/null 2>&1 &

# keys: type at given times; opens the Linux guest with the most exits
keys() {
	until grep -q web1 /results/top.typescript; do
		sleep 0.5
	done
	sleep "${TOP_SECONDS:-8}"
	printf 'j\r'
	sleep 5
	printf 'q'
	sleep 3
}

echo "[LAB] the live view"
keys | script -q -f -e -c "stty rows ${TOP_LINES:-24} cols 80 && exec exitledger monitor --top" \
	/results/top.typescript >/dev/null
echo $? >/results/top.status
exit 0
