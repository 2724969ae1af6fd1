#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Tests the ways in which Ubuntu, Fedora, RHEL and Debian 13 name and pack a kernel's
# headers, source and modules, in made-up systems (root.sh): what is found, what is
# compared, what is built, and what the user is told to install.  The lab's kernel must be
# there (lab/setup/prepare.sh).
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/tap.sh
. tests/tap.sh
# shellcheck source=kvm-instrumentation/tests/root.sh
. kvm-instrumentation/tests/root.sh

chmod 755 "$tap_dir"
export BUILD=$tap_dir/build
BASE=$build/modules/$KSERIES/normal

# --- systems that have only the files that are looked at ---

# small_root NAME RELEASE VERSION OS-RELEASE...: make a system with headers of this
# version, and without a source
small_root() {
	root=$tap_dir/$1 KREL=$2
	modules=$root/lib/modules/$KREL
	mkdir -p "$root"/{etc,usr/src,proc/sys/kernel} "$modules/kernel"
	printf '%s\n' "${@:4}" >"$root/etc/os-release"
	echo "$KREL" >"$root/proc/sys/kernel/osrelease"
	headers=$root/usr/src/headers
	small_headers "$3"
	ln -s /nowhere "$modules/build"
}
small_headers() { # VERSION
	mkdir -p "$headers"/include/{generated,linux} "$headers/arch/x86/include/asm"
	printf 'kernelversion:\n\t@echo %s\n' "$1" >"$headers/Makefile"
	printf 'CONFIG_KVM=m\nCONFIG_CC_VERSION_TEXT="gcc (GCC) 11"\n' >"$headers/.config"
	echo "#define UTS_RELEASE \"$KREL\"" >"$headers/include/generated/utsrelease.h"
	echo 'struct kvm;' >"$headers/include/linux/kvm_host.h"
	echo '#define A 1' >"$headers/arch/x86/include/asm/kvm_host.h"
}
# small_source DIR VERSION: make a source that has the headers' files
small_source() {
	mkdir -p "$1"/{arch/x86/kvm,virt/kvm,include,arch/x86/include}
	awk -F. '{ print "VERSION = " $1 "\nPATCHLEVEL = " $2 "\nSUBLEVEL = " $3 }' \
		<<<"$2" >"$1/Makefile"
	cp -r "$headers/include/linux" "$1/include/"
	cp -r "$headers/arch/x86/include/asm" "$1/arch/x86/include/"
}
use_headers() { ln -sfT "$headers" "$modules/build"; }

small_root debian13 6.12.43+deb13-amd64 6.12.43 'ID=debian' 'VERSION_ID="13"'
kvm_make modules
failed_in_one_line 'Debian 13' 'no headers of 6.12.43+deb13-amd64' \
	'; apt install linux-headers-6.12.43+deb13-amd64 linux-source-6.12'

small_root ubuntu 6.8.0-45-generic 6.8.12 'ID=ubuntu' 'ID_LIKE=debian'
kvm_make modules
failed_in_one_line 'Ubuntu, no headers' 'no headers of 6.8.0-45-generic' \
	'; apt install linux-headers-6.8.0-45-generic linux-source-6.8.0'
use_headers
signature() { # VERSION
	echo "CONFIG_VERSION_SIGNATURE=\"Ubuntu $1 6.8.12\"" >>"$headers/.config"
}
signature 6.8.0-45.45-generic
kvm_make modules
failed_in_one_line 'Ubuntu, no source' "no $root/usr/src/linux-source-6.8.0.tar" \
	'apt install linux-headers-6.8.0-45-generic linux-source-6.8.0=6.8.0-45.45, or say SOURCE=DIR'
small_headers 6.8.12
signature 6.8.0-45.45~22.04.1-generic
kvm_make modules
failed_in_one_line "Ubuntu's kernel of a later release" \
	"SOURCE=DIR takes what 'apt source linux-image-unsigned-6.8.0-45-generic=6.8.0-45.45~22.04.1' unpacks"
small_root cloud 6.8.0-1015-aws 6.8.12 'ID=ubuntu' 'ID_LIKE=debian'
use_headers
signature 6.8.0-1015.16-aws
kvm_make modules
failed_in_one_line "Ubuntu's kernel for a cloud" \
	"'apt source linux-image-unsigned-6.8.0-1015-aws=6.8.0-1015.16' unpacks"
small_source "$tap_dir/apt-source" 6.8.12
mkdir "$tap_dir/apt-source/debian"
echo 'linux-aws (6.8.0-1014.15) noble; urgency=medium' >"$tap_dir/apt-source/debian/changelog"
kvm_make modules SOURCE="$tap_dir/apt-source"
failed_in_one_line "a source that 'apt source' unpacked of another version" \
	'is Linux 6.8.0-1014.15, but 6.8.0-1015-aws is Linux 6.8.0-1015.16'
