#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: series.sh default|known|prepared
#
# Prints series of kernels, one per line: this distribution's own; all that the lab
# knows; those of them whose kernel is there, as lab/setup/prepare.sh has made it.

# shellcheck source=lab/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib.sh"
# shellcheck source=lab/setup/kernels.sh
. "$LAB/setup/kernels.sh"

case ${1:-} in
default | known | prepared) "$1_series" ;;
*) usage ;;
esac
