/* SPDX-License-Identifier: GPL-2.0-only */
/* The times per exit of a configuration and a kind of exit, by round. */
#ifndef EXITLEDGER_BENCH_PAIRS_H
#define EXITLEDGER_BENCH_PAIRS_H

#include "bench/bench.h"
#include "bench/bench_stats.h"

/* The rounds of a row, paired with those of the first row; and their laps. */
struct bench_pairs {
	struct stats_pair *pair;
	size_t nr;
	double **lap;
	size_t nr_laps;
};

/**
 * bench_pairs_init - collect the rounds that were run
 * @compared: true: pair them with the first row's rounds; false: with nothing
 *
 * Free it with bench_pairs_free(), even after a failure.  Returns 0 or -ENOMEM.
 */
int bench_pairs_init(const struct bench *bench, size_t kind, size_t row,
		     bool compared, struct bench_pairs *rounds);

void bench_pairs_free(struct bench_pairs *rounds);

#endif /* EXITLEDGER_BENCH_PAIRS_H */
