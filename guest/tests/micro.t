#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Tests wrong command lines of microguest, leaffuzz and leafread, and their error messages.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/tap.sh
. tests/tap.sh

build=${BUILD:-build}
microguest=$build/guest/microguest
leaffuzz=$build/guest/leaffuzz
leafread=$build/guest/leafread

run "$microguest" --list
ok 'microguest --list' status_is 0
ok '--list: a kind, a reason, its name' \
	grep -qE '^cpuid 0x(072|00a) CPUID$' "$tap_dir/out"
ok '--list: nothing else' [ -z "$(grep -vE \
	'^[a-z0-9_]+ (0x[0-9a-f]{3,8} [A-Z0-9_]+|- no exit)$' "$tap_dir/out")" ]
cut -d' ' -f1 "$tap_dir/out" >"$tap_dir/kinds"
ok '--list: 25 kinds and more' [ "$(wc -l <"$tap_dir/kinds")" -ge 25 ]
ok '--list: each once' [ -z "$(sort "$tap_dir/kinds" | uniq -d)" ]
run "$microguest" --help
ok '--help has every kind of --list' [ -z "$(while read -r kind; do
	grep -q "^  $kind " "$tap_dir/out" || echo "$kind"
done <"$tap_dir/kinds")" ]

run "$microguest" hlt=1 tsc_far=1
ok 'work that does not go together: wrong usage' status_is 64
ok 'work that does not go together: one line' one_err_line
ok 'work that does not go together: what to do' err_has 'run two guests'
for wrong in frobnicate=1 cpuid cpuid= cpuid=x cpuid=-1; do
	run "$microguest" "$wrong"
	ok "microguest $wrong: wrong usage" status_is 64
	ok "microguest $wrong: is named" err_has "'$wrong'"
done
run "$microguest" --laps 0 cpuid=1
ok '--laps 0: wrong usage' status_is 64
run "$microguest" --meanwhile cpuid=1
ok '--meanwhile with one vCPU: wrong usage' status_is 64
run "$microguest" --all --reads 100 cpuid=1
ok '--all, too often: wrong usage' status_is 64
ok '--all, too often: how often it can be' grep -qE 'takes 1 to [0-9]+, not .100' <<<"$err"
for cpu in -1 x 4096; do
	run "$microguest" --cpu "$cpu" cpuid=1
	ok "--cpu $cpu: wrong usage" status_is 64
done
run "$microguest" --cpu 1023 cpuid=1
ok '--cpu: one that is not there' status_is 3
ok '--cpu: is named' err_has 'CPU 1023 cannot be had'
run "$microguest" --leaves /no/such/file cpuid=1
ok '--leaves: a file that is not there' status_is 64
echo 'leaf 1 entries' >"$tap_dir/bad.leaves"
run "$microguest" --leaves "$tap_dir/bad.leaves" cpuid=1
ok '--leaves: a bad file' status_is 64
ok '--leaves: the line is named' err_has 'line 1: a leaf tells exits'
run "$leaffuzz" --values 0
ok 'leaffuzz --values 0: wrong usage' status_is 64
run "$leaffuzz" --seed x
ok 'leaffuzz --seed x: wrong usage' status_is 64
run "$leafread" 0 0x40000000:1
ok 'leafread: a line for each read' grep -qE '^0x40000000 0x00000001( 0x[0-9a-f]{8}){4}$' \
	"$tap_dir/out"
ok 'leafread: no more lines' [ "$(wc -l <"$tap_dir/out")" -eq 2 ]
for wrong in x 0x100000000 1:x 1: -1 ''; do
	run "$leafread" "$wrong"
	ok "leafread '$wrong': wrong usage" status_is 64
done
run "$leafread"
ok 'leafread: no leaf: wrong usage' status_is 64

done_testing
