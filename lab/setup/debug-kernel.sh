#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: debug-kernel.sh [SERIES]
#
# Builds the debugging kernel of a series (default: this distribution's own): Debian's
# source, configured by debug.config, with KASAN, lockdep and other checks of the kernel's
# own.  build/kernel/SERIES-debug/current has the kernel with its own KVM modules, and its
# build tree, for which build/modules/SERIES-debug/normal has KVM with the exit counters,
# and fault-planted beside it the same with mistakes to be found.  l1.sh --debug runs them.
#
# This takes some ten minutes on two processors, and 5 GB of space.

# shellcheck source=lab/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib.sh"
# shellcheck source=lab/setup/kernels.sh
. "$LAB/setup/kernels.sh"
CONFIG=$LAB/setup/debug.config

# KVM's modules, and those that they need.
MODULES=(virt/lib/irqbypass drivers/crypto/ccp/ccp arch/x86/kvm/kvm arch/x86/kvm/kvm-amd
	arch/x86/kvm/kvm-intel)

unpack_source() { # DEB DIR
	try dpkg-deb --fsys-tarfile "$1" |
		try tar -xO "./usr/src/linux-source-$SERIES.tar.xz" |
		try xz -dc -T0 |
		try tar -x -C "$2" --strip-components=1
}

# Print the options of debug.config that .config does not have: olddefconfig drops an
# option without a word if something that it depends on is missing.
dropped_options() { # DIR
	local line

	while read -r line; do
		case $line in
		CONFIG_*) grep -qxF -- "$line" "$1/.config" || printf '%s\n' "$line" ;;
		'# CONFIG_'*)
			! grep -q "^$(cut -d' ' -f2 <<<"$line")=" "$1/.config" ||
				printf '%s\n' "$line"
			;;
		esac
	done <"$CONFIG"
}

configure() { # DIR
	local dropped

	cd -- "$1"
	make -s x86_64_defconfig
	# The last one of several lines for an option counts.
	cat -- "$CONFIG" >>.config
	make -s olddefconfig
	dropped=$(dropped_options .)
	[[ -z $dropped ]] ||
		die "Linux $SERIES does not take these options: ${dropped//$'\n'/, }"
}

build() { # DIR
	make -C "$1" -j"$PROCESSORS" vmlinux modules
}

# Copy from the build tree to the current directory what L1 boots with.
collect() { # TREE
	local module

	mkdir modules
	strip --strip-debug -o vmlinux "$1/vmlinux"
	for module in "${MODULES[@]}"; do
		strip --strip-debug -o "modules/${module##*/}.ko" "$1/$module.ko"
	done
	sha256sum vmlinux modules/* >sums
	cat >kernel.env <<-EOF
	# Written by lab/setup/debug-kernel.sh
	KSERIES=$SERIES-debug
	KREL=$(<"$1/include/config/kernel.release")
	KVERSION=$KVERSION-debug
	KRECIPE=$RECIPE
	KSUMS=$(sha256sum <sums | cut -c1-16)
	KDIR=\$(cd -- "\$(dirname -- "\${BASH_SOURCE[0]}")" && pwd -P)
	KVMLINUX=\$KDIR/vmlinux
	KMODULES=\$KDIR/modules
	KHEADERS=\$KDIR/../tree
	KTOOLS=
	EOF
}

is_current() {
	grep -qsxF "KRECIPE=$RECIPE" "$HOME_DIR/current/kernel.env" &&
		(cd -- "$HOME_DIR/current" && sha256sum -c --quiet sums) >/dev/null 2>&1
}

build_modules() { # NAME OPTION...
	"$TOP/kvm-instrumentation/build-modules.sh" --kernel "$SERIES" --source "$KSOURCE" \
		--headers "$HOME_DIR/tree" --out "$MODULES_DIR/$1" "${@:2}"
}

make_kernel() {
	local deb tmp

	deb=("$BUILD/cache/debs/$SERIES/linux-source-${SERIES}_"*.deb)
	[[ -e ${deb[0]} ]] ||
		die "no source of Linux $SERIES; remove $(rel "$BUILD/kernel/$SERIES") and run this again"
	# make goes on with a build that was interrupted.
	if [[ $(cat -- "$HOME_DIR/tree/.recipe" 2>/dev/null) != "$RECIPE" ]]; then
		rm -rf -- "$HOME_DIR"
		mkdir -p "$HOME_DIR/tree"
		step "unpack the source of Linux $SERIES" "debug-$SERIES-unpack" \
			unpack_source "${deb[0]}" "$HOME_DIR/tree"
		step "configure it with the kernel's checks" "debug-$SERIES-config" \
			configure "$HOME_DIR/tree"
		printf '%s\n' "$RECIPE" >"$HOME_DIR/tree/.recipe"
	fi
	step "build the debugging kernel, in ten minutes and more" "debug-$SERIES-build" \
		build "$HOME_DIR/tree"
	new_beside tmp "$HOME_DIR/current"
	(cd -- "$tmp" && collect "$HOME_DIR/tree")
	publish "$tmp" "$HOME_DIR/current"
}

main() {
	local KVERSION='' KTOOLS='' KSOURCE=''

	[[ $# -le 1 && ${1:-} != -* ]] || usage
	SERIES=${1:-$(default_series)}
	check_series "$SERIES"
	has_patches "$SERIES" || die "there are no patches for Linux $SERIES"
	"$LAB/setup/deps.sh" build demo debug
	"$LAB/setup/prepare.sh" "$SERIES"
	# shellcheck disable=SC1090
	. "$BUILD/kernel/$SERIES/current/kernel.env"
	[[ -z $KTOOLS ]] ||
		die "Linux $SERIES takes the compiler of another Debian ($KTOOLS); take one of $(debian_release)'s"
	HOME_DIR=$BUILD/kernel/$SERIES-debug
	MODULES_DIR=$BUILD/modules/$SERIES-debug
	RECIPE=$KVERSION-$(hash_of "$LAB/setup/debug-kernel.sh" "$CONFIG")
	lock
	if ! is_current; then
		make_kernel
	fi
	unlock
	build_modules normal
	build_modules fault-planted --fault "$TOP/kvm-instrumentation/faults/planted.patch" \
		--base "$MODULES_DIR/normal"
}

main "$@"
