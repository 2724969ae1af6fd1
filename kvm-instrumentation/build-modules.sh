#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: build-modules.sh [--kernel SERIES] [--source DIR] [--headers DIR]
#                         [--out DIR] [--series DIR] [--fault FILE.patch]
#                         [--base DIR] [--only-compile]
#
# Builds kvm.ko, kvm-amd.ko and kvm-intel.ko with our patches, out of tree,
# against a distribution's kernel headers.
#
# --kernel   a series of lab/kernels (default: this distribution's own)
# --source   a kernel source tree with arch/x86/kvm and virt/kvm; not written to
# --headers  the kernel's build directory (/lib/modules/VERSION/build)
# --out      the modules, and a file `stamp` that says what they were made from
# --series   the patches, applied in order of their names (default: patches/SERIES)
# --fault    one more patch on top, with the C files beside it: mistakes for the
#            tests to find
# --base     the --out of a build to start from, so that less is compiled
# --only-compile  to see that it builds: no BTF is made, and --out gets no modules
#
# Without --source and --headers: the kernel that lab/setup/kernel.sh SERIES fetched;
# the modules then go to build/modules/SERIES/normal, or fault-NAME beside it.
# All patches must apply, without fuzz, before anything that was built changes.

# shellcheck source=lab/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lab/lib.sh"
# shellcheck source=lab/setup/kernels.sh
. "$LAB/setup/kernels.sh"
# shellcheck source=kvm-instrumentation/build-tools.sh
. "$TOP/kvm-instrumentation/build-tools.sh"
HERE=$TOP/kvm-instrumentation

PARTS=(arch/x86/kvm virt/kvm)		# what is compiled
PATCHED=("${PARTS[@]}" Documentation)	# what their patches may touch
MODULES=(kvm.ko kvm-amd.ko kvm-intel.ko)

parse_options() {
	SOURCE='' HEADERS='' OUT='' SERIES='' FAULT='' BASE='' KERNEL=''
	ONLY_COMPILE=''
	while (($#)); do
		if [[ $1 == --only-compile ]]; then
			ONLY_COMPILE=1
			shift
			continue
		fi
		[[ $# -ge 2 ]] || usage
		case $1 in
		--kernel) KERNEL=$2 ;;
		--source) SOURCE=$2 ;;
		--headers) HEADERS=$2 ;;
		--out) OUT=$2 ;;
		--series) SERIES=$2 ;;
		--fault) FAULT=$2 ;;
		--base) BASE=$2 ;;
		*) usage ;;
		esac
		shift 2
	done
	KERNEL=${KERNEL:-$(default_series)}
}

set_defaults() {
	local env=$BUILD/kernel/$KERNEL/current/kernel.env
	local all=$BUILD/modules/$KERNEL

	if [[ -z $SOURCE || -z $HEADERS ]]; then
		[[ -r $env ]] || die "no kernel to build for; run lab/setup/kernel.sh $KERNEL," \
			"or say --source and --headers"
		# shellcheck disable=SC1090
		source "$env"
		SOURCE=${SOURCE:-$KSOURCE} HEADERS=${HEADERS:-$KHEADERS}
	fi
	SERIES=${SERIES:-$HERE/patches/$KERNEL}
	NAME=normal
	[[ -z $FAULT ]] || NAME=fault-$(basename -- "$FAULT" .patch)
	OUT=$(realpath -m -- "${OUT:-$all/$NAME}")
	NAME=$(basename -- "$OUT")
	[[ -z $FAULT ]] || BASE=${BASE:-$all/normal}
	LOG=$BUILD/log/modules-$KERNEL-$NAME
}

check_inputs() {
	local part

	for part in "${PARTS[@]}"; do
		[[ -d $SOURCE/$part ]] ||
			die "$SOURCE is no kernel source: it has no $part"
	done
	[[ -f $HEADERS/Module.symvers ]] ||
		die "$HEADERS has no Module.symvers; --headers takes a kernel's build directory"
	[[ -d $SERIES ]] || die "no directory $SERIES; --series takes one with patches"
	[[ -z $FAULT || -f $FAULT ]] || die "no patch $FAULT"
	[[ $OUT$HEADERS != *[[:space:]:]* ]] ||
		die "kernel modules cannot be built where a path has a space or colon: $OUT"
	# Make these absolute, as the steps below change directory.
	SOURCE=$(realpath -- "$SOURCE") HEADERS=$(realpath -- "$HEADERS")
	SERIES=$(realpath -- "$SERIES")
	[[ -z $FAULT ]] || FAULT=$(realpath -- "$FAULT")
}

