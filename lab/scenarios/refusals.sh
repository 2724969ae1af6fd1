#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# needs: exitledger guest
# kvm: none
#
# Hosts on which nothing can be observed: without KVM, and (in modules without
# BTF, as which the test runs this) with one that cannot be read.
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
keep no_btf_monitor exitledger monitor -n 1
keep no_btf_compare exitledger compare --for 1
keep no_btf_doctor exitledger doctor --json
exit 0
