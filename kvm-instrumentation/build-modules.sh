#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: build-modules.sh [--kernel SERIES] [--source DIR] [--headers DIR]
#                         [--out DIR] [--series DIR] [--fault FILE.patch]
#                         [--base DIR] [--only FILE.patch|none] [--only-compile]
#
# Builds kvm.ko, kvm-amd.ko and kvm-intel.ko with our patches, out of tree, against a
# distribution's kernel headers.
#
# --kernel   a series of lab/kernels (default: this distribution's own)
# --source   a kernel source tree with arch/x86/kvm and virt/kvm; not written to
# --headers  the kernel's build directory (/lib/modules/VERSION/build)
# --out      the directory for the modules and the file `stamp`, which lists their inputs
# --series   the patches, applied in order of their names (default: patches/SERIES);
#            for a series that has none, anchors.py finds the places of the hooks
# --fault    one more patch on top, with the C files beside it, and the patch of the same
#            name in the folder of the series there: mistakes for the tests to find
# --base     the --out of an earlier build, whose objects are reused
# --only     this patch in place of ours, or none: nothing of exitledger is added; it may
#            change KVM's folders only, and the lines around a change may differ a little
# --only-compile  only check that it compiles: makes no BTF, and no modules in --out
#
# Without --source and --headers, uses the kernel that lab/setup/kernel.sh SERIES fetched;
# the modules then go to build/modules/SERIES/normal, or fault-NAME beside it.  All patches
# must apply without fuzz, or all anchors be found once, before anything of an earlier
# build is changed.

# shellcheck source=lab/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lab/lib.sh"
# shellcheck source=lab/setup/kernels.sh
. "$LAB/setup/kernels.sh"
# shellcheck source=kvm-instrumentation/build-tools.sh
. "$TOP/kvm-instrumentation/build-tools.sh"
# shellcheck source=kvm-instrumentation/distribution.sh
. "$TOP/kvm-instrumentation/distribution.sh"
HERE=$TOP/kvm-instrumentation

PARTS=(arch/x86/kvm virt/kvm)		# compiled from these
PATCHED=("${PARTS[@]}" Documentation)	# the patches may change these
MODULES=(kvm.ko kvm-amd.ko kvm-intel.ko)

parse_options() {
	SOURCE='' HEADERS='' OUT='' SERIES='' FAULT='' BASE='' KERNEL='' KTOOLS=''
	ONLY_COMPILE='' ONLY=''
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
		--only) ONLY=$2 ;;
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
	ANCHORS=''
	[[ -n $ONLY$SERIES || -d $HERE/patches/$KERNEL ]] || ANCHORS=$HERE/anchors.py
	SERIES=${SERIES:-$HERE/patches/$KERNEL}
	NAME=normal
	[[ -z $FAULT ]] || NAME=fault-$(basename -- "$FAULT" .patch)
	[[ -z $ONLY ]] || NAME=only-$(basename -- "$ONLY" .patch)
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
	[[ -z $ONLY || -z $FAULT ]] || usage
	[[ -z $ONLY || $ONLY == none || -f $ONLY ]] || die "no patch $ONLY"
	[[ -n $ANCHORS$ONLY || -d $SERIES ]] ||
		die "no directory $SERIES; --series takes one with patches"
	[[ -z $FAULT || -f $FAULT ]] || die "no patch $FAULT"
	[[ $OUT$HEADERS != *[[:space:]:]* ]] ||
		die "kernel modules cannot be built where a path has a space or colon: $OUT"
	# Make the paths absolute, as the steps below change directory.
	SOURCE=$(realpath -- "$SOURCE") HEADERS=$(realpath -- "$HEADERS")
	SERIES=$(realpath -m -- "$SERIES")
	[[ -z $FAULT ]] || FAULT=$(realpath -- "$FAULT")
	[[ -z $ONLY || $ONLY == none ]] || ONLY=$(realpath -- "$ONLY")
	[[ -z $BASE ]] || BASE=$(realpath -m -- "$BASE")
}

