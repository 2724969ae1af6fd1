#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Tests the choice of the kernels on which tests run: this distribution's own, the newest,
# or both; or, with LAB_KERNELS=all, all that have patches.  The kernels are made up.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/tap.sh
. tests/tap.sh

export BUILD=$tap_dir/build
mapfile -t all < <(lab/setup/series.sh patched)
own=$(lab/setup/series.sh default)
newest=${all[-1]}
for series in "${all[@]}"; do
	mkdir -p "$BUILD/kernel/$series/current" "$BUILD/modules/$series/normal"
	touch "$BUILD/kernel/$series/current/kernel.env" "$BUILD/modules/$series/normal/stamp"
done

# chosen WHICH KERNELS: print the series that "series_to_test WHICH" chooses if LAB_KERNELS is
# KERNELS
chosen() {
	local SERIES LAB_KERNELS=$2
	export LAB_KERNELS

	series_to_test "$1" >&2
	echo "${SERIES[*]}"
}
two=$own
[ "$own" = "$newest" ] || two="$own $newest"

ok 'there are several series' [ ${#all[@]} -ge 3 ]
ok 'own' [ "$(chosen own '')" = "$own" ]
ok 'newest' [ "$(chosen newest '')" = "$newest" ]
ok 'tested: both' [ "$(chosen tested '')" = "$two" ]
for which in own newest tested; do
	ok "$which, of all kernels: all" [ "$(chosen "$which" all)" = "${all[*]}" ]
done
# tests_of ARGUMENT...: print the tests of make check
# shellcheck disable=SC2016 # make expands these.
tests_of() { make -s --eval 'tests-of: ; @printf "%s\n" $(ALL_TESTS)' tests-of "$@"; }
run tests_of
ok 'make check has tests of the lab' out_has lab/tests/stock.t
ok 'the long test of the observer is not among them' out_lacks lab/tests/observer.t
run tests_of LAB_KERNELS=all
ok 'with all kernels it is' out_has lab/tests/observer.t

rm "$BUILD/modules/$newest/normal/stamp"
skipped=$(series_to_test newest)
ok 'a kernel that is not there is a skip that names it' \
	grep -q "# SKIP Linux $newest (lab/setup/prepare.sh $newest)" <<<"$skipped"

done_testing
