#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# build-modules.sh reports a patch that does not apply, and then changes nothing.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/tap.sh
. tests/tap.sh

build=kvm-instrumentation/build-modules.sh
modules=${BUILD:-build}/modules/$(lab/setup/series.sh default)/normal
copy=$tap_dir/copy
mkdir "$copy" "$tap_dir/series"

# patch_to LINE: make a patch that expects LINE as the first line of KVM's Makefile
patch_to() {
	cat <<-EOF
	A test.

	--- a/arch/x86/kvm/Makefile
	+++ b/arch/x86/kvm/Makefile
	@@ -1,1 +1,2 @@
	-$1
	+$1
	+# more
	EOF
}
fingerprint() { (cd "$copy" && find . -type f | sort | xargs sha256sum); }
same() { [ "$before" = "$(fingerprint)" ]; }

run "$build"
ok 'the modules can be built' status_is 0
run "$build"
ok 'a second build has nothing to do' out_has 'up to date'
for module in kvm kvm-amd kvm-intel; do
	cp "$modules/$module.ko" "$copy/"
	run readelf -SW "$copy/$module.ko"
	ok "$module.ko has BTF" out_has ' .BTF '
done
cp "$modules/stamp" "$copy/"
before=$(fingerprint)

patch_to 'No such line.' >"$tap_dir/series/0001-bad.patch"
run "$build" --series "$tap_dir/series" --out "$copy"
ok 'a patch that does not apply' status_is 1
ok 'is named, in one line' one_err_line
ok 'with the kernel, itself and the file' err_has \
	"0001-bad.patch does not apply to arch/x86/kvm/Makefile"
ok 'and nothing changes' same
run "$build" --fault "$tap_dir/series/0001-bad.patch" --out "$copy"
ok 'a fault that does not apply' err_has '0001-bad.patch does not apply'
ok 'changes nothing either' same
sed 's,arch/x86/kvm/Makefile,arch/x86/none.c,' \
	"$tap_dir/series/0001-bad.patch" >"$tap_dir/series/0000-none.patch"
run "$build" --series "$tap_dir/series" --out "$copy"
ok 'a patch to a file that is not there' err_has '0000-none.patch does not apply'

# anchors.py gives the same files as the patches of each series, to the last byte.
series_to_test tested
for series in "${SERIES[@]}"; do
	# shellcheck disable=SC1090
	. "${BUILD:-build}/kernel/$series/current/kernel.env"
	tree=$tap_dir/tree-$series
	mkdir -p "$tree/arch/x86"
	cp -a "$KSOURCE/arch/x86/kvm" "$tree/arch/x86/"
	cp -a "$KSOURCE/virt" "$tree/"
	chmod -R u+w "$tree"
	run kvm-instrumentation/anchors.py "$tree"
	ok "$series: all anchors are there" status_is 0
	work=${BUILD:-build}/modules/$series/normal/.work
	changed=$(cd "$tree" && grep -rl exit_stats . | sort)
	ok "$series: eight files and more are changed" [ "$(wc -l <<<"$changed")" -ge 8 ]
	ok "$series: as the patches do" [ -z "$(
		for file in $changed; do
			cmp -s "$tree/$file" "$work/$file" || echo "$file"
		done)" ]
done

# Without patches the modules are built by anchors, and say so.
series=$(lab/setup/series.sh default)
# shellcheck disable=SC1090
. "${BUILD:-build}/kernel/$series/current/kernel.env"
normal=$(dirname "$copy")/normal
mkdir "$normal"
run "$build" --kernel 1.0 --source "$KSOURCE" --headers "$KHEADERS" --out "$normal" \
	--base "$modules"
ok 'no patches: built' status_is 0
ok 'no patches: by anchors' grep -q ', by anchors, as there are no patches$' "$normal/stamp"
run modinfo -p "$normal/kvm.ko"
ok 'no patches: the module says so' out_has 'exit_stats_by_anchors:'
mkdir -p "$tap_dir/other"
cp -a "$KSOURCE/arch" "$KSOURCE/virt" "$tap_dir/other/"
chmod -R u+w "$tap_dir/other"
sed -i 's/trace_kvm_exit/trace_kvm_leave/' "$tap_dir/other/arch/x86/kvm/vmx/vmx.c"
run "$build" --kernel 1.0 --source "$tap_dir/other" --headers "$KHEADERS" \
	--out "$tap_dir/none"
ok 'no anchor: status' status_is 1
ok 'no anchor: one line' one_err_line
ok 'no anchor: where' err_has 'vmx/vmx.c: vmx_vcpu_run: the anchor'
ok 'no anchor: how often' err_has 'trace_kvm_exit'
ok 'no anchor: nothing is built' [ ! -e "$tap_dir/none/kvm.ko" ]

truncate -s 1000 "$copy/kvm.ko"
run lab/machine/l1.sh --modules "$copy" --out "$tap_dir/results" \
	lab/scenarios/smoke.sh
ok 'modules that were cut off are not used' err_has 'no complete set'
run "$build" --source /nonexistent
ok 'a source that is not there' err_has 'no kernel source'
run "$build" --series /nonexistent
ok 'a series that is not there' err_has 'no directory /nonexistent'
run "$build" --out
ok 'wrong usage' status_is 64

done_testing
