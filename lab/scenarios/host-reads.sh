#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# needs: exitledger guest
#
# The books are held against each other without any guest's help: KVM's is read by
# the host.  Guests that may not read, one or several, there before or not.
set -u
N() { echo "$1" >/sys/module/kvm/parameters/exit_stats_leaves; }

# compare NAME ARGUMENT...
compare() {
	name=$1
	shift
	exitledger compare --reader host --json "/results/$name.json" "$@" \
		>"/results/$name.txt" 2>"/results/$name.err"
	status=$?
	echo "[LAB] $name: status $status"
	echo $status >"/results/$name.status"
}

N N
compare one -- microguest --laps 20 cpuid=3000 out=500 hlt_due=20
compare four -- microguest --vcpus 4 --laps 10 cpuid=3000 out=500

# A guest that was there before, while it runs, and stopped.
microguest --vcpus 2 --laps 2000 cpuid=3000 >/dev/null 2>&1 &
long=$!
sleep 1
compare late --for 3s
microguest --vcpus 2 --laps 2000 out=3000 >/dev/null 2>&1 &
other=$!
compare two --for 3s
exitledger compare --watch --reader host --for 4s --interval 1s >/results/watch.txt 2>&1
echo $? >/results/watch.status
kill -STOP $long $other
compare stopped --for 1s
exitledger compare --reader host --vm $long --for 1s >/results/vm.txt 2>&1
echo $? >/results/vm.status
kill -9 $long $other
wait
N Y
exit 0
