# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154 # variables of tap.sh and of the tests
#
# A made-up system, for the tests of installing KVM's modules: Debian's kernel of
# lab/setup/kernel.sh, its headers and its source as their packages install them, and
# programs that load modules in its /sys alone.

# The kernel that the system is made of: $kernel_env says where its parts are.
build=$(realpath "${BUILD:-build}")
kernel_env=$build/kernel/$(lab/setup/series.sh default)/current/kernel.env
# shellcheck disable=SC1090
. "$kernel_env"
PATH=$PATH:/usr/sbin:/sbin

# kvm_make TARGET [NAME=VALUE...]: run make in the system $root; objects that are the same as
# those of the modules in $BASE are taken from there
kvm_make() { # TARGET [NAME=VALUE...]
	run env BASE="$BASE" make -s -C kvm-instrumentation ROOT="$root" "$@"
}

# failed_in_one_line NAME TEXT...: check that the command failed with one line, which has
# all of TEXT
failed_in_one_line() {
	local name=$1 text

	shift
	ok "$name: status" [ "$status" -ne 0 ]
	ok "$name: one line" [ "$(grep -vc '^make: ' "$tap_dir/err")" -eq 1 ]
	for text in "$@"; do
		ok "$name: says '$text'" err_has "$text"
	done
}

# make_root ROOT: make the system from the parts that kernel.env's variables name
make_root() {
	local root=$1
	local modules=$root/lib/modules/$KREL headers=$root/usr/src/linux-headers-$KREL

	mkdir -p "$modules"/kernel/{arch/x86/kvm,virt/lib,drivers/crypto/ccp} \
		"$root"/{boot,sbin,usr/src,usr/lib,var/lib/dpkg/info,var/lib/dpkg/updates} \
		"$root"/etc/{depmod.d,modprobe.d} "$root"/proc/{sys/kernel,1/fd} \
		"$root"/sys/{module,kernel/btf,kernel/security,kernel/debug/kvm}
	cp "$KMODULES"/kvm*.ko "$modules/kernel/arch/x86/kvm/"
	cp "$KMODULES/irqbypass.ko" "$modules/kernel/virt/lib/"
	cp "$KMODULES/ccp.ko" "$modules/kernel/drivers/crypto/ccp/"
	touch "$modules"/modules.{order,builtin,builtin.modinfo}
	depmod -b "$root" -C "$root/etc/depmod.d" "$KREL"
	cp -a "$KHEADERS" "$root/usr/src/"
	rm -f "$headers/vmlinux" # Debian's 6.1 has none
	ln -s "${KHEADERS%/*}/linux-headers-${KREL%-amd64}-common" "$root/usr/src/"
	cp -a "$KDIR"/usr/lib/linux-kbuild-* "$root/usr/lib/"
	ln -s "../../../usr/src/linux-headers-$KREL" "$modules/build"
	objcopy --dump-section .BTF="$root/sys/kernel/btf/vmlinux" "$KVMLINUX" \
		"$root/boot/copy"
	rm "$root/boot/copy"
	echo 'ID=debian' >"$root/etc/os-release"
	echo "$KREL" >"$root/proc/sys/kernel/osrelease"
	echo 'flags : fpu svm' >"$root/proc/cpuinfo"
	pack_source "$KSOURCE" "$root"
	package_status "$KVERSION" "$root"
	make_loader "$root"
}

pack_source() { # SOURCE ROOT
	tar -C "$1" --transform "s,^,linux-source-$KSERIES/," -cf - Makefile \
		arch/x86/kvm virt/kvm Documentation tools scripts |
		xz -0 -T0 >"$2/usr/src/linux-source-$KSERIES.tar.xz"
}

# package_status VERSION ROOT: let dpkg say that the source's package has this version
package_status() {
	printf '%s\n' "Package: linux-source-$KSERIES" \
		'Status: install ok installed' 'Maintainer: nobody <n@localhost>' \
		'Architecture: all' "Version: $1" 'Description: a test' '' \
		>"$2/var/lib/dpkg/status"
}

