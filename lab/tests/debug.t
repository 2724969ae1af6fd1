#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The parts of 'make debug-lab' that need no debugging kernel: the planted mistakes still fit
# the counters, and an option that a kernel does not take is an error.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/tap.sh
. tests/tap.sh

series=$(lab/setup/series.sh default)
run kvm-instrumentation/build-modules.sh --kernel "$series" --out "$tap_dir/modules" \
	--fault kvm-instrumentation/faults/planted.patch --only-compile
ok 'the planted mistakes compile' status_is 0

run lab/setup/debug-kernel.sh 5.4
ok 'a series that there is not: status' [ "$status" -ne 0 ]
ok 'a series that there is not: one line' one_err_line
run lab/machine/l1.sh --vendor intel --tcg --debug --modules stock --out "$tap_dir/out" \
	lab/scenarios/debug.sh
ok 'the debugging kernel on an Intel host: refused' status_is 125
ok 'the debugging kernel on an Intel host: one line' one_err_line
ok 'the debugging kernel on an Intel host: why' err_has '--debug is for the AMD host'

# A kernel whose configuration drops an option: make is made up, and so is the source.
copy=$tap_dir/copy
mkdir -p "$copy/kvm-instrumentation" "$tap_dir/bin"
cp -r lab "$copy/"
cp -r kvm-instrumentation/patches "$copy/kvm-instrumentation/"
for script in lab/setup/{deps,prepare}.sh kvm-instrumentation/build-modules.sh; do
	printf '#!/bin/sh\n' >"$copy/$script"
	chmod +x "$copy/$script"
done
cat >"$tap_dir/bin/make" <<'END'
#!/bin/sh
case "$*" in
*x86_64_defconfig) echo CONFIG_SERIAL_8250_CONSOLE=y >.config ;;
*olddefconfig) sed -i "/$DROPPED/d" .config ;;
*) exit 7 ;;
esac
END
chmod +x "$tap_dir/bin/make"
export BUILD=$tap_dir/build
mkdir -p "$BUILD/kernel/$series/current/source" "$BUILD/cache/debs/$series" \
	"$tap_dir/deb/usr/src" "$tap_dir/deb/DEBIAN" "$tap_dir/linux-source-$series"
echo 'VERSION = 6' >"$BUILD/kernel/$series/current/source/Makefile"
printf 'KSOURCE=%s\nKTOOLS=\nKVERSION=1\n' "$BUILD/kernel/$series/current/source" \
	>"$BUILD/kernel/$series/current/kernel.env"
touch "$tap_dir/linux-source-$series/Makefile"
tar -C "$tap_dir" -cJf "$tap_dir/deb/usr/src/linux-source-$series.tar.xz" \
	"linux-source-$series"
printf '%s\n' "Package: linux-source-$series" 'Version: 1' 'Architecture: all' \
	'Maintainer: nobody <n@localhost>' 'Description: a test' >"$tap_dir/deb/DEBIAN/control"
dpkg-deb -b "$tap_dir/deb" "$BUILD/cache/debs/$series/linux-source-${series}_1_all.deb" \
	>/dev/null

debug_kernel() { # DROPPED
	run env PATH="$tap_dir/bin:$PATH" DROPPED="$1" "$copy/lab/setup/debug-kernel.sh" \
		"$series"
}
debug_kernel CONFIG_KASAN=
ok 'an option that is dropped is an error' [ "$status" -ne 0 ]
ok 'and is named' err_has "Linux $series does not take these options: CONFIG_KASAN=y;"
ok 'nothing is published' [ ! -e "$BUILD/kernel/$series-debug/current" ]
debug_kernel nothing
ok 'with all options it goes on to the build' err_has 'build the debugging kernel'
ok 'a build that fails publishes nothing' [ ! -e "$BUILD/kernel/$series-debug/current" ]

done_testing
