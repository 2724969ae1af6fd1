#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: prepare.sh [--faults]
#
# Makes all that the lab runs: the programs, the kernel, and its KVM modules with
# the exit counters; with --faults also those that count wrong, for the tests.

# shellcheck source=lab/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

lock
step "build the programs" programs make -s -C "$TOP" BUILD="$BUILD" programs
"$LAB/kernel.sh" 6.1
"$TOP/kvm-instrumentation/build-modules.sh"
[[ ${1:-} == --faults ]] || exit 0
for fault in "$TOP"/kvm-instrumentation/faults/*.patch; do
	"$TOP/kvm-instrumentation/build-modules.sh" --fault "$fault"
done
