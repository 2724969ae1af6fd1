#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: demo.sh [--vendor amd|intel] [--kernel SERIES | --modules DIR] [SCENARIO]
#        demo.sh --book bpf [--vendor amd|intel] [--kernel SERIES]
#
# Goes from a fresh machine to balanced books: installs missing packages, builds
# everything, runs a guest of known behaviour and a Linux guest in L1, and shows the
# books of both.  The default kernel is this distribution's own.  If another SCENARIO is
# named, it runs instead of the demo's, and the books NAME.json that it leaves in /results
# are shown.
#
# --book bpf tries the observer alone, on the distribution's own KVM, and so on any kernel:
# attached in each way, with one vCPU and with four, by key, in a recorded run.  Each count
# must be the number of instructions that the guest executed.
#
# Exit status: the highest of all verdicts: 0 balanced, 1 discrepancy, 2 inconclusive; higher
# if there was no verdict.  With --book bpf: 0 if all counts were exact.

# shellcheck source=lab/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib.sh"
# shellcheck source=lab/setup/kernels.sh
. "$LAB/setup/kernels.sh"
DIE_STATUS=3

# show TITLE BOOKS: show the books' table, and keep the worst verdict so far in $WORST
show() {
	local status=0

	printf '\n%s\n\n' "$1"
	"$BUILD/bin/exitledger" compare --replay "$RESULTS/$2" || status=$?
	((status <= WORST)) || WORST=$status
}

