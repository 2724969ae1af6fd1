#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# needs: exitledger guest stock
#
# Runs exitledger bench in a short form, and with each requirement missing, for its
# messages: /results/NAME.out, NAME.err, NAME.status.
set -u

bench() {
	name=$1
	shift
	echo "[LAB] $name"
	"$@" >"/results/$name.out" 2>"/results/$name.err"
	echo $? >"/results/$name.status"
}
mode() { cat /sys/module/kvm/parameters/exit_stats; }

echo 1 >/sys/module/kvm/parameters/exit_stats
bench short exitledger bench --rounds 4 --laps 2 --json /results/short.json \
	--config kernel_time,sum_btf,hist_btf,tracefs,perf_stat cpuid
mode >/results/mode
bench own exitledger bench --rounds 2 --laps 2 --json /results/own.json \
	--config kernel_time,both out
bench kernel exitledger bench --rounds 1 --laps 1 --json /results/kernel.json \
	--book kernel cpuid
bench interrupted timeout -s INT 1 exitledger bench --rounds 100 --laps 1 \
	--config kernel_count --json /results/interrupted.json cpuid
mode >>/results/mode
rmmod kvm-amd kvm
insmod /modules/stock/kvm.ko && insmod /modules/stock/kvm-amd.ko
bench unpatched exitledger bench --rounds 1 --laps 1 --book kernel cpuid
rmmod kvm-amd kvm
bench no-kvm exitledger bench cpuid
ls -d /tmp/exitledger-bench* /sys/kernel/tracing/instances/* >/results/left 2>&1
exit 0
