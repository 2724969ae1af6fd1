#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: series.sh default|newest|known|patched|refused|tested|prepared
#
# Prints series of kernels, one per line.  default: this distribution's own; newest: the
# newest one; known: all that the lab knows; patched: those that have patches; refused:
# those that are too old for exitledger; tested: of those with patches, the two on which
# the tests run (all, with LAB_KERNELS=all); prepared: of those with patches, those whose
# kernel and modules lab/setup/prepare.sh has made.

# shellcheck source=lab/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib.sh"
# shellcheck source=lab/setup/kernels.sh
. "$LAB/setup/kernels.sh"

case ${1:-} in
default | newest | known | patched | refused | tested | prepared) "$1_series" ;;
*) usage ;;
esac
