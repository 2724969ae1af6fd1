#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# needs: exitledger guest
#
# Causes every kind of exit that a micro-guest can cause, each a different number of times;
# the books must have exactly these numbers.  LACKS: the kinds that this emulated processor
# does not intercept.
set -u

microguest --list >/results/kinds
caches_on='' caches_off='' with_apic='' count=100
while read -r kind _; do
	case " ${LACKS:-} " in
	*" $kind "*) continue ;;
	esac
	count=$((count + 1))
	case $kind in
	*_cd | shutdown) caches_off="$caches_off $kind=$count" ;;
	tsc_* | self_ipi | hlt_* | pic | nested | fail_entry | vm_fail)
		with_apic="$with_apic $kind=$count"
		;;
	*) caches_on="$caches_on $kind=$count" ;;
	esac
done </results/kinds

books() {
	name=$1
	shift
	echo "$*" >"/results/$name.work"
	exitledger compare --json "/results/$name.json" \
		--guest-report /tmp/report.json -- \
		microguest --report /tmp/report.json "$@" \
		>"/results/$name.txt" 2>&1
	status=$?
	echo "[LAB] $name: status $status"
	echo "$status" >"/results/$name.status"
}

# shellcheck disable=SC2086 # lists of words
{
	books caches_on $caches_on
	books caches_off $caches_off
	books with_apic $with_apic
	books two_vcpus --vcpus 2 $caches_on
}
exit 0
