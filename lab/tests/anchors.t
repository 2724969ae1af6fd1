#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Tests that modules whose hooks were placed by anchors are called untested until their books
# have balanced in the lab, on the very kernel that they are for, and on that vendor's host.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/tap.sh
. tests/tap.sh
# shellcheck source=kvm-instrumentation/tests/root.sh
. kvm-instrumentation/tests/root.sh

root=$tap_dir/root
dir=$tap_dir/modules
BASE=$build/modules/$KSERIES/normal
make_root "$root"
dpkg-deb --fsys-tarfile "$build/cache/debs/$KSERIES/linux-image-${KREL}_"*.deb |
	tar -x -C "$root" "./boot/vmlinuz-$KREL"

# There are no patches for a Linux 1.0, so anchors are used.
run kvm-instrumentation/build-modules.sh --kernel 1.0 --source "$KSOURCE" \
	--headers "$KHEADERS" --out "$dir" --base "$BASE"
ok 'built by anchors' status_is 0

# --- before ---

# load: load what is installed in $root, with the parameter and the build IDs of the modules
load() {
	local name

	kvm_make reload
	ok 'reload: status' status_is 0
	echo 1 >"$root/sys/module/kvm/parameters/exit_stats_by_anchors"
	for name in kvm kvm_amd; do
		mkdir -p "$root/sys/module/$name/notes"
		objcopy -O binary --only-section=.note.gnu.build-id \
			"$root/lib/modules/$KREL/updates/exitledger/${name/_/-}.ko" \
			"$root/sys/module/$name/notes/.note.gnu.build-id"
	done
}
untried='anchors placed its hooks, and nobody has tried it with kvm_amd'

kvm_make install MODULES="$dir"
ok 'untested: installed' status_is 0
ok 'untested: install says so, and what to do' \
	out_has "nobody has tried these modules: make lab MODULES=$dir"
load
kvm_make status MODULES="$dir"
ok 'untested: status says so' out_has "$untried: make lab MODULES=$dir"

# --- in the lab ---

# The modules are for one of the lab's kernels, which demo.sh finds by its release.
run lab/jobs/demo.sh --modules "$dir"
ok 'the lab: status' status_is 0
ok 'the lab: both guests are balanced' [ "$(grep -c '^verdict  BALANCED' <<<"$out")" -eq 2 ]
ok 'the lab: the books say that anchors placed the hooks' \
	[ "$(grep -c 'hooks were placed by anchors' <<<"$out")" -eq 2 ]
ok 'the lab: it says what it wrote' out_has "$dir/balanced"
ok 'the file has the vendor and both IDs' grep -qxE \
	"kvm_amd [0-9a-f]{40} [0-9a-f]{40} $(date +%Y)-[0-9]{2}-[0-9]{2}" "$dir/balanced"
ok 'and no other vendor' [ "$(wc -l <"$dir/balanced")" -eq 1 ]

# Take a kernel from the made-up machine, as if the lab did not know it.
run env ROOT="$root" lab/setup/machine-kernel.sh "$KREL"
ok "a kernel of the machine: taken" status_is 0
ok "a kernel of the machine: as the lab has it" \
	cmp "$build/kernel/$KREL/current/vmlinux" "$KVMLINUX"
run lab/machine/l1.sh --kernel "$KREL" --modules "$dir" --out "$tap_dir/smoke" \
	lab/scenarios/smoke.sh
ok 'a kernel of the machine: L1 boots it' status_is 0
rm -rf "$build/kernel/$KREL" "$build/images/$KREL"-*

# --- after ---

kvm_make install MODULES="$dir"
ok 'balanced: installed without a warning' out_lacks 'nobody has tried'
load
kvm_make status MODULES="$dir"
ok 'balanced: status no longer calls them untested' out_lacks "$untried"
kvm_make uninstall
ok 'uninstall takes the mark away, too' [ ! -e "$root/lib/modules/$KREL/updates" ]

# Modules that were built again have other IDs.
kvm_make install MODULES="$dir"
load
id=$root/sys/module/kvm/notes/.note.gnu.build-id
byte=$(od -A n -t u1 -j 16 -N 1 "$id")
printf '%b' "\\0$(printf '%o' $((byte ^ 255)))" |
	dd of="$id" bs=1 seek=16 conv=notrunc status=none
kvm_make status MODULES="$dir"
ok 'other modules: status says that they are untested' out_has "$untried"

rm "$root/sys/module/kvm/notes/.note.gnu.build-id"
kvm_make status MODULES="$dir"
ok 'modules without an ID: status says that they are untested' out_has "$untried"
truncate -s 1000 "$dir/kvm-intel.ko"
run kvm-instrumentation/build-modules.sh --kernel 1.0 --source "$KSOURCE" \
	--headers "$KHEADERS" --out "$dir" --base "$BASE"
ok 'built again: status' status_is 0
ok 'built again: the mark is gone' [ ! -e "$dir/balanced" ]

# --- what cannot be tried ---

run lab/jobs/demo.sh --modules "$tap_dir/none"
ok 'no such directory: status' status_is 3
ok 'no such directory: one line' one_err_line
run lab/jobs/demo.sh --modules "$tap_dir"
ok 'no modules in it' err_has 'there is no stamp'
run lab/jobs/demo.sh --kernel "$KSERIES" --modules "$dir"
ok 'a kernel besides' status_is 64
run env ROOT="$root" lab/setup/machine-kernel.sh 9.9.9-none
ok 'no such kernel: one line' one_err_line
ok 'no such kernel: where it was looked for' err_has "there is no $root/lib/modules/9.9.9-none"
rm "$root/boot/vmlinuz-$KREL"
run env ROOT="$root" lab/setup/machine-kernel.sh "$KREL"
ok 'no image: one line says what to install' \
	err_has "no image of $KREL in $root/boot; apt install linux-image-$KREL"
ok 'no image: nothing is left' [ -z "$(ls -A "$build/kernel/$KREL")" ]
rmdir "$build/kernel/$KREL"

done_testing
