# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Signs modules for machines that load only signed ones.  Sourced by install-modules.sh.

# Debian's directory for the machine owner's key, which DKMS uses, too.
MOK=/var/lib/dkms/mok

# Print why this machine loads only signed modules; print nothing if it loads others.
why_signed() {
	local variable=$ROOT/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c
	local lockdown=$ROOT/sys/kernel/security/lockdown

	# The variable has four bytes of attributes, then its value.
	if [[ -r $variable && $(od -An -tu1 -j4 -N1 -- "$variable") -eq 1 ]]; then
		echo "Secure Boot is on"
	elif [[ -r $lockdown && $(<"$lockdown") != *'[none]'* ]]; then
		echo "the kernel is locked down ($lockdown)"
	elif grep -qsx '[Y1]' "$ROOT/sys/module/module/parameters/sig_enforce"; then
		echo "the kernel enforces signatures (module.sig_enforce)"
	fi
}

is_signed() { # MODULE
	tail -c 28 -- "$1" | grep -qa '^~Module signature appended~$'
}

find_sign_file() {
	local file

	for file in "$MODDIR/build/scripts/sign-file" \
		"$ROOT/usr/src/linux-headers-$KREL/scripts/sign-file" \
		"$ROOT/usr/lib/linux-kbuild-$KSERIES/scripts/sign-file"; do
		[[ ! -x $file ]] || {
			printf '%s\n' "$file"
			return
		}
	done
	type -P kmodsign || true
}

explain_signing() { # WHY
	cat >&2 <<-EOF
	${0##*/}: $1, so the kernel would refuse to load kvm.ko, kvm-amd.ko and kvm-intel.ko, which are not signed; nothing was installed.
	Have these three signed as they are installed:
	    sudo $MAKE_US install${KREL_GIVEN:+ KREL=$KREL} SIGN_KEY=$MOK.key SIGN_CERT=$MOK.pub
	EOF
	[[ -e $ROOT$MOK.pub ]] || cat >&2 <<-EOF
	There is no such key yet. This makes one:
	    sudo mkdir -p ${MOK%/*}
	    sudo openssl req -new -x509 -newkey rsa:2048 -nodes -days 36500 -subj /CN=$(uname -n)/ -keyout $MOK.key -outform DER -out $MOK.pub
	EOF
	cat >&2 <<-EOF
	The machine must trust the key; once, and then confirm it as it boots:
	    sudo mokutil --import $MOK.pub
	EOF
}

# Sign the modules in DIR if a key was given.
sign_modules() { # DIR
	local name program hash

	[[ -n ${SIGN_KEY:-} ]] || return 0
	[[ -r $SIGN_KEY ]] || die "cannot read the key $SIGN_KEY"
	[[ -r ${SIGN_CERT:-} ]] || die "cannot read SIGN_CERT, the key's certificate"
	program=$(find_sign_file)
	[[ -n $program ]] ||
		die "no sign-file; $(to_install "$(kernel_package headers)")"
	hash=$(sed -n 's/^CONFIG_MODULE_SIG_HASH="\(.*\)"/\1/p' \
		"$ROOT/boot/config-$KREL" 2>/dev/null || true)
	for name in "${NAMES[@]}"; do
		"$program" "${hash:-sha256}" "$SIGN_KEY" "$SIGN_CERT" \
			"$1/$name.ko" || die "cannot sign $name.ko"
	done
}

# End the script if this machine would refuse the modules in DIR.
require_signatures() { # DIR
	local name why

	why=$(why_signed)
	[[ -n $why ]] || return 0
	for name in "${NAMES[@]}"; do
		is_signed "$1/$name.ko" || {
			explain_signing "$why"
			exit 1
		}
	done
}
