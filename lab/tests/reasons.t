#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: reasons.t [--again] [amd|intel [SERIES...]]
#
# Every exit reason that the emulated host can cause has exactly the executed number of
# exits, in all books.  --again: judge the existing results.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/tap.sh
. tests/tap.sh
# shellcheck source=lab/tests/arguments.sh
. lab/tests/arguments.sh

build=${BUILD:-build}
lab_arguments own "$@"

# rows FILE: print "REASON EXECUTED GUEST KERNEL BPF" of the table's rows
rows() {
	tr -d , <"$1" | awk '/^0x/ && $3 != "-" { print $1, $3, $4, $5, $6 }'
}
all_equal() { [ -z "$(rows "$1" | awk '$2 != $3 || $3 != $4 || $4 != $5')" ]; }
distinct() { cat "$@" | grep '^0x' | cut -d' ' -f1 | sort -u | wc -l; }

# QEMU reports INVD as WBINVD.  QEMU 7.2 does not intercept XSETBV, and 10.0 does not
# intercept reads of CR4.
lacks='' least=18
if [ "$vendor" = amd ]; then
	least=24
	case $(qemu-system-x86_64 --version) in
	*' version 7.'*) lacks='invd xsetbv' ;;
	*) lacks='invd read_cr4' ;;
	esac
fi

for kernel in "${kernels[@]}"; do
	results=$build/results/t-reasons-$vendor-$kernel
	tap_evidence=("$results"/{console,caches_on,caches_off,with_apic,two_vcpus}.txt)
	run lab/machine/l1.sh "${again[@]}" --tcg --vendor "$vendor" --kernel "$kernel" --out "$results" \
		lab/scenarios/reasons.sh LACKS="$lacks"
	ok "$vendor $kernel: the scenario ran to its end" status_is 0
	for name in caches_on caches_off with_apic two_vcpus; do
		ok "$vendor $kernel: $name: balanced" \
			grep -qx 0 "$results/$name.status"
		ok "$vendor $kernel: $name: all four counts are the same" \
			all_equal "$results/$name.txt"
	done
	reasons=$(distinct <(cat "$results"/*.txt | tr -d , |
		awk '/^0x/ && $3 != "-"'))
	ok "$vendor $kernel: $reasons reasons, of $least or more" \
		[ "$reasons" -ge "$least" ]
	ok "$vendor $kernel: every kind was done" [ -z "$(
		cut -d' ' -f1 "$results/kinds" | while read -r kind; do
			case " $lacks " in *" $kind "*) continue ;; esac
			grep -qw "$kind" "$results"/*.work || echo "$kind"
		done
	)" ]
done

done_testing
