#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# needs: exitledger guest
#
# Takes the percentiles of KVM's book and, of the same exits, a trace of each exit and each
# entry: /results/monitor.json and trace.txt, whose times are TSC cycles.
set -u
tracing=/sys/kernel/tracing
[ -d $tracing/events ] || mount -t tracefs tracefs $tracing

microguest --laps 4096 cpuid=500 out=300 mmio=300 hlt_timer=60 wrmsr=200 >/results/guest.txt 2>&1 &
guest=$!
until [ "$(cat /sys/kernel/debug/kvm/$guest-*/exits 2>/dev/null || echo 0)" -gt 0 ]; do
	kill -0 $guest || exit 1
	sleep 0.1
done
kill -STOP $guest
sleep 0.2

echo x86-tsc >$tracing/trace_clock
echo 20000 >$tracing/buffer_size_kb
echo 1 >$tracing/events/kvm/kvm_exit/enable
echo 1 >$tracing/events/kvm/kvm_entry/enable
exitledger monitor --book kernel --interval 0 --json >/results/monitor.json \
	2>/results/monitor.err &
monitor=$!
until grep -q ' counting since ' /results/monitor.err; do
	kill -0 $monitor || exit 1
	sleep 0.1
done
kill -CONT $guest
sleep "${TIME:-2}"
kill -STOP $guest
sleep 0.2
kill -INT $monitor
wait $monitor
status=$?
echo 0 >$tracing/events/kvm/enable
grep -h overrun $tracing/per_cpu/cpu*/stats >/results/overrun.txt
grep -E ' kvm_(exit|entry): ' $tracing/trace | cut -c 1-120 >/results/trace.txt
kill -KILL $guest
exit $status
