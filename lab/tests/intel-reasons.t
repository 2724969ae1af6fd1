#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Runs reasons.t on the emulated Intel host: every exit reason that it can cause.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/tap.sh
. tests/tap.sh
# shellcheck source=lab/tests/intel_host.sh
. lab/tests/intel_host.sh

intel_host intel-reasons.t
lab/tests/reasons.t --again intel "$intel_newest"
