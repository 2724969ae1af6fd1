#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# needs: qemu l2 exitledger
#
# Records the boot of a Linux guest, once for each word of BOOTS:
#
#   nested   with nested paging (NPT, EPT)
#   shadow   without: KVM keeps shadow page tables
#   console  as nested, with all of the kernel's log on the serial console
#
# and leaves of each /results/NAME.exits, what record said in NAME.txt, the guest's
# own report in NAME.json, and its console in NAME.console.  INTERVAL: of the
# record.  LAST: the recorded run is not ended before the guest is.
set -u
: "${BOOTS:=nested shadow console}" "${INTERVAL:=100ms}"

vendor=kvm-amd paging=npt
grep -qw vmx /proc/cpuinfo && vendor=kvm-intel paging=ept
append=${L2_APPEND:-}

reload() {
	if ! rmmod "$vendor" || ! insmod "/modules/$vendor.ko" "$@"; then
		echo "[LAB] cannot load $vendor again"
		exit 1
	fi
}

# said TEXT: the guest has written this on its console, if only in part of a line
said() {
	case $1 in
	*'Linux version'*) mark="the kernel's first line" ;;
	*'boot: init runs'*) mark='init runs' ;;
	*'boot: services run'*) mark='services run' ;;
	*'login:'*) mark='login prompt' ;;
	*exitleaf-status*) mark='reboot' ;;
	*) return 1 ;;
	esac
	exitledger mark "$run" "$mark"
}

# watch PID: the console, until that process ends
watch() {
	until [ -e "$L2_CONSOLE" ]; do
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

# boot NAME: records one
boot() {
	run=/results/$1.exits
	export L2_CONSOLE="/results/$1.console" L2_REPORT="/results/$1.json"
	export L2_APPEND="$append rdinit=/boot loglevel=$loglevel noxsave"
	echo "[LAB] booting Linux: $1"
	exitledger record -o "$run" -i "$INTERVAL" -- /qemu/run-qemu -name "$1" \
		>"/results/$1.txt" 2>&1 &
	recorder=$!
	watch $recorder
	wait $recorder || exit
}

for name in $BOOTS; do
	loglevel=6
	case $name in
	nested) reload $paging=1 ;;
	shadow) reload $paging=0 ;;
	console) reload $paging=1; loglevel=8 ;;
	esac
	boot "$name"
done
exit 0
