#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# needs: qemu l2 exitledger guest /usr/bin/setpriv rights
#
# Runs comparisons, of which some must balance and some must be inconclusive.
# lab/tests/books.t judges the results: NAME.json, NAME.txt and NAME.status in /results.
set -u

WORK='cpuid=1000 out=200 in=50 hlt=300 rdmsr=400 vmcall=500'
parameters=/sys/module/kvm/parameters

keep() {
	name=$1
	shift
	"$@" >"/results/$name.txt" 2>&1
	echo $? >"/results/$name.status"
}

# books NAME OPTIONS -- MICROGUEST-OPTIONS: run compare with OPTIONS, and in it microguest with
# MICROGUEST-OPTIONS
books() {
	name=$1 options=
	shift
	while [ "$1" != -- ]; do
		options="$options $1"
		shift
	done
	shift
	# shellcheck disable=SC2086 # lists of words
	keep "$name" exitledger compare --reader guest --json "/results/$name.json" $options \
		--guest-report /tmp/report.json -- \
		microguest --report /tmp/report.json "$@" $WORK
}

echo "[LAB] micro-guests"
books one --attach=auto --
books raw_tp --attach=raw_tp --
books two --attach=auto -- --vcpus 2
books four --attach=auto -- --vcpus 4
# Many VMs in a row: addresses are reused, and numbers and slots must not be mixed up.
i=0
while [ "$i" -lt 5 ]; do
	books "again$i" --attach=auto --
	i=$((i + 1))
done

mkdir /tmp/kept
chown 1000:1000 /tmp/kept

echo "[LAB] without root's rights"
# KVM's statistics are read while the guest runs, so the guest must run for a second.
# shellcheck disable=SC2086
keep rights exitledger compare --user 1000 --json /tmp/kept/rights.json \
	--guest-report /tmp/kept/report.json -- rights /results/compare \
	microguest --report /tmp/kept/report.json $WORK hlt=9000
ls -n /tmp/kept >/results/rights.files
cp /tmp/kept/rights.json /results/

echo "[LAB] a guest's report that is not there"
keep unreported exitledger compare --json /results/unreported.json \
	--guest-report /nonexistent -- microguest --report /dev/null cpuid=1000

echo "[LAB] modes of the counters"
echo 1 >$parameters/exit_stats
books counting --attach=auto --
echo 0 >$parameters/exit_stats
books off --attach=auto --
echo 2 >$parameters/exit_stats
books on_again --attach=auto --
echo 0 >$parameters/exit_stats_leaves
books leaves_off --attach=auto --
echo 1 >$parameters/exit_stats_leaves
keep bad_mode sh -c "echo 4 >$parameters/exit_stats"
cat $parameters/exit_stats >/results/mode

echo "[LAB] switching under load"
(
	i=0
	while [ "$i" -lt 40 ]; do
		echo $((i % 4)) >$parameters/exit_stats
		i=$((i + 1))
	done
	echo 2 >$parameters/exit_stats
) &
keep under_load microguest --vcpus 2 --report /results/under_load.json \
	cpuid=20000 rdmsr=20000
wait

# counting NAME: wait until the command that writes /results/NAME.txt counts
counting() {
	i=0
	until grep -qs '^exitledger: counting since ' "/results/$1.txt" ||
		[ "$i" -ge 300 ]; do
		sleep 0.1
		i=$((i + 1))
	done
}

echo "[LAB] the monitor"
# shellcheck disable=SC2086
exitledger monitor --json -i 0 -- microguest $WORK >/results/monitor.txt \
	2>/results/monitor.err
echo $? >/results/monitor.status
# Print a table for each interval of a run.
# shellcheck disable=SC2086
keep table exitledger monitor -i 0.2 -- microguest --vcpus 2 $WORK
exitledger monitor -i 0.1 >/results/interrupted.txt 2>&1 &
monitor=$!
# The command starts with SIGINT ignored, so an earlier signal would be lost.
counting interrupted
kill -INT $monitor
wait $monitor
echo $? >/results/interrupted.status

