#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# KVM's modules by DKMS: they are built from the source of exactly this kernel or not at all,
# all three or none; modprobe finds them before the kernel's own; and they never make the
# installation of a kernel's package fail.  This uses the real dkms in a made-up system.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/tap.sh
. tests/tap.sh
# shellcheck source=kvm-instrumentation/tests/root.sh
. kvm-instrumentation/tests/root.sh

if [[ -z $(type -P dkms) ]]; then
	skip 'all of it' 'the command dkms'
	done_testing
	exit
fi
if ((EUID != 0)); then
	skip 'all of it' 'root: only root may install modules with dkms'
	done_testing
	exit
fi
version=$(sed -n 's/^VERSION := //p' Makefile)
chmod 755 "$tap_dir"
root=$tap_dir/root
make_root "$root"
# The compiled objects are taken from the lab's modules.
export EXITLEDGER_BASE=$build/modules/$KSERIES/normal EXITLEDGER_ROOT=$root
# An administrator may have set these variables for other purposes.
others=(env SOURCE="$tap_dir/other" MODULES="$tap_dir/other" KREL=5.4.0-1-amd64
	HEADERS="$tap_dir/other" SIGN_KEY=none SIGN_CERT=none ROOT="$tap_dir/other"
	BASE="$tap_dir/other" BUILD="$tap_dir/other")
source=$root/usr/src/exitledger-kvm-$version
run make -s install-kvm-source KVM_SOURCE="$source"
ok 'the source is installed' status_is 0
tool=$source/kvm-instrumentation/dkms/kvm-dkms

# DKMS always calls depmod for /: this depmod works in the made-up system.
mkdir "$tap_dir/bin"
cat >"$tap_dir/bin/depmod" <<SCRIPT
#!/bin/sh
echo "\$*" >>"$tap_dir/depmod"
exec $(type -P depmod) -b "$root" -C "$root/etc/depmod.d" "\$@"
SCRIPT
# This dkms fails to remove modules if there is a file "stuck".  It moves the kernel's own
# module that the file "moves" names away, as DKMS 3.2 does; a real DKMS 3.2 has already
# moved it.
moved=$root/var/lib/dkms/exitledger-kvm/original_module/$KREL/moved
cat >"$tap_dir/bin/dkms" <<SCRIPT
#!/bin/sh
set -e
[ "\$1" != unbuild ] || [ ! -e "$tap_dir/stuck" ]
$(type -P dkms) "\$@"
from=\$(cat "$tap_dir/moves" 2>/dev/null || true)
if [ "\$1" = install ] && [ -e "\$from" ]; then
	to=$moved
	mkdir -p "\$to"
	mv "\$from" "\$to/kvm.ko"
	echo "\$from" >"\$to/kvm.ko.origin"
fi
SCRIPT
chmod +x "$tap_dir/bin/depmod" "$tap_dir/bin/dkms"
PATH=$tap_dir/bin:$PATH

