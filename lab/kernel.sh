#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: kernel.sh SERIES
#
# Fetches Debian's own kernel of a series (6.1, 6.12) with the headers and the source
# that belong to it, and unpacks what the lab needs to
# build/kernel/SERIES/current, where kernel.env names the parts.  Nothing is
# installed, and the package state of the machine does not change.
#
# The archive moves on and drops old versions: the newest version of which all
# packages are there is taken, and tested-kernels.txt says which was tested.

# shellcheck source=lab/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

# The modules of Debian's that L1 loads.
MODULES=(irqbypass ccp kvm kvm-amd kvm-intel)

# Of the kernel's source: what is patched, and the tools that are used.
SOURCES=(arch/x86/kvm virt/kvm Documentation/virt/kvm
	tools/testing/selftests/kvm
	Makefile scripts/extract-vmlinux scripts/checkpatch.pl
	scripts/const_structs.checkpatch scripts/spelling.txt)

# As root, apt would warn that its unprivileged user cannot write here.
APT=(-q -o "APT::Sandbox::User=$(id -un)")

# --- finding the set ---

image_pattern() {
	case $1 in
	6.1) printf '%s' '^linux-image-6\.1\.0-[0-9]+-amd64$' ;;
	6.12) printf '%s' '^linux-image-6\.12\.[0-9]+\+deb12-amd64$' ;;
	*) die "no kernel series '$1'; known: 6.1, 6.12" ;;
	esac
}

# kbuild_of KREL: the package with the tools that build modules.
kbuild_of() {
	case $SERIES in
	6.1) printf '%s' "linux-kbuild-6.1" ;;
	*) printf '%s' "linux-kbuild-${1%-amd64}" ;;
	esac
}

# packages_of KREL: the packages of a set, the image's first.
packages_of() {
	printf '%s\n' "linux-image-$1" "linux-headers-$1" \
		"linux-headers-${1%-amd64}-common" \
		"$(kbuild_of "$1")" "linux-source-$SERIES"
}