# Set PATCHES, and OURS to the files that are added.
find_patches() {
	local files patch lines

	PATCHES=() OURS=()
	if [[ -n $ONLY ]]; then
		[[ $ONLY == none ]] || PATCHES=("$ONLY")
		return 0
	fi
	if [[ -z $ANCHORS ]]; then
		files=$(find "$SERIES" -name '*.patch' | sort)
		while read -r patch; do
			# Skip patches that change nothing here, such as the selftest's.
			lines=$(grep -cE '^\+\+\+ b/(arch|virt)/' "$patch") ||
				(($? == 1)) || exit 1
			((lines == 0)) || PATCHES+=("$patch")
		done <<<"$files"
		((${#PATCHES[@]})) || die "no patches to KVM in $SERIES"
	fi
	if [[ -n $FAULT ]]; then
		PATCHES+=("$FAULT")
		patch=$(dirname -- "$FAULT")/$KERNEL/$(basename -- "$FAULT")
		[[ ! -f $patch ]] || PATCHES+=("$patch")
	fi
	files=$(find "$HERE/src" ${FAULT:+"$(dirname -- "$FAULT")"} \
		-type f \( -name '*.[ch]' -o -name '*.def' \) | sort)
	mapfile -t OURS <<<"$files"
}

# Hash everything that the modules depend on.
compute_key() {
	KEY=$(
		cd -- "$SOURCE"
		{
			find "${PARTS[@]}" -type f -print0 | sort -z |
				xargs -0 sha256sum
			cat -- /dev/null "${OURS[@]}" "${PATCHES[@]}" \
				${ANCHORS:+"$ANCHORS"} | sha256sum
			basename -a -- /dev/null "${OURS[@]}" "${PATCHES[@]}" \
				${ANCHORS:+"$ANCHORS"}
			sha256sum <"$HERE/build-modules.sh"
			sha256sum <"$HEADERS/Module.symvers"
			sha256sum <"$HEADERS/.config"
		} | sha256sum | cut -c1-16
	)
}

# Is the set in $OUT complete, and made with this key?  The stamp's lines without a # are
# the modules' checksums, so a set that is mixed or truncated does not count as up to
# date.
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

# Place the hooks by anchors, and add a module parameter that tells readers of the
# counters about it.
place_by_anchors() {
	"$ANCHORS" .
	cat >>arch/x86/kvm/x86.c <<-'EOF'

	/* No patches fit this kernel: anchors found the places of the exit counters. */
	static unsigned int exit_stats_by_anchors = 1;
	module_param(exit_stats_by_anchors, uint, 0444);
	MODULE_PARM_DESC(exit_stats_by_anchors,
			 "The exit counters' hooks were placed by anchors (read only)");
	EOF
}

# Make the patched source in $1; patch's messages go to the log.
make_source() {
	local dir patch fuzz=0

	[[ -z $ONLY ]] || fuzz=2
	cd -- "$1"
	for dir in "${PATCHED[@]}"; do
		[[ -e $SOURCE/$dir ]] || continue
		mkdir -p "$(dirname -- "$dir")"
		cp -rp -- "$SOURCE/$dir" "$dir"
	done
	chmod -R u+w .
	[[ -n $ONLY ]] || cp -p -- "${OURS[@]}" arch/x86/kvm/
	[[ -z $ANCHORS ]] || place_by_anchors
	for patch in "${PATCHES[@]}"; do
		echo "== ${patch##*/}"
		patch -p1 --fuzz="$fuzz" --batch --forward --no-backup-if-mismatch \
			<"$patch"
	done
	# This path is only valid inside a whole kernel tree.
	# shellcheck disable=SC2016 # for make, not for the shell
	sed 's,\$(srctree)/virt/kvm/Makefile\.kvm,$(src)/../../../virt/kvm/Makefile.kvm,' \
		arch/x86/kvm/Makefile >arch/x86/kvm/Kbuild
}

# Print in one line which patch failed on which file, which anchor was not found, or what
# else failed.
explain_patch_failure() {
	! grep -q '^anchors\.py: ' "$1" ||
		die "Linux $(source_version) has no patches, and its KVM is too different" \
			"for anchors: $(sed -n 's/^anchors\.py: //p' "$1")"
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

# Copy from $1 to $2, but only the files that differ, so that make compiles only these.
# Remove files that no longer exist.
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

# If there is no work tree, which keeps make's state between builds, copy the base's.  The
# copy must contain its own path, or make compiles everything again.
start_work() {
	local tmp from=$BASE/.work

	[[ -n $BASE && ! -d $WORK && -d $from ]] || return 0
	new_beside tmp "$WORK"
	cp -a -- "$from/." "$tmp"
	find "$tmp" \( -name '.*.cmd' -o -name '*.mod' -o -name modules.order \) \
		-exec sed -i "s,$from/,$WORK/,g" {} +
	publish "$tmp" "$WORK"
}

# Headers up to 6.12 have no resolve_btfids, and KVM has no list for it to fill in; from
# 7.x on it makes the BTF.  If the lab's kernel is from another release of Debian, it is
# built with the tools of that release.
compile() {
	local kvm=$WORK/arch/x86/kvm make=(make)

	[[ -x $HEADERS/tools/bpf/resolve_btfids/resolve_btfids ]] ||
		make+=(RESOLVE_BTFIDS=/bin/true)
	[[ -z $KTOOLS ]] || make=("$LAB/setup/toolbox.sh" run "$KTOOLS" "$BUILD" "$OUT"
		"$HEADERS" -- "${make[@]}")
	"${make[@]}" -C "$HEADERS" M="$kvm" KCFLAGS="-I$kvm -I$WORK/virt/kvm" \
		${ONLY_COMPILE:+CONFIG_DEBUG_INFO_BTF_MODULES=} \
		-j"$PROCESSORS" modules
}

# The observer reads KVM's types from the modules' BTF and cannot work without it.
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

how_made() {
	if [[ -n $ONLY ]]; then
		echo "with ${ONLY##*/} in place of our patches"
	elif [[ -n $ANCHORS ]]; then
		echo 'by anchors, as there are no patches'
	else
		echo "series $(basename -- "$SERIES")"
	fi
}

# Strip debug information but keep .BTF.  The stamp is written last: without it the set of
# modules is incomplete.
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
		echo "# Linux $version, $(how_made)${FAULT:+, with the fault $(basename -- "$FAULT")}"
		kernel_package_version "$HEADERS" | sed 's/^/# kernel /'
		(cd -- "$tmp" && sha256sum -- "${MODULES[@]}")
	} >"$tmp/stamp"
	# The file 'balanced' is about the modules that were here before.
	rm -f -- "$OUT/stamp" "$OUT/balanced"
	for module in "${MODULES[@]}" stamp; do
		mv -f -- "$tmp/$module" "$OUT/$module"
	done
}

main() {
	local tmp

	parse_options "$@"
	set_defaults
	check_inputs
	[[ -n $KTOOLS ]] || need_build_tools "$HEADERS"
	[[ -z $ANCHORS ]] || need python3
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
	# The work tree takes 100 MB, and the next such build starts from the base again.
	[[ -z $FAULT && ${ONLY:-none} == none ]] || rm -rf -- "$WORK"
}

main "$@"
