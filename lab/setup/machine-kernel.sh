#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: machine-kernel.sh KREL
#
# Copies a kernel that is installed on this machine to build/kernel/KREL/current, where the lab
# finds it.  So modules that were built for that kernel can be tried before they are installed.
# Nothing on the machine changes.
#
# Environment: ROOT, the directory of another system, instead of /.

# shellcheck source=lab/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib.sh"
# shellcheck source=lab/setup/image.sh
. "$LAB/setup/image.sh"
# shellcheck source=kvm-instrumentation/distribution.sh
. "$TOP/kvm-instrumentation/distribution.sh"
ROOT=${ROOT:-}

# The modules that L1's init loads before KVM's.
LOADED_BEFORE=(irqbypass rng-core ccp)

# Print the kernel's image.  Fedora has it beside the modules.
find_image() {
	local file

	for file in "$ROOT/boot/vmlinuz-$KREL" "$ROOT/lib/modules/$KREL/vmlinuz"; do
		[[ -e $file ]] || continue
		[[ -r $file ]] || die "$file may only be read by root, so L1 cannot boot it;" \
			"let your user read it: sudo chmod a+r $file"
		printf '%s\n' "$file"
		return 0
	done
	die "no image of $KREL in $ROOT/boot; $(to_install "$(kernel_package image)")"
}

# Print the files of a module and of those that it needs, in the order of loading.
module_files() { # NAME
	local config=()

	[[ -z $ROOT ]] || config=(-d "$ROOT" -C "$ROOT/etc/modprobe.d")
	# A module that is built in has no file, and is left out.
	try modprobe "${config[@]}" -S "$KREL" --ignore-install --show-depends "$1" |
		try sed -n 's/^insmod \([^ ]*\).*/\1/p' | module_paths
}

# Put the modules that L1 loads in the directory "modules".  Modules of ours that are installed
# here are only copied so that the set is complete, as the scenarios have their own.
take_modules() {
	local vendor files file name

	mkdir modules
	for vendor in kvm-amd kvm-intel; do
		files=$(module_files "$vendor")
		while read -r file; do
			name=${file##*/}
			name=${name%%.ko*}
			[[ " ${LOADED_BEFORE[*]} kvm kvm-amd kvm-intel " == *" $name "* ]] ||
				die "$vendor of $KREL needs the module $name, which L1 does not load"
			decompress "$file" >"modules/$name.ko"
			has_section "modules/$name.ko" .modinfo
		done <<<"$files"
	done
	for name in kvm kvm-amd kvm-intel; do
		[[ -s modules/$name.ko ]] || die "$KREL has no module $name"
	done
}

write_env() {
	cat >kernel.env <<-EOF
	# Written by lab/setup/machine-kernel.sh
	KSERIES=$KREL
	KREL=$KREL
	KVERSION=$KREL
	KSUMS=$(sha256sum <sums | cut -c1-16)
	KDIR=\$(cd -- "\$(dirname -- "\${BASH_SOURCE[0]}")" && pwd -P)
	KVMLINUX=\$KDIR/vmlinux
	KMODULES=\$KDIR/modules
	EOF
}

take_kernel() { # DIR
	local image

	cd -- "$1"
	image=$(find_image)
	unpack_kernel "$image" >vmlinux
	has_section vmlinux .BTF
	# Both emulators enter the kernel by its PVH entry.
	[[ -n $(pvh_entry vmlinux) ]] ||
		die "$KREL has no PVH entry (CONFIG_PVH), by which L1 boots it"
	take_modules
	sha256sum vmlinux modules/* >sums
	write_env
}

main() {
	local new

	[[ $# == 1 && $1 != -* ]] || usage
	KREL=$1
	[[ $KREL =~ ^[0-9]+\.[0-9]+[A-Za-z0-9.+~_-]*$ ]] || die "'$KREL' is no kernel's release"
	[[ -d $ROOT/lib/modules/$KREL ]] ||
		die "no kernel $KREL on this machine: there is no $ROOT/lib/modules/$KREL"
	need modprobe readelf xz zstd
	lock
	mkdir -p "$BUILD/kernel/$KREL"
	new_beside new "$BUILD/kernel/$KREL/current"
	step "take this machine's Linux $KREL for L1" "kernel-$KREL" take_kernel "$new"
	publish "$new" "$BUILD/kernel/$KREL/current"
}

main "$@"
