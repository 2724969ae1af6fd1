/* SPDX-License-Identifier: GPL-2.0-only */
/* Random numbers of tests that make runs up: the same ones each time. */
#ifndef EXITLEDGER_MADE_UP_RANDOM_H
#define EXITLEDGER_MADE_UP_RANDOM_H

#include <math.h>

#include "bench/bench_stats.h"

/** random_uniform - between 0 and 1, neither of them */
static inline double random_uniform(struct stats_random *state)
{
	return ((stats_random(state) >> 11) + 0.5) / 9007199254740992.0;
}

/** random_normal - of mean 0 and variance 1 (Box and Muller) */
static inline double random_normal(struct stats_random *state)
{
	return sqrt(-2 * log(random_uniform(state))) *
	       cos(2 * M_PI * random_uniform(state));
}

/** random_poisson - by Knuth's method; where it is as good, nearly normal */
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