packages() { # IMAGE SOURCE: let dpkg know these versions as installed
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
before=$(stock)

# --- the package's script ---

sed 's,^TOOL=.*,TOOL=echo,' debian/exitledger-kvm-dkms.postinst >"$tap_dir/postinst"
for word in configure triggered abort-upgrade abort-remove abort-deconfigure; do
	run sh "$tap_dir/postinst" "$word" 1
	ok "$word: the modules are brought up to date" [ "$status $out" = '0 update' ]
done

# --- no kernel, or no room ---

mv "$root/lib/modules" "$tap_dir/"
run "$tool" update
ok 'no kernel at all: no failure, and nothing to say' [ "$status" = 0 -a -z "$out$err" ]
run dkms status "${trees[@]}" -m exitledger-kvm
ok 'DKMS knows the source' out_has "exitledger-kvm/$version: added"
dkms remove "${trees[@]}" -m exitledger-kvm -v "$version" --all >/dev/null
run "$tool" update
run dkms status "${trees[@]}" -m exitledger-kvm
ok 'a source that DKMS has forgotten is made known again' \
	out_has "exitledger-kvm/$version: added"
mv "$tap_dir/modules" "$root/lib/"
fails_in_one_line() { # NAME TEXT
	run "$tool" update
	ok "$1: no failure" status_is 0
	ok "$1: said in one line" one_line
	ok "$1: and what to do" out_has "$2; afterwards, run $tool update"
}
state=$root/var/lib/exitledger-kvm logs=$root/var/log/exitledger-kvm
for folder in "$state" "$logs"; do
	rm -rf "$folder"
	touch "$folder"
	fails_in_one_line "no folder ${folder##*/var/}" 'neither full nor read-only'
	run "$tool" remove
	ok 'remove fails' status_is 1
	ok 'in one line' one_err_line
	rm "$folder"
done
mkdir -p "$state/.lock"
fails_in_one_line 'no lock' 'neither full nor read-only'
rmdir "$state/.lock"
packages "$KVERSION" "$KVERSION"
for file in "$logs/$KREL.log" "$state/$KREL"; do
	mkdir -p "$file"
	run "$tool" update
	ok "no file ${file##*/var/}: no failure" status_is 0
	ok 'said' out_has "not up to date: $file cannot be written"
	ok 'nothing is built without it' none
	rmdir "$file"
done

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

# With this, modprobe does not find our modules, as updates/ does not come first.
echo 'search built-in kernel updates' >"$root/etc/depmod.d/odd.conf"
run "$tool" update
ok 'modprobe would not load ours: no failure' status_is 0
ok 'modprobe would not load ours: said' out_has 'modprobe would not load all three'
ok 'modprobe would not load ours: none is left' none
rm "$root/etc/depmod.d/odd.conf"
depmod "$KREL"
echo "$own/kvm.ko" >"$tap_dir/moves"
rm "$tap_dir/depmod"
run "${others[@]}" "$tool" update
rm "$tap_dir/moves"
rm -rf "$moved"
[ ! -d "${moved%/*}" ] || rmdir -p --ignore-fail-on-non-empty "${moved%/*}"
ok 'the right source is used, not the one that the environment names' status_is 0
ok 'the last depmod is for the same root' \
	[ "$(tail -n 1 "$tap_dir/depmod")" = "-b $root -C $root/etc/depmod.d $KREL" ]
ok 'nothing is made in folders that the environment names' \
	[ "$(ls "$tap_dir/other")" = "${other##*/}" ]
ok 'the output says that there are counters' out_has "Linux $KREL has KVM with exit counters"
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
touch "$tap_dir/stuck"
run "$tool" update "$KREL"
ok 'old modules that cannot be removed: no failure' status_is 0
ok 'it is said' out_has "still has modules that could not be removed; see $logs/$KREL.log"
ok 'and not that they are gone' out_lacks "$keeps"
ok 'they are not forgotten' [ "$(cat "$state/$KREL")" = "$KVERSION" ]
run "$tool" remove
ok 'remove fails then' status_is 1
ok 'and says so' err_has "the modules of Linux $KREL cannot be removed; see $logs/$KREL.log"
ok 'nor does it forget them' [ "$(cat "$state/$KREL")" = "$KVERSION" ]
rm "$tap_dir/stuck"
run "$tool" update "$KREL"
ok 'a kernel update: no failure' status_is 0
ok 'the old modules are taken away' none
ok 'the output says so' \
	out_has "removing the modules built for $KVERSION (installed: 6.1.999-1)"
ok 'and says in one line why there are no counters' \
	[ "$(grep -c "$keeps" "$tap_dir/out")" = 1 ]
ok "modprobe finds the kernel's own" finds "$own"

# --- removal ---

echo "$KVERSION" >"$state/$KREL"
package_status "$KVERSION" "$root"
run "$tool" update 5.4.0-1-amd64
ok 'other kernels are left alone' [ -e "$state/$KREL" ]
rm "$root/usr/src/linux-source-$KSERIES.tar.xz"
run "$tool" update
ok "a kernel's package that is gone: said" \
	out_has "removing the modules built for $KVERSION (installed: none)"
echo "$KVERSION" >"$state/$KREL"
rm -r "$logs"
(
	flock 7
	sleep 2
	touch "$tap_dir/released"
) 7>>"$state/.lock" &
sleep 0.5
run "$tool" remove
ok 'remove, without the folder of logs' status_is 0
ok 'it waits for an update that runs' [ -e "$tap_dir/released" ]
run dkms remove "${trees[@]}" -m exitledger-kvm -v "$version" --all
rm -r "$source"
run find "$root/var/lib" "$root/var/log" "$root/usr/src" -path '*exitledger*'
ok 'nothing is left' [ -z "$out" ]
ok "the kernel's own are still as they were" [ "$before" = "$(stock)" ]

done_testing
