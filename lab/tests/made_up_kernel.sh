# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Makes up a kernel for commands.t: Debian packages that are as small as possible, and an
# apt-get and an apt-cache that provide them.

KREL=6.1.0-99-amd64
KVERSION=6.1.999-1

# elf FILE SECTION...: make an object file with these sections
elf() {
	local file=$1 section

	shift
	echo 'int made_up;' | gcc -x c -c -o "$file" -
	for section; do
		objcopy --add-section "$section=/bin/true" "$file"
	done
}

# deb DIR NAME ROOT: pack the directory ROOT as package NAME
deb() {
	local arch=amd64

	[[ $2 != linux-source-* ]] || arch=all
	mkdir -p "$3/DEBIAN"
	printf '%s\n' "Package: $2" "Version: $KVERSION" "Architecture: $arch" \
		'Maintainer: nobody <n@localhost>' 'Description: a test' \
		>"$3/DEBIAN/control"
	dpkg-deb -z0 --root-owner-group -b "$3" "$1/${2}_${KVERSION}_$arch.deb" >/dev/null
}

# little_endian NUMBER: print its four bytes
little_endian() {
	local hex

	hex=$(printf '%08x' "$1")
	printf '%b' "\\x${hex:6:2}\\x${hex:4:2}\\x${hex:2:2}\\x${hex:0:2}"
}

# bz_image VMLINUX FILE: make a bzImage with the parts that kernel.sh reads: two sectors
# of set-up code with setup_sects, payload_offset and payload_length, then the kernel and
# its size.
bz_image() {
	local size

	zstd -q "$1" -o "$2.zst"
	size=$(stat -c %s "$2.zst")
	{
		head -c 497 /dev/zero
		printf '\x01'
		head -c 86 /dev/zero
		little_endian 100 # after 0x1f1 + 1 + 86 = 0x248 bytes
		little_endian $((size + 4))
		head -c $((2 * 512 + 100 - 0x250)) /dev/zero
		cat "$2.zst"
		little_endian "$(stat -c %s "$1")"
	} >"$2"
	rm "$2.zst"
}

# before PATCH FILE: print the lines of a file that the patch expects
before() {
	awk -v file="+++ b/$2" '
		/^diff / { ours = 0 }
		ours && /^[ -]/ && !/^-- $/ { print substr($0, 2) }
		$0 == file { ours = 1 }' "$1"
}

