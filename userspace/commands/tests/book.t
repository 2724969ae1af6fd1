#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# monitor, record and export with KVM's own book.  KVM is made up in a mount namespace, so
# neither KVM nor its module is needed.  The right to load BPF is dropped, so BPF is not
# used.
# shellcheck disable=SC2016 # the scripts are expanded where they run
set -euo pipefail
cd "$(dirname "$0")/../../.."
# shellcheck source=tests/tap.sh
. tests/tap.sh

build=$(realpath "${BUILD:-build}")
export build exitledger=$build/bin/exitledger demo=$build/tests/kernel_demo
export vm=/sys/kernel/debug/kvm/1-11

refused() {
	run "$exitledger" monitor --book kernel "$@"
	ok "$*: wrong usage" status_is 64
	ok "$*: one line says why" err_has "are for BPF's book"
}
for option in '--by port' --fast --off-cpu '--slower-than 1ms' --count-only '--attach tp'; do
	# shellcheck disable=SC2086
	refused $option
done
run "$exitledger" monitor --book both
ok 'no such book' err_has "--book takes bpf or kernel, not 'both'"

if [ "$(id -u)" != 0 ]; then
	skip 'a KVM that is made up' 'root: mounts of its own'
	done_testing
	exit
fi
chmod 755 "$tap_dir"
rights=-sys_admin,-bpf,-perfmon

# host MODE SCRIPT: run the script on a host whose KVM has this mode and a VM with 1,000
# exits per vCPU
host() {
	export dir=$tap_dir mode=$1
	run unshare --mount bash -euc '
		mount -t tmpfs -o mode=700 debugfs /sys/kernel/debug
		mount -t tmpfs -o mode=755 module /sys/module
		umask 022
		mkdir -p /sys/module/{kvm_amd,kvm/parameters} "$vm"
		echo live >/sys/module/kvm_amd/initstate
		if [ "$mode" != - ]; then
			echo "$mode" >/sys/module/kvm/parameters/exit_stats
			echo 1 >/sys/module/kvm/parameters/exit_stats_isa
		fi
		"$demo" "$vm/exit_stats" "${mode/-/0}" 1000
		ledger() { setpriv --bounding-set "$rights" --inh-caps "$rights" "$exitledger" "$@"; }
		'"$2"
}
export rights

# value EXPRESSION: evaluate it in Python, with the last line of JSON as "it"
value() {
	python3 -c 'import json, sys
it = json.loads(open(sys.argv[1]).read().splitlines()[-1])
print(eval(sys.argv[2]))' "$tap_dir/json" "$1"
}

host 3 'ledger monitor --book kernel --json --histograms -i 0 -- "$demo" "$vm/exit_stats" 3 3000 >"$dir/json"'
ok 'monitor of mode 3' status_is 0
reason='{r["name"]: r for r in it["vms"][0]["reasons"]}'
ok 'its exits' [ "$(value "${reason}['CPUID']['exits']")" = 4000 ]
ok 'their times' [ "$(value "${reason}['CPUID']['ns']")" = 8000000 ]
ok 'and those of HLT' [ "$(value "${reason}['HLT']['ns']")" = 200000000 ]
ok 'the histogram has them all' \
	[ "$(value "sum(n for _, n in ${reason}['CPUID']['histogram'])")" = 4000 ]
ok 'percentiles within 12 %' \
	[ "$(value "abs(${reason}['CPUID']['p99_ns'] - 2000) <= 240")" = True ]
ok 'nothing is lost' [ "$(value 'sum(it["lost"].values())')" = 0 ]

host 3 'ledger monitor --book kernel -i 0 -- "$demo" "$vm/exit_stats" 3 3000'
ok 'the first line says which book' out_has "KVM's own book, mode 3"
ok 'the table has percentiles' out_has P99
host 2 'ledger monitor --book kernel -i 0 -- "$demo" "$vm/exit_stats" 2 3000'
ok 'mode 2 has no percentiles' out_lacks P99
ok 'but the mean' out_has '2.00 us'
host 2 'ledger monitor --book kernel --columns p99'
ok 'a column that it has not' err_has "'p99' needs histograms, which KVM's own book has"
ok 'is wrong usage' status_is 64
host 1 'ledger monitor --book kernel --columns mean'
ok 'without times' err_has "'mean' needs times, which KVM's own book has"
host 1 'ledger monitor --book kernel -i 0 -- "$demo" "$vm/exit_stats" 1 3000'
ok 'mode 1' out_has '4,000'
host 2 'ledger monitor --book kernel --json --histograms'
ok 'histograms that it has not' err_has "--histograms needs those of KVM's own book"

