#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: kernel.sh SERIES
#
# Fetches Debian's own kernel of a series (6.1, 6.12 …) with the headers and the source
# that belong to it, if the series has patches, and unpacks what the lab needs to
# build/kernel/SERIES/current, where kernel.env names the parts.  Nothing is
# installed, and the package state of the machine does not change.
#
# A series of a suite that this machine does not have comes by APT lists of the lab's
# own, from the mirror that the machine uses; APT verifies them by Debian's keys.
#
# The archive moves on and drops old versions.  So the newest version of which all
# packages are there is taken; kernels/SERIES/tested says which one was tested.
#
# The unpacked files are checked before they are published, and again before they are
# used; those that do not pass are made again.
#
# Exit status: 0; 1 if it could not be fetched; 4 if APT's sources have no such kernel.

# shellcheck source=lab/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib.sh"
# shellcheck source=lab/setup/kernels.sh
. "$LAB/setup/kernels.sh"
# shellcheck source=lab/setup/mirrors.sh
. "$LAB/setup/mirrors.sh"
# shellcheck source=lab/setup/image.sh
. "$LAB/setup/image.sh"
# Of the series' conf.
IMAGE='' PACKAGES='' SUITE='' TOOLS='' CCP_NEEDS='' MODULE_BTF=1

# Debian's modules that L1 loads.
MODULES=(irqbypass ccp kvm kvm-amd kvm-intel)

# The parts of the kernel's source that are patched, and the tools that are used.
SOURCES=(arch/x86/kvm virt/kvm Documentation/virt/kvm
	tools/testing/selftests/kvm
	Makefile scripts/extract-vmlinux scripts/checkpatch.pl
	scripts/const_structs.checkpatch scripts/spelling.txt)

# As root, apt would warn that its unprivileged user cannot write here.
APT=(-q -o "APT::Sandbox::User=$(id -un)")

# --- finding the set ---

