# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Finds leftovers of an update of the kernel or of these modules: copies in an initramfs,
# and kernels without the counters.  Sourced by install-modules.sh.

HOOK=etc/kernel/postinst.d/exitledger

# Set IMAGE to the kernel's initramfs, and LIST and RENEW to the commands for it.
find_initramfs() {
	IMAGE=$ROOT/boot/initrd.img-$KREL LIST=lsinitramfs
	RENEW="update-initramfs -u -k $KREL"
	if [[ $(distribution) == fedora ]]; then
		IMAGE=$ROOT/boot/initramfs-$KREL.img LIST=lsinitrd
		RENEW="dracut --force --kver $KREL"
	fi
}

# in_initramfs PATTERN: does the initramfs have a module of KVM whose path matches?
in_initramfs() {
	local list

	find_initramfs
	[[ -r $IMAGE && -n $(type -P "$LIST") ]] || return 1
	# Read all of the output: lsinitramfs prints an error if its pipe is closed early.
	list=$("$LIST" "$IMAGE" 2>/dev/null |
		grep -E '/kvm(-amd|-intel)?\.ko' || true)
	grep -qE "$1" <<<"$list"
}

renew_initramfs() { # WHAT-IT-HAS
	note "warning: $IMAGE has $1, which is loaded first; renew it: sudo $RENEW"
}

# Warn if the initramfs has copies of modules other than the installed ones.  SAME is not
# empty if the set was installed before, too.
warn_of_initramfs_at_install() { # SAME
	if in_initramfs '/kernel/arch/x86/kvm/'; then
		renew_initramfs "the distribution's KVM"
	elif [[ -z $1 ]] && in_initramfs '/updates/exitledger/'; then
		renew_initramfs "the modules of an earlier install"
	fi
}

warn_of_initramfs_at_uninstall() {
	! in_initramfs '/updates/exitledger/' ||
		renew_initramfs "the modules with exit counters"
}

# --- after a kernel's update ---

# Install the hook, which packages of kernels run with the kernel's release as its
# argument.
install_hook() {
	mkdir -p -- "$ROOT/${HOOK%/*}"
	cp -- "$HERE/postinst-hook" "$ROOT/$HOOK"
	chmod 755 "$ROOT/$HOOK"
}

# Remove the hook if no kernel has our modules any more.
remove_hook() {
	local dir

	for dir in "$ROOT"/lib/modules/*/updates/exitledger; do
		[[ ! -d $dir ]] || return 0
	done
	rm -f -- "$ROOT/$HOOK"
	rmdir --ignore-fail-on-non-empty -p -- "$ROOT/${HOOK%/*}" 2>/dev/null || true
}

# Warn if our modules were built for another version of the running kernel.  They are
# loaded nevertheless, as the release is the same and modprobe prefers updates/ to the
# kernel's own.
warn_of_version() {
	local built running

	built=$(built_for "$OURS")
	running=$(running_version)
	if [[ -n $built && -n $running && $built != "$running" ]]; then
		note "           built for $built, but $running runs: run modules and install again"
	fi
}
