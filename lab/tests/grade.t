#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Tests the grade of counters: right ones have no complaint, wrong ones have the right one,
# and what cannot be graded says why.  Modules that are built already are graded in each run;
# with LAB_KERNELS=all ('make check-all'), which takes a compiler a minute more, so are some
# solutions.  'make grade-solutions' grades all of lab/grade/solutions.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/tap.sh
. tests/tap.sh

results=${BUILD:-build}/results

# The table, the folder and the page have the same solutions and mistakes.
ok 'each solution is in the table' cmp -s \
	<(awk '/^[a-z]/ { print $1 }' lab/grade/solutions.txt | sort -u) \
	<(basename -as .patch lab/grade/solutions/*.patch | sort)
mistakes() { sed -n 's/^    Mistake("\([a-z0-9-]*\)".*/\1/p' lab/grade/mistakes.py | sort; }
unknown() {
	awk '/^[a-z]/ && $4 == "wrong" { gsub(",", "\n", $5); print $5 }' \
		lab/grade/solutions.txt | sort -u | comm -23 - <(mistakes)
}
ok 'each mistake in the table is one that is known' [ -z "$(unknown)" ]
undescribed() {
	local name
	for name in $(mistakes); do
		grep -q "\`$name\`" docs/exercise.md || echo "$name"
	done
}
ok 'docs/exercise.md describes each known mistake' [ -z "$(undescribed)" ]

# Wrong usage, and what needs no lab.
run lab/grade/grade.py
ok 'nothing to grade: status' status_is 64
run lab/grade/grade.py --patch /no/such/file
ok 'no patch: status' status_is 64
ok 'no patch: one line' one_err_line
run lab/grade/solutions.py no-such-solution
ok 'no such solution: status' status_is 64
cat >"$tap_dir/outside.patch" <<'EOP'
--- a/kernel/fork.c
+++ b/kernel/fork.c
@@ -1 +1 @@
-x
+y
EOP
run lab/grade/grade.py --kernel 6.1 --patch "$tap_dir/outside.patch"
ok 'a patch of other files: status' status_is 3
ok 'a patch of other files: which' out_has 'the patch changes kernel/fork.c'

# The verdict on made-up results; no lab is needed.
run lab/tests/grade_verdict.py
printf '%s\n' "$out" | sed 's/^/# /'
ok 'made-up results are judged rightly' status_is 0

# Counters that are built already: exitledger's own, and these with a mistake.
# graded KERNEL NAME [OPTION...]: grade modules of exitledger's
graded() {
	run lab/grade/grade.py --quick --kernel "$1" \
		--modules "${BUILD:-build}/modules/$1/$2" \
		--leaves lab/grade/leaves/exitledger.leaves --json "$tap_dir/$2.json" "${@:3}"
}
series_to_test own
for kernel in "${SERIES[@]}"; do
	graded "$kernel" normal
	ok "$kernel, our counters: status" status_is 0
	ok "$kernel, our counters: all leaves and the whole are right" \
		[ "$(grep -c '"grade": "RIGHT"' "$tap_dir/normal.json")" -eq 5 ]
	# Modules with mistakes are built for this distribution's own kernel alone.
	[ "$kernel" = "$(lab/setup/series.sh default)" ] || continue
	graded "$kernel" fault-mutants --parameters exit_stats_mutant=lost-io
	ok "$kernel, counters that lose I/O: status" status_is 1
	ok "$kernel, counters that lose I/O: the evidence" \
		out_has 'exits for 0x07b IOIO: KVM says'
	ok "$kernel, counters that lose I/O: the mistake" out_has '[some-reasons]'
done

if [ "${LAB_KERNELS:-}" != all ]; then
	done_testing
	exit
fi
if [ ! -e "${BUILD:-build}/kernel/6.1/current/kernel.env" ]; then
	skip 'the solutions are graded as they must be' 'Linux 6.1 (lab/setup/prepare.sh 6.1)'
	done_testing
	exit
fi
run lab/grade/solutions.py --quick right handle-exit no-apply no-build
printf '%s\n' "$out" | sed 's/^/# /'
ok 'the solutions are graded as they must be' status_is 0
ok 'four of them' out_has 'amd: 4 solutions graded as they must be'
ok 'the right one: all leaves' [ "$(grep -o '"grade": "RIGHT"' \
	"$results/grade-right-amd.json" | wc -l)" -eq 5 ]
ok 'handle-exit: its cycles are explained, and are no mistake' grep -q \
	'"time": "handler"' "$results/grade-handle-exit-amd.json"
ok 'no-build: the place and the word' grep -qE \
	'"line": "it does not build: arch/x86/kvm/svm/svm.c:[0-9:]*: .*exits_total' \
	"$results/grade-no-build-amd.json"

# A page can be made again from the results.
run lab/grade/grade.py --again --quick --kernel 6.1 --html "$tap_dir/page.html" \
	--patch lab/grade/solutions/handle-exit.patch
ok 'again: the same status' status_is 1
ok 'the page has the grade' grep -q '<b>WRONG</b>' "$tap_dir/page.html"
ok 'the page names the mistake' grep -q 'One set of counters for all VMs' "$tap_dir/page.html"

done_testing
