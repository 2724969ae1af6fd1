#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: prepare.sh [--faults] [--intel] [--available | SERIES...]
#
# Makes all that the lab runs: the programs, the kernels (default: this distribution's own),
# and their KVM modules with the exit counters.
# --faults: also make modules that count wrong, for the tests; for the first SERIES.
# --intel: also make the emulator of the Intel host.
# --available: all series that the tests use (LAB_KERNELS=all: all that have patches), those
# that are too old for exitledger, and the newest one; series that cannot be downloaded are
# left out.

# shellcheck source=lab/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib.sh"
# shellcheck source=lab/setup/kernels.sh
. "$LAB/setup/kernels.sh"
INSTRUMENTATION=$TOP/kvm-instrumentation

parse_options() {
	FAULTS='' AVAILABLE='' INTEL='' PART=''
	OPTIONS=("$@")
	while [[ ${1:-} == --* ]]; do
		case $1 in
		--faults) FAULTS=1 ;;
		--available) AVAILABLE=1 ;;
		--intel) INTEL=1 ;;
		--part)
			(($# > 1)) || usage
			PART=$2
			shift
			;;
		*) usage ;;
		esac
		shift
	done
	SERIES=("$@")
	[[ -z $AVAILABLE || $# == 0 ]] || usage
	for series; do
		check_series "$series"
	done
	OWN=${1:-$(default_series)}
	if [[ -n $AVAILABLE ]]; then
		mapfile -t SERIES <<<"$(
			{ refused_series; tested_series; newest_series; } | sort -V -u)"
	elif ((! $#)); then
		SERIES=("$OWN")
	fi
}

# can_build SERIES: can the modules be built here?  The tools of another Debian need a mount
# namespace, which a container may not have.
can_build() {
	local tools

	tools=$(sed -n 's/^KTOOLS=//p' "$BUILD/kernel/$1/current/kernel.env") ||
		return 0
	[[ -z $tools ]] || "$LAB/setup/toolbox.sh" run "$tools" -- true
}

# prepare_series SERIES: make its kernel, and its modules if it has patches.  With
# --available, a series that cannot be downloaded is left out, except for this distribution's
# own.
prepare_series() {
	local status=0

	"$LAB/setup/kernel.sh" "$1" || status=$?
	if ((status == 4)) && [[ -n $AVAILABLE && $1 != "$OWN" ]]; then
		note "          without Linux $1"
		rm -rf -- "$BUILD/kernel/$1"
		return 0
	fi
	((status == 0)) || exit "$status"
	has_patches "$1" || return 0
	if [[ -n $AVAILABLE && $1 != "$OWN" ]] && ! can_build "$1"; then
		note "          without the patched KVM of Linux $1"
		rm -rf -- "$BUILD/modules/$1"
		return 0
	fi
	"$INSTRUMENTATION/build-modules.sh" --kernel "$1"
}

# Build Bochs.  If its source cannot be downloaded, the lab uses Debian's own program
# (lab/machine/bochs.sh).
prepare_bochs() {
	local status=0

	"$LAB/setup/build-bochs.sh" || status=$?
	((status == 0 || status == 4)) || exit "$status"
}

prepare_part() { # bochs|SERIES
	if [[ $1 == bochs ]]; then
		prepare_bochs
		return 0
	fi
	prepare_series "$1"
	[[ -n $FAULTS && $1 == "$OWN" ]] || return 0
	"$INSTRUMENTATION/build-modules.sh" --kernel "$1" \
		--fault "$INSTRUMENTATION/faults/mutants.patch"
}

# If a part fails, it says why, and xargs ends with status 123.
run_parts() { # PART...
	printf '%s\n' "$@" |
		xargs -I PART -P "$PROCESSORS" -- "$0" --part PART "${OPTIONS[@]}"
}

prepare_parts() {
	local part parts=()

	# This distribution's own kernel first, as its part takes longest.
	for part in "${SERIES[@]}"; do
		if [[ $part == "$OWN" ]]; then
			parts=("$part" "${parts[@]}")
		else
			parts+=("$part")
		fi
	done
	[[ -z $INTEL ]] || parts+=(bochs)
	if ((${#parts[@]} == 1)); then
		prepare_part "${parts[0]}"
		return 0
	fi
	spawn run_parts "${parts[@]}"
	reap
	((RUN_STATUS == 0)) || exit 1
}

main() {
	parse_options "$@"
	need make xargs
	# A make that has started this script must not pass its options to the one below.
	unset MAKEFLAGS MFLAGS MAKELEVEL
	lock
	if [[ -n $PART ]]; then
		prepare_part "$PART"
		return 0
	fi
	step "build the programs" programs \
		make -s -C "$TOP" BUILD="$BUILD" programs
	prepare_parts
}

main "$@"
