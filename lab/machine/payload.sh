# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Makes the cpio archives that L1 boots with; the kernel unpacks any number of archives, one
# after the other.  The large ones are kept for later runs, with a checksum of their sources
# in their names.  l1.sh sources this file after lib.sh and kernel.env.

IMAGES=$BUILD/images
BUSYBOX=$(command -v busybox || true)
QEMU=$(command -v qemu-system-x86_64 || true)
CPUID=$(command -v cpuid || true)

# The firmware that `-M pc` needs without a display, and the places where it can be.
FIRMWARE=(bios-256k.bin kvmvapic.bin linuxboot_dma.bin pvh.bin)
FIRMWARE_DIRS=(/usr/share/qemu /usr/share/seabios)

pack() { # DIR CPIO
	(
		cd -- "$1" || exit
		find . -mindepth 1 | try sort | try cpio -o -H newc -R 0:0 --quiet
	) >"$2"
}

# libraries_of PROGRAM: print its libraries and the dynamic linker; nothing if it is static
libraries_of() {
	local lines

	lines=$(readelf -lW -- "$1")
	[[ $lines == *' INTERP '* ]] || return 0
	lines=$(ldd "$1")
	[[ $lines != *' not found'* ]] ||
		die "$1 lacks a library: $(grep -m 1 ' not found' <<<"$lines")"
	awk '$2 == "=>" && $3 ~ /^\// { print $3 }
		$1 ~ /^\/.*ld-linux/ { print $1 }' <<<"$lines"
}

# add_program ROOT PROGRAM DIR: put a program in DIR, and its libraries in the same places as
# on this machine, so that it starts without a wrapper
add_program() {
	local library libraries magic

	mkdir -p -- "$1/$3"
	cp -L -- "$2" "$1/$3/"
	# A script has no libraries.
	magic=$(try head -c 4 -- "$2" | try tr -d '\0')
	[[ $magic == $'\x7fELF' ]] || return 0
	libraries=$(libraries_of "$2")
	for library in $libraries; do
		mkdir -p -- "$1/$(dirname -- "$library")"
		cp -L -- "$library" "$1/$library"
	done
}

# add_busybox ROOT: add busybox with all of its commands.  These are links to the path that
# busybox has on this machine, so that path is made a link to L1's /bin/busybox.
add_busybox() {
	local path

	need_busybox
	mkdir -p "$1"/{bin,dev,proc,sys,tmp}
	"$BUSYBOX" --install -s "$1/bin"
	path=$(readlink -- "$1/bin/sh")
	if [[ $path != /bin/busybox ]]; then
		mkdir -p "$1/${path%/*}"
		ln -s /bin/busybox "$1/$path"
	fi
	rm -f -- "$1/bin/busybox"
	cp -L -- "$BUSYBOX" "$1/bin/busybox"
}

need_busybox() {
	local libraries

	need busybox
	libraries=$(libraries_of "$BUSYBOX")
	[[ -z $libraries ]] || die "no static busybox; apt install busybox-static"
}

# add_terminfo ROOT: add the description of a terminal, and the locale C.UTF-8 (the C library
# itself has it from Debian 12 on)
add_terminfo() {
	local name=xterm-256color dir locale=/usr/lib/locale/C.utf8

	for dir in /lib/terminfo /usr/share/terminfo; do
		[[ -e $dir/${name:0:1}/$name ]] || continue
		mkdir -p "$1/lib/terminfo/${name:0:1}"
		cp -L -- "$dir/${name:0:1}/$name" \
			"$1/lib/terminfo/${name:0:1}/"
		[[ ! -d $locale ]] || {
			mkdir -p "$1/usr/lib/locale"
			cp -RL -- "$locale" "$1/usr/lib/locale/"
		}
		return 0
	done
	die "no terminfo of $name; install ncurses-base"
}

# The scripts use options of these programs that the same commands of busybox lack.
INSTALL_PROGRAMS=(bash depmod modinfo modprobe insmod rmmod realpath find
	sha256sum cp mv od flock)

