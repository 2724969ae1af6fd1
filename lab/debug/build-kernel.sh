#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: build-kernel.sh SERIES
#
# Builds the debugging kernel of a series from Debian's source, with the configuration
# debug.config, and our KVM modules for it.  L1 boots it with l1.sh --kernel SERIES-debug.
#
# The kernel is Debian's, without our patches, so its own KVM modules are the unpatched ones.
# Ours are built out of tree by build-modules.sh, like for any other kernel: a change of our
# sources builds only them again.  The kernel itself is built when the version of Debian's
# source or debug.config has changed; then make builds what depends on that.
#
# Exit status: 0; 1 if something failed; 4 if APT's sources have no such kernel.

# shellcheck source=lab/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib.sh"
# shellcheck source=lab/setup/kernels.sh
. "$LAB/setup/kernels.sh"
# shellcheck source=lab/setup/image.sh
. "$LAB/setup/image.sh"
# shellcheck source=lab/debug/config.sh
. "$LAB/debug/config.sh"

FRAGMENT=$LAB/debug/debug.config

# The source's parts that no file of this kernel needs: half of it.
UNUSED=('drivers/gpu/drm/*.[ch]' 'tools/testing/*' 'tools/perf/*' 'Documentation/*/*'
	'arch/*/boot/dts/*')

# A make that has started this script must not pass its options to the kernel's.
unset MAKEFLAGS MFLAGS MAKELEVEL

kernel_make() {
	make -s -C "$DIR/source" O="$DIR/build" -j"$PROCESSORS" "$@"
}

unpack_source() {
	local deb part exclude=()

	deb=$(find "$BUILD/cache/debs/$SERIES" -name "linux-source-${SERIES}_*.deb")
	[[ -n $deb ]] || die "the kernel's source package is gone; remove" \
		"$(rel "$BUILD/kernel/$SERIES") and try again"
	for part in "${UNUSED[@]}"; do
		exclude+=(--exclude="linux-source-$SERIES/$part")
	done
	mkdir -p "$1/source"
	try dpkg-deb --fsys-tarfile "$deb" |
		try tar -xO "./usr/src/linux-source-$SERIES.tar.xz" |
		try xz -dc -T0 |
		try tar -x -C "$1/source" --strip-components=1 "${exclude[@]}"
	printf '%s\n' "$KVERSION" >"$1/version"
}

# Debian's source of another version begins anew, without the old objects.
need_source() {
	local tmp

	[[ ! -r $DIR/version || $(<"$DIR/version") != "$KVERSION" ]] || return 0
	new_beside tmp "$DIR"
	step "unpack the source of Linux $SERIES ($KVERSION)" "debug-$SERIES-source" \
		unpack_source "$tmp"
	publish "$tmp" "$DIR"
}

configure() {
	mkdir -p "$DIR/build"
	kernel_make x86_64_defconfig
	cat -- "$FRAGMENT" >>"$DIR/build/.config"
	kernel_make olddefconfig
}

compile() {
	local start=$SECONDS

	kernel_make vmlinux modules
	echo "$((SECONDS - start)) seconds of $PROCESSORS processors" >"$DIR/build-time"
}

# L1 boots these.  The kernel's own modules are for scenarios that need Debian's KVM.
take_files() {
	local module

	mkdir -p "$DIR/modules"
	strip --strip-debug -o "$DIR/vmlinux" "$DIR/build/vmlinux"
	has_section "$DIR/vmlinux" .BTF
	[[ -n $(pvh_entry "$DIR/vmlinux") ]] ||
		die 'the kernel has no PVH entry, by which L1 boots it'
	for module in arch/x86/kvm/{kvm,kvm-amd,kvm-intel} virt/lib/irqbypass; do
		strip --strip-debug -o "$DIR/modules/${module##*/}.ko" \
			"$DIR/build/$module.ko"
	done
	has_section "$DIR/modules/kvm.ko" .BTF
	(cd -- "$DIR" && sha256sum vmlinux modules/* >sums)
}

# The variables of lab/setup/kernel.sh.  KSOURCE is for build-modules.sh, which only copies
# parts of it.
write_env() {
	cat >"$DIR/kernel.env" <<-END
	# Written by lab/debug/build-kernel.sh
	KSERIES=$SERIES-debug
	KREL=$(kernel_make kernelrelease)
	KVERSION=$KVERSION
	KSUMS=$(sha256sum <"$DIR/sums" | cut -c1-16)
	KKEY=$KEY
	KDIR=$DIR
	KVMLINUX=$DIR/vmlinux
	KMODULES=$DIR/modules
	KHEADERS=$DIR/build
	KSOURCE=$DIR/source
	KTOOLS=
	END
}

up_to_date() {
	[[ -r $DIR/kernel.env ]] && grep -qxF "KKEY=$KEY" "$DIR/kernel.env" &&
		(cd -- "$DIR" && sha256sum -c --quiet sums) >/dev/null 2>&1
}

build_kernel() {
	if up_to_date; then
		note "          the debugging kernel is up to date: $(rel "$DIR")" \
			"(built in $(<"$DIR/build-time"))"
		return 0
	fi
	# Without this file the kernel is incomplete.
	rm -f -- "$DIR/kernel.env"
	need_source
	step 'configure the debugging kernel' "debug-$SERIES-configure" configure
	check_config "$FRAGMENT" "$DIR/build/.config"
	note '          the next step takes 10 minutes or more of two processors'
	step "build the debugging kernel of Linux $SERIES" "debug-$SERIES-build" compile
	take_files
	write_env
}

main() {
	[[ $# == 1 && $1 != -* ]] || usage
	SERIES=$1
	check_series "$SERIES"
	has_patches "$SERIES" || die "there are no patches for Linux $SERIES"
	[[ $BUILD != *[[:space:]:]* ]] ||
		die "a kernel cannot be built where a path has a space or colon: $BUILD"
	lock
	"$LAB/setup/kernel.sh" "$SERIES"
	# shellcheck disable=SC1090
	. "$BUILD/kernel/$SERIES/current/kernel.env"
	[[ -z $KTOOLS ]] || die "Linux $SERIES is built with another Debian's tools;" \
		"choose a series of this one"
	DIR=$BUILD/kernel/$SERIES-debug/current
	KEY=$(printf '%s\n' "$KVERSION" | cat - "$FRAGMENT" "$LAB/debug/build-kernel.sh" |
		sha256sum | cut -c1-16)
	need make gcc ld flex bison bc pahole readelf strip xz
	build_kernel
	"$TOP/kvm-instrumentation/build-modules.sh" --kernel "$SERIES" \
		--source "$DIR/source" --headers "$DIR/build" \
		--out "$BUILD/modules/$SERIES-debug/normal"
}

main "$@"
