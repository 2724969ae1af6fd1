#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# needs: exitledger exitledger-export guest
#
# Runs each command on a kernel that is too old for it.  None may begin its work.
set -u

keep() {
	name=$1
	shift
	"$@" >"/results/$name.txt" 2>"/results/$name.err"
	echo $? >"/results/$name.status"
}

for attach in auto tp_btf raw_tp tp; do
	keep monitor_$attach exitledger monitor --attach $attach -- touch /tmp/ran
done
keep record exitledger record -o /tmp/run.exits -- touch /tmp/ran
keep compare exitledger compare -- touch /tmp/ran
keep bench exitledger bench --time 1s cpuid
keep export exitledger export --listen 127.0.0.1:9100
keep doctor exitledger doctor
keep doctor_json exitledger doctor --json
ls -A /tmp >/results/begun
exit 0