# Make the KVM selftests: the files that their patch changes, and a makefile that builds
# them.
make_selftests() { # DIR
	local dir=$1 tools=tools/testing/selftests name patch

	patch=$(grep -l "^+++ b/$tools/kvm/" kvm-instrumentation/patches/6.1/*.patch)
	mkdir -p "$dir"/{include,usr,tools/{arch/x86,build,include,lib,scripts}} \
		"$dir/$tools"/{kvm,rseq}
	for name in Kbuild Kconfig "$tools"/{lib.mk,kselftest.h,kselftest_harness.h}; do
		echo '# made up' >"$dir/$name"
	done
	for name in Makefile .gitignore; do
		before "$patch" "$tools/kvm/$name" >"$dir/$tools/kvm/$name"
	done
	printf '%s\n' '.RECIPEPREFIX = >' '/%: FORCE' \
		"> echo 'int main(void) { return 0; }' | gcc -x c -o \$@ -" 'FORCE:' \
		>>"$dir/$tools/kvm/Makefile"
}

# Make the kernel's source: the files that kernel.sh and build-selftests.sh unpack.
make_source() { # DIR
	local dir=$1

	mkdir -p "$dir"/{arch/x86/kvm,virt/kvm,Documentation/virt/kvm,scripts}
	make_selftests "$dir"
	echo '# made up' | tee "$dir/arch/x86/kvm/Makefile" "$dir/virt/kvm/kvm_main.c" \
		"$dir/Documentation/virt/kvm/index.rst" \
		"$dir/scripts/checkpatch.pl" "$dir/scripts/const_structs.checkpatch" \
		>"$dir/scripts/spelling.txt"
	printf '%s\n' 'VERSION = 6' 'PATCHLEVEL = 1' 'SUBLEVEL = 999' 'headers:' \
		>"$dir/Makefile"
	# Like the kernel's script, it does not report that it found nothing.
	# shellcheck disable=SC2016 # for that script's shell
	echo 'zstd -dcq <"$1" 2>/dev/null || exit 0' >"$dir/scripts/extract-vmlinux"
}

# Make the headers: a makefile that builds modules with the same tools as the kernel's own
# makefile.
make_headers() { # DIR
	mkdir -p "$1/scripts/mod"
	cp /bin/true "$1/scripts/mod/modpost"
	printf '%s\n' 'CONFIG_CC_VERSION_TEXT="gcc (made up)"' \
		CONFIG_DEBUG_INFO_BTF_MODULES=y >"$1/.config"
	echo made up >"$1/Module.symvers"
	cat >"$1/Makefile" <<-'END'
	.RECIPEPREFIX = >
	modules: $(M)/kvm.ko $(M)/kvm-amd.ko $(M)/kvm-intel.ko
	FORCE:
	%.ko: FORCE
	> echo 'int made_up;' | gcc -x c -c -o $@.o -
	> ld -r -o $@ $@.o
	> pahole --version
	> objcopy --add-section .gnu.linkonce.this_module=/bin/true \
	>	--add-section .BTF=/bin/true $@
	END
}

# make_packages DIR: make all packages that kernel.sh fetches
make_packages() {
	local dir=$1 root=$1/root common=${KREL%-amd64} module

	mkdir -p "$dir/debs" "$root/boot" "$root/lib/modules/$KREL"
	elf "$dir/vmlinux" .BTF
	bz_image "$dir/vmlinux" "$root/boot/vmlinuz-$KREL"
	for module in irqbypass ccp kvm kvm-amd kvm-intel; do
		elf "$root/lib/modules/$KREL/$module.ko" .modinfo .BTF
		xz -0 "$root/lib/modules/$KREL/$module.ko"
	done
	deb "$dir/debs" "linux-image-$KREL" "$root"
	rm -rf "$root"
	mkdir -p "$root/usr/src"
	make_headers "$root/usr/src/linux-headers-$KREL"
	deb "$dir/debs" "linux-headers-$KREL" "$root"
	rm -rf "$root"
	mkdir -p "$root/usr/src/linux-headers-$common-common"
	deb "$dir/debs" "linux-headers-$common-common" "$root"
	rm -rf "$root"
	mkdir -p "$root/usr/lib/linux-kbuild-6.1"
	deb "$dir/debs" linux-kbuild-6.1 "$root"
	rm -rf "$root"
	mkdir -p "$root/usr/src"
	make_source "$dir/linux-source-6.1"
	tar -C "$dir" -cJf "$root/usr/src/linux-source-6.1.tar.xz" linux-source-6.1
	deb "$dir/debs" linux-source-6.1 "$root"
	rm -rf "$root"
}

# make_apt DIR DEBS: make APT's programs with an archive of these packages; a dpkg-query
# that knows what apt-get has installed, from $BUILD/installed/stamp; and sudo
make_apt() {
	cat >"$1/dpkg-query" <<-'END'
	#!/bin/bash
	status=0
	for name in "${@:3}"; do
		if /bin/grep -qsx -- "$name" "$BUILD/installed/stamp"; then
			echo "installed $name"
		else
			status=1
		fi
	done
	exit $status
	END
	printf '%s\n' '#!/bin/bash' "while [[ \$1 == -* ]]; do shift; done" \
		"[[ \$1 == true ]] || exec \"\$@\"" >"$1/sudo"
	cat >"$1/apt-cache" <<-END
	#!/bin/bash
	while [[ \$1 != pkgnames && \$1 != madison ]]; do shift; done
	for deb in $2/*.deb; do
		name=\${deb##*/} name=\${name%%_*}
		case \$1 in
		pkgnames) [[ \$name != "\$2"* ]] || echo "\$name" ;;
		madison) echo "\$name | $KVERSION | made up" ;;
		esac
	done
	END
	cat >"$1/apt-get" <<-END
	#!/bin/bash
	while [[ \$1 != download && \$1 != update && \$1 != install ]]; do shift; done
	[[ \$1 != update ]] || exit 0
	if [[ \$1 == install ]]; then
		/bin/mkdir -p "\$BUILD/installed"
		printf '%s\\n' "\$@" >>"\$BUILD/installed/stamp"
		exit
	fi
	for package in "\${@:2}"; do
		/bin/cp "$2/\${package%%=*}"_*.deb .
	done
	END
	chmod +x "$1"/*
}
