#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: build-selftests.sh [SERIES [TEST...]]
#
# Builds the kernel's own KVM selftests (tools/testing/selftests/kvm), together with
# those of our series of patches, from the source that lab/setup/kernel.sh SERIES has
# fetched (default: this distribution's own).  Builds the named TESTs, or all.  They go to
# build/selftests/SERIES as static programs.  The file `list` there has the paths of all
# tests in the Makefile's order, and `stamp` has the tests that were built.

# shellcheck source=lab/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib.sh"
# shellcheck source=lab/setup/kernels.sh
. "$LAB/setup/kernels.sh"
INSTRUMENTATION=$TOP/kvm-instrumentation
SELFTESTS=tools/testing/selftests

# The parts of the kernel's source from which its headers for user space and these tests
# are built.
SOURCES=(Makefile Kbuild Kconfig include scripts usr arch/x86
	tools/arch/x86 tools/build tools/include tools/lib tools/scripts
	"$SELFTESTS"/{kvm,rseq,lib.mk,kselftest.h,kselftest_harness.h})

unpack() { # DIR
	local more sources

	more=$(series_fact "$SERIES" SELFTEST_SOURCES)
	# shellcheck disable=SC2206 # a list of words
	sources=("${SOURCES[@]}" $more)
	try dpkg-deb --fsys-tarfile "$DEB" |
		try tar -xO "./usr/src/linux-source-$SERIES.tar.xz" |
		try xz -dc -T0 |
		try tar -x -C "$1" --strip-components=1 \
			"${sources[@]/#/linux-source-$SERIES/}"
}

# kernel_make DIR ARG...: run make without the options of a make that has started this script
kernel_make() (
	unset MAKEFLAGS MFLAGS MAKELEVEL
	export LDFLAGS=-static
	make -C "$1" -s -j"$PROCESSORS" ARCH=x86_64 "${@:2}"
)

# Print the tests of a list that were asked for.
wanted() { # LIST
	local test path

	while read -r path; do
		for test in "${TESTS[@]:-"$path"}"; do
			[[ ${path##*/} != "${test##*/}" ]] || printf '%s\n' "$path"
		done
	done <"$1"
}

# Were all tests that were asked for built from this source before?
up_to_date() {
	local key test tests

	[[ -r $OUT/stamp ]] && read -r key <"$OUT/stamp" && [[ $key == "$KEY" ]] ||
		return 1
	tests=$(wanted "$OUT/list") || return
	for test in $tests; do
		[[ -x $OUT/$test ]] || return 1
	done
}

build() { # SOURCE OUT
	local patch test tests

	for patch in "${PATCHES[@]}"; do
		patch -d "$1" -p1 --fuzz=0 --batch --forward <"$patch"
	done
	cp -- "${HEADERS[@]}" "$1/arch/x86/kvm/"
	# From 6.14 on the tests are listed in another makefile, as TEST_GEN_PROGS_x86.
	sed -n 's/^TEST_GEN_PROGS_x86\(_64\)\{0,1\} *+\{0,1\}= *//p' \
		"$1/$SELFTESTS"/kvm/Makefile* >"$2/list"
	[[ -s $2/list ]] || die "the kernel's makefile names no KVM selftests"
	tests=$(wanted "$2/list")
	[[ -n $tests ]] || die "there is no test '${TESTS[*]}'"
	mapfile -t tests <<<"$tests"
	kernel_make "$1" headers
	kernel_make "$1/$SELFTESTS/kvm" \
		EXTRA_CFLAGS="$(series_fact "$SERIES" SELFTEST_FLAGS)" \
		"${tests[@]/#/$1/$SELFTESTS/kvm/}"
	for test in "${tests[@]}"; do
		mkdir -p -- "$2/$(dirname -- "$test")"
		strip -o "$2/$test" "$1/$SELFTESTS/kvm/$test"
	done
	printf '%s\n' "$KEY" "${tests[@]}" >"$2/stamp"
}

main() {
	local tmp env patches

	[[ ${1:-} != -* ]] || usage
	SERIES=${1:-$(default_series)} TESTS=("${@:2}")
	check_series "$SERIES"
	need make gcc patch xz dpkg-deb strip
	env=$BUILD/kernel/$SERIES/current/kernel.env
	[[ -r $env ]] || die "no kernel's source; run lab/setup/kernel.sh $SERIES"
	# shellcheck disable=SC1090
	. "$env"
	OUT=$BUILD/selftests/$SERIES
	DEB=$BUILD/cache/debs/$SERIES/linux-source-${SERIES}_${KVERSION//:/%3a}_all.deb
	HEADERS=("$INSTRUMENTATION"/src/exit_{file,leaves}.h)
	patches=$(grep -l "^+++ b/$SELFTESTS/kvm/" \
		"$INSTRUMENTATION/patches/$SERIES"/*.patch)
	mapfile -t PATCHES <<<"$patches"
	KEY="$KVERSION $(hash_of "${PATCHES[@]}" "${HEADERS[@]}" "$LAB/jobs/build-selftests.sh")"
	lock
	if up_to_date; then
		note "          KVM selftests are up to date: $(rel "$OUT")"
		return 0
	fi
	[[ -r $DEB ]] || die "no $(rel "$DEB"); remove" \
		"$(rel "$BUILD")/kernel/$SERIES and run lab/setup/kernel.sh $SERIES"
	new_beside tmp "$OUT"
	mkdir "$tmp/source" "$tmp/out"
	step "unpack the source of the KVM selftests ($SERIES)" \
		"selftests-$SERIES-unpack" unpack "$tmp/source"
	step "build the KVM selftests ($SERIES)" "selftests-$SERIES-build" \
		build "$tmp/source" "$tmp/out"
	publish "$tmp/out" "$OUT"
	rm -rf -- "$tmp"
}

main "$@"
