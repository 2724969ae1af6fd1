# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Finds the headers and the source from which modules for a kernel of this machine are
# built.  Sourced by install-modules.sh, after lab/lib.sh.
#
# All system paths are below $ROOT, which is empty unless it is the directory of an image
# or of a test.  distribution.sh knows the names that distributions give; given-source.sh
# checks a source that no package has brought.

# The directories that patches may change, and others that the build needs.
SOURCE_PARTS=(arch/x86/kvm virt/kvm Documentation/virt/kvm
	tools/testing/selftests/kvm Makefile scripts/extract-vmlinux)

running_release() {
	cat -- "$ROOT/proc/sys/kernel/osrelease" 2>/dev/null || true
}

is_running() {
	[[ $KREL == "$(running_release)" ]]
}

# Set KREL, unless it is given, and the variables that follow from it.
find_release() {
	KREL=${KREL:-$(running_release)}
	[[ $KREL =~ ^[0-9]+\.[0-9]+[A-Za-z0-9.+~_-]*$ ]] ||
		die "'$KREL' is no kernel's release; say one as KREL=6.1.0-56-amd64"
	MODDIR=$ROOT/lib/modules/$KREL
	# shellcheck disable=SC2034 # for install-modules.sh
	OURS=$MODDIR/updates/exitledger
	# shellcheck disable=SC2034
	OUT=${MODULES:-$BUILD/modules/$KREL}
}

known_series() {
	find "$HERE/patches" -mindepth 1 -maxdepth 1 -type d -printf '%f.y\n' |
		sort -V | paste -sd' '
}

# Set KSERIES: 6.1.0-56-amd64 and 6.1.192 are of series 6.1.
find_series() {
	[[ $KREL =~ ^[0-9]+\.[0-9]+ ]]
	KSERIES=${BASH_REMATCH[0]}
}

# Print a line if there are no patches for the kernel's series.
missing_patches() {
	[[ -d $HERE/patches/$KSERIES ]] ||
		printf '%s\n' "no patches fit Linux $KREL (there are some for $(known_series))"
}

find_headers() {
	local dir

	for dir in "$MODDIR/build" "$ROOT/usr/src/linux-headers-$KREL" \
		"$ROOT/usr/src/kernels/$KREL"; do
		[[ -f $dir/Makefile && -f $dir/.config ]] && break
	done
	[[ -f $dir/Makefile && -f $dir/.config ]] ||
		die "no headers of $KREL in $MODDIR/build; $(install_hint)"
	HEADERS=$(realpath -- "$dir")
	grep -qsF "\"$KREL\"" "$HEADERS/include/generated/utsrelease.h" ||
		die "$HEADERS is of another kernel than $KREL; $(install_hint)"
	! grep -qx CONFIG_KVM=y "$HEADERS/.config" ||
		die "KVM is built into $KREL, so it cannot be replaced by a module"
	grep -qx CONFIG_KVM=m "$HEADERS/.config" || die "$KREL has no KVM"
}

need_program() { # PROGRAM PACKAGE
	[[ -n $(type -P "$1") ]] || die "no $1; $(to_install "$2")"
}

# --- the source ---

version_in() { # MAKEFILE
	awk '/^(VERSION|PATCHLEVEL|SUBLEVEL) = / { v = v sep $3; sep = "." }
		END { print v }' "$1"
}

# Print the version of the source's package, if it is installed.
source_package_version() {
	dpkg-query --admindir="$ROOT/var/lib/dpkg" -W \
		-f='${db:Status-Status} ${Version}' "$(source_package)" \
		2>/dev/null | sed -n 's/^installed //p' || true
}

# refuse_other WHERE ITS-VERSION KERNEL'S-VERSION: end the script if they differ
refuse_other() {
	[[ $2 == "$3" ]] ||
		die "the source in $1 is Linux $2, but $KREL is Linux $3;" \
			"install what is right: $(install_hint)"
}

unpack_source() { # TARBALL PACKAGE DIR
	decompress "$1" | tar -x -C "$3" --strip-components=1 \
		--no-same-owner "${SOURCE_PARTS[@]/#/$2/}"
}

# Set SOURCE to the source of exactly this kernel, with the distribution's patches, or end
# the script.
find_source() {
	local kernel package version tmp tarball='' from hint

	kernel=$(make -s -C "$HEADERS" kernelversion)
	if [[ -n ${SOURCE:-} ]]; then
		check_given_source "$kernel"
		return 0
	fi
	package=$(source_package)
	[[ -z $package ]] || tarball=$(find_tarball "$package")
	hint=$(install_hint)
	[[ $hint == *SOURCE=* ]] || hint+=', or say SOURCE=DIR'
	[[ -n $tarball ]] ||
		die "no source of $KREL${package:+: no $ROOT/usr/src/$package.tar.*}; $hint"
	version=$(source_package_version)
	from=$(kernel_package_version "$HEADERS")
	[[ -z $version || -z $from ]] || refuse_other "$tarball" "$version" "$from"
	need tar "$(decompressor "$tarball")"
	SOURCE=$BUILD/source/$KSERIES
	from=$(stat -L -c '%n %s %Y' -- "$tarball")
	if [[ $(cat -- "$SOURCE/.from" 2>/dev/null || true) != "$from" ]]; then
		new_beside tmp "$SOURCE"
		step "unpack ${tarball##*/}" "source-$KSERIES" \
			unpack_source "$tarball" "$package" "$tmp"
		refuse_other "$tarball" "$(version_in "$tmp/Makefile")" "$kernel"
		printf '%s\n' "$from" >"$tmp/.from"
		publish "$tmp" "$SOURCE"
	fi
	refuse_other "$tarball" "$(version_in "$SOURCE/Makefile")" "$kernel"
}

# --- BTF ---

# Write the kernel's types to a file that pahole reads, from the kernel's image or from
# the running kernel.
make_vmlinux() { # FILE
	local image=$ROOT/boot/vmlinuz-$KREL btf=$ROOT/sys/kernel/btf/vmlinux

	# Fedora has the image in $MODDIR, and a copy in /boot.
	[[ -r $image || ! -r $MODDIR/vmlinuz ]] || image=$MODDIR/vmlinuz
	if [[ -r $image ]] && bash "$SOURCE/scripts/extract-vmlinux" "$image" \
		>"$1" 2>/dev/null; then
		return 0
	fi
	[[ -r $btf && $KREL == "$(running_release)" ]] ||
		die "no types (BTF) of $KREL: neither $image nor $btf can be read;" \
			"$(to_install "$(kernel_package image)")"
	cp -- "$btf" "$1"
}

# The observer reads KVM's types from the modules' BTF, which is only made if the headers
# have a vmlinux.  Debian's 6.1 headers have none, so use a directory with links to the
# headers and a vmlinux.
complete_headers() {
	local own=$BUILD/headers/$KREL tmp file

	grep -qx CONFIG_DEBUG_INFO_BTF_MODULES=y "$HEADERS/.config" || return 0
	[[ ! -e $HEADERS/vmlinux ]] || return 0
	new_beside tmp "$own"
	for file in "$HEADERS"/* "$HEADERS"/.[!.]*; do
		ln -s -- "$file" "$tmp/"
	done
	# The Makefile finds other files relative to itself, so include it by its own path.
	rm -- "$tmp/Makefile"
	printf 'include %s/Makefile\n' "$HEADERS" >"$tmp/Makefile"
	make_vmlinux "$tmp/vmlinux"
	publish "$tmp" "$own"
	HEADERS=$own
}
