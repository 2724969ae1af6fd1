#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Every exit reason that the emulated AMD host can provoke has exactly as many
# exits as were executed, in all books; on every kernel.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=userspace/t/tap.sh
. userspace/t/tap.sh

build=${BUILD:-build}

# rows FILE: "REASON EXECUTED GUEST KERNEL BPF" of the table's rows
rows() {
	tr -d , <"$1" | awk '/^0x/ && $3 != "-" { print $1, $3, $4, $5, $6 }'
}
all_equal() { [ -z "$(rows "$1" | awk '$2 != $3 || $3 != $4 || $4 != $5')" ]; }
# The table shows the 20 most frequent reasons; the report has all.
distinct() {
	rows "$@" | wc -l
}

# QEMU 7.2 reports INVD as WBINVD, and does not intercept XSETBV.
lacks='invd xsetbv'

for series in kvm-instrumentation/patches/*; do
	kernel=${series##*/}
	results=$build/results/t-reasons-$kernel
	run lab/l1.sh --kernel "$kernel" --out "$results" \
		lab/scenarios/reasons.sh LACKS="$lacks"
	ok "$kernel: the scenario ran to its end" status_is 0
	for name in caches_on caches_off two_vcpus; do
		ok "$kernel: $name: balanced" \
			grep -qx 0 "$results/$name.status"
		ok "$kernel: $name: all four counts are the same" \
			all_equal "$results/$name.txt"
	done
	ok "$kernel: 20 reasons and more at once" \
		[ "$(distinct "$results/caches_on.txt")" -ge 20 ]
	ok "$kernel: every kind was done" [ -z "$(
		cut -d' ' -f1 "$results/kinds" | while read -r kind; do
			case " $lacks " in *" $kind "*) continue ;; esac
			grep -qw "$kind" "$results"/*.work || echo "$kind"
		done
	)" ]
done

done_testing
