#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Tests that make lab does on another kernel what make demo does, and what it refuses.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/tap.sh
. tests/tap.sh

# The newest series, which differs from the default on Debian 12.
newest=$(lab/setup/series.sh prepared | tail -n 1)
known=$(lab/setup/series.sh known | paste -sd' ')
known=${known// /, }
run make -s lab KERNEL="$newest"
ok "make lab KERNEL=$newest: status" status_is 0
ok "make lab KERNEL=$newest: both guests are balanced" \
	[ "$(grep -c '^verdict  BALANCED' <<<"$out")" -eq 2 ]
ok "make lab KERNEL=$newest: on that kernel" \
	[ "$(grep -cF "host     Linux $newest." <<<"$out")" -eq 2 ]

run make -s lab SCENARIO=lab/scenarios/smoke.sh
ok 'a scenario without books: status' status_is 0
ok 'a scenario without books: is said to have none' out_has 'left no books to show'

run lab/jobs/demo.sh --vendor via
ok 'a vendor that there is not: status' status_is 3
ok 'a vendor that there is not: one line' one_err_line
run lab/jobs/demo.sh --kernel 5.4
ok 'a kernel that there is not: status' [ "$status" -ne 0 ]
ok 'a kernel that there is not: is named, with those that there are' \
	err_has "no kernel series '5.4'; known: $known"
unpatched=$(lab/setup/series.sh known | grep -vxF "$(lab/setup/series.sh patched)" | tail -n 1)
run lab/jobs/demo.sh --kernel "$unpatched"
ok 'a kernel without patches: status' status_is 3
ok 'a kernel without patches: one line says what to do' \
	err_has "make lab KERNEL=$unpatched BOOK=bpf"
run lab/jobs/demo.sh --book kvm
ok 'a book that there is not' status_is 64
run lab/jobs/demo.sh --nonsense
ok 'wrong usage' status_is 64

done_testing
