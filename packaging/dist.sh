#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: dist.sh VERSION [GUEST-PROGRAM...]
#
# Makes these files in build/dist, from the commit that is checked out.  Each call with the
# same commit makes the same bytes.
#
#   exitledger-VERSION.tar.xz   the source
#   exitledger-VERSION.spdx     the licence of each file (needs the command reuse)
#   exitledger-guest-VERSION-ARCH.tar.xz   GUEST-PROGRAMs, if any are given
#   SHA256SUMS                  the checksums of the files made by this call

# shellcheck source=lab/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lab/lib.sh"
DIST=$BUILD/dist
MADE=()	# names in $DIST

# Fail if there are changes that are not committed, as the tarball would not have them;
# set SECONDS_OF_COMMIT.
check_tree() {
	local changed

	changed=$(git -C "$TOP" status --porcelain --untracked-files=no) ||
		die "$TOP is no git checkout"
	[[ -z $changed ]] ||
		die "there are changes that are not committed; commit them first"
	# All files in the tarballs get the time of the commit.
	SECONDS_OF_COMMIT=$(git -C "$TOP" log -1 --format=%ct)
}

make_source() { # NAME
	git -C "$TOP" archive --format=tar --prefix="$1/" HEAD -- . ':!debian' |
		xz -9 -T1 >"$DIST/$1.tar.xz.new"
	mv -- "$DIST/$1.tar.xz.new" "$DIST/$1.tar.xz"
	MADE+=("$1.tar.xz")
}

# Pack programs without symbols, and without the build ID, which depends on the folder of
# the build.
make_guest() { # NAME PROGRAM...
	local name=$1 program tmp

	shift
	new_beside tmp "$DIST/$name"
	mkdir -p "$tmp/$name"
	for program; do
		strip --remove-section=.note.gnu.build-id \
			-o "$tmp/$name/${program##*/}" "$program"
	done
	cp -- "$TOP/LICENSES/GPL-2.0-only.txt" "$tmp/$name/"
	tar -c -C "$tmp" --sort=name --mtime="@$SECONDS_OF_COMMIT" --owner=0 --group=0 \
		--numeric-owner --mode=go=rX "$name" | xz -9 -T1 >"$DIST/$name.tar.xz.new"
	mv -- "$DIST/$name.tar.xz.new" "$DIST/$name.tar.xz"
	MADE+=("$name.tar.xz")
	rm -rf -- "$tmp"
}

# Make the list of licences with reuse.  Replace the time and the random namespace that it
# writes, so that each call makes the same bytes.
make_licences() { # NAME
	local tmp created

	if [[ -z $(type -P reuse) ]]; then
		note "          no $1.spdx: there is no command reuse; apt install reuse"
		rm -f -- "$DIST/$1.spdx"
		return 0
	fi
	new_beside tmp "$DIST/$1.spdx"
	tar -x -C "$tmp" -f "$DIST/$1.tar.xz"
	created=$(date -u -d "@$SECONDS_OF_COMMIT" +%FT%TZ)
	reuse --root "$tmp/$1" spdx 2>/dev/null |
		sed -e "s/^Created: .*/Created: $created/" \
			-e "s,^DocumentNamespace: .*,DocumentNamespace: https://exitledger.example/spdx/$1," \
			>"$DIST/$1.spdx.new"
	mv -- "$DIST/$1.spdx.new" "$DIST/$1.spdx"
	MADE+=("$1.spdx")
	rm -rf -- "$tmp"
}

main() {
	local file

	[[ $# -ge 1 && $1 =~ ^[0-9][0-9.]*$ ]] || usage
	need git xz sha256sum
	(($# == 1)) || need strip
	check_tree
	mkdir -p -- "$DIST"
	make_source "exitledger-$1"
	make_licences "exitledger-$1"
	(($# == 1)) || make_guest "exitledger-guest-$1-$(uname -m)" "${@:2}"
	# Other files in the folder may be of another commit.
	(cd -- "$DIST" && sha256sum -- "${MADE[@]}" >SHA256SUMS.new &&
		mv -- SHA256SUMS.new SHA256SUMS)
	for file in "${MADE[@]}"; do
		note "          $(rel "$DIST/$file")"
	done
}

main "$@"
