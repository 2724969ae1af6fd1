#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: boot-study.sh [--vendors "amd intel"] [--kernel SERIES] [--out DIR]
#                      [--again]
#
# Records a Linux guest's boot in emulated hosts, with nested paging and without, and
# exitwork's workloads, and writes docs/boot-study.md and its pictures from these runs.
# Both hosts run at the same time, for some ten minutes, or twenty-five on a busy machine.
# --vendors: the vendors of the hosts' processors (default: both).
# --out: the folder to write to (default: docs).
# --again: use the existing runs, without recording new ones.
#
# Exit status: 0; 3 if nothing could be written.

# shellcheck source=lab/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib.sh"
# shellcheck source=lab/setup/kernels.sh
. "$LAB/setup/kernels.sh"
DIE_STATUS=3

INTEL_RUNS='nested shadow work'	# Bochs is too slow for the other runs

OTHER=	# the process that runs the second host
trap '[[ -z $OTHER ]] || { kill "$OTHER" && wait "$OTHER"; } 2>/dev/null || true; cleanup' EXIT

parse_options() {
	VENDORS='amd intel' KERNEL=$(default_series) OUT=$TOP/docs AGAIN=''
	while [[ ${1:-} == -* ]]; do
		case $1 in
		--again) AGAIN=1 ;;
		--vendors | --kernel | --out)
			(($# > 1)) || usage
			printf -v "$(tr a-z- A-Z_ <<<"${1#--}")" '%s' "$2"
			shift
			;;
		*) usage ;;
		esac
		shift
	done
	(($# == 0)) || usage
	[[ $VENDORS =~ ^(amd|intel|amd intel)$ ]] || usage
}

results() { # VENDOR
	printf '%s\n' "$BUILD/results/boot-study-$KERNEL-$1"
}

# study VENDOR: record on that vendor's host.  On Bochs the intervals are longer, because each
# interval costs time there.
study() {
	local settings=()

	[[ $1 != intel ]] ||
		settings=(INTERVAL=1s RUNS="$INTEL_RUNS")
	# Use exec, so that $OTHER is the process of l1.sh, which the trap ends.
	exec "$LAB/machine/l1.sh" --vendor "$1" --tcg --kernel "$KERNEL" --timeout 3600 \
		--out "$(results "$1")" "$LAB/scenarios/boot-study.sh" \
		"${settings[@]}"
}
record_all() {
	local status=0 deps=(build demo pictures)

	[[ $VENDORS != *intel* ]] || deps+=(intel)
	"$LAB/setup/deps.sh" "${deps[@]}"
	lock
	"$LAB/setup/prepare.sh" "$KERNEL"
	# Release the lock, which each l1.sh takes while it makes the archives that it boots
	# with.
	unlock
	if [[ $VENDORS == *' '* ]]; then
		study "${VENDORS% *}" &
		OTHER=$!
	fi
	(study "${VENDORS##* }") || status=$?
	[[ -z $OTHER ]] || wait "$OTHER" || status=$?
	OTHER=
	((status == 0)) || die "a scenario failed with status $status"
}

main() {
	local start=$EPOCHREALTIME vendor hosts=()

	parse_options "$@"
	[[ -n $AGAIN ]] || record_all
	for vendor in $VENDORS; do
		[[ -d $(results "$vendor") ]] || die "no $(rel "$(results "$vendor")")"
		hosts+=("$vendor=$(results "$vendor")")
	done
	mkdir -p -- "$OUT"
	"$LAB/study/study.py" "$BUILD/bin/exitledger" "$OUT" "${hosts[@]}" ||
		die "no page was written"
	note "          $(rel "$OUT")/boot-study.md, and its pictures"
	printf '\n%s s in all\n' "$(since "$start")"
}

main "$@"
