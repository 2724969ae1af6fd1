#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# needs: exitledger guest /usr/bin/unshare
# kvm: none
#
# Runs exitledger on hosts where it can observe nothing, or not everything: without KVM; and
# with a KVM without BTF (the test passes such modules), with tracefs and without.
set -u

keep() {
	name=$1
	shift
	"$@" >"/results/$name.txt" 2>"/results/$name.err"
	echo $? >"/results/$name.status"
}

keep no_kvm_monitor exitledger monitor -n 1
keep no_kvm_compare exitledger compare --for 1
keep no_kvm_doctor exitledger doctor
keep no_kvm_microguest microguest cpuid=1
for module in irqbypass ccp kvm kvm-amd; do
	insmod /modules/$module.ko || exit 1
done
work='microguest --report /dev/null cpuid=1000 out=200'
for attach in auto tp; do
	# shellcheck disable=SC2086 # words
	keep no_btf_$attach exitledger monitor --json -i 0 --attach $attach -- $work
done
keep no_btf_raw_tp exitledger monitor -n 1 --attach raw_tp
keep no_btf_compare exitledger compare --for 1
keep no_btf_doctor exitledger doctor --json
# In the PID namespace the guest's process has another number.  It runs long enough for
# processes to be looked up.
keep pid_ns /bin/unshare --pid --fork --mount-proc \
	exitledger monitor --json -i 0.2 --attach tp -- \
	microguest --laps 20 --report /dev/null cpuid=5000 out=200
umount /sys/kernel/tracing && umount -l /sys/kernel/debug || exit 1
keep no_tracefs_monitor exitledger monitor -n 1
keep no_tracefs_doctor exitledger doctor --json
exit 0
