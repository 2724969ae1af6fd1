#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Situations in which naive counters are wrong, on the emulated Intel host.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec lab/tests/edges.t intel "$(lab/setup/series.sh default)"
