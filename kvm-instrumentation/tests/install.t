#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Tests that the modules for a machine's own kernel are built, found by modprobe, loaded
# and removed, all in a made-up system (root.sh).  The lab's kernel must be there
# (lab/setup/prepare.sh).
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/tap.sh
. tests/tap.sh
# shellcheck source=kvm-instrumentation/tests/root.sh
. kvm-instrumentation/tests/root.sh

chmod 755 "$tap_dir"
root=$tap_dir/root
modules=$root/lib/modules/$KREL
ours=$modules/updates/exitledger
make_root "$root"

# The test has its own build folder; kvm_make takes objects from the lab's modules.
export BUILD=$tap_dir/build
BASE=$build/modules/$KSERIES/normal
fingerprint() {
	(cd "$root" && find lib usr/src etc -type f -print0 | sort -z |
		xargs -0 sha256sum)
}
unchanged() { [ "$before" = "$(fingerprint)" ]; }
has_no_build() { [ ! -e "$BUILD/modules" ]; }
before=$(fingerprint)

# --- what cannot be built is told in a line, and nothing changes ---

# refused NAME TEXT...: check that the command failed with one line, which has all of TEXT, and
# that it changed and built nothing
refused() {
	failed_in_one_line "$@"
	ok "$1: nothing changed" unchanged
	ok "$1: nothing built" has_no_build
}

# The hint as it is before make has read the kernel's version from the headers, and after that.
hint="apt install linux-headers-$KREL linux-source-$KSERIES"
hint_of_version="$hint=$KVERSION"
compiler=$(sed -n 's/^CONFIG_CC_VERSION_TEXT="\([^ ]*\).*/\1/p' \
	"$root/usr/src/linux-headers-$KREL/.config")
kvm_make modules KREL=5.4.0-99-generic
ok 'a kernel of no series: which there are' \
	out_has "no patches fit Linux 5.4.0-99-generic (there are some for $(
		cd kvm-instrumentation/patches && printf '%s.y\n' * | sort -V |
			paste -sd' '))"
refused 'a kernel of no series' 'no headers of 5.4.0-99-generic'
kvm_make modules KREL=../../etc
refused 'a release that is none' 'KREL=6.1.0-56-amd64'
kvm_make modules KREL="$KSERIES.0-1-none"
refused 'no headers' "no headers of $KSERIES.0-1-none" \
	"apt install linux-headers-$KSERIES.0-1-none linux-source-$KSERIES"
sed -i "s/=\"$compiler /=\"gcc-none /" "$root/usr/src/linux-headers-$KREL/.config"
before=$(fingerprint)
kvm_make modules
refused 'no compiler' 'no compiler gcc-none' 'apt install gcc-none'
sed -i "s/=\"gcc-none /=\"$compiler /" "$root/usr/src/linux-headers-$KREL/.config"
before=$(fingerprint)

sed -i 's/^CONFIG_KVM=m/CONFIG_KVM=y/' "$root/usr/src/linux-headers-$KREL/.config"
before=$(fingerprint)
kvm_make modules
refused 'KVM in the kernel itself' "KVM is built into $KREL"
sed -i 's/^CONFIG_KVM=y/CONFIG_KVM=m/' "$root/usr/src/linux-headers-$KREL/.config"
sed -i "s/$KREL/$KSERIES.0-1-other/" \
	"$root/usr/src/linux-headers-$KREL/include/generated/utsrelease.h"
before=$(fingerprint)
kvm_make modules
refused "another kernel's headers" "is of another kernel than $KREL" "$hint"
sed -i "s/$KSERIES.0-1-other/$KREL/" \
	"$root/usr/src/linux-headers-$KREL/include/generated/utsrelease.h"
mv "$root/sys/kernel/btf/vmlinux" "$tap_dir/"
before=$(fingerprint)
kvm_make modules
refused 'no types' "no types (BTF) of $KREL" "apt install linux-image-$KREL"
mv "$tap_dir/vmlinux" "$root/sys/kernel/btf/"
rm -r "$BUILD/source"

source=linux-source-$KSERIES.tar.xz
mv "$root/usr/src/$source" "$tap_dir/"
before=$(fingerprint)
kvm_make modules
refused 'no source' "no source of $KREL" "$hint_of_version" SOURCE=DIR
package_status "$KSERIES.1-1" "$root"
mv "$tap_dir/$source" "$root/usr/src/"
before=$(fingerprint)
kvm_make modules
refused "another package's source" "is Linux $KSERIES.1-1," "is Linux $KVERSION;" \
	"$hint_of_version"
