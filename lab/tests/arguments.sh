# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034
#
# Tests of the lab source this file after tap.sh.
#
# lab_arguments WHICH ARGUMENT...: parse a test's arguments, "[--again] [amd|intel
# [SERIES...]]".  This sets again (l1.sh's option, or empty), vendor, and kernels: the SERIES
# or, if none are given, those of "series_to_test WHICH".
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
