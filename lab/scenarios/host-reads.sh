#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# needs: exitledger exitledger-export guest
#
# The host reads KVM's counters without the guest's help.  compare reads those of one guest
# or several that may not read, and that began before compare or after it.  monitor and
# export read KVM's book, while another monitor and exporter show BPF's.  SHORT: do less,
# for a slow host.
set -u
parameters=/sys/module/kvm/parameters

# compare NAME ARGUMENT...: let the host read, and keep the results
compare() {
	name=$1
	shift
	exitledger compare --reader host --json "/results/$name.json" "$@" \
		>"/results/$name.txt" 2>"/results/$name.err"
	status=$?
	echo "[LAB] $name: status $status"
	echo $status >"/results/$name.status"
}

# run WORK...: start a guest that runs until it is killed; sets $pid
run() {
	microguest --laps 4096 "$@" >/dev/null 2>&1 &
	pid=$!
	until [ "$(cat /sys/kernel/debug/kvm/$pid-*/exits 2>/dev/null || echo 0)" -gt 0 ]; do
		kill -0 $pid || return
		sleep 0.1
	done
}

# watch BOOK: start a monitor with this book, and wait until it counts; sets $monitor
watch() {
	exitledger monitor --book "$1" --interval 600s --json \
		>"/results/monitor-$1.json" 2>"/results/monitor-$1.err" &
	monitor=$!
	until grep -q ' counting since ' "/results/monitor-$1.err"; do
		kill -0 $monitor || return
		sleep 0.1
	done
}

# export_by BOOK: start an exporter with this book, and wait for its file; sets $exporter
export_by() {
	exitledger export --book "$1" --textfile "/results/$1.prom" --interval 1s \
		2>"/results/export-$1.err" &
	exporter=$!
	until [ -s "/results/$1.prom" ]; do
		kill -0 $exporter || return
		sleep 0.1
	done
}

# Both books cover the same exits, as everything begins and ends while the guest is
# stopped.
monitors() {
	run --vcpus 2 cpuid=300 out=30
	kill -STOP $pid
	watch bpf
	bpf=$monitor
	watch kernel
	export_by bpf
	by_bpf=$exporter
	export_by kernel
	kill -CONT $pid
	sleep "${TIME:-3}"
	kill -STOP $pid
	sleep 0.2
	kill -INT $bpf $monitor $by_bpf $exporter
	wait $bpf $monitor $by_bpf $exporter
	kill -KILL $pid
	wait $pid
}

echo N >$parameters/exit_stats_leaves
compare one -- microguest --laps 12 cpuid=1000 out=200 hlt_due=20
if [ -z "${SHORT:-}" ]; then
	compare four -- microguest --vcpus 4 --laps 10 cpuid=1000 out=200
	run --vcpus 2 cpuid=3000
	first=$pid
	compare late --for 2s
	run --vcpus 2 out=3000
	compare two --for 2s
	compare watch --watch --for 3s --interval 1s
	compare vm --vm $first --for 1s
	kill -STOP $first $pid
	compare stopped --for 500ms
	kill -KILL $first $pid
	wait
fi
echo 3 >$parameters/exit_stats
monitors
echo 2 >$parameters/exit_stats
echo Y >$parameters/exit_stats_leaves
exit 0
