#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: install-modules.sh modules|install|uninstall|reload|status
#
# Manages KVM's modules with exit counters for a kernel of this machine;
# kvm-instrumentation/Makefile runs it.
#
# modules    builds them
# install    copies them to /lib/modules/KREL/updates/exitledger, where modprobe
#            prefers them to the distribution's, which are not touched
# uninstall  removes them from there
# reload     unloads KVM and loads the modules that modprobe finds; no VM may run
# status     says which KVM is loaded, and what is installed
#
# Environment:
# KREL       the kernel's release (default: the running kernel's)
# SOURCE     modules: a directory with the kernel's source, or one above it, such as
#            rpmbuild's BUILD (default: the tarball of the distribution's package
#            linux-source-VERSION)
# BASE       modules: the directory of an earlier build, whose objects are reused
# MODULES    modules: the directory to build in; install: the directory to install from
#            (default: build/modules/KREL)
# SIGN_KEY, SIGN_CERT   install: the key that signs the modules, and its certificate; give
#            both or neither
# ROOT       install and uninstall: the directory of another system (an image),
#            instead of /.  Tests run all commands in a made-up system's directory.

# Variables that make exports must not reach the kernel's makefiles.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES
export -n KREL SOURCE MODULES SIGN_KEY SIGN_CERT ROOT BASE
# shellcheck source=lab/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lab/lib.sh"
HERE=$TOP/kvm-instrumentation
# shellcheck source=kvm-instrumentation/build-tools.sh
. "$HERE/build-tools.sh"
# shellcheck source=kvm-instrumentation/distribution.sh
. "$HERE/distribution.sh"
# shellcheck source=kvm-instrumentation/find-kernel.sh
. "$HERE/find-kernel.sh"
# shellcheck source=kvm-instrumentation/given-source.sh
. "$HERE/given-source.sh"
# shellcheck source=kvm-instrumentation/module-set.sh
. "$HERE/module-set.sh"
# shellcheck source=kvm-instrumentation/sign-modules.sh
. "$HERE/sign-modules.sh"
# shellcheck source=kvm-instrumentation/load-modules.sh
. "$HERE/load-modules.sh"
# shellcheck source=kvm-instrumentation/kernel-updates.sh
. "$HERE/kernel-updates.sh"

MAKE_US="make -C kvm-instrumentation"
UNDO=		# restores the system if the script ends early

on_exit() {
	[[ -z $UNDO ]] || "$UNDO"
	cleanup
}
trap on_exit EXIT

# need_root WHAT: end the script unless root runs it; with ROOT, write access is enough
need_root() {
	if [[ -n $ROOT && -w $MODDIR ]] || ((EUID == 0)); then
		return 0
	fi
	die "$1 needs root: sudo $MAKE_US $COMMAND${KREL_GIVEN:+ KREL=$KREL}"
}

need_kernel() {
	[[ -d $MODDIR/kernel ]] || die "no kernel $KREL: there is no $MODDIR/kernel"
	need_program depmod kmod
}

# Allow one process at a time; the lock is released when the script ends.
lock_kernel() {
	exec 8<"$MODDIR"
	flock 8
}

# --- what modprobe finds ---

# Run depmod as if ROOT were /.
run_depmod() {
	local config=()

	[[ -z $ROOT ]] || config=(-b "$ROOT" -C "$ROOT/etc/depmod.d")
	depmod "${config[@]}" "$KREL"
}

# found NAME: print the file that modprobe would load
found() {
	modinfo -b "$ROOT/" -k "$KREL" -n "$1" 2>/dev/null | module_paths || true
}