# Make kmod's programs that load and unload: modprobe finds what the real one would find,
# and a module is loaded if it is in ROOT/sys/module.  A module of ROOT/broken cannot be
# loaded, and one of ROOT/stuck cannot be unloaded.  What is done is written to ROOT/done.
make_loader() {
	local program

	cat >"$1/sbin/modprobe" <<'SCRIPT'
#!/usr/bin/env bash
# Made by a test: see kvm-instrumentation/tests/root.sh
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd -P)
krel=$(<"$root/proc/sys/kernel/osrelease")
show() {
	modprobe -d "$root" -C "$root/etc/modprobe.d" -S "$krel" --show-depends "$1"
}
load() { # FILE NAME=VALUE...
	local name=${1##*/} sys parameter

	name=${name%.ko*} name=${name//-/_} sys=$root/sys/module/$name
	[ ! -d "$sys" ] || return 0
	echo "load ${1#"$root"} ${*:2}" >>"$root/done"
	! grep -qsx "${1#"$root"}" "$root/broken" || return 1
	mkdir -p "$sys"/{parameters,holders}
	echo 0 >"$sys/refcnt"
	case $name in
	kvm) echo N >"$sys/parameters/halt" && echo 5 >"$sys/parameters/poll" ;;
	kvm_amd) echo 1 >"$sys/parameters/npt" ;;
	esac
	[[ $name != kvm_* ]] || mkdir "$root/sys/module/kvm/holders/$name"
	if [[ $name = kvm && $1 = */updates/* ]]; then
		echo 2 >"$sys/parameters/exit_stats"
		echo Y >"$sys/parameters/exit_stats_leaves"
		echo 2 >"$sys/parameters/exit_stats_isa"
	fi
	for parameter in "${@:2}"; do
		[ -e "$sys/parameters/${parameter%%=*}" ] || return 1
		echo "${parameter#*=}" >"$sys/parameters/${parameter%%=*}"
	done
}
case ${0##*/} in
insmod) load "$@" ;;
rmmod)
	! grep -qsx "$1" "$root/stuck" || exit 1
	[ "$(cat "$root/sys/module/$1/refcnt")" = 0 ]
	rm -r "$root/sys/module/$1" "$root"/sys/module/*/holders/"$1" 2>/dev/null ||
		[ ! -e "$root/sys/module/$1" ]
	echo "unload $1" >>"$root/done"
	;;
modprobe)
	if [ "$1" = --ignore-install ]; then
		show "$3"
		exit
	fi
	while read -r _ path options; do
		case $path in
		*/"${1//_/-}".ko*) options+=" ${*:2}" ;;
		esac
		# shellcheck disable=SC2086 # words
		load "$path" $options
	done < <(show "$1")
	;;
esac
SCRIPT
	chmod +x "$1/sbin/modprobe"
	for program in insmod rmmod; do
		ln -s modprobe "$1/sbin/$program"
	done
}

# finds DIR [SUFFIX]: do modprobe and modinfo find KVM's modules there, in $root for
# $KREL, compressed if there is a suffix?
finds() {
	local name shown

	for name in kvm kvm-amd kvm-intel; do
		[ "$(modinfo -b "$root" -k "$KREL" -n "$name")" = "$1/$name.ko${2:-}" ] ||
			return 1
		shown=$(modprobe -d "$root" -C "$root/etc/modprobe.d" -S "$KREL" \
			--show-depends "$name")
		[[ $shown == *"insmod $1/kvm.ko${2:-}"* && $shown == *"$1/$name.ko${2:-}"* ]] ||
			return 1
	done
}

# make_lsinitramfs DIR: make that program, for images that contain only a module's name
make_lsinitramfs() {
	mkdir "$1"
	cat >"$1/lsinitramfs" <<'SCRIPT'
#!/bin/sh
echo "usr/lib/modules/some/$(cat "$1").ko"
SCRIPT
	chmod +x "$1/lsinitramfs"
}
