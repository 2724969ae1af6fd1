#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: demo.sh
#
# From a fresh machine to balanced books: installs what is missing, builds all,
# runs a guest of known behaviour and a Linux guest in L1, and shows the books
# of both.  Ends with the worse verdict's status: 0 balanced, 1 discrepancy,
# 2 inconclusive; more if it did not come to one.

# shellcheck source=lab/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
DIE_STATUS=3

RESULTS=$BUILD/results/demo

# show TITLE BOOKS: their table; $WORST is the worst verdict so far.
show() {
	local status=0

	printf '\n%s\n\n' "$1"
	"$BUILD/bin/exitledger" compare --replay "$RESULTS/$2" || status=$?
	((status <= WORST)) || WORST=$status
}

main() {
	local start=$EPOCHREALTIME status=0

	"$LAB/deps.sh"
	lock
	"$LAB/prepare.sh"
	"$LAB/l1.sh" --out "$RESULTS" "$LAB/scenarios/demo.sh" || status=$?
	((status == 0)) || die "the scenario failed with status $status"
	WORST=0
	show "A guest that executes a known number of instructions:" micro.json
	show "A Linux guest's boot, as its exitleaf reads it at the end:" \
		linux.json
	printf '\n%s s in all, %s MB in %s\n' "$(since "$start")" \
		"$(du -sm --exclude=.lock "$BUILD" | cut -f1)" "$(rel "$BUILD")"
	exit "$WORST"
}

main "$@"
