/* SPDX-License-Identifier: GPL-2.0-only */
/* Measures: runs all configurations in turn, round after round. */
#ifndef EXITLEDGER_BENCH_ROUNDS_H
#define EXITLEDGER_BENCH_ROUNDS_H

#include "bench/bench.h"
#include "bench/bench_load.h"
#include "bench/bench_options.h"
#include "bench/bench_way.h"
#include "lib/msg.h"

/* The state of a benchmark that is running. */
struct bench_session {
	const struct bench_options *options;
	struct bench *bench;
	size_t *config; /* by row: the index in bench_configs */
	struct bench_load load;
	struct bench_ways ways;
	unsigned int round, rounds;
	size_t done; /* the number of runs done in this round */
	bool terminal; /* is standard error a terminal? */
	/* Times of clock_now_ns(): */
	uint64_t begun; /* when the calibration began */
	uint64_t start; /* when the rounds began; filled in */
};

/**
 * bench_rounds_run - run as many rounds as the options or the time allow
 * @session: its benchmark has kinds and rows; the runs are added to it
 *
 * A row whose program fails is marked as failed, and not run again.  If the
 * measurement cannot go on after at least one round, the benchmark is kept and
 * marked as interrupted.
 *
 * Returns 0, also if a signal has ended it after a run; or -errno with @why.
 */
int bench_rounds_run(struct bench_session *session, struct why *why);

#endif /* EXITLEDGER_BENCH_ROUNDS_H */
