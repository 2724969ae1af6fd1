# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Functions about the series of kernels that the lab knows (lab/kernels/SERIES).  Source this
# file after lib.sh.

# known_series: prints the known series, one per line, the oldest first
known_series() {
	find "$LAB/kernels" -mindepth 2 -name series.conf -printf '%h\n' |
		sed 's,.*/,,' | sort -V
}

# has_patches SERIES: does kvm-instrumentation/ have patches for it?  The KVM of other
# series runs as it is.
has_patches() {
	[[ -d $TOP/kvm-instrumentation/patches/$1 ]]
}

# patched_series: prints the known series with patches, one per line, the oldest first
patched_series() {
	local series all

	all=$(known_series)
	for series in $all; do
		! has_patches "$series" || printf '%s\n' "$series"
	done
}

# tested_series: prints the series with patches on which the tests run, one per line: this
# distribution's own and the newest, or all if LAB_KERNELS is "all"
tested_series() {
	if [[ ${LAB_KERNELS:-} == all ]]; then
		patched_series
		return
	fi
	{
		default_series
		patched_series | tail -n 1
	} | sort -V -u
}

# refused_series: prints the known series that exitledger must refuse as too old, one per
# line, the oldest first
refused_series() {
	local series all

	all=$(known_series)
	for series in $all; do
		[[ -z $(series_fact "$series" REFUSED) ]] || printf '%s\n' "$series"
	done
}

# newest_series: prints the newest series that the lab knows, with patches or without
newest_series() {
	known_series | tail -n 1
}

# check_series SERIES: ends the script if the lab does not know it.
check_series() {
	local known

	[[ $1 =~ ^[0-9.]+$ && -r $LAB/kernels/$1/series.conf ]] && return 0
	known=$(known_series | paste -sd' ')
	die "no kernel series '$1'; known: ${known// /, }"
}

# check_kernel NAME: ends the script if there is no such kernel for L1.  NAME is a series, or the
# release of a kernel of this machine that machine-kernel.sh has taken.
check_kernel() {
	[[ $1 =~ ^[0-9][A-Za-z0-9.+~_-]*$ && -r $BUILD/kernel/$1/current/kernel.env ]] ||
		check_series "$1"
}

# kernel_of_release KREL: prints the series that was prepared with exactly this kernel, or
# nothing
kernel_of_release() {
	local series all

	all=$(known_series)
	for series in $all; do
		[[ ! -r $BUILD/kernel/$series/current/kernel.env ]] ||
			! grep -qxF "KREL=$1" "$BUILD/kernel/$series/current/kernel.env" ||
			printf '%s\n' "$series"
	done
}

# series_fact SERIES NAME: prints a variable of its series.conf, or nothing.
series_fact() (
	# shellcheck disable=SC1090
	. "$LAB/kernels/$1/series.conf"
	printf '%s' "${!2:-}"
)

# debian_release: prints the number of this system's release of Debian, such as 12 or 13;
# nothing if the system names none (testing), or is no Debian.
debian_release() {
	local file=${OS_RELEASE:-/etc/os-release}

	grep -qsxE "ID=[\"']?debian[\"']?" "$file" || return 0
	sed -n 's/^VERSION_ID="\{0,1\}\([0-9]*\).*/\1/p' "$file"
}

# Prints the own series of this machine's Debian, if it has patches; otherwise the newest
# series that has patches and is the own series of some Debian.
default_series() {
	local series all debian releases own=''

	debian=$(debian_release)
	all=$(patched_series)
	for series in $all; do
		releases=$(series_fact "$series" DEBIAN)
		[[ -n $releases ]] || continue
		own=$series
		[[ " $releases " != *" $debian "* ]] || break
	done
	printf '%s\n' "$own"
}

# Prints the series that have patches and whose kernel and modules lab/setup/prepare.sh has
# already made, one per line.
prepared_series() {
	local series all

	all=$(patched_series)
	for series in $all; do
		[[ ! -r $BUILD/kernel/$series/current/kernel.env ||
			! -r $BUILD/modules/$series/normal/stamp ]] ||
			printf '%s\n' "$series"
	done
}
