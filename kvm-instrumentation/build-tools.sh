# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The tools that build kernel modules.  Sourced after lab/lib.sh.

# need_build_tools HEADERS: end the script if the compiler that built the kernel, or
# another tool that is needed to build modules with these headers, is missing
need_build_tools() {
	local compiler

	compiler=$(sed -n 's/^CONFIG_CC_VERSION_TEXT="\([^ ]*\).*/\1/p' \
		"$1/.config")
	compiler=${compiler:-gcc}
	[[ -n $(type -P "$compiler") ]] ||
		die "no compiler $compiler, by which the kernel was built;" \
			"$(to_install "${compiler#x86_64-linux-gnu-}")"
	need make patch ld strip objcopy readelf cmp
	! grep -qx CONFIG_DEBUG_INFO_BTF_MODULES=y "$1/.config" || need pahole
}
