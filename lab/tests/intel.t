#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Tests the emulated Intel host: books balance on VMX, and a failure in the emulator is never
# reported as a success.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/tap.sh
. tests/tap.sh
# shellcheck source=lab/tests/intel_host.sh
. lab/tests/intel_host.sh

build=${BUILD:-build}
results=$intel_results/t-intel
out_dir=$tap_dir/results

# name_is STATUS NAME...: check the statuses of commands in L1
name_is() {
	local status=$1 name
	shift
	for name in "$@"; do
		[ "$(cat "$results/$name.status")" = "$status" ] || return 1
	done
}
has() { grep -qF -- "$2" "$results/$1"; }
lacks() { ! grep -qE -- "$2" "$results/$1"; }
is() { [ "$1" = "$2" ]; }

intel_host intel.t
intel_result t-intel
ok 'the scenario ran to its end' status_is 0
ok 'on an Intel host' out_has 'an emulated Intel host'
ok 'the scenario shows its progress' out_has '| a Linux guest'
ok 'with EPT, VPID and unrestricted guest' [ "$(grep -cE \
	'/(ept|vpid|unrestricted_guest|preemption_timer):Y' \
	"$results/parameters")" = 4 ]
ok 'the output names the processor' has one.txt ', kvm_intel'
ok 'and says that it is emulated' has one.txt 'emulated by Bochs'

ok 'micro-guests: 1 and 4 vCPUs, by tp_btf and raw_tp: balanced' \
	name_is 0 one raw_tp four
ok "$(first_attach) is the first choice" has one.txt "BPF: $(first_attach)"
ok 'raw_tp was used where it was asked for' has raw_tp.txt 'BPF: raw_tp'
ok 'one vCPU: every bound leaves one value' has one.txt \
	'checked  6 counts (6 of them to the exit), 6 times, 16 reads by the guest'
ok 'one vCPU: all counts are the executed instructions' \
	has one.txt '5 counts of executed instructions'
while read -r row; do
	ok "one vCPU: $row" grep -qE -- "^${row// / +} +0 " "$results/one.txt"
done <<'END'
0x00a CPUID 1,007 1,007 1,007 1,007
0x012 VMCALL 500 500 500 500
0x01f MSR_READ 400 400 400 400
0x00c HLT 300 300 300 300
0x01e IO_INSTRUCTI 251 251 251 251
END
ok 'four vCPUs: CPUID, in all books' grep -qE -- \
	'^0x00a CPUID( +4,007){4} +0 ' "$results/four.txt"
ok 'nothing was lost' [ -z "$(grep -l '^lost' "$results"/*.txt || true)" ]
ok 'counting without timing: balanced' name_is 0 counting
ok 'counters off: refused' name_is 3 off
ok 'without EPT: balanced' name_is 0 no_ept

ok 'the Linux guest: balanced' name_is 0 linux
# linux_guest JUDGEMENT ARGUMENT...: see lab/tests/linux_guest.py
linux_guest() {
	lab/tests/linux_guest.py "$@" >"$tap_dir/judged" 2>&1 || {
		cat "$tap_dir/judged"
		return 1
	}
}
ok "the Linux guest: KVM's total at its marks is the record's, exactly" \
	linux_guest marks "$results/linux.exits" "$results/l2-console.txt"
ok 'the Linux guest: what it reported was compared' \
	grep -qE ' [0-9]{2,} reads by the guest' "$results/linux.txt"
ok 'the Linux guest: thousands of exits' \
	grep -qE '^total +([0-9]+,[0-9]+ +){3}0 ' "$results/linux.txt"
ok 'the Linux guest: the fast path ran' \
	grep -qE '^0x034 PREEMPTION_T' "$results/linux.txt"

# The scenarios after t-intel run under Debian's own KVM.
intel_result t-intel-seven
seven=$intel_results/t-intel-seven
ok 'status 7' status_is 7
ok 'an environment variable arrives as it is' \
	is "$(cat "$seven/words" 2>&1)" "it's two  words"
ok 'a module parameter arrives' is "$(cat "$seven/vpid" 2>&1)" N
ok 'results arrive as they are' is "$(cat "$seven/sum" 2>&1)" \
	"$(sha256sum <"$seven/random" 2>&1)"

intel_result t-intel-panic
ok 'a panic of L1 is a failure' status_is 125
ok 'and said to be one' err_has "t-intel-panic: L1's kernel panicked"
ok 'an earlier run'\''s results are gone' [ ! -e "$intel_results/t-intel-panic" ]
intel_result t-intel-reset
ok 'a reset of L1 is a failure' status_is 125
ok 'and is not one more start' err_has 't-intel-reset: L1 ended without a word'

echo 'exit 0' >"$tap_dir/scenario"
run lab/machine/l1.sh --vendor intel --tcg --modules stock --out "$out_dir" --timeout 2 \
	"$tap_dir/scenario"
ok 'no end in time is a failure' status_is 125
ok 'and said to be one' err_has 'no end after 2 s'

# Without repetition there is one process less between the script and Bochs.
unset LAB_TRIES
# children PID: print the processes that it has started
children() { tr ' ' '\n' 2>/dev/null <"/proc/$1/task/$1/children"; }
bochs_of() {
	local pid
	for pid in $(children "$1"); do
		! grep -qsx 'bochs\(-bin\)\?' "/proc/$pid/comm" || echo "$pid"
	done
}
command_of() { tr -d '\0' 2>/dev/null <"/proc/$1/cmdline"; }
# start: run in the background, as a terminal does; sets $l1_pid and $bochs
start() {
	set -m
	lab/machine/l1.sh --vendor intel --tcg --modules stock --out "$out_dir" \
		"$tap_dir/scenario" >"$tap_dir/out" 2>"$tap_dir/err" &
	l1_pid=$!
	set +m
	# The run may have to wait for a free processor.
	for _ in {1..600}; do
		bochs=$(bochs_of "$l1_pid")
		[ -z "$bochs" ] || break
		sleep 0.2
	done
}
start
kill -KILL "$bochs"
status=0
wait "$l1_pid" || status=$?
err=$(cat "$tap_dir/err")
ok 'Bochs killed is a failure' status_is 125
ok 'and no time-out' err_has 'status 137'
for signal in INT KILL; do
	start
	kill -"$signal" "$l1_pid"
	status=0
	wait "$l1_pid" 2>/dev/null || status=$?
	[ "$signal" != KILL ] || sleep 1.5
	ok "SIG$signal: it ends with that" \
		status_is $((128 + $(kill -l "$signal")))
	ok "SIG$signal: Bochs is gone" [ -z "$(command_of "$bochs")" ]
done
run lab/machine/l1.sh --vendor intel --tcg --modules stock --out "$out_dir" \
	"$tap_dir/scenario" nonsense
# left: print what is left of this test's runs, as others may be running
left() {
	local dir pid
	for dir in "$build"/run/.new.*; do
		pid=${dir##*/.new.}
		[ ! -e "$dir" ] || [ -e "/proc/${pid%%.*}" ] || echo "$dir"
	done
}
ok 'nothing temporary is left' [ -z "$(left)" ]

run lab/machine/l1.sh --vendor intel --icount --out "$out_dir" "$tap_dir/scenario"
ok '--icount is refused' err_has 'AMD host'
run lab/machine/l1.sh --vendor via --out "$out_dir" "$tap_dir/scenario"
ok 'wrong usage' status_is 64

done_testing
