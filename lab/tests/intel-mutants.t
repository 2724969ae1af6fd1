#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Tests that compare finds the mistakes that only an Intel host can show.  Published counters
# have made all of these: counting in vmx_handle_exit(), flag bits in the index, and entries
# that were no exits.  'make mutants' tests all other mistakes, too, in five minutes.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/tap.sh
. tests/tap.sh
# shellcheck source=lab/tests/intel_host.sh
. lab/tests/intel_host.sh

intel_host intel-mutants.t
intel_result t-intel-mutants
ok 'the scenario ran to its end' status_is 0
run lab/jobs/mutants.py --again --vendor intel --out "$intel_results/t-intel-mutants" \
	"${intel_mutants[@]}"
ok 'every wrong counter is caught, no innocent reason is accused' status_is 0
ok 'of six' out_has "intel $intel_own: 6 mistakes caught"
ok 'exits of the fast path are missed: 1,000 of 1,002' out_has \
	'exits for 0x020 MSR_WRITE: KVM says 2, BPF had 1,002 before: 1,000 lost'

done_testing
