#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# needs: qemu l2 exitledger guest
#
# Records the addresses of the exits of a Linux guest's boot.  The guest has the same kernel as
# this host, whose symbols are saved, too.
set -u

exitleaf --symbols -o /results/host.kallsyms || exit
export L2_CONSOLE=/results/l2-console.txt L2_APPEND='nokaslr try_symbols=1'
status=0
exitledger record --by rip -o /results/boot.exits -- /qemu/run-qemu || status=$?
exit "$status"
