#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Runs rip.t on the emulated Intel host: the addresses of the instructions that exit.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/tap.sh
. tests/tap.sh
# shellcheck source=lab/tests/intel_host.sh
. lab/tests/intel_host.sh

intel_host intel-rip.t
lab/tests/rip.t --again intel "$intel_newest"
