#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# needs: selftests
#
# Runs the kernel's KVM selftests: those in $TESTS, or all; each for at most $LIMIT
# seconds.  Writes results.txt with lines "NAME RESULT SECONDS", and the tests' output to
# output/NAME.txt.  A failed selftest is a result, too: the exit status is 0.
set -u

now() { cut -d' ' -f1 /proc/uptime; }

# The exit statuses of the selftests; a test that exceeded its time was killed.
result_of() {
	case $1 in
	0) echo pass ;;
	4) echo skip ;;
	137) echo timeout ;;
	*) echo fail ;;
	esac
}

mkdir -p /results/output /dev/shm
mount -t tmpfs shm /dev/shm
for test in ${TESTS:-$(cat /selftests/list)}; do
	name=${test##*/}
	start=$(now)
	timeout -s KILL "$LIMIT" "/selftests/$test" \
		>"/results/output/$name.txt" 2>&1
	status=$?
	# Processes left over from a test must not run beside the next one.
	kill -9 -1 2>/dev/null
	result=$(result_of "$status")
	seconds=$(echo "$start $(now)" | awk '{ printf "%.1f", $2 - $1 }')
	echo "$name $result $seconds" >>/results/results.txt
	echo "[LAB] $name: $result, $seconds s"
	[ "$result" != fail ] ||
		echo "exit status: $status" >>"/results/output/$name.txt"
done
exit 0
