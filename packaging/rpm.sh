#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: rpm.sh VERSION
#
# Builds the RPM packages of packaging/exitledger.spec.in in build/rpm, from the commit that
# is checked out.  If rpmlint is installed, it checks them; packaging/rpmlintrc says what it
# may find, and why.
#
# Packages for use are built on a distribution that uses RPM.  On Debian this only checks that
# they can be built: BuildRequires is not checked, because Debian's packages have other names,
# and systemd's macros are missing there, so the scripts of exitledger-export do nothing.

# shellcheck source=lab/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lab/lib.sh"
RPM=$BUILD/rpm

make_spec() { # VERSION
	sed "s/@VERSION@/$1/" "$TOP/packaging/exitledger.spec.in"
	cd -- "$TOP"
	packaging/changelog.py rpm "$1" 1 - "$(git log -1 --format=%ct)"
}

build_packages() {
	local options=()

	[[ ! -e /etc/debian_version ]] ||
		options=(--nodeps --define '_unitdir /usr/lib/systemd/system'
			--define '_sysusersdir /usr/lib/sysusers.d'
			--define 'systemd_post() %{nil}' --define 'systemd_preun() %{nil}'
			--define 'systemd_postun_with_restart() %{nil}')
	rpmbuild "${options[@]}" --define "_topdir $RPM" \
		--define 'debug_package %{nil}' -ba "$RPM/SPECS/exitledger.spec"
}

main() {
	[[ $# == 1 && $1 =~ ^[0-9][0-9.]*$ ]] || usage
	[[ -n $(type -P rpmbuild) ]] || die "no command rpmbuild; apt install rpm"
	"$TOP/packaging/dist.sh" "$1" >/dev/null
	mkdir -p -- "$RPM"/{SPECS,SOURCES} "$BUILD/log"
	make_spec "$1" >"$RPM/SPECS/exitledger.spec"
	cp -- "$BUILD/dist/exitledger-$1.tar.xz" "$RPM/SOURCES/"
	step "build the RPM packages" rpm-build build_packages
	find "$RPM"/*RPMS -name '*.rpm' -printf '          %p\n'
	if [[ -n $(type -P rpmlint) ]]; then
		rpmlint -r "$TOP/packaging/rpmlintrc" "$RPM/SPECS/exitledger.spec" "$RPM"/RPMS/*/*.rpm
	fi
}

main "$@"
