/* SPDX-License-Identifier: GPL-2.0-only */
/* Measures: calibrates the kinds, and then runs all rounds. */
#ifndef EXITLEDGER_BENCH_RUN_H
#define EXITLEDGER_BENCH_RUN_H

#include "bench/bench.h"
#include "bench/bench_options.h"
#include "host/host.h"
#include "lib/msg.h"

/** bench_describe - fill in the description of this host, and the date */
void bench_describe(const struct host *host, struct bench *bench);

/**
 * bench_measure - run a benchmark as the options say
 * @bench: must be zeroed; free it with bench_free(), even after a failure
 *
 * Returns 0, also if a signal has ended it after a run; or -errno with @why.
 * @bench->interrupted can be set in either case: then the last round is
 * incomplete, and all rounds before it are complete and are kept.
 */
int bench_measure(const struct bench_options *options, struct bench *bench,
		  struct why *why);

#endif /* EXITLEDGER_BENCH_RUN_H */
