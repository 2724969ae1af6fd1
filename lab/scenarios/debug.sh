#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# needs: exitledger guest stock
#
# Work for a debugging kernel, which complains of a mistake in its log by itself: guests,
# modes that are switched under load, VMs and vCPUs that come and go while others read,
# allocations that fail, and modules that are loaded in every order.  ROUNDS: how often
# (default 20); FAILS: up to which allocation (default 900), EACH: every how many of them
# (default 3).  PLANTED: only let a guest read the leaves, with modules that have a mistake.
set -u
parameters=/sys/module/kvm/parameters
vms=/sys/kernel/debug/kvm

fail() {
	echo "[LAB] $*"
	exit 1
}
say() {
	echo "[LAB] $*"
	echo "$*" >>/results/summary
}

# balance NAME ARGUMENT...: compare both books of a guest
balance() {
	name=$1
	shift
	exitledger compare --json "/results/$name.json" --guest-report /tmp/report.json -- \
		microguest --report /tmp/report.json "$@" >"/results/$name.txt" 2>&1 ||
		fail "$name: compare ended with $?"
}

books() {
	balance one cpuid=300 out=50 hlt=50 rdmsr=100 wrmsr=50
	balance two --vcpus 2 cpuid=200 out=50
	leaffuzz --values 2000 >/results/fuzz.txt 2>&1 || fail 'leaf-fuzz failed'
	say 'guests of one and two vCPUs balanced; 2,000 values of each leaf were right'
}

# read_all: read all that KVM and the host's reader offer, until it is killed
read_all() {
	exitledger monitor --book kernel --json --interval 200ms >/dev/null 2>&1 &
	while :; do
		cat "$vms"/*/exit_stats* "$vms"/*/vcpu*/exit_stats* >/dev/null 2>&1
	done
}

switched_modes() {
	microguest --vcpus 2 --laps 1000000 cpuid=20 out=5 >/dev/null 2>&1 &
	guest=$!
	nr=0
	while [ $nr -lt $((ROUNDS * 10)) ]; do
		for mode in 0 1 3 2; do
			echo $mode >$parameters/exit_stats || fail "mode $mode cannot be set"
			for leaves in N Y; do
				echo $leaves >$parameters/exit_stats_leaves
				echo $leaves | tee "$vms"/*/exit_stats_leaves >/dev/null 2>&1
			done
			nr=$((nr + 1))
		done
	done
	kill -9 $guest
	wait $guest
	say "modes were switched $nr times under load"
}

# VMs end by themselves and are killed, at any moment of their lives.
come_and_go() {
	nr=0
	while [ $nr -lt $((ROUNDS * 3)) ]; do
		microguest --vcpus 3 cpuid=20 >/dev/null 2>&1 &
		ends=$!
		microguest --vcpus 2 --laps 1000000 cpuid=20 >/dev/null 2>&1 &
		killed=$!
		usleep $((nr * 7919 % 400000))
		kill -9 $killed
		wait $killed $ends
		nr=$((nr + 2))
	done
	say "$nr VMs came and went while the host read"
}

# The Nth allocation of the process fails, from exec on.
failing_allocations() {
	failslab=/sys/kernel/debug/failslab
	echo N >$failslab/ignore-gfp-wait || fail 'this kernel has no failslab'
	echo 0 >$failslab/verbose
	echo 3 >$parameters/exit_stats
	nr=1 tries=0 failed=0
	while [ $nr -le "$FAILS" ]; do
		# shellcheck disable=SC2016 # for the inner shell
		sh -c 'echo "$0" >/proc/self/fail-nth
			exec microguest --vcpus 2 cpuid=5' $nr >/dev/null 2>&1 ||
			failed=$((failed + 1))
		tries=$((tries + 1))
		nr=$((nr + EACH))
	done
	[ $failed -gt 0 ] || fail 'no allocation failed'
	echo 2 >$parameters/exit_stats
	say "an allocation failed in each of $tries VMs, which ended $failed of them"
}

# load KVM VENDOR: load these two in the place of those that are loaded
load() {
	rmmod kvm-amd
	rmmod kvm
	insmod "$1/kvm.ko" || fail "cannot load $1/kvm.ko"
	insmod "$2/kvm-amd.ko" || fail "cannot load $2/kvm-amd.ko on $1/kvm.ko"
}

modules() {
	nr=0
	while [ $nr -lt "$ROUNDS" ]; do
		for kvm in /modules /modules/stock; do
			for vendor in /modules /modules/stock; do
				# A vendor module of ours under the distribution's kvm.ko lacks symbols.
				[ "$kvm $vendor" != '/modules/stock /modules' ] || continue
				load $kvm $vendor
				[ ! -e $parameters/exit_stats ] || echo 3 >$parameters/exit_stats
				microguest --vcpus 2 cpuid=20 >/dev/null 2>&1
				nr=$((nr + 1))
			done
		done
	done
	load /modules /modules
	say "KVM's modules were loaded $nr times, ours and the kernel's own in three pairs"
}

if [ -n "${PLANTED:-}" ]; then
	microguest cpuid=10 >/dev/null 2>&1
	exit 0
fi
: "${ROUNDS:=20}" "${FAILS:=900}" "${EACH:=3}"
books
read_all &
readers=$!
switched_modes
come_and_go
kill -9 $readers
killall -q exitledger cat
failing_allocations
modules
books
# lockdep switches itself off after its first report, or if it runs out of room.
grep -q '^ *debug_locks: *1$' /proc/lockdep_stats || fail 'lockdep is off'
say 'lockdep was on to the end'
exit 0
