#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# KVM's modules as a Debian package for one kernel: what it contains, on what it depends, and
# that dpkg installs and removes it in a made-up system; and the hook that speaks of kernels
# without counters.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/tap.sh
. tests/tap.sh
# shellcheck source=kvm-instrumentation/tests/root.sh
. kvm-instrumentation/tests/root.sh

version=$(sed -n 's/^VERSION := //p' Makefile)
chmod 755 "$tap_dir"
root=$tap_dir/root
make_root "$root"
export BUILD=$tap_dir/build
set=$build/modules/$KSERIES/normal
name=exitledger-kvm-modules-$KREL
deb=$BUILD/deb/kvm-modules/${name}_$version+${KVERSION}_amd64.deb

package() { # NAME=VALUE...
	run make -s BUILD="$BUILD" ROOT="$root" KREL="$KREL" MODULES="$set" "$@" \
		kvm-modules-deb
}

# --- what cannot be packed ---

# refused NAME TEXT: one line with the text, and no package
refused() {
	failed_in_one_line "$@"
	ok "$1: no package" [ -z "$(find "$BUILD/deb" -name '*.deb' 2>/dev/null)" ]
}
package KREL=5.4.0-1-amd64
refused 'modules of another kernel' "is for $KREL, not for 5.4.0-1-amd64"
package MODULES="$tap_dir"
refused 'no modules' 'no complete set of modules'
package SIGN_KEY=key
refused 'a key without its certificate' 'give both or neither'
# another SED: a set of modules whose stamp was changed
another() {
	rm -rf "$tap_dir/set"
	cp -r "$set" "$tap_dir/set"
	rm -f "$tap_dir/set/balanced"
	sed -i "$1" "$tap_dir/set/stamp"
}
another '/^# kernel/d'
package MODULES="$tap_dir/set"
refused 'the kernel of no package' 'no package can depend on it'
another 's/^\(# Linux .*\), series.*/\1, by anchors, series 5.19/'
package MODULES="$tap_dir/set"
refused 'modules that nobody has tried' 'first run make lab MODULES='

# --- what is in it ---

package
ok 'packed' status_is 0
ok 'which file it is' out_has "${deb##*/}"
sum=$(sha256sum <"$deb")
rm "$deb"
package
ok 'once more: the same, byte by byte' [ "$sum" = "$(sha256sum <"$deb")" ]
field() { dpkg-deb -f "$deb" "$1"; }
ok 'it depends on exactly this version of the kernel' [ "$(field Depends)" = \
	"kmod, linux-image-$KREL (= $KVERSION) | linux-image-$KREL-unsigned (= $KVERSION)" ]
