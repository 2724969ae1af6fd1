#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Runs edges.t on the emulated Intel host: situations in which naive counters are wrong.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/tap.sh
. tests/tap.sh
# shellcheck source=lab/tests/intel_host.sh
. lab/tests/intel_host.sh

intel_host intel-edges.t
lab/tests/edges.t --again intel "$intel_own"