rm "$root/var/lib/dpkg/status"
mkdir -p "$tap_dir/other/scripts"
cp -a "$KSOURCE"/{arch,virt,Makefile,Documentation,tools,scripts} "$tap_dir/other/"
sed -i 's/^SUBLEVEL = .*/SUBLEVEL = 7/' "$tap_dir/other/Makefile"
kvm_make modules SOURCE="$tap_dir/other"
refused "another version's source" "is Linux $KSERIES.7," "is Linux $KSERIES." \
	"$hint_of_version"
mv "$root/usr/src/$source" "$tap_dir/"
pack_source "$tap_dir/other" "$root"
before=$(fingerprint)
kvm_make modules
refused "another version's tarball" "is Linux $KSERIES.7," "$hint_of_version"
ok 'and is not kept' [ ! -e "$BUILD/source/$KSERIES" ]
mv "$tap_dir/$source" "$root/usr/src/"
package_status "$KVERSION" "$root"
before=$(fingerprint)

# --- build ---

kvm_make install
ok 'install before modules' [ "$status" -ne 0 ]
ok 'says to run modules first' err_has 'make -C kvm-instrumentation modules'
kvm_make modules
ok 'modules: status' status_is 0
ok 'modules: says what is next' out_has 'sudo make -C kvm-instrumentation install'
ok 'modules: the system has not changed' unchanged
set=$BUILD/modules/$KREL
for name in kvm kvm-amd kvm-intel; do
	ok "$name.ko has BTF, though the headers have no vmlinux" bash -c \
		"readelf -SW '$set/$name.ko' | grep -q ' \.BTF '"
	ok "$name.ko is for $KREL" [ \
		"$(modinfo -F vermagic "$set/$name.ko" | cut -d' ' -f1)" = "$KREL" ]
done
ok 'no build tree is kept' [ ! -e "$set/.work" ]
kvm_make modules SOURCE="$KSOURCE"
ok 'SOURCE=DIR of the same version is as good' out_has 'up to date'

# --- install ---

kvm_make status
ok 'status: not installed' out_has 'installed  no'
kvm_make install
ok 'install: status' status_is 0
ok 'install: says where' out_has "installed in $ours: Linux $KSERIES."
ok 'install: modprobe finds ours' finds "$ours"
ok 'install: three modules and their stamp' [ \
	"$(cd "$ours" && echo *)" = 'kvm-amd.ko kvm-intel.ko kvm.ko stamp' ]
theirs() { grep -v '/modules\.\|/updates/\|/postinst.d/exitledger' <<<"$1"; }
ok "install: the distribution's files are as they were" [ \
	"$(theirs "$before")" = "$(theirs "$(fingerprint)")" ]
installed=$(fingerprint)
before=$installed
kvm_make install
ok 'install again: status' status_is 0
ok 'install again: the same' unchanged
ok 'install: nothing is left beside it' [ "$(ls -A "$root/lib/modules")" = "$KREL" ]
kvm_make status
ok 'status: installed' out_has "installed  $ours"
ok 'status: what modprobe finds' out_has "finds $ours/kvm.ko"

make_lsinitramfs "$tap_dir/bin"
initramfs() { # MODULE TARGET
	echo "$1" >"$root/boot/initrd.img-$KREL"
	PATH=$tap_dir/bin:$PATH kvm_make "$2"
}
initramfs kernel/arch/x86/kvm/kvmgt install
ok 'an initramfs without KVM: no warning' [ "$(wc -l <"$tap_dir/out")" -eq 1 ]
initramfs updates/exitledger/kvm-amd install
ok 'an initramfs with ours, which has not changed: no warning' \
	[ "$(wc -l <"$tap_dir/out")" -eq 1 ]
echo '# another' >>"$ours/stamp"
initramfs updates/exitledger/kvm-amd install
ok 'an initramfs with ours, of an earlier install: a warning' \
	out_has "the modules of an earlier install, which is loaded first; renew it: sudo update-initramfs -u -k $KREL"
