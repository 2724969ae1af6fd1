/* SPDX-License-Identifier: GPL-2.0-only */
/* Measure: run all configurations in turn, round after round. */
#ifndef EXITLEDGER_BENCH_ROUNDS_H
#define EXITLEDGER_BENCH_ROUNDS_H

#include "bench/bench.h"
#include "bench/bench_load.h"
#include "bench/bench_options.h"
#include "bench/bench_way.h"
#include "lib/msg.h"

/* A benchmark at work. */
struct bench_session {
	const struct bench_options *options;
	struct bench *bench;
	size_t *config; /* of each row, its index among bench_configs */
	struct bench_load load;
	struct bench_ways ways;
	unsigned int round, rounds;
	size_t done; /* runs of this round */
	bool terminal; /* is standard error one? */
	/* clock_now_ns(): */
	uint64_t begun; /* with the calibration */
	uint64_t start; /* filled in: with the rounds */
};

/**
 * bench_rounds_run - as many as the options want, or as the time allows
 * @session: its benchmark has kinds and rows, and is given the runs
 *
 * A row whose program fails is marked as failed, and not run any more.  Where
 * nothing can be measured any more, the benchmark keeps what there is if it is
 * a round at least, as one that was interrupted.
 *
 * 0, also when a signal has ended it and there is a run; or -errno with @why.
 */
int bench_rounds_run(struct bench_session *session, struct why *why);

#endif /* EXITLEDGER_BENCH_ROUNDS_H */
