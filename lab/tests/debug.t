#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The parts of the debugging lab that need no kernel: the comparison of the configuration, the
# judge of the kernel's log, the planted mistakes, and the options.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/tap.sh
. tests/tap.sh

# in_lab CODE: run code with the functions of the debugging lab
in_lab() {
	# shellcheck disable=SC2016 # for the other shell
	run bash -c '. lab/lib.sh; . lab/debug/config.sh; . lab/debug/reports.sh
		eval "$1"' debug-lab "$1"
}

# --- the configuration ---

fragment=lab/debug/debug.config
grep '^CONFIG_' $fragment >"$tap_dir/whole"
in_lab "check_config $fragment $tap_dir/whole"
ok 'a configuration that follows the fragment' status_is 0
ok 'a configuration that follows the fragment: no word' no_err

grep -v '^CONFIG_KASAN=' "$tap_dir/whole" >"$tap_dir/less"
echo '# CONFIG_KASAN is not set' >>"$tap_dir/less"
in_lab "check_config $fragment $tap_dir/less"
ok 'an option that was dropped ends the build' status_is 1
ok 'an option that was dropped is named' \
	err_has 'CONFIG_KASAN=y: the kernel has it not set'
ok 'the file that asks for it is named' err_has "does not follow $fragment"

sed 's/^CONFIG_KVM=m/CONFIG_KVM=y/' "$tap_dir/whole" >"$tap_dir/other"
in_lab "check_config $fragment $tap_dir/other"
ok 'another value is named' err_has 'CONFIG_KVM=m: the kernel has CONFIG_KVM=y'

(cat "$tap_dir/whole"; echo CONFIG_RANDOMIZE_BASE=y) >"$tap_dir/more"
in_lab "check_config $fragment $tap_dir/more"
ok 'an option that is not to be set is named' \
	err_has '# CONFIG_RANDOMIZE_BASE is not set: the kernel has CONFIG_RANDOMIZE_BASE=y'
in_lab "check_config $fragment $tap_dir/none"
ok 'no configuration at all' err_has 'no kernel configuration'

for option in KASAN_INLINE PROVE_LOCKING PROVE_RCU DEBUG_ATOMIC_SLEEP UBSAN DEBUG_OBJECTS \
	SLUB_DEBUG_ON FAULT_INJECTION FAILSLAB DEBUG_KMEMLEAK BPF_SYSCALL DEBUG_INFO_BTF; do
	ok "the fragment asks for $option" grep -qx "CONFIG_$option=y" $fragment
done

# --- the judge ---

# log TEXT...: make a log of a boot that was clean, and of these lines
log() {
	{
		echo '[    0.000000] Linux version 6.12.0 (debug)'
		echo '[    0.100000][    T1] KASAN: enabled; lockdep: running; UBSAN is on'
		echo '[    9.000000] [LAB] booted'
		printf '[   12.345678][   C0] %s\n' "$@"
	} >"$tap_dir/log"
}
# found COUNT TEXT: are there so many reports, one with this text?
found() {
	in_lab "reports_in $tap_dir/log >$tap_dir/reports; nr_reports $tap_dir/reports"
	[ "$out" = "$1" ] && grep -qF -- "${2-}" "$tap_dir/reports"
}

log 'kvm_amd: Nested Paging enabled' 'kvm: No memory for the exit counters of a vCPU' \
	'FAULT_INJECTION: forcing a failure.' \
	'kmemleak: Cannot allocate a scan area, scanning the full object'
: >"$tap_dir/reports"
in_lab "reports_in $tap_dir/log"
ok 'a clean log has no report' [ "$status$out" = 0 ]
in_lab "is_whole $tap_dir/log"
ok 'a log with its beginning is whole' status_is 0
echo '[   99.0] kvm: late' >"$tap_dir/log"
in_lab "is_whole $tap_dir/log"
ok 'a log without its beginning is not whole' status_is 1

# Each line is the head of a report of one kind.
while IFS='|' read -r kind head; do
	log "$head" 'Call Trace:' ' <TASK>' ' kvm_exit_file_read+0x1/0x2 [kvm]'
	ok "$kind is a report" found 1 "$head"