ok "an initramfs with ours, of an earlier install: which does not call it the distribution's" [ "$(grep -c "distribution's" \
	"$tap_dir/out")" -eq 0 ]
initramfs kernel/arch/x86/kvm/kvm-amd install
ok "an initramfs with the distribution's KVM: a warning" \
	out_has "the distribution's KVM, which is loaded first; renew it: sudo update-initramfs -u -k $KREL"
rm "$root/boot/initrd.img-$KREL"

# --- a kernel's update ---

hook() { run env EXITLEDGER_MODULES="$root/lib/modules" \
	"$root/etc/kernel/postinst.d/exitledger" "$1" /boot/vmlinuz; }
hook 6.1.0-99-amd64
ok 'a new kernel: one line' [ "$(wc -l <"$tap_dir/out")" -eq 1 ]
ok 'a new kernel: that it has no counters' out_has 'not installed for 6.1.0-99-amd64'
ok 'a new kernel: what to do' out_has 'modules install KREL=6.1.0-99-amd64'
hook "$KREL"
ok 'a new version of the same kernel: one line' [ "$(wc -l <"$tap_dir/out")" -eq 1 ]
ok 'a new version of the same kernel: that they are of the one before' out_has 'built for the kernel before this update'
hook ''
ok 'no release: nothing' [ ! -s "$tap_dir/out" ]
echo "Linux version $KREL (d@d) #1 SMP Debian $KVERSION (2026-01-01)" >"$root/proc/version"
kvm_make status
ok 'status: the version that runs: no word' [ "$(grep -c 'built for' "$tap_dir/out")" -eq 0 ]
sed -i "s/$KVERSION/9.9-9/" "$root/proc/version"
kvm_make status
ok 'status: another version runs: said' out_has "built for $KVERSION, but 9.9-9 runs"
rm "$root/proc/version"

# --- all or nothing ---

bad=$tap_dir/bad
cp -a "$set" "$bad"
truncate -s 1000 "$bad/kvm-intel.ko"
kvm_make install MODULES="$bad"
ok 'a module that was cut off: refused' err_has 'no complete set'
ok 'and nothing changed' unchanged
cp "$set/kvm-intel.ko" "$bad/"
# The other release is as long as the right one, so that the module can still be read.
other=${KREL%??}zz
sed -i "s/vermagic=$KREL/vermagic=$other/" "$bad/kvm-amd.ko"
(cd "$bad" && sha256sum kvm*.ko >stamp)
kvm_make install MODULES="$bad"
ok 'a module for another kernel: refused' err_has \
	"kvm-amd.ko in $bad is for $other, not for $KREL"
ok 'and nothing changed' unchanged
truncate -s 1000 "$bad/kvm-amd.ko"
(cd "$bad" && sha256sum kvm*.ko >stamp)
kvm_make install MODULES="$bad"
ok 'what is no module: refused' err_has "kvm-amd.ko in $bad is no kernel module"
ok 'and nothing changed' unchanged
echo 'search built-in updates' >"$root/etc/depmod.d/order.conf"
file_id=$(stat -c %i "$ours/kvm.ko")
kvm_make install
ok "an order in which the distribution's come first" err_has \
	"modprobe would not load ours: kvm ($modules/kernel/"
ok 'what was installed before is there again' [ \
	"$(stat -c %i "$ours/kvm.ko")" = "$file_id" ]
mv "$ours" "$tap_dir/"
kvm_make install
ok 'if nothing was: status' [ "$status" -ne 0 ]
ok 'if nothing was, nothing is' [ ! -e "$modules/updates" ]
rm "$root/etc/depmod.d/order.conf"
kvm_make install
ok 'after that is mended, as before' unchanged

# interrupted HOW: install with a depmod that once does HOW, when it has found our modules
interrupted() {
	cat >"$tap_dir/bin/depmod" <<-SCRIPT
	#!/bin/sh
	$(type -P depmod) "\$@"
	grep -q updates/ "$modules/modules.dep" || exit 0
	[ ! -e "$tap_dir/once" ] || exit 0
	touch "$tap_dir/once"
	$1
	SCRIPT
	chmod +x "$tap_dir/bin/depmod"
	rm -f "$tap_dir/once"
	PATH=$tap_dir/bin:$PATH kvm_make install
	[ "$status" -ne 0 ] && [ -e "$tap_dir/once" ]
}
# shellcheck disable=SC2016 # The shell of the made-up depmod expands $PPID.
for how in 'exit 1' 'kill -TERM $PPID' 'kill -INT $PPID'; do
	rm -rf "$modules/updates"
	depmod -b "$root" -C "$root/etc/depmod.d" "$KREL"
	before=$(fingerprint)
	ok "install, but depmod does '$how'" interrupted "$how"
	ok "$how: nothing changed" unchanged
	ok "$how: nothing is left" [ "$(ls -A "$root/lib/modules")" = "$KREL" ]
	kvm_make install
	before=$installed
	ok "$how: then installed as before" unchanged
	ok "$how, again" interrupted "$how"
	ok "$how, again: what was installed is" unchanged
done

if [ "$(id -u)" -eq 0 ]; then
	# Use copies of the scripts that anyone may read, as the clone may be in root's
	# home.  The other user does not need the build's lock there.
	mkdir "$tap_dir/open"
	cp -r kvm-instrumentation lab "$tap_dir/open/"
	chmod -R a+rX "$tap_dir/open" "$set"
	run setpriv --reuid=65534 --regid=65534 --clear-groups make -s \
		-C "$tap_dir/open/kvm-instrumentation" ROOT="$root" MODULES="$set" install
	ok 'without root: status' [ "$status" -ne 0 ]
	ok 'without root: says what to do' err_has \
		'needs root: sudo make -C kvm-instrumentation install'
	run setpriv --reuid=65534 --regid=65534 --clear-groups make -s \
		-C "$tap_dir/open/kvm-instrumentation" ROOT="$root" uninstall
	ok 'uninstall without root' err_has 'needs root: sudo'
	ok 'and nothing changed' unchanged
else
	skip 'install without root' 'root, to drop it'
fi

# --- signatures ---

secure=$root/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c
mkdir -p "${secure%/*}" "$root/sys/module/module/parameters"
printf '\6\0\0\0\1' >"$secure"
kvm_make install
ok 'Secure Boot: unsigned modules are refused' [ "$status" -ne 0 ]
for text in 'Secure Boot is on' 'kvm.ko, kvm-amd.ko and kvm-intel.ko' \
	SIGN_KEY=/var/lib/dkms/mok.key 'mokutil --import' 'openssl req'; do
	ok "Secure Boot: says '$text'" err_has "$text"
done
ok 'and nothing changed' unchanged
openssl req -new -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=test/ \
	-keyout "$tap_dir/mok.key" -outform DER -out "$tap_dir/mok.pub" 2>/dev/null
kvm_make install SIGN_KEY="$tap_dir/mok.key"
ok 'a key without its certificate' err_has 'SIGN_CERT'
kvm_make install SIGN_KEY="$tap_dir/mok.key" SIGN_CERT="$tap_dir/mok.pub"
ok 'signed modules are installed' status_is 0
for name in kvm kvm-amd kvm-intel; do
	ok "$name.ko is signed by the key" [ \
		"$(modinfo -F signer "$ours/$name.ko")" = test ]
done
printf '\6\0\0\0\0' >"$secure"
echo 'none [integrity] confidentiality' >"$root/sys/kernel/security/lockdown"
kvm_make install
ok 'locked down: unsigned modules are refused' err_has 'locked down'
echo '[none] integrity confidentiality' >"$root/sys/kernel/security/lockdown"
echo Y >"$root/sys/module/module/parameters/sig_enforce"
kvm_make install
ok 'sig_enforce: unsigned modules are refused' err_has 'enforces signatures'
echo N >"$root/sys/module/module/parameters/sig_enforce"
kvm_make install
ok 'none of these: installed' status_is 0
ok 'as before' unchanged

# --- reload ---

did() { [ "$(cat "$root/done" 2>/dev/null)" = "$(printf '%s\n' "$@")" ]; }
load_theirs() { # with a parameter that root has set by hand
	rm -rf "$root"/sys/module/{kvm*,ccp,irqbypass} "$root/broken"
	for file in virt/lib/irqbypass arch/x86/kvm/kvm drivers/crypto/ccp/ccp \
		arch/x86/kvm/kvm-amd; do
		"$root/sbin/insmod" "$modules/kernel/$file.ko"
	done
	echo 9 >"$root/sys/module/kvm/parameters/poll"
	rm -f "$root/done"
}
updates=/lib/modules/$KREL/updates/exitledger
kernel=/lib/modules/$KREL/kernel/arch/x86/kvm

load_theirs
mkdir -p "$root"/proc/{77,99,1234}/fd
echo qemu >"$root/proc/1234/comm"
echo libvirtd >"$root/proc/77/comm"
ln -s /dev/kvm "$root/proc/1234/fd/9"
ln -s anon_inode:kvm-vm "$root/proc/1234/fd/10"
ln -s /dev/kvm "$root/proc/77/fd/3"
ln -s /sys/kernel/debug/kvm/1234-10/exit_stats "$root/proc/99/fd/5"
mkdir "$root/sys/kernel/debug/kvm/1234-10" "$root/sys/module/kvm/holders/kvmgt"
kvm_make status
ok "status: the distribution's is loaded" out_has \
	"loaded     kvm and kvm_amd without exit counters"
ok 'status: that is not what is installed' out_has 'reload changes that'
kvm_make reload
ok 'reload while a VM runs: status' [ "$status" -ne 0 ]
for text in 'process 1234 (qemu) runs a VM' 'module kvmgt' \
	'process 77 (libvirtd) has /dev/kvm open' "process 99 (?) reads a VM's statistics"; do
	ok "reload while a VM runs: says '$text'" err_has "$text"
done
ok 'reload while a VM runs: nothing was done' [ ! -e "$root/done" ]
mv "$root/sys/module/kvm/refcnt" "$tap_dir/"
kvm_make reload
ok 'a KVM that is no module: reload' err_has 'is built into this kernel'
kvm_make status
ok 'a KVM that is no module: status' out_has 'a part of the kernel'
mv "$tap_dir/refcnt" "$root/sys/module/kvm/"
rm -r "$root"/proc/{77,99,1234}
kvm_make reload
ok 'a VM in debugfs alone' err_has 'process 1234 (?) has a VM'
rmdir "$root/sys/kernel/debug/kvm/1234-10"
kvm_make reload
ok 'another module alone' err_has 'module kvmgt'
rmdir "$root/sys/module/kvm/holders/kvmgt"
echo 1 >"$root/sys/module/kvm_amd/refcnt"
kvm_make reload
ok 'a reference alone' err_has 'kvm_amd is in use (1)'
ok 'nothing was done' [ ! -e "$root/done" ]
echo 0 >"$root/sys/module/kvm_amd/refcnt"

# A program that watches kvm.ko's tracepoints holds kvm.ko and not the vendor's module.
mkdir -p "$root"/proc/88/fd
echo exitledger >"$root/proc/88/comm"
ln -s anon_inode:bpf_link "$root/proc/88/fd/7"
echo 2 >"$root/sys/module/kvm/refcnt"
kvm_make reload
ok 'a monitor that runs: reload' err_has 'kvm itself is in use (1)'
ok 'a monitor that runs: named' err_has 'process 88 (exitledger) watches'
ok 'a monitor that runs: no service is named' err_lacks systemctl
ok 'a monitor that runs: nothing was done' [ ! -e "$root/done" ]
for units in 'exitledger-export.socket exitledger-export.service' other.service; do
	echo "0::/system.slice/${units##* }" >"$root/proc/88/cgroup"
	kvm_make reload
	ok "a service: how to stop it" err_has "maybe kvm's: systemctl stop $units"
done
echo '0::/user.slice/user-1000.slice/user@1000.service/app.slice/a.scope' >"$root/proc/88/cgroup"
kvm_make reload
ok "a user's session: nobody is told to stop it" err_lacks systemctl
echo 0 >"$root/sys/module/kvm/refcnt"
rm -r "$root/proc/88"

echo 'options kvm_amd npt=0' >"$root/etc/modprobe.d/kvm.conf"
echo 0 >"$root/sys/module/kvm_amd/parameters/npt"
kvm_make reload
ok 'reload: status' status_is 0
ok 'reload: says what is loaded' out_has \
	'kvm and kvm_amd with exit counters: exit_stats=2 (count and time); guests may read'
ok 'reload: ours, with the parameters from before' did 'unload kvm_amd' \
	'unload kvm' "load $updates/kvm.ko " "load $updates/kvm-amd.ko npt=0" \
	'unload kvm_amd' 'unload kvm' "load $updates/kvm.ko poll=9" \
	"load $updates/kvm-amd.ko npt=0"
ok 'reload: a parameter set by hand' [ \
	"$(cat "$root/sys/module/kvm/parameters/poll")" = 9 ]
kvm_make status
ok 'status: ours is loaded' out_has 'kvm and kvm_amd with exit counters'
ok 'status: which mode' out_has 'exit_stats=2 (count and time)'
ok 'status: no more to say' [ "$(wc -l <"$tap_dir/out")" -eq 4 ]
echo 0 >"$root/sys/module/kvm/parameters/exit_stats_isa"
kvm_make status
ok 'status: a vendor module without counters under our kvm' out_has \
	'kvm with exit counters, but kvm_amd without'
echo 2 >"$root/sys/module/kvm/parameters/exit_stats_isa"
# Somebody begins to use kvm after reload has looked for users, so kvm stays loaded, and
# our vendor module is loaded again.
rm -f "$root/done"
echo kvm >"$root/stuck"
kvm_make reload
ok 'kvm cannot be unloaded: status' [ "$status" -ne 0 ]
ok 'kvm cannot be unloaded: our vendor module is there again' did \
	'unload kvm_amd' "load $updates/kvm-amd.ko npt=0"
rm -f "$root/stuck" "$root/done"
mkdir "$root/sys/module/kvm/notes"
objcopy -O binary --only-section=.note.gnu.build-id "$ours/kvm.ko" \
	"$root/sys/module/kvm/notes/.note.gnu.build-id"
kvm_make status
ok 'status: nor by its ID' [ "$(wc -l <"$tap_dir/out")" -eq 4 ]
echo >>"$root/sys/module/kvm/notes/.note.gnu.build-id"
kvm_make status
ok 'status: another build of ours is loaded' out_has 'reload changes that'

load_theirs
echo "$updates/kvm-amd.ko" >"$root/broken"
kvm_make reload
ok 'ours does not load: status' [ "$status" -ne 0 ]
ok "ours does not load: the distribution's is put back" err_has \
	"now loaded: kvm and kvm_amd without exit counters"
ok 'and with its options' grep -qx "load $kernel/kvm-amd.ko npt=0" "$root/done"
load_theirs
printf '%s\n' {"$updates","$kernel"}/kvm-amd.ko >"$root/broken"
kvm_make reload
ok 'neither loads: said loudly' err_has 'NO KVM IS LOADED'
rm -r "$root"/sys/module/{kvm*,ccp,irqbypass} "$root/broken"
kvm_make reload
ok 'none was loaded: ours is' out_has 'was loaded: no KVM'
ok 'none was loaded: for this processor' out_has 'is loaded:  kvm and kvm_amd with'
rm -r "$root"/sys/module/kvm*
echo 'flags : fpu vmx' >"$root/proc/cpuinfo"
kvm_make reload
ok 'and for an Intel processor' out_has 'is loaded:  kvm and kvm_intel with'
rm -r "$root"/sys/module/kvm*
echo 'flags : fpu' >"$root/proc/cpuinfo"
kvm_make reload
ok 'nor for one without either' err_has 'neither AMD-V nor VT-x'
kvm_make reload KREL="$KSERIES.0-1-none"
ok 'a kernel that does not run' err_has 'does not run'

# --- uninstall ---

load_theirs
kvm_make -j2 install reload
ok 'install reload: ours is loaded' out_has 'is loaded:  kvm and kvm_amd with exit'
touch "$ours/mine"
kvm_make uninstall
ok "uninstall: another's file is not removed" err_has 'mine is not ours'
rm "$ours/mine"
initramfs updates/exitledger/kvm-amd uninstall
ok 'uninstall: status' status_is 0
ok 'uninstall: an initramfs that still has ours: a warning' \
	out_has 'the modules with exit counters, which is loaded first; renew it'
rm "$root/boot/initrd.img-$KREL"
ok 'uninstall: no hook is left' [ ! -e "$root/etc/kernel" ]
ok "uninstall: modprobe finds the distribution's" finds "$modules/kernel/arch/x86/kvm"
ok 'uninstall: says that ours is still loaded' out_has 'still loaded; next: sudo'
ok 'uninstall: no directory is left' [ ! -e "$modules/updates" ]
ok 'uninstall: nothing is left beside it' [ "$(ls -A "$root/lib/modules")" = "$KREL" ]
kvm_make reload
ok "reload: the distribution's again" out_has 'is loaded:  kvm and kvm_amd without'
kvm_make uninstall
ok 'uninstall again' out_has 'not installed'

# --- an image ---

rm -r "$root"/{proc,sys}
run make -s -C kvm-instrumentation install DESTDIR="$root" KREL="$KREL"
ok 'into an image: status' status_is 0
ok 'into an image: modprobe finds ours' finds "$ours"
run make -s -C kvm-instrumentation uninstall DESTDIR="$root" KREL="$KREL"
ok 'out of an image' finds "$modules/kernel/arch/x86/kvm"
run kvm-instrumentation/install-modules.sh nonsense
ok 'wrong usage' status_is 64

done_testing
