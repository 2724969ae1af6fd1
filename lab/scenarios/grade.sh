#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# needs: qemu l2 exitledger guest
#
# Runs the guests that lab/grade/grade.py passes in $ROWS, one per line as "NAME HOW RUN",
# and compares what they read with BPF's book.  $LEAVES describes the leaves, and
# $PARAMETERS are those of kvm.ko.  Leaves NAME.status (compare's status; 124: the guest
# hung), NAME.txt (what compare and the guest have printed), NAME.json (compare's result),
# NAME.registers (what the guest has read) and NAME.log (the number of lines that the kernel
# logged meanwhile).  A guest that hangs gets a second try, and then NAME.hung has the limit in
# seconds.  QEMU's emulator lets a guest hang now and then, whatever KVM's modules are.
# shellcheck disable=SC2086 # the guest's arguments are words
# shellcheck disable=SC2317 # a row calls them by their names
set -u

WORK='cpuid=1000 out=200 in=50 hlt=300 rdmsr=400 vmcall=500'
LINUX_WORK=cpuid=1000,vmcall=500,hlt=20
limit=${LIMIT:-60}
numbering=/tmp/leaves

# keep STATUS: keep the results of compare; all answers would be too much for a serial port
keep() {
	echo "$1" >"/results/$name.status"
	sed 's/.*"result":/{"result":/; s/,"statements":.*/}}/' /tmp/books.json \
		>"/results/$name.json" 2>/dev/null
	rm -f /tmp/books.json
}

# Did timeout end the guest, or compare itself?
hung() {
	[ $status -ge 124 ] ||
		grep -qE '^command  ended with status (124|137|143):' "/results/$name.txt"
}

alone() {
	timeout -k 5 "$limit" exitledger compare --leaves $numbering \
		--json /tmp/books.json --guest-report /tmp/report.json -- \
		microguest --leaves $numbering --report /tmp/report.json \
		--registers "/results/$name.registers" "$@" \
		>"/results/$name.txt" 2>&1
	status=$?
	# compare passes the signal of timeout on to the guest, and ends with a status of its own
	! hung || status=124
	keep $status
	[ $status -ne 124 ] || killall -9 microguest 2>/dev/null
}

# reads_of REASON...: print the reads of a Linux guest: the leaves, and the reasons of those
# that tell something about a reason
reads_of() {
	awk -v reasons="$*" '$1 == "leaf" && $3 ~ /^reason-/ {
		for (i = split(reasons, of, " "); i; i--)
			print $2 ":" of[i]
	}
	$1 == "leaf" && $3 ~ /^(exits|cycles)$/ { print $2 }' $numbering | paste -sd, -
}

# linux REASON...: a Linux guest, which works when it has booted
linux() {
	# guest-failed would call that a failure of the lab, but here KVM is judged.
	L2_REPORT=/tmp/linux.reads L2_CONSOLE=/results/linux-console.txt L2_TIMEOUT=$limit \
		L2_APPEND="rdinit=/grade READS=$(reads_of "$@") WORK=$LINUX_WORK" \
		exitledger compare --leaves $numbering --json /tmp/books.json -- \
		/qemu/run-qemu >"/results/$name.txt" 2>&1
	status=$?
	rm -f /results/guest-failed*
	tr -d '\r' </tmp/linux.reads >"/results/$name.registers"
	! hung || status=124
	keep $status
}

# second WORK...: a guest after another guest
second() {
	timeout -k 5 "$limit" microguest --leaves $numbering --report /tmp/other.json "$@"
	alone "$@"
}

# load PARAMETER...: load KVM's modules anew, so that counters that are global begin at 0
load() {
	rmmod "$vendor" kvm && insmod /modules/kvm.ko ${PARAMETERS:-} &&
		insmod "/modules/$vendor.ko" "$@"
}

# emulated WORK...: a guest whose real mode KVM emulates
emulated() {
	load unrestricted_guest=0
	alone "$@"
}

echo "$LEAVES" >$numbering
echo "$ROWS" >/tmp/rows
# An oops ends L1 at once, and says why; otherwise guests would wait for ever.
echo 1 >/proc/sys/kernel/panic_on_oops
vendor=kvm-amd
grep -qw vmx /proc/cpuinfo && vendor=kvm-intel
# try: run the row $name, $how, $work; fail if the modules cannot be loaded
try() {
	load || {
		echo "[LAB] KVM's modules could not be loaded again"
		return 1
	}
	lines=$(dmesg | wc -l)
	# shellcheck disable=SC2046 # a list of words
	"$how" $(echo "$work" | sed "s/WORK/$WORK/") </dev/null
	echo $(($(dmesg | wc -l) - lines)) >"/results/$name.log"
}

hangs() { [ "$(cat "/results/$name.status")" -eq 124 ]; }

while read -r name how work; do
	echo "[LAB] $name"
	try || break
	hangs || continue
	echo "[LAB] $name: the guest did not end in $limit s; a second try"
	try || break
	# A guest that hangs twice would hang again, and take the time of all others.
	! hangs || {
		echo "$limit" >"/results/$name.hung"
		break
	}
done </tmp/rows
exit 0
