#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A row of compare-rows.sh whose guest hangs is run once more, and that is told.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/tap.sh
. tests/tap.sh

results=${BUILD:-build}/results/t-compare-rows
export LAB_TRIES=1 LAB_REPEATED=$tap_dir/repeated

# The second row's guest stops for ever when it is run for the first time.  The third one takes
# longer than ROW_SECONDS, but has exits all the time.
run lab/machine/l1.sh --tcg --vendor amd --out "$results" lab/scenarios/compare-rows.sh \
	ROW_SECONDS=6 "ROWS=1 - none alone cpuid=10
2 - none eval [ -e /tmp/hung ] || { echo >/tmp/hung; microguest --stop --laps 2 out=9; exit; }; alone cpuid=20
3 - none alone --pause 500ms out=20"
ok 'the scenario ends' status_is 0
ok 'it says which row hung' out_has '2: its guest hangs: once more'
for row in 1 2 3; do
	ok "row $row has a result" grep -qx 0 "$results/$row.status"
	ok "row $row has a result: with its total" grep -q '"total":{' "$results/$row.total"
done
ok 'one run was repeated, and is listed as such' \
	[ "$(cat "$LAB_REPEATED")" = t-compare-rows:2 ]
ok 'no right book was blamed' [ ! -e "$results/blamed" ]

done_testing
