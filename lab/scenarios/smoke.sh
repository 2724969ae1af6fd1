#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Checks that L1 is usable: KVM and its tracepoints are there.
set -eu

echo "[LAB] L1 is up after $(cut -d' ' -f1 /proc/uptime) s"
test -c /dev/kvm
grep '^ID:' /sys/kernel/tracing/events/kvm/kvm_exit/format >/results/tracepoint
grep . /sys/module/kvm*/parameters/* >/results/parameters
uname -r >/results/kernel