sed -i 's/1014.15/1015.16/' "$tap_dir/apt-source/debian/changelog"
kvm_make modules SOURCE="$tap_dir/apt-source"
ok 'of the same version: taken, without more words' out_lacks 'could not be compared'
ok 'of the same version: taken' err_has 'no Module.symvers'

for os in fedora:'ID=fedora' rhel:'ID="rhel"' rocky:'ID_LIKE="rhel centos fedora"'; do
	small_root "${os%%:*}" 5.14.0-503.11.1.el9_5.x86_64 5.14.0 "${os#*:}"
	kvm_make modules
	failed_in_one_line "${os%%:*}, no headers" \
		'; dnf install kernel-devel-5.14.0-503.11.1.el9_5.x86_64; SOURCE=DIR takes' \
		"'rpmbuild -bp' unpacks of 'dnf download --source kernel-5.14.0-503.11.1.el9_5.x86_64'"
done
kvm_make modules KREL=5.14.0-1-none
headers=$root/usr/src/kernels/$KREL
small_headers 5.14.0
echo 'RHEL_RELEASE = 503.11.1' >"$headers/Makefile.rhelver"
kvm_make modules
failed_in_one_line 'RHEL, no source' "no source of $KREL; dnf install"
sed -i 's/(GCC)/x/; s/"gcc /"gcc-none /' "$headers/.config"
kvm_make modules
failed_in_one_line 'RHEL, no compiler' 'no compiler gcc-none' '; dnf install gcc-none'
sed -i 's/"gcc-none /"gcc /' "$headers/.config"

# rpmbuild 4.20 makes one level of directories more than earlier ones.
tree=$tap_dir/BUILD/kernel-5.14.0-build/kernel-5.14.0-503.11.1.el9/linux-$KREL
mkdir -p "$tap_dir/BUILD"
kvm_make modules SOURCE="$tap_dir/BUILD"
failed_in_one_line 'a directory without a source' 'is no kernel source, and there is none in it'
kvm_make modules SOURCE="$tap_dir/none"
failed_in_one_line 'a directory that is none' "no directory $tap_dir/none"
small_source "$tree" 5.14.0
cp "$headers/Makefile.rhelver" "$tree/"
mkdir -p "$tree/tools/arch/x86"
kvm_make modules SOURCE="$tap_dir/BUILD"
ok 'a source in BUILD: which it is, and what is the same' out_has \
	"the source in $tree is Linux 5.14.0, as the kernel is, and 3 files are the same as in its headers:"
ok 'a source in BUILD: what nobody can know' out_has \
	"whether all of its arch/x86/kvm and virt/kvm are those of $KREL could not be compared"
ok 'a source in BUILD: it is taken' err_has 'no Module.symvers'
sed -i 's/503/427/' "$tree/Makefile.rhelver"
kvm_make modules SOURCE="$tap_dir/BUILD"
failed_in_one_line 'a source of another build' \
	"is not that of $KREL: 1 of 3 files differ" 'such as Makefile.rhelver' 'dnf download --source'
cp "$headers/Makefile.rhelver" "$tree/"
echo 'struct kvm_vcpu;' >>"$tree/include/linux/kvm_host.h"
kvm_make modules SOURCE="$tree"
failed_in_one_line 'a source with another header' 'such as include/linux/kvm_host.h'
sed -i 's/^SUBLEVEL = .*/SUBLEVEL = 7/' "$tree/Makefile"
kvm_make modules SOURCE="$tap_dir/BUILD"
failed_in_one_line 'a source of another version' "is Linux 5.14.7, but $KREL is Linux 5.14.0"
small_source "$tap_dir/BUILD/kernel-6.1/linux-6.1.0-1.el9.x86_64" 6.1.0
kvm_make modules SOURCE="$tap_dir/BUILD"
failed_in_one_line 'of several, the one of this release is taken' "source in $tree is Linux 5.14.7"
mv "$tree" "${tree%/*}/linux-5"
kvm_make modules SOURCE="$tap_dir/BUILD"
failed_in_one_line 'several, and none of this release' "several kernels' sources are in $tap_dir/BUILD"
small_source "$tap_dir/bare" 5.14.0
rm -r "$tap_dir/bare"/{include,arch/x86/include}
kvm_make modules SOURCE="$tap_dir/bare"
ok 'a source without headers: said' out_has \
	"has nothing else in common with the headers:"$'\n'"          whether it is that of $KREL could not be compared"