host 0 'ledger monitor --book kernel'
ok 'it does not count' err_has 'kvm.exit_stats is 0'
host 2 'rm "$vm/exit_stats"; ledger monitor --book kernel'
ok 'an older KVM' err_has 'before the file exit_stats'
host - 'ledger monitor --book kernel'
ok 'a KVM without' err_has 'has no exit counters'
host 2 'umount /sys/kernel/debug; mount -t tmpfs x /sys/kernel/debug; ledger monitor --book kernel'
ok 'no debugfs' err_has 'mount debugfs'
ok 'is a failure' status_is 3

host 2 'ledger monitor --book kernel -i 0 -- "$demo" "$vm/exit_stats" 3 1000'
ok 'another mode is said' err_has "KVM's own book has mode 3 now"
# The mode is the 32-bit number at offset 28 of the file.
host 2 'ledger monitor --book kernel -i 0 -- sh -c \
	"printf \\\\000 | dd of=$vm/exit_stats bs=1 seek=28 conv=notrunc"'
ok 'that it is off, too' err_has 'KVM does not count any more'

# Once KVM is unloaded, nothing can be read.  A VM whose folder has no file is left out.
host 2 'ledger monitor --book kernel -i 10ms -- sh -c "rm -r ${vm%/*}; mkdir -p $vm; sleep 3"'
ok 'KVM is unloaded: a failure' status_is 3
ok 'KVM is unloaded: why' err_has 'KVM was unloaded meanwhile'
host 2 'ledger monitor --book kernel --json -i 10ms -- \
	sh -c "mkdir ${vm}0; sleep 1; $demo $vm/exit_stats 2 3000" >"$dir/json"'
ok 'a folder without a file: the others go on' status_is 0
ok 'a folder without a file: and are right' [ "$(value 'it["vms"][0]["exits"]')" = 4400 ]

# VMs that begin after root's rights were dropped are read, too.
host 2 'ledger monitor --book kernel --json -i 0 -- \
	sh -c "mkdir -p ${vm}0 && $demo ${vm}0/exit_stats 2 500" >"$dir/json"'
ok 'a VM that comes later' [ "$(value 'it["vms"][0]["exits"]')" = 1100 ]

host 3 'rm -f "$dir/run"; ledger record --book kernel -o "$dir/run" -- "$demo" "$vm/exit_stats" 3 3000
	"$exitledger" report --json "$dir/run" >"$dir/json"
	"$exitledger" report "$dir/run"; "$exitledger" replay -i 0 "$dir/run"'
ok 'record' status_is 0
ok 'the run has the book' [ "$(value 'it["run"]["book"], it["run"]["mode"]')" = "('kernel', 3)" ]
ok 'and its exits' [ "$(value 'it["run"]["exits"], it["run"]["bpf_exits"]')" = '(4400, 4400)' ]
ok 'its report says so' out_has "kvm_amd, KVM's own book, mode 3"
ok 'and that the sums are right' out_has "the intervals add up to KVM's own sums"
ok 'so does replay' out_has "KVM's own book, mode 3, recorded"
host 2 'rm -f "$dir/run"; ledger record --book kernel -o "$dir/run" -- "$demo" "$vm/exit_stats" 2 3000
	"$exitledger" report "$dir/run"; "$exitledger" replay -i 0 "$dir/run"'
ok 'a run of mode 2' status_is 0
ok 'has no percentiles' out_lacks P99

host 3 'timeout --preserve-status -s TERM 2 "$build/bin/exitledger-export" --book kernel --textfile "$dir/metrics" \
	--interval 10ms >/dev/null & sleep 0.5; "$demo" "$vm/exit_stats" 3 3000; wait $!'
ok 'export' status_is 0
metric() { grep -F "$1" "$tap_dir/metrics"; }
ok "the metrics say which book" [ -n "$(metric 'backend="kernel"')" ]
ok 'and have its exits' [ "$(metric 'exitledger_exits_total' | grep CPUID | sed 's/.* //')" = 4000 ]
ok 'and no verdict' [ -z "$(metric exitledger_books_)" ]

done_testing
