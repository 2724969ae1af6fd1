#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# needs: exitledger guest terminfo /usr/bin/script rights
#
# Runs the monitor with many options and in all formats, with guests whose exits are known.
set -u

# keep NAME COMMAND...: save a command's output and status in /results
keep() {
	name=$1
	shift
	timeout -s INT 60 "$@" >"/results/$name.txt" 2>"/results/$name.err"
	echo $? >"/results/$name.status"
}

# monitor NAME OPTION... -- COMMAND...: run the monitor, and save its output and status
monitor() {
	name=$1
	shift
	keep "$name" exitledger monitor "$@"
}

mkdir /tmp/kept
chown 1000:1000 /tmp/kept

echo "[LAB] the monitor's formats"
guest='microguest --report /dev/null'
# shellcheck disable=SC2086 # words
{
	monitor json --json --histograms -i 0.2 -- $guest --vcpus 2 \
		cpuid=20000 rdmsr=5000
	monitor by-vcpu --json --by-vcpu -i 0 -- $guest --vcpus 2 cpuid=2000
	monitor csv --csv -i 0.2 -- $guest --vcpus 2 cpuid=20000 rdmsr=5000
	monitor table -i 0.2 --fast --off-cpu -- $guest cpuid=10000 hlt=100
	monitor key --json --by msr -i 0 -- $guest rdmsr=300
	monitor slow --json --slower-than 50us -i 0.2 -- $guest --vcpus 2 \
		cpuid=5000 rdmsr=4000
	monitor count --json --count-only -i 0 -- $guest cpuid=2000

	echo "[LAB] a run is recorded, beside a monitor"
	monitor run --json -i 0 -- exitledger record -o /tmp/run.exits -i 0.1 \
		--detail 0.3s -- $guest --vcpus 2 cpuid=4000 rdmsr=1000
	cp /tmp/run.exits /results/

	echo "[LAB] its rights"
	monitor rights --json -i 0.2 -- rights /results/monitor $guest cpuid=2000
	monitor rights-run --json -i 0 -- exitledger record --user 1000 \
		-o /tmp/kept/run.exits -- rights /results/record $guest cpuid=3000
	ls -n /tmp/kept >/results/rights-run.files
	cp /tmp/kept/run.exits /results/rights-run.exits

	echo "[LAB] its filters"
	monitor reason --json --reason cpuid --vcpu 1 -i 0 -- $guest \
		--vcpus 2 cpuid=2000 rdmsr=300
	monitor nobody --vm nobody --pid 1 -i 0 -- $guest cpuid=2000
}

echo "[LAB] its ends"
(
	timeout -s INT 60 exitledger monitor --csv -i 0.1
	echo $? >/results/unread.status
) 2>/results/unread.err | head -n 1 >/results/unread.txt
keep full sh -c 'exitledger monitor -n 1 -i 0.1 >/dev/full'

echo "[LAB] its live view"
export TERM=xterm-256color LC_ALL=C.UTF-8
mkdir -p /dev/pts
mount -t devpts devpts /dev/pts
$guest --vcpus 2 cpuid=1000000 >/dev/null 2>&1 &
running=$!
{
	until grep -q microguest /results/top.typescript; do
		sleep 0.2
	done
	printf '\r'
	until grep -q 'vCPU 1' /results/top.typescript; do
		sleep 0.2
	done
	printf 'q'
	sleep 2
} | keep top script -q -f -e -c \
	"stty rows 24 cols 80 && exec exitledger monitor --top -i 0.5" \
	/results/top.typescript
kill $running
exit 0
