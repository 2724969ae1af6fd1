#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: demo.sh [--vendor amd|intel] [--kernel SERIES] [SCENARIO]
#
# Goes from a fresh machine to balanced books: installs missing packages, builds
# everything, runs a guest of known behaviour and a Linux guest in L1, and shows the
# books of both.  The default kernel is this distribution's own.  If another SCENARIO is
# named, it runs instead of the demo's, and the books NAME.json that it leaves in /results
# are shown.
#
# Exit status: the highest of all verdicts: 0 balanced, 1 discrepancy, 2 inconclusive; higher
# if there was no verdict.

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
	VENDOR='' KERNEL=''
	while [[ ${1:-} == -* ]]; do
		(($# > 1)) || usage
		case $1 in
		--vendor) VENDOR=$2 ;;
		--kernel) KERNEL=$2 ;;
		*) usage ;;
		esac
		shift 2
	done
	(($# <= 1)) || usage
	[[ -z $VENDOR || $VENDOR == amd || $VENDOR == intel ]] ||
		die "there is no lab '$VENDOR'; there are amd and intel"
	KERNEL=${KERNEL:-$(default_series)}
	check_series "$KERNEL"
	SCENARIO=${1:-$LAB/scenarios/demo.sh}
	[[ -f $SCENARIO && -r $SCENARIO ]] || die "no scenario $SCENARIO"
	RESULTS=$BUILD/results/${VENDOR:+$VENDOR-}$KERNEL-$(basename -- "$SCENARIO" .sh)
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
	local start=$EPOCHREALTIME status=0 deps=(build demo) vendor=()

	parse_options "$@"
	[[ $VENDOR != intel ]] || deps+=(intel)
	[[ -z $VENDOR ]] || vendor=(--vendor "$VENDOR")
	"$LAB/setup/deps.sh" "${deps[@]}"
	lock
	"$LAB/setup/prepare.sh" "$KERNEL"
	unlock
	"$LAB/machine/l1.sh" "${vendor[@]}" --kernel "$KERNEL" --out "$RESULTS" \
		"$SCENARIO" || status=$?
	((status == 0)) || die "the scenario failed with status $status"
	WORST=0
	show_all
	printf '\n%s s in all, %s MB in %s\n' "$(since "$start")" \
		"$(du -sm --exclude=.lock "$BUILD" | cut -f1)" "$(rel "$BUILD")"
	exit "$WORST"
}

main "$@"
