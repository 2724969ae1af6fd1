# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034
#
# lab_arguments WHICH ARGUMENT...: what a test of the lab is told, as "[--again] [amd|intel
# [SERIES...]]".  It sets again to l1.sh's option or to nothing, vendor, and kernels, which
# are those of "series_to_test WHICH" unless some are named.  Sourced by tests, after tap.sh.
lab_arguments() {
	local which=$1

	shift
	again=()
	if [ "${1:-}" = --again ]; then
		again=(--again)
		shift
	fi
	vendor=${1:-amd}
	kernels=("${@:2}")
	[ ${#kernels[@]} -eq 0 ] || return 0
	series_to_test "$which"
	kernels=("${SERIES[@]}")
}
