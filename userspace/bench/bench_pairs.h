/* SPDX-License-Identifier: GPL-2.0-only */
/* The rounds of a configuration and a kind of exit, per exit. */
#ifndef EXITLEDGER_BENCH_PAIRS_H
#define EXITLEDGER_BENCH_PAIRS_H

#include "bench/bench.h"
#include "bench/bench_stats.h"

/* A row's rounds, compared with the first row's; and room for their laps. */
struct bench_pairs {
	struct stats_pair *pair;
	size_t nr;
	double **lap;
	size_t nr_laps;
};

/**
 * bench_pairs_init - take those that were run
 * @compared: with the first row; else for itself
 *
 * To be freed with bench_pairs_free in any case.  0, or -ENOMEM.
 */
int bench_pairs_init(const struct bench *bench, size_t kind, size_t row,
		     bool compared, struct bench_pairs *rounds);

void bench_pairs_free(struct bench_pairs *rounds);

#endif /* EXITLEDGER_BENCH_PAIRS_H */