# Prints "KREL VERSION" of the newest set that APT's package lists have whole.
find_set() {
	local image krel packages=()

	while read -r image; do
		krel=${image#linux-image-}
		mapfile -t -O "${#packages[@]}" packages < <(packages_of "$krel")
	done < <(apt-cache "${APT[@]}" pkgnames "linux-image-$SERIES" |
		grep -E "$(image_pattern "$SERIES")")
	((${#packages[@]})) || return 0
	apt-cache "${APT[@]}" madison "${packages[@]}" | tr -d ' ' |
		awk -F'|' '{ print $1, $2 }' | sort -u | whole_sets |
		sort -V -k2 | tail -n 1
}

# Reads "PACKAGE VERSION", prints "KREL VERSION" where nothing is missing.
whole_sets() {
	awk -v source="linux-source-$SERIES" '
	{ have[$1, $2] = 1 }
	$1 ~ /^linux-image-/ { images[$1, $2] = 1 }
	END {
		for (i in images) {
			split(i, f, SUBSEP)
			v = f[2]
			krel = f[1]
			sub(/^linux-image-/, "", krel)
			abi = krel
			sub(/-amd64$/, "", abi)
			if (have["linux-headers-" krel, v] &&
			    have["linux-headers-" abi "-common", v] &&
			    (have["linux-kbuild-" abi, v] ||
			     have["linux-kbuild-6.1", v]) &&
			    have[source, v])
				print krel, v
		}
	}'
}

# Lists of our own, where the machine's are missing or too old.
use_own_lists() {
	local state=$BUILD/cache/apt

	mkdir -p "$state/lists/partial" "$state/archives/partial"
	APT+=(-o "Dir::State::Lists=$state/lists" -o "Dir::Cache=$state")
	step "refresh the package lists" apt-update \
		apt-get "${APT[@]}" update
}

# --- fetching and unpacking ---

deb_of() {
	local found=("$DEBS/${1}_${2//:/%3a}_"*.deb)

	[[ -e ${found[0]} ]] && printf '%s\n' "${found[0]}"
}

have_debs() {
	local package

	while read -r package; do
		deb_of "$package" "$VERSION" >/dev/null || return 1
	done < <(packages_of "$KREL")
}

# Fetches what is missing, in $1; APT verifies it against the signed lists.
download() {
	local package missing=()

	while read -r package; do
		deb_of "$package" "$VERSION" >/dev/null ||
			missing+=("$package=$VERSION")
	done < <(packages_of "$KREL")
	cd -- "$1"
	apt-get "${APT[@]}" download "${missing[@]}"
	mv -- *.deb "$DEBS/"
}

# from_deb PACKAGE MEMBER...: unpacks these, into the current directory.
from_deb() {
	local deb

	deb=$(deb_of "$1" "$VERSION")
	shift
	dpkg-deb --fsys-tarfile "$deb" | tar -x --no-same-owner --wildcards "$@"
}

unpack() {
	local members

	cd -- "$1"
	members=("${MODULES[@]/#/*\/}")
	from_deb "linux-image-$KREL" "./boot/vmlinuz-$KREL" \
		"${members[@]/%/.ko*}"
	mkdir modules
	find lib -name '*.ko*' -exec mv -t modules {} +
	find modules -name '*.xz' -exec xz -d {} +
	from_deb "linux-headers-$KREL" ./usr/src
	from_deb "linux-headers-${KREL%-amd64}-common" ./usr/src
	from_deb "$(kbuild_of "$KREL")" ./usr/lib
	mkdir source
	members=("${SOURCES[@]/#/linux-source-$SERIES/}")
	dpkg-deb --fsys-tarfile "$(deb_of "linux-source-$SERIES" "$VERSION")" |
		tar -xO "./usr/src/linux-source-$SERIES.tar.xz" | xz -dc -T0 |
		tar -x -C source --strip-components=1 "${members[@]}"
	bash source/scripts/extract-vmlinux "boot/vmlinuz-$KREL" >vmlinux
	own_headers "usr/src/linux-headers-$KREL"
	rm -rf boot lib
	write_env kernel.env
}

# The packages' headers are for /usr/src.  These work where they are: their
# Makefile finds the common part beside them (their links to scripts and tools
# are relative already), and a vmlinux, which 6.12's bring, gives the modules
# their BTF.
own_headers() {
	# shellcheck disable=SC2016 # for make, not for the shell
	sed -i 's,^include /usr/src/,include $(dir $(lastword $(MAKEFILE_LIST)))../,' \
		"$1/Makefile"
	[[ -e $1/vmlinux ]] || ln -s ../../../vmlinux "$1/vmlinux"
	test -x "$1/scripts/mod/modpost"
}

# Sourced by those who need the kernel; finds itself, so the tree can move.
write_env() {
	cat >"$1" <<-EOF
	# Written by lab/kernel.sh
	KSERIES=$SERIES
	KREL=$KREL
	KVERSION=$VERSION
	KRECIPE=$RECIPE
	KDIR=\$(cd -- "\$(dirname -- "\${BASH_SOURCE[0]}")" && pwd -P)
	KVMLINUX=\$KDIR/vmlinux
	KMODULES=\$KDIR/modules
	KHEADERS=\$KDIR/usr/src/linux-headers-$KREL
	KSOURCE=\$KDIR/source
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

# Sets CACHED_* to the set that is unpacked already, if there is one.
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

say_which() {
	local tested date krel version

	note "          Linux $SERIES: $KREL ($VERSION)${1:+, $1}"
	read -r krel version date < <(awk -v s="$SERIES" \
		'$1 == s { print $2, $3, $4 }' "$LAB/tested-kernels.txt") || true
	tested="$krel $version"
	[[ $tested == "$KREL $VERSION" ]] ||
		note "          last tested with: $krel ($version), $date"
}

# keep_cached WHY: goes on with the set that is there, or not at all.
keep_cached() {
	[[ -n $CACHED_VERSION && $CACHED_RECIPE == "$RECIPE" ]] || die "$1"
	KREL=$CACHED_KREL VERSION=$CACHED_VERSION
	say_which "as fetched before (the archive cannot be reached)"
	exit 0
}

# Sets KREL and VERSION to the set to have, and fetches its packages.
fetch() {
	local tmp try

	for try in machine own; do
		[[ $try == machine ]] || use_own_lists ||
			keep_cached "cannot reach the Debian archive; check the network and APT's sources"
		read -r KREL VERSION < <(find_set) || true
		[[ -n $KREL ]] || continue
		if have_debs; then
			return 0
		fi
		new_beside tmp "$DEBS/x"
		if step "download Linux $SERIES ($VERSION), some 250 MB" \
			"kernel-$SERIES-download" download "$tmp" &&
			have_debs; then
			return 0
		fi
	done
	[[ -n $KREL ]] ||
		keep_cached "APT's sources have no complete Linux $SERIES; add Debian 12's (bookworm)"
	keep_cached "cannot download Linux $SERIES; check the network"
}

main() {
	local tmp

	[[ $# == 1 && $1 != -* ]] || usage
	SERIES=$1 KREL='' VERSION=''
	image_pattern "$SERIES" >/dev/null
	HOME_DIR=$BUILD/kernel/$SERIES
	DEBS=$BUILD/cache/debs/$SERIES
	RECIPE=$(hash_of "$LAB/kernel.sh")
	lock
	mkdir -p "$DEBS"
	read_current
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
		new_beside tmp "$HOME_DIR/x"
		step "unpack Linux $SERIES ($VERSION)" "kernel-$SERIES-unpack" \
			unpack "$tmp"
		make_current "$tmp"
	fi
	say_which
}

main "$@"
