#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: top-picture.sh
#
# Makes docs/monitor-top.svg anew, from a recording of the live view on an emulated host.

# shellcheck source=lab/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib.sh"

results=$BUILD/results/top-picture
"$LAB/setup/deps.sh" build demo check
lock
"$LAB/setup/prepare.sh" 6.1
lines=14
"$LAB/machine/l1.sh" --vendor amd --kernel 6.1 --out "$results" "$LAB/scenarios/top.sh" \
	TOP_LINES=$lines
"$LAB/pictures/screen-svg.py" --lines "$lines" --title 'exitledger monitor --top: the exits of a VM' \
	"$results/top.typescript" >"$TOP/docs/monitor-top.svg.new"
mv -- "$TOP/docs/monitor-top.svg.new" "$TOP/docs/monitor-top.svg"
note "docs/monitor-top.svg is new"
