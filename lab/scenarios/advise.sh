#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# needs: qemu l2 exitledger
#
# Records a guest that does the work that advise's rules describe, one rule after the other,
# and also does it after the advised changes.  Each record is /results/NAME.exits:
#
#   idle, idle-mmio  sleeps of 10 ms, with the TSC as clock, recorded by port and by address
#   acpi_pm, hpet    the same with this clock source
#   polling          the same with a KVM that polls for up to 0.2 s
#   serial, cpuid    bytes written to a serial port, and CPUID, without pause
#   preempted        RDTSC without pause, while the host does other work
#   alone            the same, while the host does nothing else
#
# EACH: the length of each run in seconds.
set -u
: "${EACH:=12}"

poll=/sys/module/kvm/parameters/halt_poll_ns
export L2_CONSOLE=/results/console L2_TIMEOUT=1000
export L2_APPEND='rdinit=/habit noxsave'

# fail MESSAGE: end the scenario.  If a guest hangs, that is the emulator's fault, so
# guest-failed lets l1.sh repeat the run.
fail() {
	echo "[LAB] $*"
	tail -n 5 $L2_CONSOLE | tee -a /results/guest-failed
	exit 1
}

# await LINE: wait until the guest's console shows this line
await() {
	tries=0
	until grep -qs "^$1" $L2_CONSOLE; do
		tries=$((tries + 1))
		[ $tries -lt 400 ] || fail "the guest does not say '$1'"
		sleep 0.5
	done
}

# habit WORKLOAD SOURCE [FILE]: start a workload in the guest
habit() {
	habits=$((habits + 1))
	echo "$*" >&3
	await "habit $habits begins: $1 $2"
}

# record NAME [OPTION...]: record for EACH seconds
record() {
	run=$1
	shift
	echo "[LAB] $run"
	exitledger record -o "/results/$run.exits" -i 1s --off-cpu "$@" -- \
		sleep "$EACH" >"/results/$run.log" 2>&1 ||
		fail "$run: $(cat "/results/$run.log")"
}

habits=0
mkfifo /tmp/habits.in /tmp/habits.out
exec 3<>/tmp/habits.in 4<>/tmp/habits.out
echo 0 >$poll
/qemu/run-qemu -name web1 -chardev pipe,id=habits,path=/tmp/habits \
	-serial chardev:habits -serial null >/results/guest.txt 2>&1 &
guest=$!
await 'habits can begin'
habit hlt tsc
record idle --by port
record idle-mmio --by mmio
echo 200000000 >$poll
record polling
echo 0 >$poll
habit hlt acpi_pm
record acpi_pm --by port
habit hlt hpet
record hpet --by mmio
habit serial tsc /dev/ttyS3
record serial --by port
habit cpuid tsc
record cpuid --by cpuid
habit rdtsc tsc
record alone
(while :; do :; done) &
other=$!
record preempted
kill $other
killall qemu-system-x86_64
wait $guest
exit 0