# packages_of KREL: prints the packages of a set, one per line, the image's first.
packages_of() {
	local package

	for package in $PACKAGES; do
		package=${package//@KREL@/$1}
		printf '%s\n' "${package//@ABI@/${1%-amd64}}"
	done
}

# package_like WORD: prints the package of the set whose name contains this; nothing if
# there is none.
package_like() {
	# It reads to the end, so that nobody writes to a closed pipe.
	packages_of "$KREL" | awk -v word="$1" '!done && index($0, word) { print; done = 1 }'
}

# Prints "KREL VERSION" of the newest set that is complete in APT's package lists.
find_set() {
	local images image known packages=()

	images=$(apt-cache "${APT[@]}" pkgnames "linux-image-$SERIES")
	while read -r image; do
		[[ $image =~ $IMAGE ]] || continue
		mapfile -t -O "${#packages[@]}" packages \
			< <(packages_of "${image#linux-image-}")
	done <<<"$images"
	((${#packages[@]})) || return 0
	known=$(apt-cache "${APT[@]}" madison "${packages[@]}")
	# shellcheck disable=SC2016 # awk expands these.
	tr -d ' ' <<<"$known" | try awk -F'|' '{ print $1, $2 }' | sort -u |
		whole_sets | sort -V -k2 | tail -n 1
}

# Reads "PACKAGE VERSION", prints "KREL VERSION" where nothing is missing.
whole_sets() {
	# shellcheck disable=SC2016 # awk expands these.
	try awk -v names="${PACKAGES//[[:space:]]/ }" '
	{ have[$1, $2] = 1 }
	$1 ~ /^linux-image-/ { images[$1, $2] = 1 }
	END {
		many = split(names, name, " ")
		for (i in images) {
			split(i, f, SUBSEP)
			krel = f[1]
			sub(/^linux-image-/, "", krel)
			abi = krel
			sub(/-amd64$/, "", abi)
			whole = 1
			for (n = 1; n <= many; n++) {
				package = name[n]
				sub(/@KREL@/, krel, package)
				sub(/@ABI@/, abi, package)
				whole = whole && ((package, f[2]) in have)
			}
			if (whole)
				print krel, f[2]
		}
	}'
}

# Makes lists of our own, if those of the machine are missing, too old, or without this
# suite.
use_own_lists() {
	local state=$BUILD/cache/apt${SUITE:+-$SUITE}

	if [[ -n $SUITE ]]; then
		# Other suites may be out of reach, or may no longer have it; the lab
		# then goes on without.
		DIE_STATUS=4
		own_lists "$state" deb "$SUITE"
	else
		mkdir -p "$state/lists/partial" "$state/archives/partial"
		APT+=(-o "Dir::State::Lists=$state/lists" -o "Dir::Cache=$state")
	fi
	try_step "refresh the package lists" "apt-update${SUITE:+-$SUITE}" \
		apt-get "${APT[@]}" update
}

# --- fetching and unpacking ---

# Sets DEB to the file of this package, if it was fetched.
find_deb() { # PACKAGE
	DEB=$DEBS/${1}_${VERSION//:/%3a}_
	DEB=$(find "$DEBS" -maxdepth 1 -path "$DEB*.deb" -print -quit)
}

# Sets MISSING to the packages that were not fetched.
find_missing_debs() {
	local package

	MISSING=()
	while read -r package; do
		find_deb "$package"
		[[ -n $DEB ]] || MISSING+=("$package=$VERSION")
	done < <(packages_of "$KREL")
}

# Fetches the missing packages into $1; APT verifies them against the signed lists.
download() {
	cd -- "$1"
	apt-get "${APT[@]}" download "${MISSING[@]}"
	mv -- *.deb "$DEBS/"
}

# from_deb PACKAGE MEMBER...: unpacks these members into the current directory.
from_deb() {
	find_deb "$1"
	shift
	try dpkg-deb --fsys-tarfile "$DEB" |
		try tar -x --no-same-owner --wildcards "$@"
}

unpack_modules() {
	local members module binary

	members=("${MODULES[@]/#/*\/}")
	members=("${members[@]/%/.ko*}")
	# They are in one package up to 7.0, and in two since.
	binary=$(package_like linux-binary-)
	if [[ -z $binary ]]; then
		from_deb "linux-image-$KREL" '*/vmlinuz*' "${members[@]}"
	else
		from_deb "$binary" '*/vmlinuz*'
		from_deb "$(package_like linux-modules-)" "${members[@]}"
	fi
	mkdir modules
	find . -path ./modules -prune -o -name '*.ko*' -exec mv -t modules {} +
	for module in modules/*; do
		case $module in
		*.xz) xz -d "$module" ;;
		*.zst) zstd -q -d --rm "$module" ;;
		esac
	done
}

unpack_source() {
	local members

	members=("${SOURCES[@]/#/linux-source-$SERIES/}")
	find_deb "linux-source-$SERIES"
	mkdir source
	try dpkg-deb --fsys-tarfile "$DEB" |
		try tar -xO "./usr/src/linux-source-$SERIES.tar.xz" |
		try xz -dc -T0 |
		try tar -x -C source --strip-components=1 "${members[@]}"
}

unpack() { # DIR
	local image kbuild

	cd -- "$1"
	unpack_modules
	image=$(find . -name 'vmlinuz*' -print -quit)
	unpack_kernel "$image" >vmlinux
	kbuild=$(package_like linux-kbuild-)
	if [[ -n $kbuild ]]; then
		from_deb "linux-headers-$KREL" ./usr/src
		from_deb "linux-headers-${KREL%-amd64}-common" ./usr/src
		from_deb "$kbuild" ./usr/lib
		unpack_source
		own_headers "usr/src/linux-headers-$KREL"
	fi
	rm -rf boot lib usr/lib/modules
	check_set
	# Prints the checksums of the files that L1 boots with.
	sha256sum vmlinux modules/* >sums
	write_env ./kernel.env
}

# Checks that the current directory has everything that the lab needs.
check_set() {
	local module headers=usr/src/linux-headers-$KREL file

	has_section vmlinux .BTF
	for module in "${MODULES[@]}"; do
		has_section "modules/$module.ko" .modinfo
	done
	[[ -z $MODULE_BTF ]] || for module in kvm kvm-amd kvm-intel; do
		has_section "modules/$module.ko" .BTF
	done
	[[ -d source ]] || return 0
	for file in "$headers"/{Makefile,.config,Module.symvers} \
		"$headers/scripts/mod/modpost" source/Makefile \
		source/{arch/x86,virt}/kvm source/scripts/checkpatch.pl; do
		[[ -s $file ]] || die "no $file in the packages of $KREL"
	done
}

# The headers of the packages are made for /usr/src.  Here they work where they are:
# their Makefile finds the common part beside them (their links to scripts and tools are
# relative already), and so are told where they are themselves; a vmlinux, which those
# of 6.12 and later have, gives the modules their BTF.
own_headers() {
	# shellcheck disable=SC2016 # for make, not for the shell
	sed -i -e 's,^include /usr/src/,include $(dir $(lastword $(MAKEFILE_LIST)))../,' \
		-e 's,^KBUILD_OUTPUT=/usr/src/.*,KBUILD_OUTPUT := $(abspath $(dir $(lastword $(MAKEFILE_LIST)))),' \
		"$1/Makefile"
	[[ -e $1/vmlinux ]] || ln -s ../../../vmlinux "$1/vmlinux"
}

# Scripts that need the kernel source this.  It finds itself, so that the tree can be
# moved.
write_env() {
	cat >"$1" <<-EOF
	# Written by lab/setup/kernel.sh
	KSERIES=$SERIES
	KREL=$KREL
	KVERSION=$VERSION
	KRECIPE=$RECIPE
	KSUMS=$(sha256sum <"${1%/*}/sums" | cut -c1-16)
	KDIR=\$(cd -- "\$(dirname -- "\${BASH_SOURCE[0]}")" && pwd -P)
	KVMLINUX=\$KDIR/vmlinux
	KMODULES=\$KDIR/modules
	EOF
	[[ ! -d ${1%/*}/source ]] || cat >>"$1" <<-EOF
	KHEADERS=\$KDIR/usr/src/linux-headers-$KREL
	KSOURCE=\$KDIR/source
	KTOOLS=$TOOLS
	EOF
}

# Makes the new set the current one, and drops what it replaces.
make_current() {
	local old tmp

	publish "$1" "$HOME_DIR/$VERSION"
	new_beside tmp "$HOME_DIR/current"
	ln -s "$VERSION" "$tmp/current"
	mv -fT -- "$tmp/current" "$HOME_DIR/current"
	for old in "$HOME_DIR"/*/; do
		[[ ${old%/} -ef $HOME_DIR/current ]] || rm -rf -- "${old%/}"
	done
	find "$DEBS" -name "*.deb" ! -name "*_${VERSION//:/%3a}_*" -delete
}

# --- the whole ---

# Modules of another Debian's kernel are made with that Debian's tools.
need_tools() {
	local here

	here=$(sed -n 's/^VERSION_CODENAME=//p' "${OS_RELEASE:-/etc/os-release}")
	[[ $TOOLS != "$here" ]] || TOOLS=
	[[ -z $TOOLS ]] || "$LAB/setup/toolbox.sh" make "$TOOLS"
}

# Sets CACHED_* to the set that is already unpacked, if there is one.
read_current() {
	local KREL='' KVERSION='' KRECIPE=''

	if [[ -r $HOME_DIR/current/kernel.env ]]; then
		# shellcheck disable=SC1091
		source "$HOME_DIR/current/kernel.env"
	fi
	CACHED_KREL=$KREL CACHED_VERSION=$KVERSION CACHED_RECIPE=$KRECIPE
}

# Nothing to do if this was unpacked after APT's lists last changed.
is_fresh() {
	[[ $CACHED_RECIPE == "$RECIPE" &&
		$HOME_DIR/current/kernel.env -nt /var/lib/apt/lists ]]
}

# Forgets the unpacked set if it is not as it was when it was checked.
check_current() {
	[[ $CACHED_RECIPE == "$RECIPE" ]] || return 0
	if (cd -- "$HOME_DIR/current" && sha256sum -c --quiet sums) \
		>/dev/null 2>&1; then
		return 0
	fi
	note "          $(rel "$HOME_DIR") is damaged; it is made anew"
	CACHED_KREL='' CACHED_VERSION='' CACHED_RECIPE=''
}

say_which() {
	local krel='' version='' date=''

	note "          Linux $SERIES: $KREL ($VERSION)${1:+, $1}"
	while read -r krel version date; do
		[[ $krel == '#'* ]] || break
	done <"$LAB/kernels/$SERIES/tested"
	[[ "$krel $version" == "$KREL $VERSION" ]] ||
		note "          last tested with: $krel ($version), $date"
}

# keep_cached WHY: goes on with the set that is there, or ends the script if there is
# none.
keep_cached() {
	[[ -n $CACHED_VERSION && $CACHED_RECIPE == "$RECIPE" ]] || die "$1"
	KREL=$CACHED_KREL VERSION=$CACHED_VERSION
	say_which "as fetched before (the archive cannot be reached)"
	exit 0
}

# Sets KREL and VERSION to the set that is wanted, and fetches its packages.  FETCHED:
# they were fetched now, not in an earlier run.
fetch() {
	local tmp try found

	FETCHED=''
	for try in machine own; do
		if [[ $try == own ]]; then
			use_own_lists
			((STEP_STATUS == 0)) ||
				keep_cached "cannot reach the Debian archive ($STEP_REASON); check the network and APT's sources"
		fi
		found=$(find_set)
		read -r KREL VERSION <<<"$found" || true
		[[ -n $KREL ]] || continue
		find_missing_debs
		((${#MISSING[@]})) || return 0
		new_beside tmp "$DEBS/x"
		try_step "download Linux $SERIES ($VERSION), 100 to 300 MB" \
			"kernel-$SERIES-download" download "$tmp"
		find_missing_debs
		((STEP_STATUS || ${#MISSING[@]})) || {
			FETCHED=1
			return 0
		}
	done
	if [[ -z $KREL ]]; then
		DIE_STATUS=4
		keep_cached "APT's sources have no complete Linux $SERIES, which is in $ARCHIVE"
	fi
	keep_cached "cannot download Linux $SERIES ($STEP_REASON); check the network"
}

# A package that was damaged since it was fetched is fetched again.
unpack_again() {
	note "          the packages in $(rel "$DEBS") are fetched again"
	rm -f -- "$DEBS"/*.deb
	fetch
	new_beside UNPACKED "$HOME_DIR/x"
	step "unpack Linux $SERIES ($VERSION)" "kernel-$SERIES-unpack" \
		unpack "$UNPACKED"
}

make_set() {
	new_beside UNPACKED "$HOME_DIR/x"
	try_step "unpack Linux $SERIES ($VERSION)" "kernel-$SERIES-unpack" \
		unpack "$UNPACKED"
	if ((STEP_STATUS)); then
		[[ -z $FETCHED ]] || exit 1
		unpack_again
	fi
	make_current "$UNPACKED"
}

main() {
	[[ $# == 1 && $1 != -* ]] || usage
	SERIES=$1 KREL='' VERSION=''
	check_series "$SERIES"
	# shellcheck disable=SC1090
	. "$LAB/kernels/$SERIES/series.conf"
	[[ -z $CCP_NEEDS ]] || MODULES+=("$CCP_NEEDS")
	need apt-get apt-cache dpkg-deb xz zstd readelf flock
	HOME_DIR=$BUILD/kernel/$SERIES
	DEBS=$BUILD/cache/debs/$SERIES
	RECIPE=$(hash_of "$LAB/setup/kernel.sh" "$LAB/setup/image.sh" \
		"$LAB/kernels/$SERIES/series.conf")
	lock
	mkdir -p "$DEBS"
	need_tools
	read_current
	check_current
	if is_fresh; then
		KREL=$CACHED_KREL VERSION=$CACHED_VERSION
		say_which
		return 0
	fi
	fetch
	if [[ $CACHED_RECIPE == "$RECIPE" && $CACHED_KREL == "$KREL" &&
		$CACHED_VERSION == "$VERSION" ]]; then
		touch "$HOME_DIR/current/kernel.env"
	else
		make_set
	fi
	say_which
}

main "$@"
