#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Style and static checks of everything but the kernel's side, which has its own.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=userspace/t/tap.sh
. userspace/t/tap.sh

build=${BUILD:-build}
mapfile -t c_files < <(git ls-files '*.c' '*.h' | grep -v ^kvm-instrumentation/)
mapfile -t sources < <(git ls-files 'userspace/*.c' 'guest/*.c' |
	grep -v /tests/)
mapfile -t scripts < <(git grep -lE '^#!.*(bash|sh)$|shellcheck shell=' -- \
	':!*.c' ':!*.h')

run clang-format --dry-run --Werror "${c_files[@]}"
ok 'clang-format' status_is 0
export build
# shellcheck disable=SC2016 # the inner shell expands these
run xargs -a <(printf '%s\n' "${sources[@]}") -n 8 -P "$(nproc)" sh -c '
	clang-tidy --quiet "$@" -- -std=gnu11 -D_GNU_SOURCE -Iuserspace -Ibpf \
		-Ikvm-instrumentation/src -Iguest -isystem "$build/bpf"' -
ok 'clang-tidy' status_is 0
run cppcheck --quiet --std=c11 --enable=warning,performance,portability \
	--inline-suppr --error-exitcode=1 -D_GNU_SOURCE -D__x86_64__ \
	-Iuserspace -Ibpf -Ikvm-instrumentation/src -Iguest "${sources[@]}"
ok 'cppcheck' status_is 0
run shellcheck -x "${scripts[@]}"
ok 'shellcheck' status_is 0
# What others have written stays as it is; its README says where it is from.
mapfile -t tracked < <(git ls-files | grep -v '^LICENSES/\|/data/\|/uplot/uPlot')
run codespell -L nin "${tracked[@]}"
ok 'codespell' status_is 0

# clang has other warnings than gcc.  By gcc the unit tests are built with -Werror
# already: those for the sanitizers, by make check.
run make -s -j"$(nproc)" BUILD="$tap_dir/clang" CC=clang CFLAGS='-O1 -Werror' \
	programs unit-tests
ok 'clang builds it without a warning' status_is 0
run make -s -j"$(nproc)" BUILD="$tap_dir/gcc" CC=gcc CFLAGS='-O2 -Werror' \
	programs
ok 'gcc builds it without a warning' status_is 0

long() {
	local file own
	mapfile -t own < <(git ls-files '*.js' '*.css' '*.html' '*.py' '*.t' |
		grep -v /uplot/)
	for file in "${c_files[@]}" "${scripts[@]}" "${own[@]}"; do
		[ "$(wc -l <"$file")" -le 500 ] || echo "$file"
	done
}
ok 'no file is longer than 500 lines' [ -z "$(long)" ]
unmarked() {
	git ls-files | grep -vE '^LICENSES/|\.patch$|/data/|\.rst$|\.png$|README|/uplot/' |
		while read -r file; do
			head -n 3 "$file" | grep -q SPDX || echo "$file"
		done
}
ok 'every file says its licence' [ -z "$(unmarked)" ]

for page in docs/*.rst; do
	run rst2man "$page" "$tap_dir/page"
	ok "$page is a manual page without a warning" no_err
done

done_testing
