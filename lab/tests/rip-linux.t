#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: rip-linux.t [--again]
#
# The exits of a Linux guest's boot come from the functions that do what exits: with the guest's
# symbols, the recorded addresses have names, and the kernel has such an instruction at each.
# On this distribution's own kernel.  --again: judge the existing results.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/tap.sh
. tests/tap.sh
# shellcheck source=lab/tests/arguments.sh
. lab/tests/arguments.sh

build=${BUILD:-build}
results=$build/results/t-rip-linux
symbols=$tap_dir/kallsyms
lab_arguments own "$@"
kernel=${kernels[0]}

# is TEST ARGUMENT...: judge the results
is() { lab/tests/rip_linux.py "$@" >"$tap_dir/judged" 2>&1; }
replay() { "$build/bin/exitledger" replay "$results/boot.exits" -i 0 "$@"; }

tap_evidence=("$results/console.txt" "$tap_dir/judged")
run lab/machine/l1.sh "${again[@]}" --tcg --vendor amd --kernel "$kernel" --out "$results" \
	lab/scenarios/rip-linux.sh
ok "$kernel: the scenario ran to its end" status_is 0
ok "$kernel: the host's symbols, without KASLR" is shift "$results/host.kallsyms" "$symbols"
ok "$kernel: the guest's exitleaf --symbols writes the same" \
	is same "$symbols" "$results/l2-console.txt"
replay --json --guest-kallsyms "$symbols" >"$tap_dir/json"
ok "$kernel: 95 % of the kernel's exits, and more, have a symbol: the right ones" \
	is named "$tap_dir/json"
sed "s/^/# /" "$tap_dir/judged"
ok "$kernel: at each address there is an instruction that exits" \
	is instructions "$tap_dir/json" "$build/kernel/$kernel/current/vmlinux"

replay --folded --guest-kallsyms "$symbols" >"$tap_dir/folded"
tap_evidence=("$tap_dir/folded")
ok "$kernel: folded: all exits, once" [ "$(awk '{ sum += $NF } END { print sum }' \
	"$tap_dir/folded")" = "$(python3 -c 'import json, sys
total = json.loads(open(sys.argv[1]).read().splitlines()[-1])
print(sum(row["exits"] for vm in total["vms"] for row in vm["reasons"]))' "$tap_dir/json")" ]
ok "$kernel: folded: a function is one line" [ "$(grep -c ';0x07b IOIO;io_serial_out ' \
	"$tap_dir/folded")" = 1 ]
ok "$kernel: folded: an address without a symbol is a number" \
	grep -qE ';0x072 CPUID;0x[0-9a-f]+ [0-9]+$' "$tap_dir/folded"

done_testing
