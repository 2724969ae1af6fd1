#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: build-tools.sh CC CLANG BPFTOOL
#
# Checks whether the programs can be built: looks for the compilers, ar, bpftool, and the
# headers of the libraries.  If one is missing, prints one line with its name and package.

fail() {
	echo "make: $1 is missing; 'make deps' installs all that is needed," \
		"or: apt install $2" >&2
	exit 1
}

command -v "${1%% *}" >/dev/null || fail "the compiler $1" gcc
command -v "$2" >/dev/null || fail "the compiler $2" clang
command -v "$3" >/dev/null || fail "$3" bpftool
command -v ar >/dev/null || fail ar binutils
includes=""
for header in bpf/libbpf.h:libbpf-dev libelf.h:libelf-dev zlib.h:zlib1g-dev \
	jansson.h:libjansson-dev microhttpd.h:libmicrohttpd-dev \
	gnutls/gnutls.h:libgnutls28-dev yaml.h:libyaml-dev crypt.h:libcrypt-dev \
	curses.h:libncurses-dev seccomp.h:libseccomp-dev sqlite3.h:libsqlite3-dev \
	linux/kvm.h:linux-libc-dev; do
	includes="$includes
#if !__has_include(<${header%:*}>)
#error missing $header
#endif"
done
# The compiler may be several words (ccache gcc).
# shellcheck disable=SC2086
said=$(echo "$includes" | $1 -E -x c - 2>&1 >/dev/null) && exit
missing=${said#*#error missing }
missing=${missing%%[!a-z0-9/.:-]*}
case $said in
*'#error missing '*) fail "the header ${missing%:*}" "${missing#*:}" ;;
esac
echo "make: the compiler $1 does not work: $said" >&2
exit 1
