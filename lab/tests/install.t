#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The modules are installed, replace Debian's, count and are removed, on a real host in
# the lab (kvm-instrumentation/tests/install.t has the rest).
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/tap.sh
. tests/tap.sh

results=${BUILD:-build}/results/t-install
run lab/machine/l1.sh --out "$results" lab/scenarios/install.sh
ok 'the scenario ran to its end' status_is 0

# look NAME STATUS: load the output of a step of the scenario, and check its status
look() {
	out=$(cat "$results/$1.txt" 2>&1 || true)
	err=$(cat "$results/$1.err" 2>&1 || true)
	status=$(cat "$results/$1.status" || echo 255)
	ok "$1: status $2" status_is "$2"
}
theirs='kvm and kvm_amd without exit counters'
ours='kvm and kvm_amd with exit counters: exit_stats=2 (count and time); guests may'

look status_before 0
ok "at first: Debian's" out_has "loaded     $theirs"
look install 0
ok 'install: says what is next' out_has 'next: sudo make -C kvm-instrumentation reload'
look status_installed 0
ok "installed, not loaded" out_has "loaded     $theirs"
ok 'and said to be so' out_has 'reload changes that'
ok 'modprobe finds ours' out_has '/updates/exitledger/kvm.ko'
look reload_busy 1
ok 'a VM runs: which process' err_has '(microguest) runs a VM'
look reload 0
ok 'ours is loaded' out_has "is loaded:  $ours"
ok 'a parameter that was set by hand' \
	grep -q 'min_timer_period_us:123$' "$results/parameters"
ok "and one of the vendor's module" \
	grep -q 'kvm_amd/parameters/nested:0$' "$results/parameters"
look status_ours 0
ok 'status says so' out_has "loaded     $ours"
look compare 0
ok 'the books balance' out_has 'verdict  BALANCED'
ok "by $(first_attach)" out_has "BPF: $(first_attach)"

look reload_broken 1
ok "what does not load: Debian's is put back" err_has "now loaded: $theirs"
look status_broken 0
ok 'and is there' out_has "loaded     $theirs"
look microguest 0
ok 'and works' out_has '"abi":0'
look reload_again 0
ok 'mended, ours is loaded' out_has "is loaded:  $ours"
look uninstall 0
ok "uninstall: modprobe finds Debian's" out_has '/kernel/arch/x86/kvm/kvm.ko'
look reload_theirs 0
ok "Debian's is loaded" out_has "is loaded:  $theirs"
look status_after 0
ok 'at last: as at first' out_has "$(cat "$results/status_before.txt")"

done_testing
