#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# needs: qemu l2 l2modules exitledger
#
# Records the exits of Linux guests.  For each word of RUNS:
#
#   nested    a boot with nested paging (NPT, EPT)
#   shadow    a boot without nested paging: KVM keeps shadow page tables
#   console   as nested, with the kernel's whole log on the serial console
#
#   These are recorded in /results/NAME.exits; NAME.txt has record's messages and
#   NAME.console the guest's console.  For shadow, NAME.where lists the instructions of the
#   guest's kernel with the most exits, one per line: exits, reason, function.
#
#   work, work-shadow   exitwork's workloads in a guest with two vCPUs, with nested paging
#                       or without
#
#   For these, /results/NAME.json has a JSON object per line, and NAME.console the status of
#   each workload.  compare keeps the books meanwhile, in NAME.txt.
#
# INTERVAL: record's interval.
set -u
: "${RUNS:=nested shadow console work work-shadow}" "${INTERVAL:=100ms}"

vendor=kvm-amd paging=npt
grep -qw vmx /proc/cpuinfo && vendor=kvm-intel paging=ept
append=${L2_APPEND:-}

# paging 0|1: reload the vendor module without or with nested paging
paging() {
	rmmod "$vendor" && insmod "/modules/$vendor.ko" "$paging=$1" && return
	echo "[LAB] cannot load $vendor again"
	exit 1
}

# watch: mark the kernel's first line on the console; the guest sets the other marks
# itself.  A blocking read costs nothing, unlike polling the console.
watch() {
	while read -r line; do
		case $line in
		*'Linux version'*)
			exitledger mark "$run" "the kernel's first line"
			break
			;;
		esac
	done
	cat >/dev/null
}

# boot NAME LOGLEVEL: boot Linux without XSAVE and without the PIT.  The XSAVE of the emulated
# processor makes Linux print long warnings.  Without EPT, KVM emulates real mode, which takes
# so long in an emulator that the firmware would do nothing but serve the PIT's interrupts.
boot() {
	run=/results/$1.exits
	export L2_FIFO=/tmp/console
	export L2_APPEND="$append rdinit=/boot loglevel=$2 noxsave"
	rm -f $L2_FIFO
	mkfifo $L2_FIFO
	watch <$L2_FIFO &
	watcher=$!
	exitledger record -o "$run" -i "$INTERVAL" -- /qemu/run-qemu -name "$1" \
		-machine pit=off >"/results/$1.txt" 2>&1
	status=$?
	unset L2_FIFO
	kill $watcher 2>/dev/null
	[ $status = 0 ] || return $status
	# record does not return its command's status.
	grep -q '^exitleaf-status 0' "$L2_CONSOLE"
}

kvm_exit=/sys/kernel/tracing/events/kvm/kvm_exit
histogram='hist:keys=exit_reason,guest_rip.hex:size=8192'

# where: list the histogram's top instructions.  The guest runs the same kernel as L1, and
# neither is relocated (PVH), so L1's symbols are valid for the guest.  Symbols are sorted
# by address.
where() {
	sed -n 's/^{ exit_reason: *\([0-9]*\), guest_rip: *\(ffffffff[0-9a-f]*\) } hitcount: *\([0-9]*\)$/\3 \1 \2/p' \
		$kvm_exit/hist | sort -rn | head -n 8 | sort -k 3 >/tmp/where
	grep '^ffffffff.* [tT] ' /proc/kallsyms | grep -v '\[' | awk '
		BEGIN {
			while ((getline line <"/tmp/where") > 0) {
				split(line, field, " ")
				at[n] = field[3]
				text[n++] = field[1] " " field[2]
			}
		}
		{
			while (i < n && at[i] "" < $1 "")
				print text[i++], name
			name = $3
		}' | sort -rn
}

# shadow: boot, and list the instructions that cause the exits
shadow() {
	echo "$histogram" >$kvm_exit/trigger
	boot shadow 6 || return
	where >/results/shadow.where
	echo "!$histogram" >$kvm_exit/trigger
}

# work NAME [OPTION]: run exitwork with this option
work() {
	cat /l2/initrd /l2/modules >/tmp/initrd
	truncate -s 1M /tmp/disk
	export L2_APPEND="$append rdinit=/work WORK_OPTION=${2:-}"
	exitledger compare --guest-report "$L2_REPORT" -- /qemu/run-qemu -name "$1" \
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
	nested) boot nested 6 ;;
	shadow) shadow ;;
	console) boot console 8 ;;
	work) work "$name" ;;
	work-shadow) work "$name" --shadow ;;
	*)
		echo "[LAB] there is no run '$name'"
		exit 1
		;;
	esac || {
		status=$?
		echo "[LAB] $name: status $status"
		tail -n 3 "/results/$name.txt" | sed 's/^/[LAB] /'
		exit $status
	}
done
exit 0