ok 'and excludes that of DKMS' [ "$(field Conflicts)" = exitledger-kvm-dkms ]
hook=etc/kernel/postinst.d/zz-exitledger-kvm-modules-${KREL//[!A-Za-z0-9_-]/_}
where=lib/modules/$KREL/updates/exitledger
wanted=$(printf './%s\n' "$hook" "$where"/{kvm-amd.ko,kvm-intel.ko,kvm.ko,stamp} \
	"usr/share/doc/$name"/{changelog.gz,copyright})
out=$(dpkg-deb -c "$deb" | sed -n 's,^-.* \./,./,p' | LC_ALL=C sort)
ok 'these files, and no others' [ "$out" = "$wanted" ]
out=$(dpkg-deb -c "$deb" | grep -v ' root/root ' || true)
ok 'all of them root'"'"'s' [ -z "$out" ]
run_parts_runs() { [ -n "$1" ] && [ -z "$(tr -d 'a-zA-Z0-9_-' <<<"${1##*/}")" ]; }
ok 'run-parts runs the hook' run_parts_runs "$hook"

# A release with a plus, as Debian 13 has them: the same modules, whose text says another one.
plus=${KREL/-/+}
another '/\.ko$/d'
for module in kvm kvm-amd kvm-intel; do
	sed -i "s/vermagic=$KREL/vermagic=$plus/" "$tap_dir/set/$module.ko"
	(cd "$tap_dir/set" && sha256sum "$module.ko" >>stamp)
done
cp -r "$root/lib/modules/$KREL" "$root/lib/modules/$plus"
package MODULES="$tap_dir/set" KREL="$plus" BUILD="$BUILD/plus"
ok 'a release with a plus: packed' status_is 0
out=$(dpkg-deb -c "$BUILD/plus/deb/kvm-modules/"*.deb | sed -n 's,.*/postinst\.d/,,p' | grep .)
ok 'a release with a plus: run-parts runs the hook' run_parts_runs "$out"
rm -r "$root/lib/modules/$plus"

# --- signed ---

if [[ -n $(type -P openssl) ]]; then
	openssl req -new -x509 -newkey rsa:2048 -nodes -days 9 -subj /CN=test/ \
		-keyout "$tap_dir/key" -outform DER -out "$tap_dir/cert" 2>"$tap_dir/err"
	package BUILD="$BUILD/signed" SIGN_KEY="$tap_dir/key" SIGN_CERT="$tap_dir/cert"
	ok 'with a key: packed' status_is 0
	dpkg-deb -x "$BUILD/signed/deb/kvm-modules/"*.deb "$tap_dir/signed"
	for module in kvm kvm-amd kvm-intel; do
		ok "with a key: $module is signed" [ "$(modinfo -F signer \
			"$tap_dir/signed/$where/$module.ko")" = test ]
	done
	ok 'and the set is as it was' [ -z "$(modinfo -F signer "$set/kvm.ko")" ]
else
	skip 'signed modules' 'the command openssl'
fi

# --- installed by dpkg, in the made-up system ---

if ((EUID != 0)); then
	skip 'installation' 'root: only root may install a package'
	done_testing
	exit
fi
modules=$root/lib/modules/$KREL
own=$modules/kernel/arch/x86/kvm
finds() { # FOLDER: modprobe finds all three there
	local module
	for module in kvm kvm-amd kvm-intel; do
		[ "$(modinfo -b "$root" -k "$KREL" -n "$module")" = "$1/$module.ko" ] ||
			return 1
	done
}
stock() { sha256sum "$own"/*.ko; }
before=$(stock)
installed() { # VERSION: this version of the kernel's package is installed, and kmod
	local package
	for package in "linux-image-$KREL $1" 'kmod 30'; do
		printf '%s\n' "Package: ${package% *}" 'Status: install ok installed' \
			'Maintainer: nobody <n@localhost>' 'Architecture: amd64' \
			"Version: ${package#* }" 'Description: a test' ''
	done >"$root/var/lib/dpkg/status"
}
dpkg_root() {
	run env DEBIAN_FRONTEND=noninteractive dpkg --root="$root" --log=/dev/null \
		--force-script-chrootless --force-confold "$@"
}

installed 6.1.1-1
dpkg_root -i "$deb"
ok "another version of the kernel's package: refused" [ "$status" -ne 0 ]
ok 'and named' err_has "linux-image-$KREL (= $KVERSION)"
dpkg_root --purge "$name"

installed "$KVERSION"
echo 'search built-in kernel updates' >"$root/etc/depmod.d/odd.conf"
dpkg_root -i "$deb"
ok 'modprobe would not load ours: the installation fails' [ "$status" -ne 0 ]
ok 'modprobe would not load ours: it says what must come first' err_has 'updates must come first'
rm "$root/etc/depmod.d/odd.conf"
dpkg_root --configure "$name"
ok 'installed' status_is 0
ok 'it says when it is loaded' out_has "Linux $KREL has KVM with exit counters, after a reboot"
ok 'modprobe finds all three' finds "$modules/updates/exitledger"
kvm_status() {
	run env BUILD="$BUILD" make -s -C kvm-instrumentation ROOT="$root" KREL="$KREL" status
}
kvm_status
ok 'status knows them' out_has "installed  $modules/updates/exitledger: Linux 6.1"
dpkg_root -i "$deb"
ok 'installed once more' status_is 0

# --- the hook ---

# at KREL: run the hook as the package of that kernel does
mkdir "$tap_dir/bin"
cat >"$tap_dir/bin/dpkg-query" <<'SCRIPT'
#!/bin/sh
echo "$VERSION_NOW"
SCRIPT
chmod +x "$tap_dir/bin/dpkg-query"
at() {
	run env PATH="$tap_dir/bin:$PATH" VERSION_NOW="${now:-$KVERSION}" \
		EXITLEDGER_MODULES="$root/lib/modules" "$root/$hook" "$@"
	ok "hook $*: no failure" status_is 0
}
says_nothing() { [ -z "$out$err" ]; }
one_line() { [ "$(wc -l <"$tap_dir/out")" -eq 1 ] && no_err; }
at "$KREL"
ok 'the same kernel: nothing to say' says_nothing
now=6.1.999-1 at "$KREL"
ok 'another version of it: one line' one_line
ok 'with both versions' out_has "are those of $KVERSION, but it is 6.1.999-1 now"
ok 'and what to do' out_has "make kvm-modules-deb KREL=$KREL"
at 6.1.0-99-amd64
ok 'another kernel: one line' one_line
ok 'which it is, and what to do' out_has \
	"not for 6.1.0-99-amd64: install exitledger-kvm-modules-6.1.0-99-amd64"
mkdir -p "$root/lib/modules/99.1.0-1-amd64/updates/exitledger"
at 99.1.0-1-amd64
ok 'another kernel that has them: nothing to say' says_nothing
at 99.1.0-2-amd64
ok "a third one: the last package's hook speaks, and not this" says_nothing
rm -r "$root/lib/modules/99.1.0-1-amd64"
at
ok 'no kernel: nothing to say' says_nothing

# --- removed ---

dpkg_root --remove "$name"
ok 'removed' status_is 0
ok 'it says what there is now' out_has "Linux $KREL has the distribution's KVM"
ok "modprobe finds the kernel's own" finds "$own"
ok 'which are as they were' [ "$before" = "$(stock)" ]
at 6.1.0-99-amd64
ok 'after the removal, the hook says nothing' says_nothing
dpkg_root --purge "$name"
ok 'purged' status_is 0
out=$(find "$root/lib" "$root/etc" "$root/usr" -name '*exitledger*')
ok 'nothing is left' [ -z "$out" ]
ok 'no empty folder either' [ ! -e "$modules/updates" ]

done_testing
