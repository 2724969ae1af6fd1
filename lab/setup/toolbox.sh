#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: toolbox.sh make SUITE
#        toolbox.sh run SUITE DIR... -- COMMAND...
#
# Provides the compiler and the tools of another Debian, to build modules for a kernel of that
# Debian: its headers contain programs that do not run with an older C library, and use flags
# that an older compiler does not know.
#
# make  unpacks the tools to build/toolbox/SUITE, unless they are there already.  Nothing is
#       installed; APT verifies the packages by Debian's keys.
# run   runs COMMAND in a mount namespace of its own.  The toolbox is its root, and each DIR
#       has the same path as outside.  For an ordinary user, this needs user namespaces.
#
# Exit status: 0; 1 if something failed; 4 if the packages cannot be downloaded.  With run:
# that of COMMAND; 125 if the namespace cannot be made.

# shellcheck source=lab/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib.sh"
# shellcheck source=lab/setup/mirrors.sh
. "$LAB/setup/mirrors.sh"

# The programs that kbuild calls; their dependencies are added by APT.
PACKAGES=(base-files bash coreutils dash diffutils findutils gawk grep sed
	gcc-14 make pahole binutils sparse)

use_lists() {
	local state=$BUILD/cache/apt-toolbox-$SUITE

	own_lists "$state" deb "$SUITE"
	: >"$state/status"	# nothing is installed there
	APT+=(-y -o "Dir::State::Status=$state/status" -o APT::Install-Recommends=false
		-o Debug::NoLocking=true)
	ARCHIVES=$state/archives
}

# Remove packages that an earlier try has left, as they may be of another version.
download() {
	rm -f -- "$ARCHIVES"/*.deb
	apt-get "${APT[@]}" update
	apt-get "${APT[@]}" --download-only install "${PACKAGES[@]}"
}

# /bin and the like are links, as in every Debian since 12.
unpack() { # DIR
	local deb name

	cd -- "$1"
	mkdir -p usr/bin usr/sbin usr/lib usr/lib64 dev proc tmp
	for name in bin sbin lib lib64; do
		ln -s "usr/$name" "$name"
	done
	for deb in "$ARCHIVES"/*.deb; do
		try dpkg-deb --fsys-tarfile "$deb" |
			try tar -x --no-same-owner --keep-directory-symlink
	done
	rm -rf usr/share/doc usr/share/man usr/share/locale
	ln -sf dash usr/bin/sh
	ln -sf gawk usr/bin/awk
	[[ -x usr/bin/gcc-14 && -x usr/bin/pahole && -x usr/bin/make ]]
	basename -a -- "$ARCHIVES"/*.deb >packages
	# Remove the packages, which take as much space as the toolbox.
	rm -f -- "$ARCHIVES"/*.deb
	printf '%s\n' "$KEY" >stamp
}

make_box() {
	local tmp

	KEY=$(hash_of "$LAB/setup/toolbox.sh")
	lock
	if [[ -r $BOX/stamp && $(<"$BOX/stamp") == "$KEY" ]]; then
		return 0
	fi
	need apt-get dpkg-deb
	use_lists
	try_step "download the tools of Debian's $SUITE, 80 MB" "toolbox-$SUITE-download" \
		download
	if ((STEP_STATUS)); then
		DIE_STATUS=4
		die "cannot get the tools of Debian's $SUITE: $STEP_REASON"
	fi
	new_beside tmp "$BOX"
	step "unpack them" "toolbox-$SUITE-unpack" unpack "$tmp"
	publish "$tmp" "$BOX"
}

# In the namespace, mount the directories, the devices and the processes, and run COMMAND.
enter() { # DIR... -- COMMAND...
	local dirs=() dir

	while [[ $1 != -- ]]; do
		dirs+=("$1")
		shift
	done
	shift
	# Mount /tmp first, as one of the directories may be below it.
	mount -t tmpfs tmpfs "$BOX/tmp"
	for dir in "${dirs[@]}"; do
		mkdir -p "$BOX$dir"
		mount --rbind "$dir" "$BOX$dir"
	done
	mount --rbind /dev "$BOX/dev"
	mount --rbind /proc "$BOX/proc"
	exec env -i PATH=/usr/bin:/usr/sbin HOME=/ LC_ALL=C chroot "$BOX" "$@"
}

run_in() {
	local as=()

	[[ -r $BOX/stamp ]] || die "no $(rel "$BOX"); toolbox.sh make $SUITE"
	((EUID == 0)) || as=(--user --map-root-user)
	DIE_STATUS=125
	unshare "${as[@]}" --mount --propagation private true 2>/dev/null ||
		die "no mount namespace can be made, which the tools of Debian's $SUITE run in"
	TOOLBOX_NAMESPACE=1 exec unshare "${as[@]}" --mount --propagation private \
		"$0" run "$SUITE" "$@"
}

main() {
	(($# >= 2)) || usage
	SUITE=$2
	BOX=$BUILD/toolbox/$SUITE
	[[ $SUITE =~ ^[a-z]+$ ]] || usage
	case $1 in
	make) make_box ;;
	run)
		[[ " ${*:3} " == *' -- '* ]] || usage
		# These mounts must never be made outside of the namespace.
		if [[ -n ${TOOLBOX_NAMESPACE:-} ]]; then
			enter "${@:3}"
		else
			run_in "${@:3}"
		fi
		;;
	*) usage ;;
	esac
}

main "$@"
