#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Tests the build of Bochs: if a step fails, there is no program, and one line says which step
# it was.  The tests on the Intel host show that the program works.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/tap.sh
. tests/tap.sh

build=lab/setup/build-bochs.sh
export BUILD=$tap_dir/build
none() { [ ! -e "$BUILD/bochs" ] && [ -z "$(find "$BUILD" -name '.new.*')" ]; }
last_err_has() { tail -n 1 "$tap_dir/err" | grep -qF -- "$1"; }

run env MIRROR=http://127.0.0.1:1/debian $build
ok 'a mirror that does not answer: a status of its own' status_is 4
ok 'a mirror that does not answer: said' last_err_has 'cannot get the source of Bochs'
ok 'a mirror that does not answer: nothing is left' none

mkdir -p "$BUILD/cache/bochs"
head -c 1000 /dev/urandom >"$BUILD/cache/bochs/bochs_3.0.orig.tar.xz"
run $build
ok 'a damaged source: status' status_is 1
ok 'a damaged source: said' last_err_has 'Bochs was not built'
ok 'a damaged source: no program' none
ok 'a damaged source: will be fetched again' [ ! -e "$BUILD/cache/bochs" ]

# A source whose configure ends at once: the program is missing.
mkdir -p "$tap_dir/bochs-3.0" "$BUILD/cache/bochs"
printf '#!/bin/sh\nexit 0\n' >"$tap_dir/bochs-3.0/configure"
printf 'all:\n\t: >bochs\n' >"$tap_dir/bochs-3.0/Makefile"
chmod +x "$tap_dir/bochs-3.0/configure"
tar -C "$tap_dir" -cJf "$BUILD/cache/bochs/bochs_3.0.orig.tar.xz" bochs-3.0
run $build
ok 'a program that is none: status' status_is 1
ok 'a program that is none: is not published' none

run $build nonsense
ok 'wrong usage' status_is 64

done_testing
