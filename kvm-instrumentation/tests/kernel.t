#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Tests the kernel's side as a kernel maintainer would: its style, sparse, the series, and
# whether the built modules can replace the distribution's.  The test is for every kernel
# that lab/setup/prepare.sh has prepared.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/tap.sh
. tests/tap.sh

build=$(realpath "${BUILD:-build}")
kvm='kvm-instrumentation'

# Some checks are left out.  Only the person who submits a patch can sign it off.  There
# is no history here in which checkpatch could look up a commit.  MAINTAINERS needs no
# change: the files that the patches add are in folders that it has as KVM's.
checkpatch() {
	perl "$KSOURCE/scripts/checkpatch.pl" --no-tree --strict --quiet \
		--ignore MISSING_SIGN_OFF --ignore UNKNOWN_COMMIT_ID \
		--ignore FILE_PATH_CHANGES \
		"$@"
}

checkpatch_of() { checkpatch - <"$1"; }

# Check the style of our files, and of each patch.
test_style() {
	local patch

	# checkpatch of 7.x wants kzalloc_obj(), which older kernels lack; our files are for
	# all kernels.
	run checkpatch --ignore ALLOC_WITH_SIZEOF -f $kvm/src/*
	ok "$name: checkpatch --strict: src" status_is 0
	for patch in "$series"/*.patch; do
		run checkpatch_of "$patch"
		ok "$name: checkpatch --strict: $(basename "$patch")" status_is 0
	done
}

# kernel_make ARGUMENT...: run make with the tools of the kernel's Debian
kernel_make() {
	local make=(make)

	[ -z "$KTOOLS" ] || make=(lab/setup/toolbox.sh run "$KTOOLS" "$build"
		"$temp" -- make)
	"${make[@]}" "$@"
}

# complaints: print the complaints of sparse and W=1 about our files.  Debian's sparse has one
# about every module parameter of 7.3, even about KVM's own; that one is left out.
complaints() {
	local all='exit_(stats|leaves|file).*(warning|error)' known=':$'

	! grep -q '^svm/svm\.c:.* error: bad constant expression$' "$tap_dir/err" ||
		known=' error: bad constant expression$'
	grep -hE "$all" "$tap_dir/err" "$tap_dir/out" | grep -v "$known" || true
}

# Run sparse and W=1 on a copy, so that the next build finds its own objects.
test_sparse() {
	local copy=$temp/tree/arch/x86/kvm

	mkdir -p "$temp/tree/arch/x86"
	cp -a "$work/virt" "$temp/tree/"
	(cd "$work" && find arch/x86/kvm -name '*.[chS]' -o -name '*.def' \
		-o -name Kbuild | cpio -pdm --quiet "$temp/tree")
	# 7.3 asks a script whether sparse is new enough, and sets KBUILD_CHECKSRC;
	# Debian's headers lack the script.  Debian's sparse does not know C23's
	# typeof_unqual.
	run kernel_make -C "$KHEADERS" M="$copy" C=2 W=1 KBUILD_CHECKSRC=2 \
		CF=-D__typeof_unqual__=__typeof__ \
		KCFLAGS="-I$copy -I$temp/tree/virt/kvm -Wno-missing-include-dirs" \
		exit_stats.o exit_leaves.o exit_file.o cpuid.o svm/svm.o vmx/vmx.o
	ok "$name: what has counters in it builds" status_is 0
	ok "$name: sparse was run" out_has 'CHECK '
	ok "$name: sparse and W=1 have nothing to say of them" \
		[ -z "$(complaints)" ]
}

symbols() {
	awk -F'\t' '$3 ~ /(^|\/)arch\/x86\/kvm\/kvm$/ || $3 == "kvm" { print $2, $1 }' "$1" |
		sort
}

# Check that the symbols that kvm.ko exports to other modules have not changed.  Debian's
# 7.3 has no CRCs, so all of its CRCs are 0.
test_symbols() {
	local theirs same module

	symbols "$KHEADERS/Module.symvers" >"$temp/theirs"
	symbols "$work/arch/x86/kvm/Module.symvers" >"$temp/ours"
	theirs=$(wc -l <"$temp/theirs")
	same=$(join "$temp/theirs" "$temp/ours" | awk '$2 == $3' | wc -l)
	ok "$name: all exported symbols keep their CRC: $same of $theirs" \
		[ "$same" -eq "$theirs" ]
	ok "$name: there are exported symbols" [ "$theirs" -gt 300 ]
	ok "$name: modinfo describes the three parameters" [ 3 -eq \
		"$(modinfo -p "$modules/kvm.ko" |
			grep -cE '^exit_stats[a-z_]*:[A-Z].* \((uint|bool)\)$')" ]
	for module in kvm kvm-amd kvm-intel; do
		ok "$name: $module.ko has BTF" bash -c \
			"readelf -SW '$modules/$module.ko' | grep -q ' \.BTF '"
	done
}

am() (
	cd "$temp/am"
	git init -q
	git add -A
	git -c user.name=t -c user.email=t@localhost commit -q -m base
	git -c user.name=t -c user.email=t@localhost am -q "$temp"/series/*
)

# Check that the series for git am gives the tree that the modules were built from.
test_series() {
	local file

	run $kvm/make-series.sh --source "$KSOURCE" --series "$series" \
		--out "$temp/series"
	ok "$name: the series for git am is made" status_is 0
	mkdir -p "$temp"/am/{arch/x86,tools/testing/selftests,Documentation/virt}
	cp -a "$KSOURCE/arch/x86/kvm" "$temp/am/arch/x86/"
	cp -a "$KSOURCE/tools/testing/selftests/kvm" \
		"$temp/am/tools/testing/selftests/"
	cp -a "$KSOURCE/Documentation/virt/kvm" "$temp/am/Documentation/virt/"
	run am
	ok "$name: git am takes it" status_is 0
	for file in exit_stats.c exit_stats.h exit_leaves.c svm/svm.c vmx/vmx.c cpuid.c \
		Makefile; do
		ok "$name: git am gives the same $file" cmp -s \
			"$temp/am/arch/x86/kvm/$file" \
			"$work/arch/x86/kvm/$file"
	done
	ok "$name: git am adds the documentation, with its place in the index" \
		grep -qx '   exit-stats' "$temp/am/Documentation/virt/kvm/x86/index.rst"
	ok "$name: git am adds the documentation, with its place in the index: which has every leaf" [ "$(grep -c '^0x4ffffff' \
		"$temp/am/Documentation/virt/kvm/x86/exit-stats.rst")" = 7 ]
	test_selftest "$temp/am/tools/testing/selftests/kvm"
}

# Check that the series adds the selftest.  Up to 6.1, .gitignore lists programs one by
# one; from 6.12 on it has all of them.  From 6.14 on the folder is x86, and no longer
# x86_64.
test_selftest() {
	local arch=x86_64 makefile=Makefile test

	[ ! -d "$1/x86" ] || arch=x86 makefile=Makefile.kvm
	test=$arch/exit_stats_test
	ok "$name: git am adds the selftest" [ -s "$1/$test.c" ]
	ok "$name: git am adds the selftest: to those that are built" \
		grep -qx "TEST_GEN_PROGS_$arch += $test" "$1/$makefile"
	ok "$name: git am adds the selftest: git ignores the program" \
		git -C "$1" check-ignore -q "$test"
}

# For bisecting, the series must build up to each of its patches.  The whole series was built
# before.  From there on, take away the last of the patches that change compiled code, one at
# a time, so that little must be compiled again.
test_each_builds() {
	local patches compiled nr

	patches=$(cd "$series" && echo *.patch)
	compiled=$(cd "$series" && grep -lP '^\+\+\+ b/(?!Documentation/|tools/)' -- *.patch)
	mapfile -t compiled <<<"$compiled"
	ok "$name: the patches that are compiled come first: ${#compiled[@]}" \
		[ "${patches#"${compiled[*]}"}" != "$patches" ]
	mkdir "$temp/first"
	cp "$series"/*.patch "$temp/first/"
	for ((nr = ${#compiled[@]} - 1; nr > 0; nr--)); do
		rm "$temp/first/${compiled[nr]}"
		run $kvm/build-modules.sh --kernel "$name" \
			--series "$temp/first" --base "$modules" \
			--only-compile --out "$temp/built"
		ok "$name: it builds up to ${compiled[nr - 1]}" status_is 0
	done
	rm -rf "$temp/built"
}

# If the series does not fit a kernel, this is said, and nothing is built or changed.
test_misfit() {
	mkdir "$temp/other"
	cp -a "$KSOURCE/arch" "$KSOURCE/virt" "$temp/other/"
	sed -i 's/trace_kvm_exit/trace_kvm_leave/' \
		"$temp/other/arch/x86/kvm/vmx/vmx.c"
	run $kvm/build-modules.sh --kernel "$name" --source "$temp/other" \
		--out "$temp/none"
	ok "$name: a kernel that does not fit: status" [ "$status" -ne 0 ]
	ok "$name: a kernel that does not fit: one line" one_err_line
	ok "$name: a kernel that does not fit: which patch" err_has '0003-KVM-VMX'
	ok "$name: a kernel that does not fit: which file" err_has 'vmx.c'
	ok "$name: a kernel that does not fit: no module" [ ! -e "$temp/none/kvm.ko" ]
}

series_to_test tested
for name in "${SERIES[@]}"; do
	series=$kvm/patches/$name
	temp=$tap_dir/$name
	modules=$build/modules/$name/normal
	work=$modules/.work
	mkdir "$temp"
	# shellcheck disable=SC1090
	. "$build/kernel/$name/current/kernel.env"
	test_style
	test_sparse
	test_symbols
	test_series
	test_each_builds
	test_misfit
done

done_testing
