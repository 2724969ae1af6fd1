#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# What naive counters get wrong, on the emulated Intel host.
set -euo pipefail
exec "$(dirname "$0")/edges.t" intel 6.1
