#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Tests with a few random guests that right counters balance.  'make soak' runs hundreds of
# guests, on both vendors' hosts and on all kernels with patches that are prepared.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/tap.sh
. tests/tap.sh

series=$(lab/setup/series.sh default)

results=${BUILD:-build}/results/t-soak

# With this seed, BPF is attached late to some guests, and the host reads some.
run lab/jobs/soak.py --vendor amd --kernel "$series" --runs 8 --exits 60000 --seed 6 \
	--out "$results"
# Print the guests of this run, so that they can be reproduced.
grep -E ' seed ' <<<"$out" | sed 's/^/# /'
ok 'eight random guests: balanced, no exit is missing' status_is 0
ok 'they are counted' grep -qE \
	'^in all: 8 of 8 runs balanced, [0-9]{4,} of [0-9]{5,} exits reconciled, difference 0$' \
	<<<"$out"

# For a guest that ran before BPF was attached, exits that BPF did not see are not
# reconciled; for any guest, those after the last read are not.
number() { sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p; s/.*/0/p" "$2" | head -n 1; }
reconciled_rightly() {
	local nr how rest some all wrong=0 rows=0 late=0 host=0
	while read -r nr _ _ how rest; do
		some=$(number reconciled "$results/amd-$series/$nr.total")
		all=$(($(number kernel "$results/amd-$series/$nr.total") + $(number \
			kernel_first "$results/amd-$series/$nr.total")))
		echo "# $nr $how $rest: $some of $all"
		rows=$((rows + 1))
		[ "$how" != late ] || late=$((late + 1))
		[ "$how" != host ] || host=$((host + 1))
		case $how in
		alone) ((some > all * 9 / 10 && some <= all)) || wrong=1 ;;
		# The rest comes after the host's last read.
		host*) ((some > all / 5 && some <= all)) || wrong=1 ;;
		# compare came when half of the laps were done, so about half of all
		# exits are reconciled.
		*) ((some > all / 5 && some < all * 9 / 10)) || wrong=1 ;;
		esac
	done <"$results/amd-$series/rows.txt"
	return $((wrong || rows != 8 || !late || !host))
}
ok 'late guests: half of their exits are reconciled, and of the others nearly all' \
	reconciled_rightly

# This guest has exits while BPF is being attached, which nothing sees: none may be
# reported as missed.
run lab/machine/l1.sh --tcg --vendor amd --kernel "$series" --cpus 2 --timeout 900 \
	--out "$results-running" lab/scenarios/compare-rows.sh READ= READS= \
	ROWS='0 - - running --vcpus 3 --laps 900 --meanwhile --reads 20 rdmsr=23 vmcall=10'
ok 'a guest that runs: the scenario ran to its end' status_is 0
ok 'a guest that runs: was not over too soon' out_lacks 'over too soon'
ok 'a guest that runs: is balanced' [ "$(cat "$results-running/0.status")" = 0 ]
ok "a guest that runs: KVM's own statistics were held against BPF's" grep -q \
	'^stat  *KVM.s own statistics' "$results-running/0.txt"

# A run that does not balance must not count as balanced.
again() { run lab/jobs/soak.py --vendor amd --kernel "$series" --runs 8 --out "$results" --again; }
again
ok 'the same results once more: status' status_is 0
echo 1 >"$results/amd-$series/3.status"
again
ok 'a run with a discrepancy: status' status_is 1
ok 'a run with a discrepancy: it is shown, with the guest' grep -qE \
	'^NOT BALANCED \(status 1\): 3 - - (alone|late) ' <<<"$out"
ok 'a run with a discrepancy: the others are counted' out_has 'in all: 7 of 8 runs balanced'
rm "$results/amd-$series/3.status"
again
ok 'a run without a result: status' status_is 1
echo 0 >"$results/amd-$series/3.status"
sed -i 's/"difference":0/"difference":-1/' "$results/amd-$series/5.total"
again
ok 'an exit that is missing: status' status_is 1
ok 'an exit that is missing: it is counted' out_has 'reconciled, difference 1'

# The sums of made-up books: one complete from the start, one late.
made=$tap_dir/made/amd-$series
mkdir -p "$made"
printf '%s - - %s --vcpus 1 cpuid=1\n' 0 alone 1 late 2 late >"$made/rows.txt"
echo 0 | tee "$made/0.status" >"$made/1.status"
echo 2 >"$made/2.status"
echo '"reconciled":1000,"total":{"kernel":1003,"bpf":1000,"difference":-2}' \
	>"$made/0.total"
echo '"reconciled":40,"total":{"kernel":40,"bpf":40,"difference":1,"kernel_first":900}' \
	>"$made/1.total"
echo '"reconciled":7,"total":{"kernel":7,"difference":9}' >"$made/2.total"
echo INCONCLUSIVE >"$made/2.txt"
run lab/jobs/soak.py --vendor amd --kernel "$series" --runs 3 --out "$tap_dir/made" --again
ok 'the sums: what was reconciled, of all, and differences of either sign' out_has \
	'in all: 2 of 3 runs balanced, 1040 of 1943 exits reconciled, difference 3'
: >"$made/1.total"
run lab/jobs/soak.py --vendor amd --kernel "$series" --runs 3 --out "$tap_dir/made" --again
ok 'balanced, and without its numbers: nothing can be said' status_is 125
ok 'balanced, and without its numbers: which' err_has '1.total is damaged'
run lab/jobs/soak.py --runs 0
ok 'no runs are no success' status_is 64
run lab/jobs/soak.py --vendor arm
ok 'a vendor that there is not: wrong usage' status_is 64

done_testing
