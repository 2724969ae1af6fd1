#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# KVM's modules by DKMS: built from the kernel's very source or not at all, all three or
# none, found by modprobe before the kernel's own, and never a reason for a kernel's
# package to fail.  With the real dkms, and a system that is made up.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/tap.sh
. tests/tap.sh
# shellcheck source=kvm-instrumentation/tests/root.sh
. kvm-instrumentation/tests/root.sh

build=$(realpath "${BUILD:-build}")
# shellcheck disable=SC1090
. "$build/kernel/$(lab/setup/series.sh default)/current/kernel.env"
PATH=$PATH:/usr/sbin:/sbin
if [[ -z $(type -P dkms) ]]; then
	skip 'all of it' 'the command dkms'
	done_testing
	exit
fi
version=$(sed -n 's/^VERSION := //p' Makefile)
chmod 755 "$tap_dir"
root=$tap_dir/root
make_root "$root"
# The compiled objects are taken from the lab's modules.
export BASE=$build/modules/$KSERIES/normal ROOT=$root
source=$root/usr/src/exitledger-kvm-$version
run make -s install-kvm-source KVM_SOURCE="$source"
ok 'the source is installed' status_is 0
tool=$source/kvm-instrumentation/dkms/kvm-dkms

# DKMS calls depmod for / alone.
real=$(type -P depmod)
mkdir "$tap_dir/bin"
printf '#!/bin/sh\nexec %s -b "%s" -C "%s/etc/depmod.d" "$@"\n' "$real" "$root" "$root" \
	>"$tap_dir/bin/depmod"
chmod +x "$tap_dir/bin/depmod"
PATH=$tap_dir/bin:$PATH

packages() { # IMAGE SOURCE: the versions that are installed
	package_status "$2" "$root"
	printf '%s\n' "Package: linux-image-$KREL" 'Status: install ok installed' \
		'Maintainer: nobody <n@localhost>' 'Architecture: amd64' "Version: $1" \
		'Description: a test' '' >>"$root/var/lib/dpkg/status"
}
trees=(--dkmstree "$root/var/lib/dkms" --sourcetree "$root/usr/src"
	--installtree "$root/lib/modules")
updates=$root/lib/modules/$KREL/updates
finds() { # FOLDER: modprobe finds all three there
	local name
	for name in kvm kvm-amd kvm-intel; do
		[ "$(modinfo -b "$root" -k "$KREL" -n "$name")" = "$1/$name.ko" ] ||
			return 1
	done
}
stock() { sha256sum "$root/lib/modules/$KREL"/kernel/arch/x86/kvm/*.ko; }
none() { [ -z "$(find "$updates" -name '*.ko*' 2>/dev/null)" ]; }
one_line() { [ "$(wc -l <"$tap_dir/out")" -eq 1 ] && no_err; }
keeps='keeps the distribution'"'"'s KVM, without exit counters: '
own=$root/lib/modules/$KREL/kernel/arch/x86/kvm

mkdir -p "$root/var/lib/dkms"
run dkms add "${trees[@]}" -m exitledger-kvm -v "$version"
ok 'dkms add' status_is 0
before=$(stock)

# --- the wrong source, or none ---

packages "$KVERSION" 6.1.1-1
run "$tool" update
ok 'a source of another version: no failure' status_is 0
ok 'it is said' out_has "$keeps"'the source is 6.1.1-1, but the kernel is'
ok 'in one line' one_line
ok 'and what to install' out_has "linux-source-$KSERIES=$KVERSION"
ok 'nothing is built' none
packages 6.1.999-1 "$KVERSION"
run "$tool" update "$KREL"
ok 'headers of another version than the kernel: no failure' status_is 0
ok 'said' out_has "the kernel is 6.1.999-1, but its headers are $KVERSION"
ok 'nothing is built then, either' none
packages "$KVERSION" "$KVERSION"
mv "$root/usr/src/linux-source-$KSERIES.tar.xz" "$tap_dir/"
run "$tool" update
ok 'no source: no failure' status_is 0
ok 'no source: said' out_has 'its source is not installed; apt install'
# This is what the kernel's package calls.
run dkms autoinstall "${trees[@]}" -k "$KREL"
ok "DKMS's own hook does not fail where there is no source" status_is 0
ok 'and builds nothing' none
run "$tool" update 5.4.0-1-amd64
ok 'a kernel that there are no patches for: no failure' status_is 0
ok 'a kernel that there are no patches for: said' out_has 'no patches fit Linux 5.4'

# --- a source that the patches do not apply to ---

mkdir -p "$tap_dir/other"
xz -dc "$tap_dir/linux-source-$KSERIES.tar.xz" | tar -x -C "$tap_dir/other"
other=$tap_dir/other/linux-source-$KSERIES
sed -i 's/kvm_vcpu/other_vcpu/g' "$other/arch/x86/kvm/x86.c"
pack_source "$other" "$root"
run "$tool" update
ok 'a build that fails: no failure' status_is 0
ok 'a build that fails: said' out_has "${keeps}the modules could not be built; see $root/var/log"
ok 'a build that fails: none' none
run dkms status "${trees[@]}" -m exitledger-kvm -v "$version"
ok 'DKMS has no kernel of it' out_lacks "$KREL"
mv "$tap_dir/linux-source-$KSERIES.tar.xz" "$root/usr/src/"

# --- the right source ---

# One that modprobe would not find, as updates/ does not come first.
echo 'search built-in kernel updates' >"$root/etc/depmod.d/odd.conf"
run "$tool" update
ok 'modprobe would not load ours: no failure' status_is 0
ok 'modprobe would not load ours: said' out_has 'modprobe would not load all three'
ok 'modprobe would not load ours: none is left' none
rm "$root/etc/depmod.d/odd.conf"
depmod "$KREL"
run "$tool" update
ok 'the right source' status_is 0
ok 'it is said that there are counters' out_has "Linux $KREL has KVM with exit counters"
ok 'modprobe finds all three' finds "$updates/dkms"
for name in kvm kvm-amd kvm-intel; do
	run modinfo -F parm "$updates/dkms/$name.ko"
	[[ $name != kvm ]] || ok 'they are ours' out_has exit_stats
	ok "$name has the types that the observer reads" \
		grep -q ' \.BTF ' <<<"$(readelf -SW "$updates/dkms/$name.ko")"
done
run dkms status "${trees[@]}" -m exitledger-kvm -v "$version"
ok 'DKMS has them as installed' out_has ': installed'
ok "the kernel's own are as they were" [ "$before" = "$(stock)" ]
run "$tool" update
ok 'once more: nothing to say' [ "$status" = 0 -a -z "$out$err" ]

# --- the kernel becomes another, of the same release ---

packages 6.1.999-1 "$KVERSION"
run "$tool" update "$KREL"
ok 'a kernel update: no failure' status_is 0
ok 'the old modules are taken away' none
ok 'which is said' out_has 'is now 6.1.999-1; taking away the modules of'
ok 'and in one line, that the counters are left behind' \
	[ "$(grep -c "$keeps" "$tap_dir/out")" = 1 ]
ok "modprobe finds the kernel's own" finds "$own"

run "$tool" remove
ok 'remove' status_is 0
run dkms remove "${trees[@]}" -m exitledger-kvm -v "$version" --all
rm -r "$source"
run find "$root/var/lib" "$root/var/log" "$root/usr/src" -path '*exitledger*'
ok 'nothing is left' [ -z "$out" ]
ok "the kernel's own are still as they were" [ "$before" = "$(stock)" ]

done_testing
