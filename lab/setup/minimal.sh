# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Makes a minimal Debian in a folder, as Debian's installer would.  newcomer.sh and
# packaging/deb.sh, which run in mount namespaces of their own, source this file after
# lab/lib.sh and mirrors.sh.
#
# Variables of the caller: SUITE is the release, ROOT the folder, CACHE a folder that is kept
# from run to run; KEEP is not empty if ROOT is to be kept.

# shellcheck disable=SC2034 # The scripts that source this file use it.
declare -A RELEASE=([bookworm]=12 [trixie]=13)

# Set MIRROR and SECURITY_MIRROR, or end the script.
need_mirrors() {
	find_mirrors
	[[ -n $MIRROR ]] || die "APT's sources on this machine name no mirror of Debian;" \
		"say MIRROR=URI"
	SECURITY_MIRROR=${SECURITY_MIRROR:-${MIRROR%/}-security}
}

# lock_system: let no other script use $ROOT until this one ends
lock_system() {
	mkdir -p "${ROOT%/*}"
	exec 9>>"$ROOT.lock"
	flock -n 9 || die "another ${0##*/} is at work in $(rel "$ROOT")"
}

# make_system PACKAGE...: make a minimal system with these packages.  If one was made on the
# same day, its archive is unpacked, which takes seconds instead of minutes.
make_system() {
	local packages=ca-certificates package kept

	for package; do
		packages+=,$package
	done
	kept=$CACHE/system-$packages-$(date +%F)-$(sha256sum <<<"$MIRROR" | cut -c1-8).tar
	if [[ -r $kept ]] && sha256sum -c --quiet "$kept.sum" >/dev/null 2>&1; then
		tar -x --numeric-owner -C "$ROOT" -f "$kept"
	else
		debootstrap --variant=minbase --include="$packages" \
			--cache-dir="$CACHE/debs" "$SUITE" "$ROOT" "$MIRROR"
		rm -f -- "$CACHE/system-$packages-"*
		tar -c --numeric-owner --one-file-system -C "$ROOT" . >"$kept.new"
		mv -- "$kept.new" "$kept"
		sha256sum "$kept" >"$kept.sum"
	fi
	cat >"$ROOT/etc/apt/sources.list" <<-EOF
	deb $MIRROR $SUITE main
	deb $MIRROR $SUITE-updates main
	deb $SECURITY_MIRROR $SUITE-security main
	EOF
	# This system need not survive a power cut: do not wait for the disk after each
	# package.
	echo force-unsafe-io >"$ROOT/etc/dpkg/dpkg.cfg.d/unsafe-io"
	echo '127.0.0.1 localhost' >"$ROOT/etc/hosts"
	echo minimal >"$ROOT/etc/hostname"
	cp -L -- /etc/resolv.conf "$ROOT/etc/resolv.conf"
	# Get the lists of all three sources; debootstrap leaves only those of the first.
	inside apt-get -q update
}

mount_system() {
	# The system's root must be a mount of its own, as in any system.
	mount --bind "$ROOT" "$ROOT"
	mount --rbind /dev "$ROOT/dev"
	mount -t proc proc "$ROOT/proc"
	mount --rbind /sys "$ROOT/sys"
	mount --bind "$CACHE/archives" "$ROOT/var/cache/apt/archives"
}

inside() { # COMMAND...
	env -i HOME=/root TERM="${TERM:-dumb}" LANG=C.UTF-8 ${CI:+CI="$CI"} \
		PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
		${http_proxy:+http_proxy="$http_proxy"} chroot "$ROOT" "$@"
}

# End all processes whose root is this system.
end_processes() {
	local process

	for process in /proc/[0-9]*; do
		[[ $(readlink "$process/root" 2>/dev/null || true) != "$ROOT" ]] ||
			kill -KILL "${process#/proc/}" 2>/dev/null || true
	done
}

clean_up() {
	cleanup
	end_processes
	cd /
	# Unmount everything below the folder before it is removed.
	awk -v root="$ROOT" '($5 == root || index($5, root "/") == 1) { print $5 }' \
		/proc/self/mountinfo | sort -r | while read -r mounted; do
		umount -l "$mounted" || true
	done
	[[ -n $KEEP ]] || rm -rf --one-file-system -- "$ROOT"
}
