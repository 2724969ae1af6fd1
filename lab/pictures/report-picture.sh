#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: report-picture.sh RUN
#
# Makes docs/report.png anew: the upper part of a recorded run's page.

# shellcheck source=lab/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib.sh"

HEIGHT=830
LIMIT=200000 # bytes of the picture, as it is kept in the repository

[ $# -eq 1 ] || usage
run=$1
"$LAB/setup/deps.sh" build demo pictures
make -s -C "$TOP" programs
page=$(mktemp -d)
trap 'rm -rf "$page"' EXIT
"$BUILD/bin/exitledger" report "$run" -o "$page/page.html"
"$LAB/pictures/page-png.py" "$page/page.html" "$HEIGHT" >"$page/report.png"
size=$(stat -c %s "$page/report.png")
((size < LIMIT)) || die "the picture has $size bytes, more than the limit of $LIMIT"
cp -- "$page/report.png" "$TOP/docs/report.png"
note "docs/report.png is new"
