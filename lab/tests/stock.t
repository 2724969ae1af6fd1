#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Tests the observer on the newest kernel that the lab has, with the distribution's own
# modules.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/tap.sh
. tests/tap.sh

series=$(lab/setup/series.sh newest)
if [ -r "${BUILD:-build}/kernel/$series/current/kernel.env" ]; then
	# This runs lab/tests/observer.t.
	VMS=16 exec make -s lab KERNEL="$series" BOOK=bpf
fi
skip "all of $series" "Linux $series (lab/setup/prepare.sh $series)"
done_testing
