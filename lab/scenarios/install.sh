#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# needs: install exitledger guest
# kvm: none
#
# Does what a user does on a real machine: Debian's KVM is loaded; then our modules are
# installed, loaded in its place, used, and removed again.
set -u

keep() {
	name=$1
	shift
	"$@" >"/results/$name.txt" 2>"/results/$name.err"
	echo $? >"/results/$name.status"
}

modules() {
	name=$1
	shift
	keep "$name" bash /exitledger/kvm-instrumentation/install-modules.sh "$@"
}

updates=/lib/modules/$(uname -r)/updates/exitledger
cd /results || exit 1
# Use kmod's depmod, not the shell's own.
/sbin/depmod || exit 1
# bash needs /dev/fd for process substitution.
ln -s /proc/self/fd /dev/fd
# Load Debian's KVM with parameters that modprobe's configuration does not have.
/sbin/modprobe kvm min_timer_period_us=123 &&
	/sbin/modprobe kvm_amd nested=0 || exit 1
modules status_before status
modules install install
modules status_installed status

# A guest that runs until it is killed.
microguest cpuid=4000000000 >/dev/null 2>&1 &
guest=$!
until [ -n "$(ls -d /sys/kernel/debug/kvm/*-* 2>/dev/null)" ]; do
	sleep 0.2
done
modules reload_busy reload
kill -KILL "$guest"
wait "$guest" 2>/dev/null

modules reload reload
grep . /sys/module/kvm*/parameters/* >parameters
modules status_ours status
keep compare exitledger compare -- microguest cpuid=1000 out=100

# One of the three modules is replaced by a damaged one, which does not load.
cp "$updates/kvm-amd.ko" /tmp/
head -c 100000 /tmp/kvm-amd.ko >"$updates/kvm-amd.ko"
modules reload_broken reload
modules status_broken status
keep microguest microguest cpuid=10
cp /tmp/kvm-amd.ko "$updates/kvm-amd.ko"
modules reload_again reload

modules uninstall uninstall
modules reload_theirs reload
modules status_after status
exit 0
