#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Runs style and static checks.  C files of kvm-instrumentation/ follow the kernel's style,
# which its own tests check.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=tests/tap.sh
. tests/tap.sh

build=${BUILD:-build}
export build
mapfile -t c_files < <(git ls-files '*.c' '*.h' | grep -v ^kvm-instrumentation/)
mapfile -t sources < <(git ls-files 'userspace/*.c' 'guest/*.c' |
	grep -v /tests/)
mapfile -t scripts < <(git grep -lE '^#!.*(bash|sh)$|shellcheck shell=' -- \
	':!*.c' ':!*.h')

# version COMMAND: print its version number
version() { "$1" --version | grep -oE '[0-9]+\.[0-9]+(\.[0-9]+)?' | head -n 1; }

# Other versions have other rules, so each check runs only with the version it is made for.
if [[ $(version clang-format) == 14.* ]]; then
	run clang-format --dry-run --Werror "${c_files[@]}"
	ok 'clang-format' status_is 0
else
	skip 'clang-format' 'clang-format 14'
fi
# This includes clang's own warnings.  Files that have passed before and did not change are
# not checked again.
mapfile -t unwarned < <(git ls-files 'tests/*.c' '*/tests/*.c' | grep -v '\.bpf\.c$')
if [[ $(version clang-tidy) == 14.* ]]; then
	run lab/checks/tidy.sh "${sources[@]}"
	ok 'clang-tidy' status_is 0
else
	skip 'clang-tidy' 'clang-tidy 14'
	unwarned+=("${sources[@]}")
fi
if [[ $(version cppcheck) == 2.10* ]]; then
	run cppcheck --quiet --std=c11 --enable=warning,performance,portability \
		--inline-suppr --error-exitcode=1 -D_GNU_SOURCE -D__x86_64__ \
		-I. -Iuserspace -Ibpf -Ikvm-instrumentation/src -Iguest "${sources[@]}"
	ok 'cppcheck' status_is 0
else
	skip 'cppcheck' 'cppcheck 2.10'
fi
if [[ $(version shellcheck) == 0.9.0 ]]; then
	run lab/checks/shellcheck.py "${scripts[@]}"
	ok 'shellcheck, and no function relies on set -e in a condition' status_is 0
else
	skip 'shellcheck' 'shellcheck 0.9.0'
fi
# Files of third parties stay as they are; a README says where they are from.
mapfile -t tracked < <(git ls-files | grep -v '^LICENSES/\|/data/\|/uplot/uPlot')
run codespell -L nin,caf,parm "${tracked[@]}"
ok 'codespell' status_is 0

# gcc gave its warnings when the programs were built; clang has other ones.
warned() { find "$build/obj" -name '*.warnings' -size +0; }
ok 'gcc built it without a warning' [ -z "$(warned)" ]
run xargs -a <(printf '%s\n' "${unwarned[@]}") -n 16 -P "$(nproc)" \
	clang -fsyntax-only -Werror -Wall -Wextra -Wformat=2 -Wshadow \
	-Wstrict-prototypes -Wmissing-prototypes -std=gnu11 -D_GNU_SOURCE \
	'-DEXITLEDGER_VERSION="0"' -I. -Iuserspace -Ibpf -Iguest \
	-Iguest/workloads -Ikvm-instrumentation/src -I"$build/bpf" -I"$build/tests"
ok 'clang has no warning either' status_is 0

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
	# Files in debian/ and a package's control file have fixed formats, so debian/copyright
	# names their licence; the JSON of dashboards has no room for one, so fleet/README.md
	# names it.
	git ls-files | grep -vE '^LICENSES/|^debian/|/control$|^fleet/dashboards/|\.patch$|/data/|\.rst$|\.png$|README|/uplot/' |
		while read -r file; do
			head -n 3 "$file" | grep -q SPDX || echo "$file"
		done
}
ok 'every file says its licence' [ -z "$(unmarked)" ]

done_testing
