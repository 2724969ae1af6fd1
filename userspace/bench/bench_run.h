/* SPDX-License-Identifier: GPL-2.0-only */
/* Measure: calibrate, and run all configurations in turn, round after round. */
#ifndef EXITLEDGER_BENCH_RUN_H
#define EXITLEDGER_BENCH_RUN_H

#include "bench/bench.h"
#include "bench/bench_options.h"
#include "host/host.h"
#include "lib/msg.h"

/** bench_describe - fill in what this host is, and today's date */
void bench_describe(const struct host *host, struct bench *bench);

/**
 * bench_measure - do what the options say
 * @bench: zeroed; to be freed with bench_free in any case
 *
 * 0, also when a signal has ended it early, if there is a run to show; or
 * -errno with @why: if @bench is interrupted then, the rounds before are there.
 */
int bench_measure(const struct bench_options *options, struct bench *bench,
		  struct why *why);

#endif /* EXITLEDGER_BENCH_RUN_H */
