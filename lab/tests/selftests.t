#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Runs a few of the kernel's KVM selftests, including that of the exit statistics, with
# Debian's modules, with the patched ones, and with modules that count wrong.  'make
# kvm-selftests' runs all selftests.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/tap.sh
. tests/tap.sh

build=${BUILD:-build}
results=$build/results

# row NAME STOCK PATCHED: is this row in the table?
row() { grep -qE "^$1 +$2 +$3\$" <<<"$out"; }

series=$(lab/setup/series.sh default)
series_to_test own
for kernel in "${SERIES[@]}"; do
	run lab/jobs/selftests.sh --kernel "$kernel" --name t-selftests \
		exit_stats_test cpuid_test set_sregs_test \
		userspace_io_test
	ok "$kernel: the same with both kinds of modules" status_is 0
	ok "$kernel: the exit statistics: only the patched have them" \
		row exit_stats_test skip pass
	ok "$kernel: a skip says why" \
		grep -q "does not answer the exit statistics' leaves" \
		"$results/t-selftests-stock/output/exit_stats_test.txt"
	for test in cpuid_test set_sregs_test userspace_io_test; do
		ok "$kernel: $test: passes with both" row "$test" pass pass
	done
	ok "$kernel: the total" out_has '4 tests'
	ok "$kernel: all as expected" \
		[ -z "$(grep -E 'not (as )?in ' <<<"$out")" ]
	ok "$kernel: the table is kept" \
		grep -qx 'exit_stats_test skip pass' "$results/t-selftests.txt"
done

run lab/jobs/selftests.sh --name t-selftests no_such_test
ok 'a test that there is not: status' status_is 1
ok 'a test that there is not: one line' one_err_line
ok 'a test that there is not: which' err_has "no test 'no_such_test'"

run lab/jobs/selftests.sh --name t-selftests-fault \
	--modules "$build/modules/$series/fault-mutants" \
	--set kvm.exit_stats_mutant=lost-io exit_stats_test
ok 'modules that count wrong: status' status_is 1
ok 'modules that count wrong: the test fails' row exit_stats_test skip fail
ok 'modules that count wrong: said' out_has 'DIFFERENT: exit_stats_test'
ok 'modules that count wrong: what the guest found' \
	grep -qE 'new == old \+ NR_SYNCS at x86_64/exit_stats_test\.c|x86_64/exit_stats_test\.c:[0-9]+: new == old \+ NR_SYNCS' \
	"$results/t-selftests-fault-patched/output/exit_stats_test.txt"

# Test how results are judged, with an l1.sh that only makes up results: "slow" exceeds its
# time with Debian's modules only, and "broken" fails with the patched ones.
mkdir -p "$tap_dir"/lab/{jobs,machine,setup} "$tap_dir/lab/kernels/$series" \
	"$tap_dir/kvm-instrumentation/patches/$series" \
	"$tap_dir/build"/{kernel/"$series"/current,selftests/"$series"}
cp lab/lib.sh "$tap_dir/lab/"
cp lab/setup/kernels.sh "$tap_dir/lab/setup/"
cp lab/jobs/selftests.sh "$tap_dir/lab/jobs/"
cp "lab/kernels/$series/series.conf" "$tap_dir/lab/kernels/$series/"
echo KVERSION=none >"$tap_dir/build/kernel/$series/current/kernel.env"
printf 'x86_64/%s\n' slow broken >"$tap_dir/build/selftests/$series/list"
printf '#!/bin/sh\n' | tee "$tap_dir/lab/setup/kernel.sh" \
	>"$tap_dir/lab/jobs/build-selftests.sh"
cat >"$tap_dir/lab/machine/l1.sh" <<'EOF'
#!/usr/bin/env bash
for word in "$@"; do
	if [[ $word == --out ]]; then
		mkdir -p "$2"
		for test in ${5#TESTS=}; do
			case ${test##*/},$2,$4 in
			slow,*-stock,LIMIT=60) echo slow timeout 60 ;;
			broken,*-patched,*) echo broken fail 1 ;;
			*) echo "${test##*/} pass 1" ;;
			esac
		done >"$2/results.txt"
	fi
	shift
done
EOF
chmod +x "$tap_dir"/lab/*/*.sh
run env BUILD="$tap_dir/build" "$tap_dir/lab/jobs/selftests.sh" --modules none
ok 'another result: status' status_is 1
ok 'another result: said' \
	out_has "DIFFERENT: broken: pass with Debian's modules, fail"
ok 'out of time with one alone: once more' row slow pass pass
ok 'out of time with one alone: that one alone' grep -qx '.*with more time: slow' <<<"$out"
ok 'without a list of what is expected' out_has "no lab/kernels/$series/kvm-selftests.txt"

done_testing
