#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Right counters are not blamed: a few random guests; 'make soak' has 200, on both
# hosts and kernels.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=userspace/t/tap.sh
. userspace/t/tap.sh

results=${BUILD:-build}/results/t-soak

run lab/soak.sh --vendor amd --kernel 6.1 --runs 8 --exits 60000 --out "$results"
# Which guests they were, for whoever wants to see them again.
grep -E ' seed ' <<<"$out" | sed 's/^/# /'
ok 'eight random guests: balanced, no exit is missing' status_is 0
ok 'they are counted' grep -qE \
	'^in all: 8 of 8 runs balanced, [0-9]{4,} exits reconciled, difference 0$' \
	<<<"$out"

# A run that is not balanced is not taken for one.
again() { run lab/soak.sh --vendor amd --kernel 6.1 --runs 8 --out "$results" --again; }
again
ok 'the same results once more: status' status_is 0
echo 1 >"$results/amd-6.1/3.status"
again
ok 'one that is a discrepancy: status' status_is 1
ok '… it is shown, with the guest' grep -qE \
	'^NOT BALANCED \(status 1\): 3 - - (alone|late) ' <<<"$out"
ok '… the others are counted' out_has 'in all: 7 of 8 runs balanced'
rm "$results/amd-6.1/3.status"
again
ok 'one without a result: status' status_is 1
echo 0 >"$results/amd-6.1/3.status"
sed -i 's/"difference":0/"difference":-1/' "$results/amd-6.1/5.total"
again
ok 'an exit that is missing: status' status_is 1
ok '… it is counted' out_has 'reconciled, difference 1'
run lab/soak.sh --runs 0
ok 'no runs are no success' status_is 64
run lab/soak.sh --vendor arm
ok 'a vendor that there is not: wrong usage' status_is 64

done_testing
