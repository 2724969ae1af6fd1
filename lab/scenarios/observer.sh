#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# needs: exitledger guest /usr/sbin/bpftool
#
# Runs the observer with guests that know what they executed; lab/tests/observer.t judges
# the results.  VMS: number of guests with 16 vCPUs to create and destroy (135, which is more
# vCPUs than the observer has slots).  SMALL: the host is slow and has one CPU.
set -u
: "${VMS:=135}"

# watch NAME OPTION... -- COMMAND: save the monitor's JSON in /results/NAME.json
watch() {
	name=$1
	shift
	exitledger monitor --interval 0 --json "$@" >"/results/$name.json" \
		2>"/results/$name.err"
	echo "[LAB] $name: status $?"
}
guest() {
	echo "microguest --report /dev/null $*"
}
work="cpuid=1000 out=250 rdmsr=125 vmcall=62"

for attach in tp_btf raw_tp tp; do
	# shellcheck disable=SC2046,SC2086 # words
	watch "one_$attach" --attach "$attach" -- $(guest $work)
	# shellcheck disable=SC2046,SC2086
	watch "four_$attach" --attach "$attach" -- $(guest --vcpus 4 $work)
done
# shellcheck disable=SC2046,SC2086
watch count_only --count-only -- $(guest --vcpus 4 $work)

# Move the guest's four threads from CPU to CPU.
cat >/tmp/migrate <<'END'
#!/bin/sh
microguest --vcpus 4 --laps 20 --report /dev/null cpuid=1000 out=25 &
guest=$!
cpu=0
while grep -q '^State:.[^Z]' "/proc/$guest/status" 2>/dev/null; do
	for thread in /proc/"$guest"/task/*; do
		cpu=$((1 - cpu))
		taskset -p "$((1 + cpu))" "${thread##*/}" >/dev/null 2>&1 &&
			echo moved >>/tmp/moved
	done
	cpu=$((1 - cpu))
	usleep 10000
done
wait "$guest"
END
chmod +x /tmp/migrate
if [ -z "${SMALL:-}" ]; then
	watch migrating -- /tmp/migrate
	wc -l </tmp/moved >/results/moved
fi

# The monitor attaches in the middle of a run: it counts from then on, and sees the VM's end.
microguest --vcpus 2 --laps 100 --report /dev/null cpuid=1000 &
guest=$!
usleep 500000
# shellcheck disable=SC2016 # The inner shell expands these.
watch late -- sh -c 'while grep -q "^State:.[^Z]" "/proc/$0/status"; do
	usleep 50000; done 2>/dev/null' "$guest"
wait $guest

# Report each exit's time, and the histograms of the same exits.
# shellcheck disable=SC2046,SC2086
watch trace --histograms --hlt --slower-than 1ns -- \
	$(guest --vcpus 2 cpuid=2000 out=400 rdmsr=800 hlt_timer=20)

watch off_cpu --off-cpu -- microguest --report /results/off_cpu.report.json \
	--vcpus 4 cpuid=5000 hlt_timer=20
for key in port mmio msr hypercall cpuid; do
	# shellcheck disable=SC2046,SC2086
	watch "by_$key" --by $key -- $(guest --vcpus 2 $work mmio=35)
done
# One thread runs three vCPUs in turn.
for attach in auto tp; do
	# shellcheck disable=SC2046
	watch "turns_$attach" --by port --off-cpu --attach $attach -- \
		$(guest --vcpus 3 --turns cpuid=100 out=1000)
	# shellcheck disable=SC2046
	watch "turns_mmio_$attach" --by mmio --attach $attach -- \
		$(guest --vcpus 3 --turns cpuid=100 out=1000 mmio=100)
done
# shellcheck disable=SC2046
watch fast --fast -- $(guest tsc_far=500 cpuid=100)

echo "[LAB] $VMS guests of 16 vCPUs"
watch churn -- sh -c "i=0; while [ \$i -lt $VMS ]; do
	microguest --vcpus 16 --report /dev/null cpuid=3 || exit 1
	i=\$((i + 1)); done"

# The monitor is killed while it runs: nothing of the observer may stay in the kernel.
programs() {
	bpftool prog show | grep -c 'name \(exit\|entry\)_'
}
exitledger monitor --interval 0 >/dev/null 2>/tmp/counting &
monitor=$!
waited=0
until grep -q 'counting since' /tmp/counting || [ $waited -ge 60 ]; do
	usleep 500000
	waited=$((waited + 1))
done
programs >/results/progs_during
kill -KILL $monitor
wait $monitor 2>/dev/null
sleep 1
programs >/results/progs_after
bpftool map show | grep -c 'name observer' >/results/maps_after
watch none_match --vm nobody -- microguest --report /dev/null cpuid=1
exit 0