small_root other 6.19.2-1-other 6.19.2 'ID=other'
kvm_make modules
failed_in_one_line 'a distribution that is not known' \
	'; install the headers of 6.19.2-1-other; SOURCE=DIR takes what the distribution built'
rm "$root/etc/os-release"
kvm_make modules
failed_in_one_line 'no os-release' '; install the headers of 6.19.2-1-other;'

# --- programs and images ---

for os in fedora:'dnf install /usr/bin/xz /usr/bin/bzip2' \
	ubuntu:'apt install xz-utils bzip2' other:'install xz-utils bzip2'; do
	echo "ID=${os%%:*}" >"$tap_dir/os-release"
	# shellcheck disable=SC2016 # The inner shell expands these.
	run env OS_RELEASE="$tap_dir/os-release" bash -c '
		. lab/lib.sh
		PATH=/nowhere
		need xz bzip2'
	ok "${os%%:*}: what has a program that is missing" err_has \
		"no command xz bzip2; ${os#*:}"
done

# Another distribution can have the number of one of Debian's releases.
for os in 'debian 12:6.1' 'debian 13:6.12' 'other 12:6.12'; do
	series=${os#*:}
	read -r id version <<<"${os%:*}"
	printf 'ID="%s"\nVERSION_ID="%s"\n' "$id" "$version" >"$tap_dir/os-release"
	run env OS_RELEASE="$tap_dir/os-release" bash -c \
		'. lab/lib.sh; . lab/setup/kernels.sh; default_series'
	ok "$id $version: the series is $series" [ "$out" = "$series" ]
done

# Compare the real kvm.ko, in each form that distributions have, with the loaded one.
loaded_is() { # another|this FILE
	# shellcheck disable=SC2016 # The inner shell expands these.
	run env ROOT="$tap_dir/loaded" OURS="$tap_dir/ours" bash -c '
		. lab/lib.sh
		. kvm-instrumentation/distribution.sh
		. kvm-instrumentation/load-modules.sh
		if loaded_is_other_than "$1"; then echo another; else echo this; fi' - "$2"
	[ "$out" = "$1" ]
}
id=$tap_dir/loaded/sys/module/kvm/notes/.note.gnu.build-id
mkdir -p "${id%/*}"
cp "$KMODULES/kvm.ko" "$tap_dir/kvm.ko"
xz -k "$tap_dir/kvm.ko"
zstd -q "$tap_dir/kvm.ko"
gzip -k "$tap_dir/kvm.ko"
for suffix in '' .xz .zst .gz; do
	objcopy -O binary --only-section=.note.gnu.build-id "$KMODULES/kvm.ko" "$id"
	ok "kvm.ko$suffix, which is loaded" loaded_is this "$tap_dir/kvm.ko$suffix"
	echo >>"$id"
	ok "kvm.ko$suffix, of which another build is loaded" \
		loaded_is another "$tap_dir/kvm.ko$suffix"
done

# --- Ubuntu, as a whole ---

# shellcheck disable=SC1090
. "$build/kernel/$(lab/setup/series.sh default)/current/kernel.env"
root=$tap_dir/whole
make_root "$root"
debian=$KREL KREL=$KSERIES.0-45-generic
modules=$root/lib/modules/$KREL ours=$root/lib/modules/$KREL/updates/exitledger
headers=$root/usr/src/linux-headers-$KREL source=linux-source-$KSERIES.0
mv "$root/lib/modules/$debian" "$modules"
mv "$root/usr/src/linux-headers-$debian" "$headers"
ln -sfT "../../../usr/src/linux-headers-$KREL" "$modules/build"
sed -i "s/$debian/$KREL/" "$headers/include/generated/utsrelease.h"
sed -i '/LINUX_PACKAGE_ID/d' "$headers/include/generated/package.h"
echo "CONFIG_VERSION_SIGNATURE=\"Ubuntu $KSERIES.0-45.45-generic $KVERSION\"" \
	>>"$headers/.config"
echo "Ubuntu $KSERIES.0-45.45-generic $KVERSION" >"$root/proc/version_signature"
echo "$KREL" >"$root/proc/sys/kernel/osrelease"
printf '%s\n' 'ID=ubuntu' 'ID_LIKE=debian' >"$root/etc/os-release"
rm "$root/usr/src/linux-source-$KSERIES.tar.xz"
as_ubuntu() { # COMMAND...: run COMMAND with the series as it is in Ubuntu's names
	local KSERIES=$KSERIES.0

	"$@"
}
as_ubuntu pack_source "$KSOURCE" "$root"
mkdir "$root/usr/src/$source"
xz -dc "$root/usr/src/$source.tar.xz" | bzip2 -1 >"$root/usr/src/$source/$source.tar.bz2"
rm "$root/usr/src/$source.tar.xz"
find "$modules/kernel" -name '*.ko' -exec zstd -q --rm {} +
depmod -b "$root" -C "$root/etc/depmod.d" "$KREL"
stock=$modules/kernel/arch/x86/kvm
ok 'modprobe finds the compressed ones' finds "$stock" .zst

as_ubuntu package_status "$KSERIES.0-44.44" "$root"
kvm_make modules
failed_in_one_line "Ubuntu, another package's source" \
	"$source.tar.bz2 is Linux $KSERIES.0-44.44, but $KREL is Linux $KSERIES.0-45.45" \
	"$source=$KSERIES.0-45.45"
as_ubuntu package_status "$KSERIES.0-45.45" "$root"
# Ubuntu's package also has a link beside the directory.
ln -s "$source/$source.tar.bz2" "$root/usr/src/$source.tar.bz2"
kvm_make modules
ok 'Ubuntu: built' status_is 0
ok 'Ubuntu: for its release' [ "$KREL" = \
	"$(modinfo -F vermagic "$BUILD/modules/$KREL/kvm.ko" | cut -d' ' -f1)" ]
ok 'Ubuntu: the stamp has the version of the package' \
	grep -qx "# kernel $KSERIES.0-45.45" "$BUILD/modules/$KREL/stamp"
kvm_make install
ok 'Ubuntu: installed' status_is 0
ok 'Ubuntu: modprobe finds ours' finds "$ours"
kvm_make status
ok 'Ubuntu: the version that runs: no word' out_lacks 'built for'
sed -i 's/45\.45/46.46/' "$root/proc/version_signature"
kvm_make status
ok 'Ubuntu: another version runs: said' out_has \
	"built for $KSERIES.0-45.45, but $KSERIES.0-46.46 runs"

# kmod of Debian 13 and Fedora names files in /usr/lib/modules.
mkdir "$tap_dir/bin"
for program in modinfo modprobe; do
	printf '#!/bin/sh\n%s "$@" | sed "s,/lib/modules/,/usr/lib/modules/,"\n' \
		"$(type -P "$program")" >"$tap_dir/bin/$program"
	chmod +x "$tap_dir/bin/$program"
done
mv "$root/lib/modules" "$root/usr/lib/"
ln -s ../usr/lib/modules "$root/lib/modules"
PATH=$tap_dir/bin:$PATH kvm_make install
ok 'a kmod that says /usr/lib/modules: installed' status_is 0
PATH=$tap_dir/bin:$PATH kvm_make uninstall
ok 'a kmod that says /usr/lib/modules: uninstalled' status_is 0
ok 'a kmod that says /usr/lib/modules: what it finds now' out_has "finds $stock/kvm.ko.zst"
kvm_make status
ok "status: the distribution's, compressed" out_has "finds $stock/kvm.ko.zst"

# --- reload, with compressed modules of the distribution ---

for file in virt/lib/irqbypass arch/x86/kvm/kvm drivers/crypto/ccp/ccp \
	arch/x86/kvm/kvm-amd; do
	"$root/sbin/insmod" "$modules/kernel/$file.ko.zst"
done
kvm_make install
echo "/lib/modules/$KREL/updates/exitledger/kvm-amd.ko" >"$root/broken"
rm -f "$root/done"
kvm_make reload
ok "ours does not load: the distribution's compressed ones are put back" err_has \
	'now loaded: kvm and kvm_amd without exit counters'
ok 'from their files' grep -qx "load /lib/modules/$KREL/kernel/arch/x86/kvm/kvm-amd.ko.zst *" \
	"$root/done"

# --- an initramfs of dracut's ---

echo 'ID=fedora' >"$root/etc/os-release"
# shellcheck disable=SC2016 # The made-up program's shell expands $1.
printf '#!/bin/sh\ncat "$1"\n' >"$tap_dir/bin/lsinitrd"
chmod +x "$tap_dir/bin/lsinitrd"
echo "-rw-r--r-- 1 root root 9 Jan 1 usr/lib/modules/$KREL/kernel/arch/x86/kvm/kvm.ko.xz" \
	>"$root/boot/initramfs-$KREL.img"
PATH=$tap_dir/bin:$PATH kvm_make install
ok "an initramfs of dracut's with the distribution's KVM: a warning" out_has \
	"has the distribution's KVM, which is loaded first; renew it: sudo dracut --force --kver $KREL"

done_testing
