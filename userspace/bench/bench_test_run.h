/* SPDX-License-Identifier: GPL-2.0-only */
/* Measures the observer's programs by themselves, on hosts without exits. */
#ifndef EXITLEDGER_BENCH_TEST_RUN_H
#define EXITLEDGER_BENCH_TEST_RUN_H

#include "bench/bench.h"
#include "bench/bench_options.h"
#include "lib/msg.h"

/**
 * bench_test_run - run the programs by BPF_PROG_TEST_RUN, with a made-up vCPU
 * @bench: must be zeroed; free it with bench_free(), even after a failure
 *
 * An "exit" is a run of kvm_exit's program and then of kvm_entry's.  Its time
 * is in ns, by the kernel's statistics of BPF programs.  "nothing" is two
 * programs that do nothing.  The cost of calling the programs is not included;
 * and there is no vCPU from which they could read the exit's reason.
 *
 * Returns 0, also if a signal has ended it after a round; or -errno with @why.
 * @bench->interrupted can be set in either case: then the last round is
 * incomplete, and all rounds before it are complete and are kept.
 */
int bench_test_run(const struct bench_options *options, struct bench *bench,
		   struct why *why);

#endif /* EXITLEDGER_BENCH_TEST_RUN_H */
