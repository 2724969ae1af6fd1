#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# needs: exitledger guest stock vmchurn
#
# Loads KVM in every way in which its exit counters could hurt the host, in rounds, for
# MINUTES; lab/debug/debug-lab.sh judges the kernel's log.  STEPS: only these.  MOST: failing
# allocations per step of a VM's life (16).
set -u
: "${MINUTES:=3}" "${STEPS:=books fuzz switch churn memory modules}" "${MOST:=16}"
parameters=/sys/module/kvm/parameters
debug=/sys/kernel/debug
vendor='kvm-amd'
grep -qw vmx /proc/cpuinfo && vendor='kvm-intel'
round=1

now() { cut -d. -f1 /proc/uptime; }
mode() { echo "$1" >$parameters/exit_stats || echo "mode $1 cannot be set"; }

# say TEXT...: a line of the summary
say() { echo "round $round: $*" >>/results/steps.txt; }

# failed TEXT...: a line of the summary that is wrong; the run goes on
failed() {
	say "WRONG: $*"
	echo "[LAB] round $round: WRONG: $*"
}

# balanced NAME GUEST...: compare a guest's books
balanced() {
	name=$1
	shift
	timeout 300 exitledger compare -- microguest "$@" >/tmp/books.txt 2>&1
	status=$?
	if [ $status = 0 ] && grep -q '^verdict  BALANCED$' /tmp/books.txt; then
		say "$name: BALANCED, $(sed -n 's/^ *\(total\|exits\) .*/&/p' \
			/tmp/books.txt | head -n 1 | tr -s ' ')"
	else
		failed "$name: status $status"
		cp /tmp/books.txt "/results/wrong-$round-$(echo "$name" | tr ' ' -).txt"
	fi
}

books() {
	for vcpus in 1 2 4; do
		balanced "books of $vcpus vCPUs" --vcpus $vcpus --laps 4 cpuid=200 \
			out=40 hlt=20 rdmsr=50 vmcall=50
	done
}

fuzz() {
	if timeout 300 leaffuzz --values 1000 --seed $round >/tmp/fuzz.txt 2>&1; then
		say "leaves: $(tail -n 1 /tmp/fuzz.txt)"
	else
		failed "leaves: $(tail -n 1 /tmp/fuzz.txt)"
	fi
}

# Modes are switched while a guest runs and others come and go; then its books must balance.
switch() {
	microguest --vcpus 4 --laps 4096 cpuid=3000 out=3 >/dev/null 2>&1 &
	long=$!
	nr=0
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		for m in 0 3 1 2 3 0 2 1; do
			mode $m
			nr=$((nr + 1))
		done
		cat $debug/kvm/*/exit_stats >/dev/null 2>&1
	done
	kill -0 $long || failed 'the guest has ended while modes were switched'
	kill -KILL $long
	wait $long
	say "$nr switches under a guest with 4 vCPUs"
	mode $((round % 3 + 1))
	balanced "books after that, in mode $((round % 3 + 1))" --vcpus 2 cpuid=500
	mode 2
}

churn() {
	if timeout 300 vmchurn churn --for 20s --seed $round >/tmp/churn.txt 2>&1; then
		say "$(tail -n 1 /tmp/churn.txt)"
	else
		failed "churn: $(tail -n 2 /tmp/churn.txt | tr '\n' ' ')"
	fi
	echo Y >$parameters/exit_stats_leaves
	mode 2
	balanced 'books after the churn' --vcpus 2 cpuid=500
}

# Each step of a VM's life with one allocation less.  The injected failures themselves are no
# reports.  Loading a module is no such step: where an allocation fails then, Linux's own jump
# labels warn, and sysfs_slab_add() loses the name of a cache.
memory() {
	for fault in failslab fail_page_alloc; do
		echo N >$debug/$fault/ignore-gfp-wait
		echo 0 >$debug/$fault/verbose
	done
	timeout 900 vmchurn memory --most "$MOST" --seed $round >/tmp/memory.txt 2>&1
	status=$?
	while read -r line; do
		say "$line"
	done </tmp/memory.txt
	[ $status = 0 ] || failed "memory: status $status"
	balanced 'books after that' --vcpus 2 cpuid=500
}

# guest_with KVM VENDOR: a guest on a pair of modules
guest_with() {
	if [ "$1 $2" = 'ours ours' ]; then
		balanced "modules $1 $2" --vcpus 2 cpuid=200
	elif timeout 120 microguest --vcpus 2 cpuid=200 >/dev/null 2>/tmp/guest.txt; then
		say "modules $1 $2: a guest ran"
	else
		failed "modules $1 $2: $(tail -n 1 /tmp/guest.txt)"
	fi
}

# Our modules and those without counters, in every pair and order.  Our vendor module needs
# our kvm.ko, and must be refused by the other one.
modules() {
	if ! rmmod $vendor || ! rmmod kvm; then
		failed 'the modules cannot be unloaded'
	fi
	for kvm in ours stock ours; do
		dir=/modules
		[ $kvm = ours ] || dir=/modules/stock
		insmod $dir/kvm.ko || failed "kvm of $kvm cannot be loaded"
		for other in ours stock ours; do
			dir=/modules
			[ $other = ours ] || dir=/modules/stock
			if ! insmod $dir/$vendor.ko 2>/dev/null; then
				[ "$kvm $other" = 'stock ours' ] ||
					failed "modules $kvm $other: not loaded"
				say "modules $kvm $other: refused"
				continue
			fi
			[ "$kvm $other" != 'stock ours' ] ||
				failed "modules $kvm $other: loaded"
			guest_with $kvm $other
			[ $kvm != ours ] || for m in 0 3 2; do mode $m; done
			rmmod $vendor || failed "modules $kvm $other: not unloaded"
		done
		rmmod kvm || failed "kvm of $kvm cannot be unloaded"
	done
	if ! insmod /modules/kvm.ko || ! insmod /modules/$vendor.ko; then
		failed 'the modules cannot be loaded any more'
	fi
}

# Memory that nothing points to.  Found at boot, it is none of ours.
leaks() {
	echo scan >$debug/kmemleak
	sleep 6
	echo scan >$debug/kmemleak
	cat $debug/kmemleak
}

leaks >/results/kmemleak-boot.txt
echo clear >$debug/kmemleak
end=$(($(now) + MINUTES * 60))
start=$(now)
while :; do
	for step in $STEPS; do
		began=$(now)
		$step
		echo "[LAB] round $round: $step, $(($(now) - began)) s"
	done
	leaks >/results/kmemleak.txt
	[ "$(now)" -lt $end ] || break
	[ ! -s /results/kmemleak.txt ] || break
	round=$((round + 1))
done
echo $(($(now) - start)) >/results/seconds
echo $round >/results/rounds
cat /proc/sys/kernel/tainted >/results/tainted
! grep -q 'WRONG: ' /results/steps.txt
