#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: kvm-modules-deb.sh VERSION
#
# Makes a Debian package of KVM's modules with exit counters for one kernel, for hosts that
# have no compiler: build/deb/kvm-modules/exitledger-kvm-modules-KREL_*.deb.  It depends on
# exactly the version of the kernel's package that the modules were built for.
#
# Environment:
# KREL       the kernel's release (default: the running kernel's)
# SOURCE     where the kernel's source is, if no package has it
# MODULES    a directory of modules that were built before; without it, they are built
# SIGN_KEY, SIGN_CERT   the key that signs the modules, and its certificate; give both or
#            neither
# ROOT       the directory of another system, instead of /, which has the kernel's headers

# shellcheck source=lab/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lab/lib.sh"
HERE=$TOP/kvm-instrumentation
# shellcheck source=kvm-instrumentation/distribution.sh
. "$HERE/distribution.sh"
# shellcheck source=kvm-instrumentation/find-kernel.sh
. "$HERE/find-kernel.sh"
# shellcheck source=kvm-instrumentation/module-set.sh
. "$HERE/module-set.sh"
# shellcheck source=kvm-instrumentation/sign-modules.sh
. "$HERE/sign-modules.sh"

MAKE_US="make -C kvm-instrumentation"
SCRIPTS=$TOP/packaging/kvm-modules
OUT_DEB=$BUILD/deb/kvm-modules

need_key() {
	[[ -z ${SIGN_KEY:-}${SIGN_CERT:-} || (-n ${SIGN_KEY:-} && -n ${SIGN_CERT:-}) ]] ||
		die "SIGN_KEY and SIGN_CERT belong together: give both or neither"
}

# Set $OUT to a set of modules for the kernel, and $FOR to the version of its package.
find_modules() {
	find_release
	find_series
	[[ -n ${MODULES:-} ]] || KREL=$KREL "$HERE/install-modules.sh" modules
	check_set "$OUT"
	! set_is_untried "$OUT" ||
		die "nobody has tried these modules; first run make lab MODULES=$(rel "$OUT")"
	FOR=$(built_for "$OUT")
	[[ -n $FOR ]] ||
		die "the modules in $(rel "$OUT") are not of a kernel of Debian or Ubuntu," \
			"so no package can depend on it"
}

# fill_in FILE: print the file, with the names of this package
fill_in() {
	sed -e "s/@KREL@/$KREL/g; s/@FOR@/$FOR/g; s/@VERSION@/$PACKAGE_VERSION/g" \
		-e "s/@PACKAGE@/$PACKAGE/g" -- "$1"
}

add_modules() { # ROOT
	local dir=$1/usr/lib/modules/$KREL/updates/exitledger

	# A system with a folder /lib of its own has modules there.
	[[ -L $ROOT/lib ]] || dir=$1/lib/modules/$KREL/updates/exitledger
	mkdir -p -- "$dir"
	(cd -- "$OUT" && cp -- stamp "${NAMES[@]/%/.ko}" "$dir/")
	[[ ! -e $OUT/balanced ]] || cp -- "$OUT/balanced" "$dir/"
	sign_modules "$dir"
}

add_documents() { # ROOT
	local dir=$1/usr/share/doc/$PACKAGE

	mkdir -p -- "$dir"
	cp -- "$TOP/debian/copyright" "$dir/"
	(cd -- "$TOP" && packaging/changelog.py deb "$VERSION" "+$FOR" unstable "$SECONDS_OF") |
		sed "s/^exitledger (/$PACKAGE (/" | gzip -9n >"$dir/changelog.gz"
}

# run-parts passes over a hook whose name has a dot or a plus.  Releases of kernels have dots,
# and those of Debian 13 have a plus, too.
add_scripts() { # ROOT
	local hook=etc/kernel/postinst.d/zz-${PACKAGE//[!A-Za-z0-9_-]/_} script

	mkdir -p -- "$1/${hook%/*}" "$1/DEBIAN"
	fill_in "$SCRIPTS/hook" >"$1/$hook"
	echo "/$hook" >"$1/DEBIAN/conffiles"
	for script in postinst postrm; do
		fill_in "$SCRIPTS/$script" >"$1/DEBIAN/$script"
	done
	chmod 755 -- "$1/$hook" "$1"/DEBIAN/post{inst,rm}
	fill_in "$SCRIPTS/control" >"$1/DEBIAN/control"
	printf 'Installed-Size: %d\n' "$(du -k -s --apparent-size -- "$1" | cut -f1)" \
		>>"$1/DEBIAN/control"
	(cd -- "$1" && find . -type f ! -path './DEBIAN/*' ! -path './etc/*' -printf '%P\0' |
		sort -z | xargs -0 md5sum >DEBIAN/md5sums)
}

make_package() {
	local tmp

	mkdir -p -- "$OUT_DEB"
	new_beside tmp "$OUT_DEB/$PACKAGE"
	mkdir -m 755 -- "$tmp/root"
	add_modules "$tmp/root"
	add_documents "$tmp/root"
	add_scripts "$tmp/root"
	find "$tmp/root" -exec touch -h -d "@$SECONDS_OF" {} +
	SOURCE_DATE_EPOCH=$SECONDS_OF dpkg-deb --root-owner-group -b "$tmp/root" \
		"$tmp/deb" >/dev/null
	mv -- "$tmp/deb" "$OUT_DEB/$DEB"
	rm -rf -- "$tmp"
}

main() {
	[[ $# == 1 && $1 =~ ^[0-9][0-9.]*$ ]] || usage
	VERSION=$1 ROOT=${ROOT:-} KREL_GIVEN=${KREL:-}
	[[ -z $ROOT ]] || ROOT=$(realpath -- "$ROOT")
	ROOT=${ROOT%/}
	export OS_RELEASE=${OS_RELEASE:-$ROOT/etc/os-release}
	export ROOT
	need dpkg-deb modinfo gzip md5sum
	need_key
	find_modules
	PACKAGE=exitledger-kvm-modules-$KREL
	PACKAGE_VERSION=$VERSION+$FOR
	DEB=${PACKAGE}_${PACKAGE_VERSION}_amd64.deb
	# All files get this time, so the same modules give the same package.
	SECONDS_OF=$(stat -c %Y -- "$OUT/stamp")
	make_package
	note "          $(rel "$OUT_DEB/$DEB")"
}

main "$@"