parse_options() {
	VENDOR='' KERNEL='' MODULES='' BOOK=''
	while [[ ${1:-} == -* ]]; do
		(($# > 1)) || usage
		case $1 in
		--vendor) VENDOR=$2 ;;
		--kernel) KERNEL=$2 ;;
		--modules) MODULES=$2 ;;
		--book) BOOK=$2 ;;
		*) usage ;;
		esac
		shift 2
	done
	(($# <= 1)) || usage
	[[ -z $VENDOR || $VENDOR == amd || $VENDOR == intel ]] ||
		die "there is no lab '$VENDOR'; there are amd and intel"
	[[ -z $MODULES || -z $KERNEL ]] || usage
	[[ -z $BOOK || ($BOOK == bpf && -z $MODULES && $# == 0) ]] || usage
	if [[ -n $MODULES ]]; then
		check_modules
	else
		KERNEL=${KERNEL:-$(default_series)}
		check_series "$KERNEL"
		[[ -n $BOOK || $# != 0 ]] || has_patches "$KERNEL" ||
			die "Linux $KERNEL has no patches, so its KVM has no book to compare" \
				"with; --book bpf (make lab KERNEL=$KERNEL BOOK=bpf) tries the" \
				"observer alone"
	fi
	SCENARIO=${1:-$LAB/scenarios/demo.sh}
	[[ -f $SCENARIO && -r $SCENARIO ]] || die "no scenario $SCENARIO"
	RESULTS=$BUILD/results/${VENDOR:+$VENDOR-}${KERNEL:-$KREL}-$(basename -- "$SCENARIO" .sh)
}

# Set MODULES to an absolute path, and KREL to the kernel that they are for.
check_modules() {
	[[ -d $MODULES ]] || die "there is no directory $MODULES;" \
		"'make -C kvm-instrumentation modules' builds modules in build/modules/KREL"
	MODULES=$(realpath -- "$MODULES")
	[[ -r $MODULES/stamp ]] || die "$MODULES has no KVM modules of ours: there is no stamp"
	need modinfo
	KREL=$(modinfo -F vermagic "$MODULES/kvm.ko" | cut -d' ' -f1)
}

# Prepare the kernel that the modules are for: one of the lab's, or this machine's.
prepare_kernel() {
	if [[ -z $MODULES$BOOK ]]; then
		"$LAB/setup/prepare.sh" "$KERNEL"
		return 0
	fi
	step "build the programs" programs make -s -C "$TOP" BUILD="$BUILD" programs
	if [[ -n $BOOK ]]; then
		"$LAB/setup/kernel.sh" "$KERNEL"
		return 0
	fi
	KERNEL=$(kernel_of_release "$KREL")
	[[ -z $KERNEL ]] || return 0
	"$LAB/setup/machine-kernel.sh" "$KREL"
	KERNEL=$KREL
}

# build_id MODULE DIR: print the build ID of a module in hexadecimal.  DIR is for a temporary
# file.  The ID follows the header of an ELF note, which has 16 bytes (elf(5)).
build_id() {
	local id

	objcopy -O binary --only-section=.note.gnu.build-id "$1" "$2/note"
	id=$(od -An -v -t x1 -j 16 -- "$2/note" | tr -d ' \n')
	[[ -n $id ]] || die "$(rel "$1") has no build ID, so it cannot be recognized later"
	printf '%s\n' "$id"
}

# Write to the file "balanced" which modules of this set balanced, on which vendor's host:
#	VENDOR KVM-BUILD-ID VENDOR-BUILD-ID DATE
# Other vendors' lines are kept.
mark_balanced() {
	local vendor kvm module tmp file=$MODULES/balanced

	vendor=$(sed -n 's/.*"vendor": *"\(kvm_[a-z]*\)".*/\1/p' "$RESULTS/micro.json")
	[[ -n $vendor ]] || die "$(rel "$RESULTS/micro.json") names no vendor"
	new_beside tmp "$file"
	kvm=$(build_id "$MODULES/kvm.ko" "$tmp")
	module=$(build_id "$MODULES/${vendor/_/-}.ko" "$tmp")
	{
		[[ ! -e $file ]] || awk -v vendor="$vendor" '$1 != vendor' "$file"
		printf '%s %s %s %(%F)T\n' "$vendor" "$kvm" "$module" -1
	} >"$tmp/balanced"
	publish "$tmp/balanced" "$file"
	note "the books balance with these modules on $vendor: $(rel "$file") says so"
}

show_all() {
	local books shown=''

	if [[ $SCENARIO -ef $LAB/scenarios/demo.sh ]]; then
		show "A guest that executes a known number of instructions:" \
			micro.json
		show "A Linux guest's boot, as its exitleaf reads it at the end:" \
			linux.json
		return
	fi
	for books in "$RESULTS"/*.json; do
		grep -q '"exitledger-books"' "$books" 2>/dev/null || continue
		show "$(basename -- "$books"):" "${books##*/}"
		shown=1
	done
	[[ -n $shown ]] || note "          the scenario left no books to show"
}

main() {
	local start=$EPOCHREALTIME status=0 deps=(build demo) vendor=() modules=()

	parse_options "$@"
	[[ $VENDOR != intel ]] || deps+=(intel)
	[[ -z $VENDOR ]] || vendor=(--vendor "$VENDOR")
	"$LAB/setup/deps.sh" "${deps[@]}"
	lock
	prepare_kernel
	unlock
	[[ -z $BOOK ]] || exec "$LAB/tests/observer.t" "$KERNEL" "${VENDOR:-amd}" stock
	[[ -z $MODULES ]] || modules=(--modules "$MODULES")
	"$LAB/machine/l1.sh" "${vendor[@]}" --kernel "$KERNEL" "${modules[@]}" \
		--out "$RESULTS" "$SCENARIO" || status=$?
	((status == 0)) || die "the scenario failed with status $status"
	WORST=0
	show_all
	if [[ $WORST == 0 && -n $MODULES && $SCENARIO -ef $LAB/scenarios/demo.sh ]] &&
		grep -q ', by anchors,' "$MODULES/stamp"; then
		mark_balanced
	fi
	printf '\n%s s in all, %s MB in %s\n' "$(since "$start")" \
		"$(du -sm --exclude=.lock "$BUILD" | cut -f1)" "$(rel "$BUILD")"
	exit "$WORST"
}

main "$@"