done <<'END'
KASAN|BUG: KASAN: slab-use-after-free in kvm_exit_stats_destroy_vcpu+0x5c/0x90 [kvm]
lockdep, orders|WARNING: possible circular locking dependency detected
lockdep, itself|WARNING: possible recursive locking detected
lockdep, interrupts|WARNING: inconsistent lock state
lockdep that gives up|BUG: MAX_LOCKDEP_CHAINS too low!
lockdep that is off|turning off the locking correctness validator.
RCU|WARNING: suspicious RCU usage
a stall|rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:
sleeping|BUG: sleeping function called from invalid context at mm/slab.h:1
scheduling|BUG: scheduling while atomic: microguest/12/0x00000002
UBSAN|UBSAN: array-index-out-of-bounds in arch/x86/kvm/exit_file.c:98:3
ODEBUG|ODEBUG: free active (active state 0) object type: timer_list
refcount|refcount_t: underflow; use-after-free.
a warning|WARNING: CPU: 0 PID: 9 at arch/x86/kvm/exit_stats.c:10 kvm_exit_stats_vendor+0x1/0x2
an oops|Oops: general protection fault, probably for non-canonical address 0xdffffc0000000000
a BUG|kernel BUG at mm/slub.c:100!
a list|list_del corruption. prev->next should be ffff8880, but was 6b6b6b6b
the slab's poison|BUG kvm_exit_cells (Not tainted): Poison overwritten
cells that were not freed|BUG kvm_exit_cells (Not tainted): Objects remaining in kvm_exit_cells on __kmem_cache_shutdown()
a leak|kmemleak: 2 new suspected memory leaks (see /sys/kernel/debug/kmemleak)
kmemleak that is off|kmemleak: Kernel memory leak detector disabled
kmemleak without memory|kmemleak: Cannot allocate a kmemleak_object structure
a hung task|INFO: task rmmod:99 blocked for more than 241 seconds.
END
log 'Call Trace:' ' kvm_exit_file_read+0x1/0x2 [kvm]'
ok 'a stack trace of its own is a report' found 1 kvm_exit_file_read
log 'insmod: vmalloc error: size 4096, failed to allocate pages' 'CPU: 0 UID: 0' \
	'Call Trace:' ' one' ' two' ' three' ' four' ' five' ' six' ' seven' ' eight' \
	'__kmem_cache_create_args(kvm_exit_cells) failed with error -12' 'CPU: 0' 'Call Trace:'
in_lab "reports_in $tap_dir/log"
ok 'traces of allocations that failed are none' [ "$status$out" = 0 ]

mapfile -t between < <(printf 'kvm: line %s\n' {1..40})
log 'BUG: KASAN: slab-use-after-free in one+0x1/0x2' '======' \
	'Read of size 8 at addr ffff8880 by task microguest/9' 'Call Trace:' "${between[@]}" \
	'UBSAN: shift-out-of-bounds in two.c:1:2'
ok 'two reports are two' found 2 'shift-out-of-bounds'
ok 'a report has the lines after its head' grep -q 'Read of size 8' "$tap_dir/reports"
ok 'but not all of the log' [ -z "$(grep 'kvm: line 30' "$tap_dir/reports")" ]
ok 'times are left out' [ -z "$(grep 12.345678 "$tap_dir/reports")" ]

in_lab 'taints 12288'
ok 'modules from elsewhere leave no taint that counts' [ "$status$out" = 0 ]
in_lab 'taints 12832'
ok 'a warning and a bad page do' [ "$out" = BW ]

# --- the planted mistakes ---

mkdir -p "$tap_dir/tree/arch/x86/kvm"
cp kvm-instrumentation/src/*.[ch] "$tap_dir/tree/arch/x86/kvm/"
for fault in uaf lock; do
	run patch -d "$tap_dir/tree" -p1 --fuzz=0 --dry-run \
		-i "$PWD/lab/debug/faults/$fault.patch"
	ok "the mistake '$fault' applies to our sources" status_is 0
	name=$(sed -n "s/^declare -A NAMES=.*\[$fault\]=\([a-z_]*\).*/\1/p" \
		lab/debug/debug-lab.sh)
	ok "the function that '$fault' must name is ours" \
		grep -q "\b$name(" kvm-instrumentation/src/exit_stats.c
done

# --- the options ---

export BUILD=$tap_dir/build
for options in '--minutes 0' '--minutes' '--minutes 3x' '--cpus 3' '--fault other' 'more' \
	'--no-such 1'; do
	# shellcheck disable=SC2086 # words
	run lab/debug/debug-lab.sh $options
	ok "'$options' is refused" status_is 64
done
run lab/debug/debug-lab.sh --kernel 9.9
ok 'a series that the lab does not know' err_has "no kernel series '9.9'"
run lab/debug/build-kernel.sh
ok 'build-kernel.sh needs a series' status_is 64
run make -s -n debug-lab MINUTES=30
ok 'make debug-lab MINUTES=30' out_has 'debug-lab.sh --minutes 30'
run make -s -n debug-lab FAULT=uaf
ok 'make debug-lab FAULT=uaf' out_has '--fault uaf'
run lab/machine/l1.sh --tcg-threads some --out "$tap_dir/none" lab/scenarios/smoke.sh
ok 'the emulator has one thread or several' status_is 64

# deps.sh takes each class of packages, this lab's among them; aside is a part of check.
for class in $(awk '!/^#/ { print $2 }' lab/setup/packages.txt | tr , '\n' | sort -u); do
	[ "$class" != aside ] || continue
	ok "the packages of class $class can be asked for" grep -qE \
		"class =~ .*[(|]${class}[)|]" lab/setup/deps.sh
done

done_testing
