#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# needs: exitledger guest
#
# Runs guests in situations in which naive counters are wrong; lab/tests/edges.t judges the
# results.  N: repetitions (1000).  VMS: number of VMs to create and destroy (200).
set -u

: "${N:=1000}" "${VMS:=200}"
vendor=kvm-amd
grep -qw vmx /proc/cpuinfo && vendor=kvm-intel

# books NAME MICROGUEST-OPTIONS: compare a guest
books() {
	name=$1
	shift
	exitledger compare --json "/results/$name.json" \
		--guest-report "/results/$name.report.json" -- \
		microguest --report "/results/$name.report.json" "$@" \
		>"/results/$name.txt" 2>&1
	echo $? >"/results/$name.status"
	echo "[LAB] $name: status $(cat "/results/$name.status")"
}

# reload PARAMETER...: reload the vendor module with these parameters
reload() {
	if ! rmmod "$vendor" || ! insmod "/modules/$vendor.ko" "$@"; then
		echo "[LAB] cannot load $vendor again"
		exit 1
	fi
}

books tsc_far tsc_far="$N"
books tsc_near tsc_near="$N"
books self_ipi self_ipi="$N"
books hlt_timer hlt_timer=50
books apic_two --vcpus 2 tsc_far=50 tsc_near=20 self_ipi=30 hlt_timer=10 cpuid=7
books fail_entry fail_entry=1 cpuid=10
books shutdown shutdown=3 cpuid=10
books overcommit --vcpus 8 --laps 5 cpuid=20 out=10
echo 1 >/sys/module/kvm/parameters/force_emulation_prefix
books emulated --emulated cpuid=10
echo 0 >/sys/module/kvm/parameters/force_emulation_prefix
if [ $vendor = kvm-amd ]; then
	books nested nested="$N"
else
	books vm_fail vm_fail=1
	reload preemption_timer=0
	books tsc_far_no_timer tsc_far="$N"
	reload unrestricted_guest=0
	books real_mode real_mode="$N"
	reload
fi

echo "[LAB] eight guests at once"
for i in 1 2 3 4 5 6 7 8; do
	microguest --report "/results/together$i.report.json" --laps 10 \
		cpuid=$((i * 10)) vmcall=$((i * 5)) out=$i &
done
wait

# Print what KVM and the whole kernel have allocated: objects, and kB.
allocated() {
	echo 3 >/proc/sys/vm/drop_caches
	awk '/^kvm|^x86_emulator/ { printf "%s=%d ", $1, $2 }' /proc/slabinfo
	awk '/^SUnreclaim|^Percpu/ { printf "%s%d ", $1, $2 }' /proc/meminfo
	echo
}
vms() {
	i=0
	while [ "$i" -lt "$1" ]; do
		microguest --vcpus 4 --report /tmp/report.json cpuid=2 out=1 ||
			echo "$i" >>/results/vms-failed
		i=$((i + 1))
	done
}
echo "[LAB] $VMS guests, one after the other"
vms 10
allocated >/results/allocated-before
vms "$VMS"
allocated >/results/allocated-after

echo "[LAB] modules out and in"
rmmod $vendor && rmmod kvm && insmod /modules/kvm.ko &&
	insmod /modules/$vendor.ko
echo $? >/results/modules.status
books again cpuid=10
exit 0
