/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a run's rate of exits went from one level to another, and stayed there.
 *
 * 1. y = 2 sqrt(count + 3/8) has the same variance whatever the rate is, 1 if
 *    exits are independent of each other (Anscombe, The transformation of
 *    Poisson, binomial and negative-binomial data, 1948).
 *
 * 2. Exits are not: the variance of y is estimated from the differences of
 *    neighbouring sums of 1, 4, 16 and 64 intervals, robustly (by the median),
 *    for each part of the run of 128 such sums.  The largest of these, of a
 *    place's part and the two next to it, is the noise there; so what goes up
 *    and down all the time at one of these scales is noise.  It is never taken
 *    for less than chance.
 *
 * 3. Bursts are left out: where y is further than three standard deviations
 *    from the median of the 2 RUN_BURST intervals before it to those after it,
 *    it is replaced with that median (the Hampel filter).  The noise at the
 *    first three scales is that with bursts: where there are many, they are
 *    noise.
 *
 * 4. In each of a set of stretches of all lengths, such that a place is in few
 *    of each length, the place is found at which the means before and after
 *    differ most (CUSUM): seeded binary segmentation (Kovacs, Buehlmann, Li and
 *    Munk, Biometrika 2023).  Of the stretches whose difference is no chance,
 *    the shortest one has a change, then the shortest one without this, and so
 *    on: narrowest over threshold (Baranowski, Chen and Fryzlewicz, 2019). Each
 *    is put where the difference is largest between its neighbours, and dropped
 *    if that can be chance.
 *
 * 5. Chance: the probability of such a difference of means (Welch's, as
 *    Student's t, since the noise is estimated), with bursts and without, times
 *    how many places were looked at (Bonferroni).  In a run of one level it is
 *    less than RUN_CHANGE_CHANCE that any is found.
 *
 * The work is O(n log n).
 */
#ifndef EXITLEDGER_RUN_CHANGES_H
#define EXITLEDGER_RUN_CHANGES_H

#include "report/run_levels.h"

#define RUN_LEVEL_MIN 10 /* intervals: levels are no shorter */
#define RUN_CHANGE_CHANCE 0.01

struct run_change {
	uint64_t at_ns; /* begin of the first interval on the new level */
	size_t point; /* number of that interval */
	size_t phase; /* in run_report: that it is in */
	/* Exits per second since the change before, and until the next one,
	 * bursts left out. */
	double before;
	double after;
	/* At most so probable is one as clear as this somewhere in a run that
	 * has but one level. */
	double chance;
	double clear; /* how clear it is: to choose the most notable ones */
};

struct run_changes {
	struct run_change *change; /* by time */
	size_t nr;
};

/**
 * run_changes_find - find all of them
 * @interval: how long intervals are, in seconds, above 0; a point shorter than
 *	half of it, as the last may be, does not count
 * @changes: filled in; to be freed with run_changes_free
 *
 * 0 or -ENOMEM.
 */
int run_changes_find(const struct run_point *points, size_t nr, double interval,
		     struct run_changes *changes);

#define RUN_CLEAREST 100

/**
 * run_changes_clear - the clearness of the least clear of the @nr clearest
 * changes
 * @nr: the number of changes, 1 to RUN_CLEAREST
 */
double run_changes_clear(const struct run_changes *changes, size_t nr);

void run_changes_free(struct run_changes *changes);

#endif /* EXITLEDGER_RUN_CHANGES_H */
