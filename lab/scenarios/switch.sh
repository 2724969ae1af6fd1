#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# needs: exitledger guest
#
# Tests the counters' memory, and the permission to read: modes are switched while a guest
# runs and while vCPUs come and go, and the host decides for one VM.
set -u
parameters=/sys/module/kvm/parameters
vendor=kvm-amd
grep -qw vmx /proc/cpuinfo && vendor=kvm-intel

mode() { echo "$1" >$parameters/exit_stats || echo "[LAB] mode $1 cannot be set"; }

# start NAME ARGUMENT...: start a guest that stops halfway; sets PID and FOLDER
start() {
	name=$1
	shift
	microguest --stop --laps 2 "$@" >"/results/$name.json" 2>&1 &
	PID=$!
	until grep -q '^State:.*T (stopped)' /proc/$PID/status; do sleep 0.1; done
	FOLDER=$(echo /sys/kernel/debug/kvm/$PID-*)
}

go_on() {
	kill -CONT "$PID"
	wait "$PID"
}

slab() { grep -E '^(kvm_vcpu|kvm_exit_(cells|hists)) ' /proc/slabinfo >"/results/$1.slab"; }

# book NAME: save the stopped guest's file exit_stats
book() { cat "$FOLDER/exit_stats" >"/results/$1.book" || echo "[LAB] $1: no book"; }

# A guest that began while counting was off is counted from its next entry on.
mode 0
start late cpuid=1000
slab off
mode 2
go_on
start early --vcpus 2 cpuid=1000
slab on
book early
# Histograms begin with the next entry; a new VM has histograms from its start.
mode 3
go_on
start hist --vcpus 2 cpuid=1000
slab hist
book hist
# The file disappears with its VM: reading an open file then fails.
exec 9<"$FOLDER/exit_stats"
go_on
cat <&9 >/results/gone.book 2>/results/gone.txt && echo "[LAB] a file without a VM"
exec 9<&-
mode 2

# Try each decision of the host for one VM with each decision for all VMs.
for all in Y N; do
	echo $all >$parameters/exit_stats_leaves
	for one in default Y N; do
		start "all-$all-one-$one" cpuid=10
		cat "$FOLDER/exit_stats_leaves" >"/results/all-$all-one-$one.before"
		echo $one >"$FOLDER/exit_stats_leaves" || exit 1
		cat "$FOLDER/exit_stats_leaves" >"/results/all-$all-one-$one.after"
		go_on
	done
done
echo Y >$parameters/exit_stats_leaves
start wrong-word cpuid=10
for word in '' 2x perhaps 'defaultdefaultdefault'; do
	echo "$word" >"$FOLDER/exit_stats_leaves" 2>/dev/null &&
		echo "[LAB] '$word' was taken"
done
cat "$FOLDER/exit_stats_leaves" >/results/wrong-word.after
# One guest may not read, and its neighbour may.
echo N >"$FOLDER/exit_stats_leaves"
microguest cpuid=10 >/results/neighbour.json 2>&1
go_on

# compare does not treat a guest that may not read as a fault.
exitledger compare --reader guest -- microguest --stop --laps 2 cpuid=10 >/results/compare.txt 2>&1 &
compare=$!
until PID=$(pidof microguest) && grep -q 'T (stopped)' "/proc/$PID/status"; do
	sleep 0.1
done
for file in /sys/kernel/debug/kvm/*/exit_stats_leaves; do echo N >"$file"; done
sleep 1
kill -CONT "$PID"
wait $compare
echo $? >/results/compare.status

# Modes are switched while vCPUs run, come and go.
microguest --vcpus 4 cpuid=2000000 >/dev/null 2>&1 &
long=$!
for _ in 1 2 3 4 5 6 7 8; do
	microguest --vcpus 2 cpuid=3000 >/dev/null 2>&1 &
	short=$!
	for m in 0 1 2 3 0 3 1 2; do mode $m; done
	# VMs may end meanwhile, and nothing else may go wrong.
	cat /sys/kernel/debug/kvm/*/exit_stats 2>&1 >/dev/null |
		grep -v 'Input/output error\|No such file' |
		sed 's/^/[LAB] cannot read: /'
	wait $short
done
kill -9 $long
wait $long
mode 2
exitledger compare -- microguest --vcpus 2 cpuid=1000 >/results/after.txt 2>&1
echo $? >/results/after.status
# When its caches are destroyed, the kernel warns of cells that were not freed.
rmmod $vendor && insmod /modules/$vendor.ko || exit 1
exit 0
