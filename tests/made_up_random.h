/* SPDX-License-Identifier: GPL-2.0-only */
/* Random numbers for tests that make up runs; they are the same each time. */
#ifndef EXITLEDGER_MADE_UP_RANDOM_H
#define EXITLEDGER_MADE_UP_RANDOM_H

#include <math.h>

#include "bench/bench_stats.h"

/** random_uniform - a number between 0 and 1, both excluded */
static inline double random_uniform(struct stats_random *state)
{
	return ((stats_random(state) >> 11) + 0.5) / 9007199254740992.0;
}

/** random_normal - a normal number of mean 0 and variance 1 (Box and Muller) */
static inline double random_normal(struct stats_random *state)
{
	return sqrt(-2 * log(random_uniform(state))) *
	       cos(2 * M_PI * random_uniform(state));
}

/** random_poisson - by Knuth's method; for a large mean, by a normal number */
static inline uint64_t random_poisson(struct stats_random *state, double mean)
{
	double limit = exp(-mean), product = random_uniform(state);
	uint64_t nr = 0;

	if (mean > 50)
		return fmax(0, mean + sqrt(mean) * random_normal(state) + 0.5);
	for (; product > limit; nr++)
		product *= random_uniform(state);
	return nr;
}

#endif /* EXITLEDGER_MADE_UP_RANDOM_H */
