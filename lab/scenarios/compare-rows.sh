#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# needs: exitledger guest obsfault
#
# Runs the rows that lab/jobs/mutants.py or lab/jobs/soak.py pass in $ROWS, one per line as
# "NR BOOK MUTANT RUN", and leaves compare's results: NR.status, NR.txt, NR.json with only
# the verdict and the findings, and NR.total with the totals of the books and how much of
# them was reconciled.
#
# Now and then a guest in the emulator waits for ever for an interrupt that was lost.  A row
# whose VMs have no exit for $ROW_SECONDS is run once more, and its number goes to repeated.
# shellcheck disable=SC2086 # $guest and $compare are numbers; others are words
# shellcheck disable=SC2317 # a row calls them by their names
set -u

WORK='cpuid=1000 out=200 in=50 hlt=300 rdmsr=400 vmcall=500'
parameter=/sys/module/kvm/parameters/exit_stats_mutant
leaves=/sys/module/kvm/parameters/exit_stats_leaves
reader=${READER:-guest}
read=${READ---all}
reads=${READS---reads 4}

# keep STATUS: keep the results of compare, and say if right books were blamed
keep() {
	echo "$1" >"/results/$nr.status"
	[ "$book" != - ] || [ "$1" != 1 ] || echo "$nr" >>/results/blamed
	sed 's/.*"result":/{"result":/; s/,"statements":.*/}}/' /tmp/books.json \
		>"/results/$nr.json"
	# sed takes minutes on such a long line if it finds no match.
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

# host WORK...: run a guest that may not read its counters; the host reads them
host() {
	echo N >$leaves
	exitledger compare --reader host --json /tmp/books.json -- \
		$fault microguest "$@" >"/results/$nr.txt" 2>&1
	keep $?
	echo Y >$leaves
}

# exits PID: print the exits of the process's VM, by KVM's own statistics
exits() {
	cat "/sys/kernel/debug/kvm/$1"-*/exits 2>/dev/null || echo 0
}

# background WORK...: start a guest, and stop it after its first exits
background() {
	microguest $read --report /tmp/other.json "$@" >/dev/null &
	guest=$!
	case " $* " in
	*' --stop '*) # microguest stops itself
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

# attach: start compare beside a guest that runs already
attach() {
	# The guest's report also covers the time before, so it is not compared.
	exitledger compare --reader "${1:-$reader}" --json /tmp/books.json --for 600 \
		>"/results/$nr.txt" 2>&1 &
	compare=$!
	# A running guest leaves little CPU time to other processes.
	renice -n -20 -p $compare >/dev/null
	until grep -q '^exitledger: counting since ' "/results/$nr.txt"; do
		kill -0 $compare || return
		usleep 50000
	done
}

# finish: wait for the guest, then for compare; sets $status to compare's status
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

# host_late WORK...: run a guest that may not read its counters, and that runs before compare
# begins; the host reads them
host_late() {
	echo N >$leaves
	background "$@" || return
	attach host
	kill -CONT $guest
	finish
	keep $status
	echo Y >$leaves
}

# running WORK...: run a guest that is not stopped, and that reads while it works
running() {
	microguest $read --report /tmp/other.json "$@" >/dev/null &
	guest=$!
	until [ "$(exits $guest)" -gt 0 ]; do
		kill -0 $guest || break
	done
	attach
	finish
	# If the guest ended before it had read twice, repeat with a guest that stops.
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

# hangs PID: has no VM had an exit for $ROW_SECONDS, and does the row go on?
hangs() {
	before='' left=${ROW_SECONDS:-60}
	while [ "$left" -gt 0 ]; do
		now=$(cat /sys/kernel/debug/kvm/*/exits 2>/dev/null)
		left=$((left - 1))
		if [ -z "$now" ] || [ "$now" != "$before" ]; then
			before=$now left=${ROW_SECONDS:-60}
		fi
		for _ in 0 1 2 3 4 5 6 7 8 9; do
			kill -0 "$1" 2>/dev/null || return 1
			usleep 100000
		done
	done
	return 0
}

# row HOW ARGUMENT...: run a row; once more, if its guest hangs
row() {
	"$@" &
	pid=$!
	if hangs $pid; then
		echo "[LAB] $nr: its guest hangs: once more"
		echo "$nr" >>/results/repeated
		blamed=$(cat /results/blamed 2>/dev/null)
		# Without their guests, compare and the row end by themselves.
		killall -KILL microguest
		wait $pid
		[ -z "$blamed" ] || echo "$blamed" >/results/blamed
		[ -n "$blamed" ] || rm -f /results/blamed
		rm -f "/results/$nr".*
		"$@"
		return
	fi
	wait $pid
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
	row "$how" $(echo "$work" | sed "s/WORK/$WORK/")
	[ "$book" != kvm ] || echo none >$parameter
done </tmp/rows
exit 0