# add_install ROOT MODULES: add a system with Debian's KVM, and the scripts and modules that
# replace it
add_install() {
	local program path modules=$1/lib/modules/$KREL

	mkdir -p "$modules/kernel"/{arch/x86/kvm,virt/lib,drivers/crypto/ccp} \
		"$1"/exitledger/{lab,"build/modules/$KREL"}
	cp -- "$KMODULES"/kvm*.ko* "$modules/kernel/arch/x86/kvm/"
	cp -- "$KMODULES"/irqbypass.ko* "$modules/kernel/virt/lib/"
	cp -- "$KMODULES"/ccp.ko* "$modules/kernel/drivers/crypto/ccp/"
	touch "$modules"/modules.{order,builtin,builtin.modinfo}
	cp -R -- "$TOP/kvm-instrumentation" "$1/exitledger/"
	cp -- "$LAB/lib.sh" "$1/exitledger/lab/"
	cp -- "$2"/{kvm,kvm-amd,kvm-intel}.ko "$2/stamp" \
		"$1/exitledger/build/modules/$KREL/"
	for program in "${INSTALL_PROGRAMS[@]}"; do
		path=$(PATH=$PATH:/usr/sbin:/sbin type -P "$program") ||
			die "no command $program, which the scenario needs; $(to_install "$(package_of "$program")")"
		add_program "$1" "$path" bin
	done
	ln -s bin "$1/sbin"
}

# state_of FILE...: print a text that changes if one of the files does; for large files of
# the machine, which are not read for this
state_of() {
	stat -L -c '%n %s %Y' -- "$@"
}

# --- the archives ---

fill_base() {
	add_busybox "$1"
	mkdir -p "$1"/{lab,modules,results}
	# Take all modules but KVM's: some kernels have a module that ccp needs, others
	# not.
	find "$KMODULES" -name '*.ko' ! -name 'kvm*' -exec cp -t "$1/modules" -- {} +
	cp -- "$LAB/machine/l1/init" "$1/init"
}

state_of_base() {
	state_of_kernel
	cat "$LAB/machine/l1/init" "$LAB/machine/payload.sh"
	need_busybox
	state_of "$BUSYBOX"
}

# Print a text that differs from kernel to kernel, for images that depend on the kernel.
state_of_kernel() {
	echo "$KVERSION $KSUMS"
}

fill_qemu() {
	local file files

	add_program "$1" "$QEMU" usr/bin
	mkdir -p "$1/usr/share/qemu" "$1/qemu" "$1/bin"
	ln -s /usr/bin/qemu-system-x86_64 "$1/bin/qemu-system-x86_64"
	files=$(firmware)
	for file in $files; do
		cp -L -- "$file" "$1/usr/share/qemu/"
	done
	cp -- "$LAB/machine/l1/run-qemu" "$1/qemu/"
}

firmware() {
	local name dir

	for name in "${FIRMWARE[@]}"; do
		for dir in "${FIRMWARE_DIRS[@]}"; do
			[[ ! -e $dir/$name ]] || {
				printf '%s\n' "$dir/$name"
				continue 2
			}
		done
		die "no $name for QEMU; apt install qemu-system-x86 seabios"
	done
}

state_of_qemu() {
	local files

	need qemu-system-x86_64
	files=$(firmware)$'\n'$(libraries_of "$QEMU")
	mapfile -t files <<<"$files"
	state_of "$QEMU" "${files[@]}"
	cat "$LAB/machine/l1/run-qemu" "$LAB/machine/payload.sh"
}

fill_l2() {
	local root=$1/initrd-root program

	mkdir -p "$1/l2"
	add_busybox "$root"
	cp -- "$LAB/machine/l2"/{init,boot,habit,work,grade} "$root/"
	cp -- "$LAB/machine/l2/try-exitleaf" "$root/bin/"
	[[ -z $CPUID ]] || add_program "$root" "$CPUID" bin
	for program in exitleaf exitwork leafread; do
		[[ ! -x $BUILD/guest/$program ]] ||
			strip -o "$root/bin/$program" "$BUILD/guest/$program"
	done
	pack "$root" "$1/l2/initrd"
	rm -rf -- "$root"
	cp -- "$KVMLINUX" "$1/l2/vmlinux"
}

