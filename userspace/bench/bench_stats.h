/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The statistics of a benchmark: medians, and intervals.
 *
 * A measurement has rounds, and in a round every configuration is run once,
 * so that what changes slowly is the same for all of them.  A run has
 * laps.  The laps of a run are not independent of each other, and rounds are:
 * so the bootstrap draws rounds with replacement, and then laps within each
 * (Davison and Hinkley, Bootstrap Methods and their Application, 3.8), with
 * expanded percentiles (Hesterberg, What Teachers Should Know About the
 * Bootstrap, 2015).  The median of n rounds is never outside of what they are,
 * which holds the truth 1 - 2^(1 - n) of the time: below 95 % where they are
 * less than 6.  There it is Student's t of their means.
 */
#ifndef EXITLEDGER_BENCH_STATS_H
#define EXITLEDGER_BENCH_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STATS_DRAWS 2000 /* of a bootstrap */
#define STATS_LEVEL 0.95 /* of intervals */
#define STATS_BOOTSTRAP 6 /* rounds, from which on there is one */

/* A generator of numbers that are the same every time (splitmix64). */
struct stats_random {
	uint64_t state;
};

/** stats_random - the next number, of 64 bits */
uint64_t stats_random(struct stats_random *random);

/** stats_random_below - evenly, from 0 to @limit - 1; @limit below 2^32 */
uint32_t stats_random_below(struct stats_random *random, uint32_t limit);

/* A run's laps. */
struct stats_laps {
	const double *lap; /* ascending */
	size_t nr; /* 1 or more */
};

/* A round: a run, and the run that it is compared with. */
struct stats_pair {
	struct stats_laps with;
	struct stats_laps without; /* nr is 0: with nothing */
};

struct stats_interval {
	double value, low, high;
};

/** stats_sort - ascending */
void stats_sort(double *values, size_t nr);

/** stats_median - of values in ascending order, one or more */
double stats_median(const double *sorted, size_t nr);

/**
 * stats_estimate - the median, over rounds, of what a run's median lap has more
 * than that of the run it is compared with
 * @pairs: of the rounds, one or more
 * @seed: the same one gives the same interval
 *
 * Of less than STATS_BOOTSTRAP rounds: the mean, and Student's interval; of a
 * single one it has no ends.  0, or -ENOMEM.
 */
int stats_estimate(const struct stats_pair *pairs, size_t rounds, uint64_t seed,
		   struct stats_interval *interval);

/** stats_mean - the same, but the mean over rounds: what changes are of */
double stats_mean(const struct stats_pair *pairs, size_t rounds);

/**
 * stats_change - how much more it is in @now than in @then
 * @level: of the interval, below 1
 *
 * These are independent of each other.  By Welch's t of the means of their
 * rounds: a bootstrap of few rounds knows nothing of what is seldom, which
 * matters where many changes are looked at.  Of a single round the interval has
 * no ends.
 */
void stats_change(const struct stats_pair *then, size_t rounds_then,
		  const struct stats_pair *now, size_t rounds_now, double level,
		  struct stats_interval *interval);

/**
 * stats_reach - what differences of nothing may be, either way
 * @null: what two runs of the same differed by
 *
 * Which of the two came first says nothing, so neither does the sign.
 */
double stats_reach(struct stats_interval null);

/** stats_is_noise - can this not be told from a difference of at most @reach? */
bool stats_is_noise(struct stats_interval difference, double reach);

/**
 * stats_outliers - how many values are far outside of the others
 * @sorted: ascending
 *
 * That is, by more than three times the distance of the quartiles below the
 * first or above the third (Tukey's outer fences), and by more than 1 % of the
 * median: where all are nearly the same, the least difference would be far.
 */
size_t stats_outliers(const double *sorted, size_t nr);

#endif /* EXITLEDGER_BENCH_STATS_H */
