#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# needs: qemu l2 l2modules exitledger
#
# exitwork's workloads in a Linux guest of two vCPUs, whose books are kept meanwhile:
# /results/work.json, an object per line; work.console, with their exit statuses;
# books.txt, books.json.  PAGING=shadow: without NPT or EPT.
# WORKLOADS: those alone, with commas.
set -u
: "${PAGING:=nested}" "${WORKLOADS:=}"

vendor=kvm-amd off=npt=0
grep -qw vmx /proc/cpuinfo && vendor=kvm-intel off=ept=0
if [ "$PAGING" = shadow ]; then
	if ! rmmod $vendor || ! insmod /modules/$vendor.ko $off; then
		echo "[LAB] cannot load $vendor again"
		exit 1
	fi
fi

cat /l2/initrd /l2/modules >/tmp/initrd
truncate -s 1M /tmp/disk
export L2_CONSOLE=/results/work.console L2_REPORT=/tmp/report.json
L2_APPEND="${L2_APPEND:-} rdinit=/work"
[ "$PAGING" != shadow ] || L2_APPEND="$L2_APPEND WORK_OPTION=--shadow"
[ -z "$WORKLOADS" ] || L2_APPEND="$L2_APPEND WORKLOADS=\"$(echo "$WORKLOADS" | tr , ' ')\""
export L2_APPEND

echo "[LAB] workloads in a Linux guest"
exitledger compare --json /results/books.json --guest-report "$L2_REPORT" -- \
	/qemu/run-qemu -name work -smp 2 -initrd /tmp/initrd \
	-serial file:/results/work.json -serial null \
	-drive file=/tmp/disk,format=raw,if=virtio >/results/books.txt 2>&1
status=$?
grep ': status' "$L2_CONSOLE" | tr -d '\r' | sed 's/^/[LAB] /'
exit $status
