#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: prepare.sh [--faults] [SERIES...]
#
# Makes all that the lab runs: the programs, the kernels (6.1, unless said), and
# their KVM modules with the exit counters; with --faults also those that count
# wrong, for the tests, of the first kernel.

# shellcheck source=lab/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

main() {
	local faults='' series

	if [[ ${1:-} == --faults ]]; then
		faults=1
		shift
	fi
	(($#)) || set -- 6.1
	lock
	step "build the programs" programs \
		make -s -C "$TOP" BUILD="$BUILD" programs
	for series; do
		"$LAB/kernel.sh" "$series"
		"$TOP/kvm-instrumentation/build-modules.sh" --kernel "$series"
	done
	[[ -n $faults ]] || return 0
	"$TOP/kvm-instrumentation/build-modules.sh" --kernel "$1" \
		--fault "$TOP/kvm-instrumentation/faults/mutants.patch"
}

main "$@"
