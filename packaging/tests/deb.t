#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# deb.sh refuses what it cannot do before it makes a system.  Building and checking packages
# takes a mirror and many minutes, so no test does it: make deb deb-check.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/tap.sh
. tests/tap.sh

version=$(sed -n 's/^VERSION := //p' Makefile)
export BUILD=$tap_dir/build MIRROR=http://localhost:9
run packaging/deb.sh check "$version" sarge
ok 'a release that there are no packages for' status_is 64
ok 'the usage is shown' err_has 'usage: deb.sh build|check'
if ((EUID == 0)) && unshare --mount true 2>/dev/null; then
	# Nothing here comes so far that a system would be made.
	mkdir "$tap_dir/made-up"
	printf '#!/bin/sh\nexit 1\n' >"$tap_dir/made-up/debootstrap"
	chmod +x "$tap_dir/made-up/debootstrap"
	PATH=$PATH:$tap_dir/made-up
	# Another system may have these commands only once the README's line has been followed.
	cp -rs /usr/bin "$tap_dir/bin"
	rm "$tap_dir"/bin/{git,xz,python3}
	PATH=$tap_dir/bin:$tap_dir/made-up run packaging/deb.sh build "$version" bookworm
	ok 'commands that are missing are found before anything is done' status_is 3
	ok 'all of them at once, with their packages' err_has \
		'no command git xz python3; apt install git xz-utils python3'
	for package in git xz-utils python3 debootstrap; do
		ok "make deps CLASSES=packages installs $package" \
			grep -qP "^$package\\t+(\\S+,)?packages\\t" lab/setup/packages.txt
	done
	ok 'it is what the README begins with' grep -qx '    make deps CLASSES=packages' README.md
	run packaging/deb.sh check "$version" bookworm
	ok 'without packages, nothing is checked' status_is 3
	ok 'the command that builds them is named' err_has 'make deb builds them'
	mkdir -p "$BUILD/deb/bookworm" "$BUILD/deb/root-bookworm"
	touch "$BUILD/deb/bookworm/exitledger_$version-1.deb" "$BUILD/deb/root-bookworm/file"
	exec 8>"$BUILD/deb/root-bookworm.lock"
	flock 8
	run packaging/deb.sh check "$version" bookworm
	ok 'two at a time would use the same system: the second one is refused' status_is 3
	ok 'it says that another one is at work' err_has 'another deb.sh is at work'
	ok 'the system of the first one is left as it is' [ -e "$BUILD/deb/root-bookworm/file" ]
else
	skip 'what deb.sh refuses' 'root, who can make a mount namespace'
fi
done_testing
