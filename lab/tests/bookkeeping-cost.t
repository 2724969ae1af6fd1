#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The measurement of the observer's bookkeeping books every exit, and shows what it found.
# The times themselves depend on the machine and are not judged.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/tap.sh
. tests/tap.sh

build=${BUILD:-build}
if ((EUID)); then
	skip 'make bookkeeping-cost' 'root, to load BPF programs'
	done_testing
	exit 0
fi
run make -s BUILD="$build" bookkeeping-cost
ok 'make bookkeeping-cost: all exits were booked' status_is 0
for nr in 1 10 100 1000; do
	ok "make bookkeeping-cost: $nr vCPUs have a time, and its spread" grep -qE \
		"^ *$nr +[0-9]+\.[0-9] +[0-9]+\.[0-9] to [0-9]+\.[0-9]$" "$tap_dir/out"
done
done_testing
