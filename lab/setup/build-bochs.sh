#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: build-bochs.sh
#
# Builds the emulator of the Intel host, Bochs, in build/bochs, from the source of Debian's
# package.  Debian's own program has Bochs' debugger, with which it takes 2.7 times as long.
# Nothing is installed; APT verifies the source by Debian's keys.
#
# Exit status: 0; 1 if something failed; 4 if the source cannot be downloaded.

# shellcheck source=lab/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib.sh"
# shellcheck source=lab/setup/mirrors.sh
. "$LAB/setup/mirrors.sh"
HOME_DIR=$BUILD/bochs
SOURCES=$BUILD/cache/bochs

# The suite with the version that is built, the same one on each Debian.
SUITE=trixie

# A processor with VMX and AVX, a PC with PCI and an IDE disk, and no screen.  3.0 does not
# compile with AVX and without EVEX.  The handler of SIGALRM that logs the speed can block
# Bochs for good, as it may interrupt another message.
OPTIONS=(--enable-cpu-level=6 --enable-x86-64 --enable-vmx=2 --enable-avx --enable-evex
	--enable-pci --enable-all-optimizations --with-nogui --disable-plugins
	--disable-debugger --disable-show-ips --disable-docbook --disable-readline)
MODEL=corei7_haswell_4770	# of lab/machine/bochs/bochsrc
FLAGS='-O2 -fomit-frame-pointer -pipe'

# Print the tarball of the source, if it was downloaded.
find_tarball() {
	find "$SOURCES" -maxdepth 1 -name 'bochs_*.orig.tar.*z' 2>/dev/null | sort -V | tail -n 1
}

# Download the source to $1; APT verifies it by the signed lists.
download() {
	apt-get "${APT[@]}" update
	cd -- "$1"
	apt-get "${APT[@]}" source --download-only --tar-only bochs
	ls bochs_*.orig.tar.*z
}

fetch() {
	local tmp

	[[ -z $(find_tarball) ]] || return 0
	need apt-get
	DIE_STATUS=4
	own_lists "$BUILD/cache/apt-bochs" deb-src "$SUITE"
	new_beside tmp "$SOURCES"
	try_step "download the source of Bochs, 4 MB" bochs-download download "$tmp"
	((STEP_STATUS == 0)) || die "cannot get the source of Bochs: $STEP_REASON"
	DIE_STATUS=1
	publish "$tmp" "$SOURCES"
}

compile() { # TARBALL DIR
	cd -- "$2"
	tar -x --no-same-owner --strip-components=1 -f "$1"
	./configure "${OPTIONS[@]}" CXXFLAGS="$FLAGS" CFLAGS="$FLAGS"
	make -j"$PROCESSORS"
	strip bochs
	./bochs --help cpu >models 2>&1
	grep -x "$MODEL" models
}

# Is the program there, as this script builds it?
is_built() {
	[[ -x $HOME_DIR/bochs && -r $HOME_DIR/stamp && $(<"$HOME_DIR/stamp") == "$KEY" ]]
}

main() {
	local tarball work tmp

	(($# == 0)) || usage
	KEY=$(hash_of "$LAB/setup/build-bochs.sh")
	! is_built || return 0
	lock
	# Another run may have built it meanwhile.
	! is_built || return 0
	need g++ gcc make tar xz strip
	fetch
	tarball=$(find_tarball)
	new_beside work "$BUILD/bochs-work"
	try_step "build Bochs, the emulator of an Intel host" bochs compile "$tarball" "$work"
	if ((STEP_STATUS)); then
		# If the source was damaged, it will be fetched again.
		rm -rf -- "$SOURCES"
		die "Bochs was not built: $STEP_REASON"
	fi
	new_beside tmp "$HOME_DIR"
	cp -- "$work/bochs" "$tmp/"
	printf '%s\n' "$KEY" >"$tmp/stamp"
	publish "$tmp" "$HOME_DIR"
	rm -rf -- "$work"
}

main "$@"