# Sets PATCHES and OURS, the files that are added.
find_patches() {
	local files patch lines

	files=$(find "$SERIES" -name '*.patch' | sort)
	PATCHES=()
	while read -r patch; do
		# The selftest's patch, for one, is not for what is compiled here.
		lines=$(grep -cE '^\+\+\+ b/(arch|virt)/' "$patch") ||
			(($? == 1)) || exit 1
		((lines == 0)) || PATCHES+=("$patch")
	done <<<"$files"
	((${#PATCHES[@]})) || die "no patches to KVM in $SERIES"
	[[ -z $FAULT ]] || PATCHES+=("$FAULT")
	files=$(find "$HERE/src" ${FAULT:+"$(dirname -- "$FAULT")"} \
		-type f \( -name '*.[ch]' -o -name '*.def' \) | sort)
	mapfile -t OURS <<<"$files"
}

# One key for everything that the modules are made from.
compute_key() {
	KEY=$(
		cd -- "$SOURCE"
		{
			find "${PARTS[@]}" -type f -print0 | sort -z |
				xargs -0 sha256sum
			cat -- "${OURS[@]}" "${PATCHES[@]}" | sha256sum
			basename -a -- "${OURS[@]}" "${PATCHES[@]}"
			sha256sum <"$HERE/build-modules.sh"
			sha256sum <"$HEADERS/Module.symvers"
			sha256sum <"$HEADERS/.config"
		} | sha256sum | cut -c1-16
	)
}

# The stamp's other lines are the modules' checksums, so that a set that is
# mixed, or cut off, is never taken for a good one.
up_to_date() {
	[[ -r $OUT/stamp ]] && grep -qx "# key $KEY" "$OUT/stamp" &&
		(cd -- "$OUT" && grep -v '^#' stamp | sha256sum -c --quiet) \
			>/dev/null 2>&1
}

# --- the patched source ---

source_version() {
	if [[ ! -r $SOURCE/Makefile ]]; then
		basename -- "$SOURCE"
		return 0
	fi
	awk '/^(VERSION|PATCHLEVEL|SUBLEVEL) = / { v = v sep $3; sep = "." }
		END { print v }' "$SOURCE/Makefile"
}

# Makes the patched source in $1; in the log goes what patch says.
make_source() {
	local dir patch

	cd -- "$1"
	for dir in "${PATCHED[@]}"; do
		[[ -e $SOURCE/$dir ]] || continue
		mkdir -p "$(dirname -- "$dir")"
		cp -rp -- "$SOURCE/$dir" "$dir"
	done
	chmod -R u+w .
	cp -p -- "${OURS[@]}" arch/x86/kvm/
	for patch in "${PATCHES[@]}"; do
		echo "== ${patch##*/}"
		patch -p1 --fuzz=0 --batch --forward --no-backup-if-mismatch \
			<"$patch"
	done
	# The one path in it that holds inside a whole kernel tree only.
	# shellcheck disable=SC2016 # for make, not for the shell
	sed 's,\$(srctree)/virt/kvm/Makefile\.kvm,$(src)/../../../virt/kvm/Makefile.kvm,' \
		arch/x86/kvm/Makefile >arch/x86/kvm/Kbuild
}

# Says in one line which patch failed, and on which file; or what else did.
explain_patch_failure() {
	grep -q ' FAILED\|^can.t find file' "$1" ||
		die "failed: patch the source: $(reason_in "$1"); see $(rel "$1")"
	awk -v version="$(source_version)" -v log_file="$(rel "$1")" '
	/^== / { patch = $2; file = "a file that is not there" }
	/^(patching|checking) file / { file = $3 }
	/ FAILED / && !failed { failed = file }
	END {
		printf "build-modules.sh: Linux %s: %s does not apply to %s; nothing was changed; see %s\n",
			version, patch, failed ? failed : file, log_file
	}' "$1" >&2
}

# Copies what differs from $1 to $2, so that make compiles that alone, and
# removes what is no longer there.
sync_source() (
	mkdir -p -- "$2"
	cd -- "$1"
	find "${PARTS[@]}" -type f | sort >.files
	while read -r file; do
		cmp -s -- "$file" "$2/$file" && continue
		mkdir -p -- "$2/$(dirname -- "$file")"
		cp -- "$file" "$2/$file"
	done <.files
	if [[ -f $2/.files ]]; then
		comm -13 .files "$2/.files" | (cd -- "$2" && xargs -r rm -f --)
	fi
	cp .files "$2/.files"
)

# --- the build ---

# A work tree is what make leaves from one build for the next.  In a copy of
# another's, make must find its own path, or it compiles everything again.
start_work() {
	local tmp from=$BASE/.work

	[[ -n $BASE && ! -d $WORK && -d $from ]] || return 0
	new_beside tmp "$WORK"
	cp -a -- "$from/." "$tmp"
	find "$tmp" \( -name '.*.cmd' -o -name '*.mod' -o -name modules.order \) \
		-exec sed -i "s,$from/,$WORK/,g" {} +
	publish "$tmp" "$WORK"
}

# RESOLVE_BTFIDS: these headers have none, and KVM no list for it to fill in.
compile() {
	local kvm=$WORK/arch/x86/kvm

	make -C "$HEADERS" M="$kvm" KCFLAGS="-I$kvm -I$WORK/virt/kvm" \
		${ONLY_COMPILE:+CONFIG_DEBUG_INFO_BTF_MODULES=} \
		RESOLVE_BTFIDS=/bin/true -j"$PROCESSORS" modules
}

# The observer reads KVM's types from its modules: without them the modules are of
# no use here.
check_modules() {
	local module sections

	for module in "${MODULES[@]}"; do
		sections=$(readelf -SW -- "$1/$module")
		[[ $sections == *' .gnu.linkonce.this_module '* ]] ||
			die "$module is no kernel module; see $(rel "$LOG.log")"
		[[ ! -e $HEADERS/vmlinux || $sections == *' .BTF '* ]] ||
			die "$module has no BTF; see $(rel "$LOG.log")"
	done
}

# Debug information goes, .BTF stays.  The stamp is last: without it there is
# no set of modules.
install_modules() {
	local tmp=$1 module version

	version=$(source_version)
	for module in "${MODULES[@]}"; do
		strip --strip-debug -o "$tmp/$module" \
			"$WORK/arch/x86/kvm/$module"
	done
	check_modules "$tmp"
	{
		echo "# key $KEY"
		echo "# Linux $version, series $(basename -- "$SERIES")${FAULT:+, with the fault $(basename -- "$FAULT")}"
		sed -n 's/^#define LINUX_PACKAGE_ID " *Debian \(.*\)"$/# kernel \1/p' \
			"$HEADERS/include/generated/package.h" 2>/dev/null || true
		(cd -- "$tmp" && sha256sum -- "${MODULES[@]}")
	} >"$tmp/stamp"
	rm -f -- "$OUT/stamp"
	for module in "${MODULES[@]}" stamp; do
		mv -f -- "$tmp/$module" "$OUT/$module"
	done
}

main() {
	local tmp

	parse_options "$@"
	set_defaults
	check_inputs
	need_build_tools "$HEADERS"
	find_patches
	lock
	compute_key
	if up_to_date; then
		note "          KVM modules are up to date: $(rel "$OUT")"
		return 0
	fi
	mkdir -p -- "$OUT" "$BUILD/log"
	WORK=$OUT/.work
	new_beside tmp "$WORK"
	spawn make_source "$tmp" >"$LOG-patch.log" 2>&1
	reap
	if ((RUN_STATUS)); then
		explain_patch_failure "$LOG-patch.log"
		exit 1
	fi
	start_work
	sync_source "$tmp" "$WORK"
	step "build the KVM modules for $KERNEL ($NAME)" \
		"modules-$KERNEL-$NAME" compile
	[[ -n $ONLY_COMPILE ]] || install_modules "$tmp"
	# 100 MB, and the next build of a fault starts from the base again.
	[[ -z $FAULT ]] || rm -rf -- "$WORK"
}

main "$@"
