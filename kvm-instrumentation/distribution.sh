# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# How distributions name and pack a kernel's headers, source and modules.  Sourced after
# lab/lib.sh.  KREL and KSERIES are the kernel's release and series, and all system paths
# are below $ROOT.

# kernel_package headers|image: print the package of the kernel $KREL that has them
kernel_package() {
	case $(distribution)-$1 in
	debian-* | ubuntu-*) printf 'linux-%s-%s\n' "$1" "$KREL" ;;
	fedora-headers) printf 'kernel-devel-%s\n' "$KREL" ;;
	fedora-image) printf 'kernel-core-%s\n' "$KREL" ;;
	*) printf 'the %s of %s\n' "$1" "$KREL" ;;
	esac
}

# Print the package with a tarball of the kernel's source: linux-source-6.1 for Debian's
# 6.1.0-56-amd64, linux-source-6.8.0 for Ubuntu's 6.8.0-45-generic.  Print nothing where
# there is none.
source_package() {
	case $(distribution) in
	debian) printf 'linux-source-%s\n' "$KSERIES" ;;
	ubuntu) printf 'linux-source-%s\n' "${KREL%%-*}" ;;
	esac
}

# Print the tarball of the package.  Ubuntu's is in a directory of the same name.
find_tarball() { # PACKAGE
	local base=$ROOT/usr/src/$1 file

	for file in "$base".tar.{xz,bz2,zst,gz} "$base/$1".tar.{xz,bz2,zst,gz}; do
		[[ ! -r $file ]] || {
			printf '%s\n' "$file"
			return
		}
	done
}

# kernel_package_version HEADERS: print the version of the kernel's package, which
# identifies the distribution's own patches, too.  Debian's headers have it, and Ubuntu's
# configuration: "Ubuntu 6.8.0-45.45-generic 6.8.12".  Print nothing elsewhere.
kernel_package_version() {
	sed -n 's/^#define LINUX_PACKAGE_ID " *Debian \(.*\)"$/\1/p' \
		"$1/include/generated/package.h" 2>/dev/null || true
	sed -n 's/^CONFIG_VERSION_SIGNATURE="Ubuntu \([0-9.]*-[0-9.~]*\)-.*/\1/p' \
		"$1/.config" 2>/dev/null || true
}

# Print the version of the running kernel's package, if Debian or Ubuntu made it.
running_version() {
	sed -n 's/.* Debian \([^ ]*\) .*/\1/p' "$ROOT/proc/version" 2>/dev/null || true
	sed -n 's/^Ubuntu \([0-9.]*-[0-9.~]*\)-.*/\1/p' "$ROOT/proc/version_signature" \
		2>/dev/null || true
}

# has_source_package VERSION: does a package have the source of this kernel?  Ubuntu's
# package has only the source of that release's own generic kernel.  It has neither that of
# a later release's kernel, whose version has a ~, nor that of a cloud kernel.
has_source_package() {
	case $(distribution) in
	debian) return 0 ;;
	ubuntu) [[ $KREL == *-generic && $1 != *'~'* ]] ;;
	*) return 1 ;;
	esac
}

# Print what to install.  The newest source can be newer than the kernel, so the version
# that fits is named once the headers are known.
install_hint() {
	local version='' from

	[[ -z ${HEADERS:-} ]] || version=$(kernel_package_version "$HEADERS")
	to_install "$(kernel_package headers)"
	if has_source_package "$version"; then
		printf ' %s%s' "$(source_package)" "${version:+=$version}"
		return 0
	fi
	case $(distribution) in
	ubuntu) from="'apt source linux-image-unsigned-$KREL${version:+=$version}' unpacks" ;;
	fedora) from="'rpmbuild -bp' unpacks of 'dnf download --source kernel-$KREL'" ;;
	*) from="the distribution built $KREL from" ;;
	esac
	printf '; SOURCE=DIR takes what %s' "$from"
}

# --- compressed files ---

# decompressor FILE: print the program that unpacks it, by its name
decompressor() {
	case $1 in
	*.xz) echo xz ;;
	*.zst) echo zstd ;;
	*.gz) echo gzip ;;
	*.bz2) echo bzip2 ;;
	*) echo cat ;;
	esac
}

# decompress FILE: write what is in it, compressed or not
decompress() {
	case $(decompressor "$1") in
	cat) cat -- "$1" ;;
	xz) xz -dcq -T0 -- "$1" ;;
	*) "$(decompressor "$1")" -dcq -- "$1" ;;
	esac
}

# Read paths, and write them as this project names them: kmod may be built for
# /usr/lib/modules, which is the same directory.
module_paths() {
	local paths

	paths=$(tr -s /) || return
	printf '%s\n' "${paths//"$ROOT/usr/lib/modules/"/"$ROOT/lib/modules/"}"
}
