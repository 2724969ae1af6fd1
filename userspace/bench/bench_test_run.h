/* SPDX-License-Identifier: GPL-2.0-only */
/* Where there are no exits: what the observer's programs take by themselves. */
#ifndef EXITLEDGER_BENCH_TEST_RUN_H
#define EXITLEDGER_BENCH_TEST_RUN_H

#include "bench/bench.h"
#include "bench/bench_options.h"
#include "lib/msg.h"

/**
 * bench_test_run - run them by BPF_PROG_TEST_RUN, with a vCPU made up
 * @bench: zeroed; to be freed with bench_free in any case
 *
 * An "exit" is kvm_exit's program and then kvm_entry's, in ns by the kernel's
 * statistics of BPF programs; "nothing" is two programs that do nothing.  What
 * it costs to call them is not in it, and the reason is not there to be read.
 * 0, also when a signal has ended it and there is a round; or -errno with @why:
 * if @bench is interrupted then, the rounds before are there.
 */
int bench_test_run(const struct bench_options *options, struct bench *bench,
		   struct why *why);

#endif /* EXITLEDGER_BENCH_TEST_RUN_H */
