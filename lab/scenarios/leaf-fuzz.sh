#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# needs: guest stock
#
# Reads the leaves with many values of ECX, and their neighbours with our modules and
# without.  VALUES: number of values of ECX per leaf.
set -u

fail() {
	echo "[LAB] $*"
	exit 1
}


echo 'leaf-fuzz begins' >/dev/kmsg
echo "[LAB] ${VALUES:=100000} values of ECX for each of the five leaves"
start=$(cut -d' ' -f1 /proc/uptime)
leaffuzz --values "$VALUES" >/results/fuzz.txt 2>&1
echo $? >/results/fuzz.status
echo "$start $(cut -d' ' -f1 /proc/uptime)" >/results/seconds
dmesg | sed '1,/leaf-fuzz begins/d' >/results/dmesg-fuzz.txt

echo "[LAB] the leaves around them, on patched and stock modules"
leaffuzz --neighbours /results/patched.txt || fail 'leaffuzz failed'
echo 0 >/sys/module/kvm/parameters/exit_stats_leaves
leaffuzz --neighbours /results/leaves-off.txt || fail 'leaffuzz failed'
load-kvm /modules/stock || exit
leaffuzz --neighbours /results/stock.txt || fail 'leaffuzz failed'
exit 0
