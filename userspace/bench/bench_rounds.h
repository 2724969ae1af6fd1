/* SPDX-License-Identifier: GPL-2.0-only */
/* The rounds of a configuration and a kind of exit, per exit. */
#ifndef EXITLEDGER_BENCH_ROUNDS_H
#define EXITLEDGER_BENCH_ROUNDS_H

#include "bench/bench.h"
#include "bench/bench_stats.h"

/* A row's rounds, compared with the first row's; and room for their laps. */
struct bench_rounds {
	struct stats_pair *pair;
	size_t nr;
	double **lap;
	size_t nr_laps;
};

/**
 * bench_rounds_init - take those that were run
 * @compared: with the first row; else for itself
 *
 * To be freed with bench_rounds_free in any case.  0, or -ENOMEM.
 */
int bench_rounds_init(const struct bench *bench, size_t kind, size_t row,
		      bool compared, struct bench_rounds *rounds);

void bench_rounds_free(struct bench_rounds *rounds);

#endif /* EXITLEDGER_BENCH_ROUNDS_H */