echo "[LAB] attached late"
# A guest that reads its counters only once after the start has nothing to compare with.
for reads in 1 3; do
	microguest --reads $reads --report /tmp/late.json \
		cpuid=20000 rdmsr=20000 vmcall=20000 &
	guest=$!
	sleep 0.3
	# Stop the guest in the middle of its work, however long attaching takes.
	kill -STOP $guest
	exitledger compare --reader guest --json /results/late$reads.json --for 60 \
		--guest-report /tmp/late.json >/results/late$reads.txt 2>&1 &
	compare=$!
	counting late$reads
	kill -CONT $guest
	wait $guest
	kill -INT $compare
	wait $compare
	echo $? >/results/late$reads.status
done

echo "[LAB] the doctor"
keep doctor exitledger doctor
keep doctor_json exitledger doctor --json
# A VM that was stopped in the middle of its work still counts as one VM.
microguest --vcpus 2 cpuid=100000 &
guest=$!
sleep 0.5
kill -STOP $guest
keep doctor_vm exitledger doctor --json
kill -CONT $guest
kill $guest
wait $guest

echo "[LAB] one VM of several; a guest that is made to read"
microguest --reads 3 --report /tmp/one.json cpuid=20000 rdmsr=5000 &
guest=$!
sleep 0.3
kill -STOP $guest
exitledger compare --json /results/vm.json --for 60 --vm microguest \
	>/results/vm.txt 2>&1 &
compare=$!
counting vm
# With a second VM, stopped as well, the name is ambiguous.
microguest --stop cpuid=10 >/dev/null &
other=$!
until grep -q '^State:.T' /proc/$other/status; do
	sleep 0.1
done
keep two_vms exitledger compare --for 1s --vm microguest
kill -CONT $other
wait $other
kill -CONT $guest
wait $guest
kill -INT $compare
wait $compare
echo $? >/results/vm.status
keep no_vm exitledger compare --for 1 --vm no-such-vm
keep read exitledger compare --for 1.5 -i 0.5 --json /results/read.json \
	--read 'echo login:; microguest cpuid=10'
keep read_fails exitledger compare --for 1 --read 'exit 7'

echo "[LAB] watching, with guests that come and go"
(while :; do microguest --laps 20 --reads 5 cpuid=100 out=3 >/dev/null; done) &
loop=$!
exitledger compare --watch -i 1 --json /results/watch.json \
	>/results/watch.txt 2>&1 &
watch=$!
counting watch
resident() { awk '/^VmRSS/ { print $2 }' /proc/$watch/status; }
sleep 3
before=$(resident)
sleep 3
echo "$before $(resident)" >/results/watch.resident
echo 1 >$parameters/exit_stats
echo 2 >$parameters/exit_stats
sleep 2
kill -INT $watch
wait $watch
echo $? >/results/watch.status
kill $loop
wait $loop
# If counters were switched, even for a moment, nothing is proved.
(
	sleep 1
	echo 0 >$parameters/exit_stats
	echo 2 >$parameters/exit_stats
) &
keep switched exitledger compare --for 2 --read 'microguest cpuid=10'
wait

echo "[LAB] without privileges"
keep nobody_doctor /bin/setpriv --reuid=65534 exitledger doctor
keep nobody_monitor /bin/setpriv --reuid=65534 exitledger monitor -n 1
keep nobody_compare /bin/setpriv --reuid=65534 exitledger compare --for 1

echo "[LAB] a Linux guest"
export L2_REPORT=/results/linux-report.json L2_CONSOLE=/results/l2-console.txt
export L2_APPEND=try_exitleaf=1
# shellcheck disable=SC2016 # The inner shell expands these.
keep record exitledger record -o /tmp/linux.exits -- sh -c '
	exitledger compare --json /results/linux.json --guest-report "$L2_REPORT" \
		-- /qemu/run-qemu -name linux-guest >/results/linux.txt 2>&1
	echo $? >/results/linux.status'
cp /tmp/linux.exits /results/

# The BIOS finds nothing to boot and restarts.
echo "[LAB] a guest that reboots"
# shellcheck disable=SC2016
keep reboots exitledger record -o /tmp/reboots.exits -- sh -c '
	qemu-system-x86_64 -M pc -accel kvm -m 16 -nodefaults -display none \
		-boot reboot-timeout=100 -name rebooting </dev/null &
	guest=$! waited=0
	while [ $waited -lt 60 ] && [ "$(exitledger report /tmp/reboots.exits |
			grep -c "from .* reset: rebooting")" -lt 2 ]; do
		sleep 1
		waited=$((waited + 1))
	done
	kill $guest'
cp /tmp/reboots.exits /results/
exit 0
