#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# needs: exitledger guest floor stock
#
# Measures the TSC cycles of an exit on the distribution's modules: with no BPF, with
# empty BPF programs, and with the observer attached in each way.  /results/CONFIGURATION
# has a lap of 100 exits per line.  The observer's count must equal the executed number.
#
# CASES: configurations to measure; default: all.  LAPS: laps of each (100).
set -u
: "${LAPS:=100}" "${CASES:=}"

fail() {
	echo "[LAB] $*"
	exit 1
}

wanted() {
	[ -z "$CASES" ] && return 0
	case " $CASES " in *" $1 "*) return 0 ;; esac
	return 1
}

# measure NAME PREFIX...: measure the same guest under this command
measure() {
	name=$1
	shift
	wanted "$name" || return 0
	echo "[LAB] $name"
	"$@" microguest --vcpus "${VCPUS:-1}" --laps "$LAPS" \
		--cycles "/results/$name" --report "/tmp/$name.report" \
		cpuid=100 >"/tmp/$name.out" || fail "$name: microguest failed"
}

# counted NAME: check that the monitor counted the executed CPUIDs; ten more are
# microguest's own attempts to read the leaves, which these modules do not have
counted() {
	[ -e "/results/$1" ] || return 0
	count=$(grep -o '"name":"CPUID","exits":[0-9]*' "/tmp/$1.out" |
		sed 's/.*://' | tail -n 1)
	executed=$((${VCPUS:-1} * LAPS * 100 + 10))
	[ "$count" = "$executed" ] ||
		fail "$1: $count CPUIDs counted, $executed executed"
}

watched() {
	name=$1
	shift
	measure "$name" exitledger monitor --interval 0 --json "$@" --
	counted "$name"
}

# crowd NAME: measure while 992 vCPUs of stopped guests have slots, too
crowd() {
	wanted "$1" || return 0
	mkdir -p /tmp/crowd
	cat >/tmp/crowd/run <<-'END'
		#!/bin/sh
		for i in $(seq 62); do
			microguest --vcpus 16 --laps 4000 --report /dev/null \
				cpuid=100 &
			sleep 0.1
			kill -STOP $!
		done
		"$@"
		status=$?
		kill -KILL $(jobs -p)
		exit $status
	END
	chmod +x /tmp/crowd/run
	measure "$1" exitledger monitor --interval 0 --json -- /tmp/crowd/run
	cp "/tmp/$1.out" "/results/$1.json"
}

load-kvm /modules/stock || exit
measure none
measure null
measure floor_exit floor tp_btf exit
measure floor_pair floor tp_btf pair
watched count --count-only
watched time
watched time_btf --attach tp_btf
watched time_raw --attach raw_tp
watched time_tp --attach tp
watched off_cpu --off-cpu
watched split --split
watched fast --fast
watched slow --slower-than 1s
watched by_cpuid --by cpuid
watched by_rip --by rip
crowd crowd
VCPUS=4
measure none_4
watched time_4
exit 0
