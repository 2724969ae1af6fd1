#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# needs: exitledger guest obsfault
#
# Runs what lab/jobs/mutants.py or lab/jobs/soak.py hand down in $ROWS, "NR BOOK MUTANT RUN"
# a line, and leaves what compare made of it: NR.status, NR.txt, NR.json with the
# verdict and the findings alone, and NR.total, the books' totals and how much of
# them was reconciled.
# shellcheck disable=SC2086 # $guest and $compare are numbers; others are words
# shellcheck disable=SC2317 # a row calls them by their names
set -u

WORK='cpuid=1000 out=200 in=50 hlt=300 rdmsr=400 vmcall=500'
parameter=/sys/module/kvm/parameters/exit_stats_mutant
leaves=/sys/module/kvm/parameters/exit_stats_leaves
reader=${READER:-guest}
read=${READ---all}
reads=${READS---reads 4}

# keep STATUS: what compare made of it
keep() {
	echo "$1" >"/results/$nr.status"
	sed 's/.*"result":/{"result":/; s/,"statements":.*/}}/' /tmp/books.json \
		>"/results/$nr.json"
	# Not by sed: where there is no such thing, it looks for minutes.
	grep -o '"reconciled":[0-9]*,"total":{[^}]*}' /tmp/books.json |
		tail -n 1 >"/results/$nr.total"
	rm -f /tmp/books.json
}

alone() {
	exitledger compare --reader "$reader" --json /tmp/books.json \
		--guest-report /tmp/report.json -- \
		$fault microguest $read --report /tmp/report.json "$@" \
		>"/results/$nr.txt" 2>&1
	keep $?
}

# host WORK...: a guest that may not read: the host does
host() {
	echo N >$leaves
	exitledger compare --reader host --json /tmp/books.json -- \
		$fault microguest "$@" >"/results/$nr.txt" 2>&1
	keep $?
	echo Y >$leaves
}

# exits PID: that its VM had, by KVM's own statistics
exits() {
	cat "/sys/kernel/debug/kvm/$1"-*/exits 2>/dev/null || echo 0
}

# background WORK...: a guest that has had some exit, and is stopped then
background() {
	microguest $read --report /tmp/other.json "$@" >/dev/null &
	guest=$!
	case " $* " in
	*' --stop '*) # it does that itself
		until grep -q '^State:.T' /proc/$guest/status; do
			kill -0 $guest || return
		done
		return 0
		;;
	esac
	until [ "$(exits $guest)" -gt 0 ]; do
		kill -0 $guest || return
	done
	kill -STOP $guest
}

# attach: compare, beside a guest that is there
attach() {
	# The guest's report includes what it did before, so the report is left out.
	exitledger compare --reader "${1:-$reader}" --json /tmp/books.json --for 600 \
		>"/results/$nr.txt" 2>&1 &
	compare=$!
	# A guest that runs leaves little to others.
	renice -n -20 -p $compare >/dev/null
	until grep -q '^exitledger: counting since ' "/results/$nr.txt"; do
		kill -0 $compare || return
		usleep 50000
	done
}

# finish: when the guest has ended, so does compare; its status is left in $status
finish() {
	wait $guest
	kill -INT $compare
	wait $compare
	status=$?
}

late() {
	background $reads "$@" || return
	attach
	kill -CONT $guest
	finish
	keep $status
}

# host_late WORK...: a guest that was there before, and that the host reads
host_late() {
	echo N >$leaves
	background "$@" || return
	attach host
	kill -CONT $guest
	finish
	keep $status
	echo Y >$leaves
}

# running WORK...: a guest that is not stopped; it must read while it works
running() {
	microguest $read --report /tmp/other.json "$@" >/dev/null &
	guest=$!
	until [ "$(exits $guest)" -gt 0 ]; do
		kill -0 $guest || break
	done
	attach
	finish
	# It was over before it was read twice: then it is to wait.
	if [ $status -eq 2 ] &&
		grep -qE '"rule":"(late|no-read)"' /tmp/books.json; then
		echo "[LAB] $nr was over too soon: again, with a stop"
		late --stop "$@"
		return
	fi
	keep $status
}

second() {
	microguest --report /tmp/other.json "$@"
	alone "$@"
}

beside() {
	background cpuid=100000 || return
	alone "$@"
	kill -KILL $guest
	wait $guest
}

restricted() {
	rmmod kvm-intel
	insmod /modules/kvm-intel.ko unrestricted_guest=0
	alone "$@"
	rmmod kvm-intel
	insmod /modules/kvm-intel.ko
}

[ ! -e $parameter ] || cat "${parameter}s" >/results/mutants
echo "$ROWS" >/tmp/rows
while read -r nr book mutant how work; do
	[ "$((nr % ${EVERY:-1}))" -ne 0 ] || echo "[LAB] $nr $mutant: $how $work"
	fault=''
	case $book in
	kvm) echo "$mutant" >$parameter ;;
	bpf) fault="obsfault $mutant" ;;
	esac
	# shellcheck disable=SC2046 # a list of words
	"$how" $(echo "$work" | sed "s/WORK/$WORK/")
	[ "$book" != kvm ] || echo none >$parameter
done </tmp/rows
exit 0
