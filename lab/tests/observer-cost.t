#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Runs a short form of make observer-cost, and checks its output and a limit of the cost.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/tap.sh
. tests/tap.sh

added() { awk -v row="$1" 'index($0, row) == 1 { print $NF + 0 }' "$tap_dir/out"; }
less() { [ "$1" -lt "$2" ]; }

run make -s -n observer-cost
ok 'make observer-cost is this' out_has 'lab/jobs/observer-cost.sh'
run lab/jobs/observer-cost.sh --slow
ok 'wrong usage' status_is 64

# It measures on the newest kernel.
LAB_KERNELS='' series_to_test newest
if [ ${#SERIES[@]} -eq 0 ]; then
	done_testing
	exit
fi
run lab/jobs/observer-cost.sh --quick
ok 'no row is above its limit' status_is 0
sed -i '1,/^$/d' "$tap_dir/out"
ok 'the table fits 80 columns' fits_80
# The emulator's TSC counts instructions, so repeated runs are equal: see kvm-cost.sh.
ok 'two measurements of the same thing are equal' \
	less "$(added 'nothing, once more' | tr -d -)" 2
ok 'a program that does nothing costs something' \
	less 0 "$(added 'floor: kvm_exit, empty program')"
ok 'counting costs more than that' less \
	"$(added 'floor: kvm_exit, empty program')" \
	"$(added 'counts alone (--count-only)')"
ok 'times cost more than counts' less \
	"$(added 'counts alone (--count-only)')" \
	"$(added 'counts, times, percentiles')"
done_testing
