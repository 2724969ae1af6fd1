#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Every exit reason that the emulated Intel host can provoke.
set -euo pipefail
exec "$(dirname "$0")/reasons.t" intel 6.12
