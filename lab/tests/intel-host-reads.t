#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The host reads KVM's counters on the emulated Intel host.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/tap.sh
. tests/tap.sh
# shellcheck source=lab/tests/intel_host.sh
. lab/tests/intel_host.sh

intel_host intel-host-reads.t
lab/tests/host-reads.t --again intel "$intel_own"
