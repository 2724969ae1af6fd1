#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: deb.sh build|check VERSION [SUITE...]
#
# Builds or checks Debian's packages.  Each SUITE (default: bookworm and trixie) gets a new,
# minimal system.
#
# build  makes source and binary packages of the commit that is checked out.  They are
#        built twice, and both builds must have the same bytes; lintian may find neither
#        errors nor warnings.  The packages go to build/deb/SUITE.
# check  installs these packages, upgrades from an older version, removes and purges them
#        in a system without a compiler; prints how long the installation takes, and
#        which other packages it installs; then runs debian/tests by autopkgtest
#
# Exit status: 0 if all is well, 1 if not; 3 if a minimal system cannot be made here.

# shellcheck source=lab/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lab/lib.sh"
# shellcheck source=lab/setup/mirrors.sh
. "$LAB/setup/mirrors.sh"
# shellcheck source=lab/setup/minimal.sh
. "$LAB/setup/minimal.sh"
DIE_STATUS=3
KEEP=''

parse_options() {
	[[ $# -ge 2 && $1 =~ ^(build|check)$ && $2 =~ ^[0-9][0-9.]*$ ]] || usage
	ACTION=$1 VERSION=$2
	shift 2
	SUITES=("$@")
	((${#SUITES[@]})) || SUITES=(bookworm trixie)
	for SUITE in "${SUITES[@]}"; do
		[[ -n ${RELEASE[$SUITE]:-} ]] || usage
	done
}

check_machine() {
	((EUID == 0)) || die "a minimal system can only be made by root; sudo make deb"
	need unshare chroot git xz python3 debootstrap
}

# --- the source package ---

# make_source FOLDER: unpack the source of dist.sh into it, with a changelog, for
# dpkg-buildpackage; the tarball goes beside it
make_source() {
	local seconds

	rm -rf -- "$1"
	mkdir -p -- "$1"
	cp -- "$BUILD/dist/exitledger-$VERSION.tar.xz" \
		"${1%/*}/exitledger_$VERSION.orig.tar.xz"
	tar -x -C "$1" --strip-components=1 -f "$BUILD/dist/exitledger-$VERSION.tar.xz"
	git -C "$TOP" archive HEAD debian | tar -x -C "$1"
	seconds=$(git -C "$TOP" log -1 --format=%ct)
	# With this suffix, packages for Debian 12 are older than those for Debian 13.
	(cd -- "$TOP" && packaging/changelog.py deb "$VERSION" \
		"-1~deb${RELEASE[$SUITE]}" unstable "$seconds") \
		>"$1/debian/changelog"
}

# --- in the minimal system ---

new_system() {
	ROOT=$BUILD/deb/root-$SUITE
	CACHE=$BUILD/newcomer/cache/$SUITE
	mkdir -p "$CACHE"/{debs,archives/partial} "$BUILD/log"
	lock_system
	clean_up
	trap clean_up EXIT
	mkdir -p "$ROOT"
	try_step "make a minimal Debian ${RELEASE[$SUITE]}" "deb-$SUITE-system" \
		make_system
	((STEP_STATUS == 0)) || exit "$DIE_STATUS"
	mount_system
}

apt_get() {
	inside env DEBIAN_FRONTEND=noninteractive apt-get -q -y \
		-o APT::Keep-Downloaded-Packages=true "$@"
}

install_build_tools() { # FOLDER
	apt_get install --no-install-recommends dpkg-dev fakeroot lintian
	apt_get build-dep --no-install-recommends "$1"
}

# The two builds differ in path, time zone, umask and time; the packages must not differ.
build_packages() { # NUMBER
	local zone=([1]=UTC [2]=Pacific/Kiritimati) mask=([1]=022 [2]=027)

	inside /bin/bash -c "umask ${mask[$1]} && cd /build/$1/exitledger-$VERSION &&
		TZ=${zone[$1]} LC_ALL=C.UTF-8 SOURCE_DATE_EPOCH= dpkg-buildpackage -us -uc -j$PROCESSORS"
}

sums() { # NUMBER
	(cd -- "$ROOT/build/$1" && sha256sum -- *.deb *.dsc *.tar.xz)
}

# lintian's own --fail-on cannot be used: it counts overridden tags, too.
lint() {
	local found

	inside su nobody -s /bin/sh -c \
		"lintian --fail-on none --display-info --show-overrides /build/1/*.changes" \
		>"$ROOT/build/lintian"
	cat -- "$ROOT/build/lintian"
	found=$(grep -E '^[EW]:' "$ROOT/build/lintian" || true)
	[[ -z $found ]] || die "errors or warnings were found"
}

build_suite() {
	local out=$BUILD/deb/$SUITE source

	new_system
	for source in "$ROOT"/build/{1,2}; do
		make_source "$source/exitledger-$VERSION"
	done
	step "install what builds the packages" "deb-$SUITE-tools" \
		install_build_tools "/build/1/exitledger-$VERSION"
	step "build them" "deb-$SUITE-build" build_packages 1
	step "build them once more" "deb-$SUITE-again" build_packages 2
	diff <(sums 1) <(sums 2) ||
		{ note "deb.sh: two builds differ" >&2; exit 1; }
	note "          both builds are the same, byte by byte"
	step "lintian" "deb-$SUITE-lintian" lint
	rm -rf -- "$out"
	mkdir -p -- "$out"
	cp -- "$ROOT"/build/1/*.{deb,dsc,changes,buildinfo,tar.xz} "$out/"
	note "          $(rel "$out"): $(cd -- "$out" && du -ch -- *.deb | tail -n 1 | cut -f1) in packages"
}

# --- are they good? ---

# List all files of the system, except for those that APT and dpkg keep for themselves.
files() {
	(cd -- "$ROOT" && find . -xdev \( -path ./proc -o -path ./sys -o -path ./dev \
		-o -path ./var/cache -o -path ./var/lib/apt -o -path ./var/lib/dpkg \
		-o -path ./var/log -o -path ./tmp -o -path ./root -o -path ./packages \) \
		-prune -o -print | sort)
}

installed() {
	# shellcheck disable=SC2016 # for dpkg-query
	inside dpkg-query -W -f='${db:Status-Abbrev} ${Package}\n' |
		sed -n 's/^ii  *//p' | sort
}

fail() {
	note "deb.sh: $SUITE: $*" >&2
	exit 1
}

# Give the unpacked source of the modules the older version, too: DKMS finds it by the
# version in its path and in dkms.conf.
make_older_source() { # FOLDER
	local from=exitledger-kvm-$VERSION to=exitledger-kvm-0.0.1

	mv -- "$1/usr/src/$from" "$1/usr/src/$to"
	sed -i 's/^PACKAGE_VERSION=.*/PACKAGE_VERSION="0.0.1"/' "$1/usr/src/$to/dkms.conf"
	ln -sf "../../src/$to/kvm-instrumentation/dkms/kvm-dkms" \
		"$1/usr/lib/exitledger-kvm/kvm-dkms"
}

# Repack a package with an older version, to upgrade from.
make_older() { # DEB TO
	local tmp

	new_beside tmp "$ROOT/packages/old"
	dpkg-deb -R "$1" "$tmp"
	# exitledger-export depends on exactly its own version of exitledger.
	sed -i 's/^Version: .*/Version: 0.0.1/; s/(= [^)]*)/(= 0.0.1)/' "$tmp/DEBIAN/control"
	[[ $1 != *-kvm-dkms_* ]] || make_older_source "$tmp"
	dpkg-deb --root-owner-group -b "$tmp" "$2" >/dev/null
	rm -rf -- "$tmp"
}

own_size() { # PACKAGE
	# shellcheck disable=SC2016 # for dpkg-query
	inside dpkg-query -W -f='${Installed-Size}' "$1"
}

# say_what_came PACKAGE PACKAGES-BEFORE: print which packages were installed since, and
# their size; set CAME to their names
say_what_came() {
	CAME=$(comm -13 <(echo "$2") <(installed) | paste -sd' ')
	note "          came with it: $CAME"
	note "          its own files: $(own_size "$1") kB; all: $(
		grep -E 'Need to get|additional disk' "$BUILD/log/deb-$SUITE-$1.log" | paste -sd' ')"
}

check_install() {
	local before start status=0 compilers

	before=$(installed)
	start=$EPOCHREALTIME
	apt_get install "/packages/exitledger_$VERSION-1~deb${RELEASE[$SUITE]}_amd64.deb" \
		>"$BUILD/log/deb-$SUITE-exitledger.log" 2>&1 || fail "it cannot be installed"
	inside exitledger doctor >"$BUILD/log/deb-$SUITE-doctor.log" 2>&1 || status=$?
	((status <= 1)) || fail "doctor ended with $status"
	note "$(printf '%6s s  apt install ./exitledger_*.deb && exitledger doctor' "$(since "$start")")"
	say_what_came exitledger "$before"
	compilers=$(grep -E '^(gcc|clang|llvm|libllvm|make|cpp|python3)' <<<"$CAME" || true)
	[[ -z $compilers ]] || fail "a compiler came with it: $compilers"
	(($(own_size exitledger) < 2048)) ||
		fail "it is larger than 2 MB"
}

# Install exitledger-export, check that its service is enabled, and purge it.  The
# packages that it needs stay, and so does its user.
check_export_install() {
	local before start suffix="_$VERSION-1~deb${RELEASE[$SUITE]}_amd64.deb"

	before=$(installed)
	start=$EPOCHREALTIME
	apt_get install --no-install-recommends "/packages/exitledger$suffix" \
		"/packages/exitledger-export$suffix" \
		>"$BUILD/log/deb-$SUITE-exitledger-export.log" 2>&1 ||
		fail "exitledger-export cannot be installed"
	note "$(printf '%6s s  apt install ./exitledger_*.deb ./exitledger-export_*.deb' \
		"$(since "$start")")"
	say_what_came exitledger-export "$before"
	inside systemctl is-enabled exitledger-export.service \
		exitledger-export.socket >/dev/null 2>&1 ||
		fail "its service or its socket is not enabled"
	apt_get purge exitledger-export exitledger >/dev/null 2>&1
}

# dkms_knows VERSION...: fail unless DKMS knows the modules' source of exactly these versions
dkms_knows() {
	local known wanted

	known=$(inside dkms status -m exitledger-kvm)
	wanted=$(printf 'exitledger-kvm/%s: added\n' "$@")
	[[ $known == "${*:+$wanted}" ]] ||
		fail "DKMS knows '$known', not '${*:+$wanted}'"
}

# Install the modules' package, check that DKMS knows their source, and purge it.  The
# system has no kernel, so no module is built.
check_kvm_install() {
	local before start

	before=$(installed)
	start=$EPOCHREALTIME
	apt_get install --no-install-recommends \
		"/packages/exitledger-kvm-dkms_$VERSION-1~deb${RELEASE[$SUITE]}_all.deb" \
		>"$BUILD/log/deb-$SUITE-exitledger-kvm-dkms.log" 2>&1 ||
		fail "exitledger-kvm-dkms cannot be installed"
	note "$(printf '%6s s  apt install ./exitledger-kvm-dkms_*.deb' "$(since "$start")")"
	say_what_came exitledger-kvm-dkms "$before"
	note "          DKMS: $(inside dkms --version)"
	dkms_knows "$VERSION"
	apt_get purge exitledger-kvm-dkms >/dev/null 2>&1
	dkms_knows
}

# Call the package's scripts as dpkg does when it gives up an upgrade or a removal, or
# deconfigures the package in favour of another one.
check_given_up() {
	local scripts=/var/lib/dpkg/info/exitledger-kvm-dkms word

	for word in upgrade remove deconfigure; do
		inside "$scripts.prerm" "$word" 99
		dkms_knows
		inside "$scripts.postinst" "abort-$word" 99
		dkms_knows "$VERSION"
	done
	inside dkms remove -m exitledger-kvm -v "$VERSION" --all
	inside "$scripts.postinst" triggered /usr/src
	dkms_knows "$VERSION"
}

# Run debian/tests as Debian does.  The system is new, and no longer needed, so autopkgtest
# can install in it what the tests depend on.
run_autopkgtest() {
	cp -- "$BUILD/deb/$SUITE"/*.{dsc,tar.xz} "$ROOT/packages/"
	apt_get install --no-install-recommends autopkgtest
	inside /bin/sh -c 'autopkgtest --no-built-binaries /packages/*.deb \
		/packages/*.dsc -- null 2>&1'
}

check_all() {
	local out=$BUILD/deb/$SUITE before after deb names
	local packages=(exitledger-export exitledger exitledger-guest exitledger-kvm-dkms)

	[[ -n $(compgen -G "$out/exitledger_${VERSION}-*.deb") ]] ||
		die "no packages in $(rel "$out"); make deb builds them"
	new_system
	mkdir "$ROOT/packages" "$ROOT/packages/old"
	cp -- "$out"/exitledger{,-export,-guest,-kvm-dkms}_*.deb "$ROOT/packages/"
	for deb in "$ROOT"/packages/*.deb; do
		make_older "$deb" "$ROOT/packages/old/${deb##*/}"
	done
	check_install
	apt_get purge exitledger >/dev/null 2>&1
	check_export_install
	check_kvm_install
	names=("exitledger_$VERSION-1~deb${RELEASE[$SUITE]}_amd64.deb"
		"exitledger-export_$VERSION-1~deb${RELEASE[$SUITE]}_amd64.deb"
		"exitledger-guest_$VERSION-1~deb${RELEASE[$SUITE]}_amd64.deb"
		"exitledger-kvm-dkms_$VERSION-1~deb${RELEASE[$SUITE]}_all.deb")
	# Packages that were installed as dependencies stay after a purge, so list the
	# files only now.
	before=$(files)
	step "install an older version" "deb-$SUITE-old" apt_get install \
		--no-install-recommends "${names[@]/#//packages/old/}"
	dkms_knows 0.0.1
	step "upgrade it" "deb-$SUITE-upgrade" apt_get install \
		--no-install-recommends "${names[@]/#//packages/}"
	dkms_knows "$VERSION"
	inside exitleaf --version | grep -qx "exitleaf $VERSION" || fail "no exitleaf"
	inside exitledger export --help >/dev/null || fail "no exitledger-export"
	inside getent passwd exitledger >/dev/null || fail "no user exitledger"
	step "give up an upgrade and a removal" "deb-$SUITE-given-up" check_given_up
	step "remove it" "deb-$SUITE-remove" apt_get remove "${packages[@]}"
	# Use dpkg: APT does not know a package that has left no files to purge.
	step "purge it" "deb-$SUITE-purge" inside dpkg --purge "${packages[@]}"
	dkms_knows
	[[ ! -e $ROOT/var/log/exitledger-kvm ]] || fail "its log is left"
	after=$(files)
	after=$(diff <(echo "$before") <(echo "$after") || true)
	[[ -z $after ]] || fail "this is left: $after"
	note "          nothing is left after a purge"
	step "autopkgtest" "deb-$SUITE-autopkgtest" run_autopkgtest
	grep -E '^[a-z-]+ +(PASS|SKIP|FAIL)' "$BUILD/log/deb-$SUITE-autopkgtest.log" |
		sort -u |
		sed 's/^/          /'
}

main() {
	parse_options "$@"
	check_machine
	need_mirrors
	if [[ -z ${DEB_NAMESPACE:-} ]]; then
		export MIRROR SECURITY_MIRROR
		DEB_NAMESPACE=1 exec unshare --mount --propagation private "$0" "$@"
	fi
	[[ $ACTION != build ]] || "$TOP/packaging/dist.sh" "$VERSION" >/dev/null
	for SUITE in "${SUITES[@]}"; do
		note "Debian ${RELEASE[$SUITE]} ($SUITE)"
		if [[ $ACTION == build ]]; then
			build_suite
		else
			check_all
		fi
	done
}

main "$@"