state_of_l2() {
	local program

	state_of_kernel
	cat "$LAB/machine/l2"/* "$LAB/machine/payload.sh"
	state_of "$BUSYBOX" ${CPUID:+"$CPUID"}
	for program in exitleaf exitwork leafread; do
		[[ ! -x $BUILD/guest/$program ]] ||
			sha256sum <"$BUILD/guest/$program"
	done
}

# These are for workloads in the Linux guest: MSRs and a virtio disk.
L2_MODULES=(msr virtio_ring virtio virtio_pci_modern_dev virtio_pci_legacy_dev
	virtio_pci virtio_blk)

fill_l2modules() {
	local root=$1/modules-root

	take_modules "$root/modules" "${L2_MODULES[@]}"
	grep -qx virtio_blk "$root/modules/order"
	mkdir -p "$1/l2"
	pack "$root" "$1/l2/modules"
	rm -rf -- "$root"
}

state_of_l2modules() {
	state_of_kernel
	cat "$LAB/machine/payload.sh"
}

fill_selftests() {
	cp -r -- "$BUILD/selftests/$KSERIES" "$1/selftests"
}

state_of_selftests() {
	cat -- "$BUILD/selftests/$KSERIES/stamp" ||
		die "no KVM selftests; run lab/jobs/build-selftests.sh $KSERIES"
}

# The modules that L1 needs to access this machine's files, in the order of loading.  Some of
# them are built into 6.12.
HOST_MODULES=(virtio_ring virtio virtio_pci_modern_dev virtio_pci_legacy_dev
	virtio_pci netfs fscache 9pnet 9pnet_virtio 9p)

# take_modules DIR NAME...: unpack these modules of the distribution's kernel, unless they are
# built in, and list them in the file "order"
take_modules() {
	local dir=$1 module deb patterns found all

	shift
	deb=("$BUILD/cache/debs/$KSERIES/linux-image-${KREL}_"*.deb)
	[[ -e ${deb[0]} ]] ||
		die "the kernel's package is gone; remove $(rel "$BUILD/kernel/$KSERIES") and run lab/setup/prepare.sh $KSERIES"
	all=$dir/all
	mkdir -p "$all"
	patterns=("${@/#/*/}")
	# tar ends with 2 for patterns of modules that are built in.
	dpkg-deb --fsys-tarfile "${deb[0]}" >"$dir/image.tar"
	tar -x -C "$all" --wildcards -f "$dir/image.tar" \
		"${patterns[@]/%/.ko*}" 2>/dev/null || (($? == 2))
	rm -f -- "$dir/image.tar"
	for module; do
		found=$(find "$all" -name "$module.ko*")
		[[ -n $found ]] || continue
		mv -- "$found" "$dir/"
		case $found in
		*.xz) xz -d "$dir/$module.ko.xz" ;;
		*.zst) zstd -q -d --rm "$dir/$module.ko.zst" ;;
		esac
		printf '%s\n' "$module" >>"$dir/order"
	done
	rm -rf -- "$all"
}

fill_host() {
	mkdir "$1/host"
	take_modules "$1/modules/host" "${HOST_MODULES[@]}"
	grep -qx 9p "$1/modules/host/order"
}

state_of_host() {
	state_of_kernel
	cat "$LAB/machine/payload.sh"
}

# The files that each image must have.
declare -A IMAGE_HAS=([base]='init bin/busybox'
	[qemu]='usr/bin/qemu-system-x86_64 qemu/run-qemu'
	[l2]='l2/vmlinux l2/initrd' [l2modules]='l2/modules'
	[selftests]='selftests/list' [host]='modules/host/order')

make_image() { # NAME DIR
	local file

	mkdir "$2/root"
	"fill_$1" "$2/root"
	for file in ${IMAGE_HAS[$1]}; do
		[[ -s $2/root/$file ]] || die "the $1 image has no $file"
	done
	pack "$2/root" "$2/cpio"
	is_whole_cpio "$2/cpio" || die "the $1 image is not a whole archive"
}

# Is a cpio archive complete?  One that was cut off has no trailer.
is_whole_cpio() {
	[[ -s $1 ]] && tail -c 1024 -- "$1" | grep -qa 'TRAILER!!!'
}

# image NAME: make the archive unless it exists already, and set IMAGE to its path
image() {
	local tmp old key

	need cpio readelf ldd
	# Compute the state first, so that the script ends here if that fails.
	key=$(state_of_"$1")
	key=$(sha256sum <<<"$key" | cut -c1-16)
	IMAGE=$IMAGES/$KSERIES-$1-$key.cpio
	if is_whole_cpio "$IMAGE"; then
		return 0
	fi
	new_beside tmp "$IMAGE"
	step "make the $1 image of L1" "image-$1" make_image "$1" "$tmp"
	for old in "$IMAGES/$KSERIES-$1"-*.cpio; do
		rm -f -- "$old"
	done
	publish "$tmp/cpio" "$IMAGE"
	rm -rf -- "$tmp"
}
