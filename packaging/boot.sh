#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: boot.sh VERSION [SUITE]
#
# Installs the packages of make deb in a new, minimal Debian (SUITE, default: bookworm), with
# Debian's own kernel, and boots it with systemd on an emulated AMD host.  There it looks at
# the service and its rights, observes a guest, and loads KVM's modules with counters from
# exitledger-kvm-dkms, and from the package of make kvm-modules-deb, if there is one for this
# kernel.  Both are removed again.
#
# DKMS=no in the environment leaves exitledger-kvm-dkms out, which saves a compiler and some
# minutes.
#
# packaging/boot/host.sh is what runs there; its output goes to build/results/deb-boot-SUITE.
#
# Exit status: 0 if all is well, 1 if not; 3 if such a system cannot be made here.

# shellcheck source=lab/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lab/lib.sh"
# shellcheck source=lab/setup/mirrors.sh
. "$LAB/setup/mirrors.sh"
# shellcheck source=lab/setup/minimal.sh
. "$LAB/setup/minimal.sh"
DIE_STATUS=3
KEEP=''
TIMEOUT=1500

parse_options() {
	[[ $# -ge 1 && $# -le 2 && $1 =~ ^[0-9][0-9.]*$ ]] || usage
	VERSION=$1 SUITE=${2:-bookworm} DKMS=${DKMS:-yes}
	[[ -n ${RELEASE[$SUITE]:-} ]] || usage
	DEBS=$BUILD/deb/$SUITE
	RESULTS=$BUILD/results/deb-boot-$SUITE
}

check_machine() {
	((EUID == 0)) || die "a minimal system can only be made by root; sudo make deb-boot"
	need unshare chroot qemu-system-x86_64 mke2fs
	[[ -n $(type -P debootstrap) ]] ||
		die "no command debootstrap; apt install debootstrap"
	[[ -n $(compgen -G "$DEBS/exitledger_${VERSION}-*.deb") ]] ||
		die "no packages in $(rel "$DEBS"); make deb builds them"
	[[ -x $BUILD/guest/microguest ]] || die "no microguest; make builds it"
}

apt_get() {
	inside env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends \
		-o APT::Keep-Downloaded-Packages=true "$@"
}

install_kernel() {
	local build=(linux-headers-amd64 linux-source)

	[[ $DKMS != no ]] || build=()
	apt_get install systemd-sysv udev kmod linux-image-amd64 curl procps gdb-minimal \
		"${build[@]}"
}

# The package of DKMS's modules builds them for the kernel that is there.
install_packages() {
	cp -- "$DEBS"/exitledger{,-export,-guest}_*.deb "$ROOT/packages/"
	[[ $DKMS == no ]] || cp -- "$DEBS"/exitledger-kvm-dkms_*.deb "$ROOT/packages/"
	# shellcheck disable=SC2016 # for the shell there
	inside /bin/sh -c 'DEBIAN_FRONTEND=noninteractive apt-get -q -y \
		--no-install-recommends install /packages/*.deb'
}

add_scenario() {
	local prebuilt

	KREL=$(basename -- "$(compgen -G "$ROOT/lib/modules/*-amd64")")
	mkdir -p "$ROOT/opt"
	cp -- "$TOP"/packaging/boot/{host,rights}.sh "$BUILD/guest/microguest" "$ROOT/opt/"
	cp -- "$TOP/packaging/boot/deb-boot.service" "$ROOT/etc/systemd/system/"
	prebuilt=$(compgen -G "$BUILD/deb/kvm-modules/exitledger-kvm-modules-${KREL}_*.deb" ||
		true)
	[[ -z $prebuilt ]] || cp -- "$prebuilt" "$ROOT/packages/kvm-modules.deb"
	inside systemctl -q enable deb-boot.service
	echo '/dev/vda / ext4 defaults 0 1' >"$ROOT/etc/fstab"
}

# The file system, without what is mounted in the system now.
make_disk() {
	cp -L -- "$ROOT/boot/vmlinuz-$KREL" "$WORK/vmlinuz"
	cp -L -- "$ROOT/boot/initrd.img-$KREL" "$WORK/initrd"
	mkdir "$WORK/root"
	mount --bind "$ROOT" "$WORK/root"
	mount --make-private "$WORK/root"
	# The archives and the source have done their work.
	rm -f -- "$ROOT"/usr/src/linux-source-*.tar.xz
	mke2fs -q -t ext4 -E lazy_itable_init=1 -d "$WORK/root" "$WORK/disk" 4G
	umount "$WORK/root"
}

# The emulator now and then loses a timer's interrupt, and a byte for the serial port wakes
# the system: lab/machine/qemu.sh says more.  The bytes come from another process, which fails
# once the emulator has ended.
run_system() {
	timeout "$TIMEOUT" qemu-system-x86_64 -nodefaults -no-reboot -display none \
		-M q35 -m 1500 -accel tcg,thread=single -cpu EPYC,+svm,+npt \
		-kernel "$WORK/vmlinuz" -initrd "$WORK/initrd" \
		-drive "file=$WORK/disk,format=raw,if=virtio,cache=unsafe" \
		-append "root=/dev/vda rw console=ttyS0 quiet mitigations=off tsc=reliable no_timer_check panic=-1 systemd.show_status=no systemd.mask=serial-getty@ttyS0.service" \
		-serial stdio >"$RESULTS/console" < <(while sleep 2; do echo; done)
}

judge() {
	tr -d '\r' <"$RESULTS/console" |
		sed -n '/^\[HOST\] begin/,/^\[HOST\] end/p' >"$RESULTS/transcript"
	grep -E '^(ok|not ok) ' "$RESULTS/transcript" || true
	grep -qx '\[HOST\] end' "$RESULTS/transcript" ||
		{ note "boot.sh: the system did not come to its end: $(rel "$RESULTS/console")" >&2; exit 1; }
	! grep -q '^not ok ' "$RESULTS/transcript" ||
		{ note "boot.sh: see $(rel "$RESULTS/transcript")" >&2; exit 1; }
	note "          the transcript: $(rel "$RESULTS/transcript")"
}

main() {
	parse_options "$@"
	check_machine
	need_mirrors
	if [[ -z ${DEB_NAMESPACE:-} ]]; then
		export MIRROR SECURITY_MIRROR
		DEB_NAMESPACE=1 exec unshare --mount --propagation private "$0" "$@"
	fi
	ROOT=$BUILD/deb/boot-$SUITE CACHE=$BUILD/newcomer/cache/$SUITE
	mkdir -p "$CACHE"/{debs,archives/partial} "$BUILD/log"
	lock_system
	clean_up
	trap clean_up EXIT
	mkdir -p "$ROOT" "$RESULTS"
	step "make a minimal Debian ${RELEASE[$SUITE]}" "deb-boot-$SUITE-system" make_system
	mount_system
	mkdir "$ROOT/packages"
	step "install a kernel and systemd" "deb-boot-$SUITE-kernel" install_kernel
	step "install exitledger's packages, and build KVM's modules" \
		"deb-boot-$SUITE-packages" install_packages
	add_scenario
	new_beside WORK "$BUILD/deb/disk-$SUITE"
	step "make a disk" "deb-boot-$SUITE-disk" make_disk
	try_step "boot it, with Linux $KREL" "deb-boot-$SUITE-boot" run_system
	judge
	((STEP_STATUS == 0)) || exit 1
}

main "$@"
