#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The kernel's side, as a kernel maintainer would look at it: style, sparse, the
# series, and whether the modules that were built are drop-in.  The lab's kernel
# must be there (lab/prepare.sh).
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=userspace/t/tap.sh
. userspace/t/tap.sh

build=$(realpath "${BUILD:-build}")
kvm='kvm-instrumentation'
series=$kvm/patches/6.1
# shellcheck disable=SC1091
. "$build/kernel/6.1/current/kernel.env"
modules=$build/modules/6.1/normal
work=$modules/.work

# Who submits a patch signs it; the others cannot.
checkpatch() {
	perl "$KSOURCE/scripts/checkpatch.pl" --no-tree --strict --quiet \
		--ignore MISSING_SIGN_OFF "$@"
}

run checkpatch -f $kvm/src/*
ok 'checkpatch --strict: src' status_is 0
checkpatch_of() { checkpatch - <"$1"; }
for patch in "$series"/*.patch; do
	run checkpatch_of "$patch"
	ok "checkpatch --strict: $(basename "$patch")" status_is 0
done

# Sparse and W=1 on a copy, so that the next build finds its own objects.
mkdir -p "$tap_dir/tree/arch/x86"
cp -a "$work/virt" "$tap_dir/tree/"
(cd "$work" && find arch/x86/kvm -name '*.[chS]' -o -name '*.def' \
	-o -name Kbuild | cpio -pdm --quiet "$tap_dir/tree")
copy=$tap_dir/tree/arch/x86/kvm
run make -C "$KHEADERS" M="$copy" C=2 W=1 RESOLVE_BTFIDS=/bin/true \
	KCFLAGS="-I$copy -I$tap_dir/tree/virt/kvm -Wno-missing-include-dirs" \
	exit_stats.o
ok 'exit_stats.c builds' status_is 0
ok 'sparse was run' out_has 'CHECK '
ok 'exit_stats.c: sparse and W=1 have nothing to say' \
	[ -z "$(grep -E 'exit_stats.*(warning|error)' "$tap_dir/err" \
		"$tap_dir/out")" ]

# What other modules see of kvm.ko has not changed by a bit.
symbols() {
	awk -F'\t' '$3 ~ /(^|\/)arch\/x86\/kvm\/kvm$/ { print $2, $1 }' "$1" |
		sort
}
symbols "$KHEADERS/Module.symvers" >"$tap_dir/theirs"
symbols "$work/arch/x86/kvm/Module.symvers" >"$tap_dir/ours"
theirs=$(wc -l <"$tap_dir/theirs")
same=$(join "$tap_dir/theirs" "$tap_dir/ours" | awk '$2 == $3' | wc -l)
ok "all exported symbols keep their CRC: $same of $theirs" \
	[ "$same" -eq "$theirs" ]
ok 'there are exported symbols' [ "$theirs" -gt 300 ]
for module in kvm kvm-amd kvm-intel; do
	ok "$module.ko has BTF" bash -c \
		"readelf -SW '$modules/$module.ko' | grep -q ' \.BTF '"
done

# The series for git am gives the tree that the modules were built from.
run $kvm/make-series.sh --source "$KSOURCE" --series "$series" \
	--out "$tap_dir/series"
ok 'the series for git am is made' status_is 0
mkdir -p "$tap_dir/am/arch/x86"
cp -a "$KSOURCE/arch/x86/kvm" "$tap_dir/am/arch/x86/"
am() (
	cd "$tap_dir/am"
	git init -q
	git add -A
	git -c user.name=t -c user.email=t@localhost commit -q -m base
	git -c user.name=t -c user.email=t@localhost am -q "$tap_dir"/series/*
)
run am
ok 'git am takes it' status_is 0
for file in exit_stats.c exit_stats.h svm/svm.c vmx/vmx.c cpuid.c Makefile; do
	ok "git am gives the same $file" \
		cmp -s "$tap_dir/am/arch/x86/kvm/$file" "$work/arch/x86/kvm/$file"
done

# A kernel that the series does not fit: said, and nothing built or changed.
mkdir "$tap_dir/other"
cp -a "$KSOURCE/arch" "$KSOURCE/virt" "$tap_dir/other/"
sed -i 's/trace_kvm_exit/trace_kvm_leave/' "$tap_dir/other/arch/x86/kvm/vmx/vmx.c"
run $kvm/build-modules.sh --source "$tap_dir/other" --headers "$KHEADERS" \
	--out "$tap_dir/none"
ok 'a kernel that does not fit: status' [ "$status" -ne 0 ]
ok 'a kernel that does not fit: one line' one_err_line
ok 'a kernel that does not fit: which patch' err_has '0003-KVM-VMX'
ok 'a kernel that does not fit: which file' err_has 'vmx.c'
ok 'a kernel that does not fit: no module' [ ! -e "$tap_dir/none/kvm.ko" ]

done_testing
