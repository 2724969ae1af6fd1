#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# needs: qemu l2 l2modules exitledger
#
# What exits a Linux guest has: for each word of RUNS
#
#   nested    its boot, with nested paging (NPT, EPT)
#   shadow    without: KVM keeps shadow page tables
#   console   as nested, with all of the kernel's log on the serial console
#
#   recorded, in /results/NAME.exits, with what record said in NAME.txt and the
#   guest's console in NAME.console;
#
#   work, work-shadow   exitwork's workloads in a guest with two vCPUs, with nested
#                       paging or without
#
#   of which /results/NAME.json has an object per line, and NAME.console how each
#   ended; their books are kept meanwhile, in NAME.books and NAME.txt.
#
# INTERVAL: of the record.
set -u
: "${RUNS:=nested shadow console work work-shadow}" "${INTERVAL:=100ms}"

vendor=kvm-amd paging=npt
grep -qw vmx /proc/cpuinfo && vendor=kvm-intel paging=ept
append=${L2_APPEND:-}

# paging 0|1: nested, or not
paging() {
	rmmod "$vendor" && insmod "/modules/$vendor.ko" "$paging=$1" && return
	echo "[LAB] cannot load $vendor again"
	exit 1
}

# said TEXT: what the guest has written on its console, if only in part of a line
said() {
	case $1 in
	*'Linux version'*) mark="the kernel's first line" ;;
	*'login:'*) mark='login prompt' ;;
	*) return 1 ;;
	esac
	exitledger mark "$run" "$mark"
}

# watch PID: the console, until that process ends
watch() {
	until [ -e "$L2_CONSOLE" ]; do
		kill -0 "$1" 2>/dev/null || return 0
		usleep 50000
	done
	part='' known=''
	while :; do
		if read -r line; then
			[ -n "$known" ] || said "$part$line"
			part='' known=''
		elif [ -n "$line" ]; then
			part=$part$line
			[ -n "$known" ] || ! said "$part" || known=1
		else
			kill -0 "$1" 2>/dev/null || return 0
			usleep 50000
		fi
	done <"$L2_CONSOLE"
}

# boot NAME LOGLEVEL: XSAVE is left out, as the emulated processor's makes Linux
# complain at length
boot() {
	run=/results/$1.exits
	export L2_APPEND="$append rdinit=/boot loglevel=$2 noxsave"
	exitledger record -o "$run" -i "$INTERVAL" -- /qemu/run-qemu -name "$1" \
		>"/results/$1.txt" 2>&1 &
	recorder=$!
	watch $recorder
	wait $recorder
}

# work NAME [OPTION]: of exitwork
work() {
	cat /l2/initrd /l2/modules >/tmp/initrd
	truncate -s 1M /tmp/disk
	export L2_APPEND="$append rdinit=/work WORK_OPTION=${2:-}"
	exitledger compare --json "/results/$1.books" \
		--guest-report "$L2_REPORT" -- /qemu/run-qemu -name "$1" \
		-smp 2 -initrd /tmp/initrd \
		-serial "file:/results/$1.json" -serial null \
		-drive file=/tmp/disk,format=raw,if=virtio >"/results/$1.txt" 2>&1
}

for name in $RUNS; do
	export L2_CONSOLE="/results/$name.console" L2_REPORT=/tmp/report.json
	case $name in
	*shadow) paging 0 ;;
	*) paging 1 ;;
	esac
	echo "[LAB] $name"
	case $name in
	console) boot "$name" 8 ;;
	work) work "$name" ;;
	work-shadow) work "$name" --shadow ;;
	*) boot "$name" 6 ;;
	esac || {
		status=$?
		echo "[LAB] $name: status $status"
		tail -n 3 "/results/$name.txt" | sed 's/^/[LAB] /'
		exit $status
	}
done
exit 0
