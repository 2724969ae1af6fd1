#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Tests toolbox.sh where it cannot run, and what make check does without it.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/tap.sh
. tests/tap.sh

export BUILD=$tap_dir/build
toolbox=lab/setup/toolbox.sh
mkdir "$tap_dir/bin"
printf '#!/bin/sh\nexit 1\n' >"$tap_dir/bin/unshare"
chmod +x "$tap_dir/bin/unshare"

run "$toolbox" run trixie -- true
ok 'no toolbox: status' status_is 1
ok 'no toolbox: one line' one_err_line
ok 'no toolbox: what to do' err_has 'toolbox.sh make trixie'
mkdir -p "$BUILD/toolbox/trixie"
echo made up >"$BUILD/toolbox/trixie/stamp"
run env PATH="$tap_dir/bin:$PATH" "$toolbox" run trixie "$BUILD" -- true
ok 'no namespace: status' status_is 125
ok 'no namespace: one line' one_err_line
ok 'no namespace: said' err_has 'no mount namespace can be made'
for words in 'run trixie true' 'run' 'enter trixie -- true' 'make ../x'; do
	# shellcheck disable=SC2086 # words
	run "$toolbox" $words
	ok "'$words': wrong usage" status_is 64
done

# prepare.sh --available goes on without the newest kernel's modules; what it calls is
# made up.
copy=$tap_dir/copy
series=$(lab/setup/series.sh patched | tail -n 1)
own=$(lab/setup/series.sh default)
mkdir -p "$copy/kvm-instrumentation" "$BUILD/modules/$series/normal"
cp -r lab "$copy/"
cp -r kvm-instrumentation/patches "$copy/kvm-instrumentation/"
for script in lab/setup/kernel.sh kvm-instrumentation/build-modules.sh; do
	printf '#!/bin/sh\necho "%s $*"\n' "${script##*/}" >"$copy/$script"
	chmod +x "$copy/$script"
done
printf 'programs:\n' >"$copy/Makefile"
for name in $(lab/setup/series.sh known); do
	mkdir -p "$BUILD/kernel/$name/current"
	echo KTOOLS= >"$BUILD/kernel/$name/current/kernel.env"
done
echo KTOOLS=trixie >"$BUILD/kernel/$series/current/kernel.env"
if [ "$own" = "$series" ]; then
	skip 'prepare.sh without the tools' "a Debian whose own kernel is not the newest"
else
	run env PATH="$tap_dir/bin:$PATH" "$copy/lab/setup/prepare.sh" --available
	ok 'prepare.sh without the tools: status' status_is 0
	ok 'prepare.sh without the tools: said' out_has "without the patched KVM of Linux $series"
	ok 'prepare.sh without the tools: the others are built' \
		out_has "build-modules.sh --kernel $own"
	ok 'prepare.sh without the tools: that one is not' \
		out_lacks "build-modules.sh --kernel $series"
	ok 'prepare.sh without the tools: nor is an older build of it used' \
		[ ! -e "$BUILD/modules/$series" ]
	run env PATH="$tap_dir/bin:$PATH" "$copy/lab/setup/prepare.sh" "$series"
	ok 'that series by its name: it is tried' out_has "build-modules.sh --kernel $series"
fi

done_testing