# first_not_in DIR: print the first module that would be loaded from elsewhere, if any
first_not_in() {
	local name path

	for name in "${NAMES[@]}"; do
		path=$(found "$name")
		[[ $path == "$1"/* && -f $path ]] || {
			printf '%s\n' "$name (${path:-nothing})"
			return
		}
	done
}

# Would modprobe load our modules for VENDOR, including kvm.ko?
depends_are_ours() { # VENDOR
	local config=() lines

	[[ -z $ROOT ]] || config=(-d "$ROOT" -C "$ROOT/etc/modprobe.d")
	lines=$(modprobe "${config[@]}" -S "$KREL" --ignore-install \
		--show-depends "$1" 2>/dev/null | module_paths) || return
	[[ $lines == *"$OURS/kvm.ko"* && $lines == *"$OURS/$1.ko"* ]]
}

# --- modules ---

cmd_modules() {
	local missing

	find_release
	find_series
	missing=$(missing_patches)
	[[ -z $missing ]] ||
		note "          $missing: anchors will find the places of the hooks"
	find_headers
	need_build_tools "$HEADERS"
	lock
	find_source
	complete_headers
	# make does not notice if headers at the same path are of another version, so keep no
	# work tree.
	rm -rf -- "$OUT/.work"
	"$HERE/build-modules.sh" --kernel "$KSERIES" --source "$SOURCE" \
		--headers "$HEADERS" --out "$OUT" \
		${BASE:+--base "$BASE"}
	rm -rf -- "$OUT/.work"
	note "          for $KREL, in $(rel "$OUT"); next: sudo $MAKE_US install${KREL_GIVEN:+ KREL=$KREL}"
}

# --- install ---

undo_install() {
	# Restore as much as possible, even if a step fails.
	set +e
	[[ -d $STAGE/new ]] || rm -rf -- "$OURS"
	[[ ! -d $STAGE/old ]] || mv -T -- "$STAGE/old" "$OURS"
	rmdir --ignore-fail-on-non-empty -- "$MODDIR/updates"
	run_depmod
	UNDO=
}

# Keep the previous modules until modprobe finds the new ones.
put_in_place() {
	local name wrong

	mkdir -p -- "${OURS%/*}"
	UNDO=undo_install
	[[ ! -d $OURS ]] || mv -T -- "$OURS" "$STAGE/old"
	mv -T -- "$STAGE/new" "$OURS"
	run_depmod || die "depmod failed; nothing was installed"
	wrong=$(first_not_in "$OURS")
	for name in kvm-amd kvm-intel; do
		depends_are_ours "$name" || wrong=${wrong:-$name}
	done
	[[ -z $wrong ]] ||
		die "modprobe would not load ours: $wrong; nothing was installed;" \
			"see 'search' in $ROOT/etc/depmod.d: updates must come first"
	UNDO=
}

cmd_install() {
	local same=''

	find_release
	find_series
	need_kernel
	check_set "$OUT"
	need_root 'writing to /lib/modules'
	lock_kernel
	# STAGE is in a place that depmod does not search, on the same file system.
	new_beside STAGE "$MODDIR"
	mkdir -m 755 -- "$STAGE/new"
	(cd -- "$OUT" && cp -- "${NAMES[@]/%/.ko}" stamp "$STAGE/new/")
	[[ ! -e $OUT/balanced ]] || cp -- "$OUT/balanced" "$STAGE/new/"
	check_set "$STAGE/new"
	sign_modules "$STAGE/new"
	require_signatures "$STAGE/new"
	! cmp -s -- "$OURS/stamp" "$STAGE/new/stamp" || same=1
	put_in_place
	install_hook
	note "installed in $OURS: $(set_description "$OURS")"
	! set_is_untried "$OURS" ||
		note "nobody has tried these modules: make lab MODULES=$(rel "$OUT") does so in an" \
			"emulated machine"
	warn_of_initramfs_at_install "$same"
	if is_running && [[ -z $ROOT ]]; then
		note "next: sudo $MAKE_US reload, or reboot"
	fi
}

# --- uninstall ---

undo_uninstall() {
	set +e
	[[ ! -d $STAGE/old ]] || mv -T -- "$STAGE/old" "$OURS"
	run_depmod
	UNDO=
}

cmd_uninstall() {
	local other wrong

	find_release
	need_kernel
	[[ -d $OURS ]] || {
		note "not installed for $KREL"
		return 0
	}
	need_root 'writing to /lib/modules'
	lock_kernel
	other=$(find "$OURS" -mindepth 1 ! -name stamp ! -name balanced ! -name kvm.ko \
		! -name kvm-amd.ko ! -name kvm-intel.ko -print -quit)
	[[ -z $other ]] || die "$other is not ours; take it away first"
	new_beside STAGE "$MODDIR"
	UNDO=undo_uninstall
	mv -T -- "$OURS" "$STAGE/old"
	run_depmod || die "depmod failed; nothing was removed"
	wrong=$(first_not_in "$MODDIR/kernel")
	[[ -z $wrong ]] ||
		die "modprobe would not load the distribution's: $wrong; nothing was removed"
	UNDO=
	rmdir --ignore-fail-on-non-empty -- "$MODDIR/updates"
	remove_hook
	note "removed for $KREL; modprobe finds $(found kvm)"
	if is_running && loaded_is_ours; then
		note "still loaded; next: sudo $MAKE_US reload, or reboot"
	fi
	warn_of_initramfs_at_uninstall
}

# --- status ---

cmd_status() {
	local path

	find_release
	need_program modinfo kmod
	note "kernel     $KREL$(is_running || echo ", which does not run")"
	if is_running; then
		note "loaded     $(describe_loaded)"
		! loaded_is_untried || note "           anchors placed its hooks, and nobody has" \
			"tried it with $VENDOR: make lab MODULES=$(rel "$OUT") does, then install" \
			"again"
	fi
	if [[ -d $OURS ]]; then
		note "installed  $OURS: $(set_description "$OURS")"
		! is_running || warn_of_version
	else
		note "installed  no"
	fi
	path=$(found kvm)
	note "modprobe   finds ${path:-no kvm}"
	if is_running && loaded_is_other_than "$path"; then
		note "           which is not what is loaded; sudo $MAKE_US reload changes that"
	fi
}

main() {
	[[ $# == 1 ]] || usage
	COMMAND=$1 ROOT=${ROOT:-} KREL_GIVEN=${KREL:-}
	[[ -z $ROOT ]] || ROOT=$(realpath -- "$ROOT")
	ROOT=${ROOT%/}
	export OS_RELEASE=${OS_RELEASE:-$ROOT/etc/os-release}
	# These are not in the PATH of users other than root.
	PATH=$PATH:/usr/sbin:/sbin
	case $1 in
	modules | install | uninstall | reload | status) "cmd_$1" ;;
	*) usage ;;
	esac
}

main "$@"
