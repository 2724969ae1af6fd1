/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The statistics of a benchmark: medians, and confidence intervals.
 *
 * A measurement has rounds.  In a round every configuration is run once, so
 * that slow changes affect all of them alike.  A run has laps.  Rounds are
 * independent of each other, but the laps of a run are not: therefore the
 * bootstrap draws rounds with replacement, and then laps within each (Davison
 * and Hinkley, Bootstrap Methods and their Application, 3.8), with expanded
 * percentiles (Hesterberg, What Teachers Should Know About the Bootstrap,
 * 2015).  A bootstrap interval of a median lies within the range of the n
 * rounds, which covers the true median with a probability of 1 - 2^(1 - n):
 * less than 95 % for n < 6.  Such few rounds get the interval of Student's t of
 * their means instead.
 */
#ifndef EXITLEDGER_BENCH_STATS_H
#define EXITLEDGER_BENCH_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STATS_DRAWS 2000 /* the number of draws of a bootstrap */
#define STATS_LEVEL 0.95 /* the confidence level of intervals */
#define STATS_BOOTSTRAP 6 /* the smallest number of rounds for a bootstrap */

/* The state of a deterministic generator of random numbers (splitmix64). */
struct stats_random {
	uint64_t state;
};

/** stats_random - the next number, of 64 bits */
uint64_t stats_random(struct stats_random *random);

/** stats_random_below - a uniform number from 0 to @limit - 1 */
uint32_t stats_random_below(struct stats_random *random, uint32_t limit);

/* A run's laps. */
struct stats_laps {
	const double *lap; /* ascending */
	size_t nr; /* 1 or more */
};

/* A round: a run, and the run that it is compared with. */
struct stats_pair {
	struct stats_laps with;
	struct stats_laps without; /* nr is 0: compared with nothing */
};

struct stats_interval {
	double value, low, high;
};

/** stats_sort - sort in ascending order */
void stats_sort(double *values, size_t nr);

/** stats_median - the median of sorted values; @nr is at least 1 */
double stats_median(const double *sorted, size_t nr);

/**
 * stats_estimate - estimate the difference between two configurations
 * @pairs: one per round; at least one
 * @seed: the same seed gives the same interval
 *
 * The estimate is the median, over the rounds, of the differences between the
 * median laps of a pair's two runs.  With fewer than STATS_BOOTSTRAP rounds it
 * is the mean, with Student's interval; with a single round the interval is
 * infinite.  Returns 0 or -ENOMEM.
 */
int stats_estimate(const struct stats_pair *pairs, size_t rounds, uint64_t seed,
		   struct stats_interval *interval);

/**
 * stats_mean - the mean of the differences over the rounds, as in
 * stats_change()
 */
double stats_mean(const struct stats_pair *pairs, size_t rounds);

/**
 * stats_change - estimate the change from @then to @now, which are independent
 * @level: the confidence level of the interval, below 1
 *
 * This uses Welch's t-test of the means of the rounds, because a bootstrap of
 * few rounds underestimates rare deviations, which matters when many changes
 * are tested at once.  With a single round the interval is infinite.
 */
void stats_change(const struct stats_pair *then, size_t rounds_then,
		  const struct stats_pair *now, size_t rounds_now, double level,
		  struct stats_interval *interval);

/**
 * stats_reach - the largest difference, either way, that may be chance
 * @null: the difference between two configurations that are the same
 *
 * The order of these two is arbitrary, and so is the sign of their difference.
 */
double stats_reach(struct stats_interval null);

/**
 * stats_is_noise - may a difference be chance?
 * @reach: from stats_reach()
 *
 * Returns true if the interval overlaps the range from -@reach to @reach.
 */
bool stats_is_noise(struct stats_interval difference, double reach);

/**
 * stats_outliers - count the outliers among values
 * @sorted: values in ascending order
 *
 * An outlier is below the first or above the third quartile by more than three
 * interquartile ranges (Tukey's outer fences), and by more than 1 % of the
 * median.  The latter matters if nearly all values are the same.
 */
size_t stats_outliers(const double *sorted, size_t nr);

#endif /* EXITLEDGER_BENCH_STATS_H */
