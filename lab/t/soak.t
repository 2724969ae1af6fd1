#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Right counters are not blamed: a few random guests; 'make soak' has 200, on both
# hosts and kernels.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=userspace/t/tap.sh
. userspace/t/tap.sh

results=${BUILD:-build}/results/t-soak

run lab/soak.sh --runs 8 --exits 60000 --out "$results"
# Which guests they were, for whoever wants to see them again.
grep -E ' seed ' <<<"$out" | sed 's/^/# /'
ok 'eight random guests: balanced, no exit is missing' status_is 0
ok 'they are counted' grep -qE \
	'^amd 6.1: seed [0-9]+: 8 of 8 runs balanced, [0-9]{4,} exits reconciled, difference 0$' \
	<<<"$out"

# A run that is not balanced is not taken for one: with counters that are wrong.
run lab/soak.sh --runs 0
ok 'no runs are no success' status_is 64
run lab/soak.sh --vendor arm
ok 'a vendor that there is not: wrong usage' status_is 64

done_testing
