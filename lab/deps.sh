#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: deps.sh [--intel | --check | --peers]
#
# Makes sure that the Debian packages are there that the demo needs, with --intel
# those of the emulated Intel host too, with --check also those of the tests, with
# --peers those of the tools that bench compares with.
# Root installs what is missing; anyone else is told the one command that does.

# shellcheck source=lab/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

# Package, who needs it, and for what.
packages() {
	cat <<-EOF
	gcc              demo   the programs
	libc6-dev        demo   the programs
	linux-libc-dev   demo   the programs
	make             demo   the programs and the kernel modules
	clang            demo   the BPF object
	llvm             demo   the BPF object
	bpftool          demo   the BPF skeleton
	libbpf-dev       demo   exitledger
	libelf-dev       demo   exitledger, and the kernel's objtool
	zlib1g-dev       demo   exitledger
	libjansson-dev   demo   exitledger
	libncurses-dev   demo   exitledger's live view
	libsqlite3-dev   demo   exitledger's recorded runs
	gcc-12           demo   the kernel modules: Debian's kernel is built by it
	binutils         demo   the kernel modules, the kernel's image
	dwarves          demo   the kernel modules' BTF
	patch            demo   the kernel modules
	xz-utils         demo   the kernel's source, the kernel's image
	cpio             demo   the lab's initramfs
	busybox-static   demo   the lab's initramfs
	qemu-system-x86  demo   the emulated host, and the guest in it
	seabios          demo   the emulated host, and the guest in it
	util-linux       demo   flock
	bochs            intel  the emulated Intel host
	bochs-term       intel  its screen, which no one sees
	bochsbios        intel  its BIOS
	vgabios          intel  its BIOS
	linux-perf       peers  bench
	bpftrace         peers  bench
	trace-cmd        peers  bench
	check            check  unit tests
	pkg-config       check  unit tests
	perl             check  prove, checkpatch
	git              check  the list of files, git am
	kmod             check  the modules' installation
	openssl          check  a key to sign modules with
	cpuid            check  what it shows in a guest, beside exitleaf
	clang-format     check  style
	clang-tidy       check  static checks
	cppcheck         check  static checks
	sparse           check  static checks of the kernel's side
	shellcheck       check  static checks of scripts
	codespell        check  spelling
	python3-docutils check  the manual pages
	python3-jsonschema check  the monitor's JSON
	python3-pyte     check  the live view
	EOF
}

missing() { # CLASSES
	local wanted

	mapfile -t wanted < <(packages |
		awk -v classes=" $1 " 'index(classes, " " $2 " ") { print $1 }')
	printf '%s\n' "${wanted[@]}" | grep -vxFf <(
		dpkg-query -W -f='${db:Status-Status} ${Package}\n' \
			"${wanted[@]}" 2>/dev/null | sed -n 's/^installed //p'
	) || true
}

install_packages() {
	export DEBIAN_FRONTEND=noninteractive
	# Only where the lists are missing or out of date is a refresh needed.
	"$@" || { apt-get -q update && "$@"; }
}

main() {
	local classes=demo needed install

	case "$*" in
	'') ;;
	--intel) classes='demo intel' ;;
	--check) classes='demo intel check' ;;
	--peers) classes='demo peers' ;;
	*) usage ;;
	esac
	command -v dpkg-query >/dev/null ||
		die "this is no Debian; install what has the content of: $(packages |
			awk '{ printf "%s ", $1 }')"
	mapfile -t needed < <(missing "$classes")
	if ((${#needed[@]} == 0)); then
		note '          all packages are there'
		return 0
	fi
	install=(apt-get install -y --no-install-recommends "${needed[@]}")
	((EUID == 0)) ||
		die "packages are missing; this installs them: sudo ${install[*]}"
	lock
	step "install ${#needed[@]} packages" packages install_packages \
		"${install[@]}"
}

main "$@"
