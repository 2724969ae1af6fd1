/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finds where a run's rate of exits went from one level to another, and stayed
 * there.
 *
 * 1. y = 2 sqrt(count + 3/8) has the same variance whatever the rate is: 1 if
 *    exits are independent of each other (Anscombe, The transformation of
 *    Poisson, binomial and negative-binomial data, 1948).
 *
 * 2. Exits are not independent.  So the variance of y is estimated from the
 *    differences of neighbouring sums of 1, 4, 16 and 64 intervals, robustly
 *    (by the median), for each part of the run that has 128 such sums.  The
 *    noise at a place is the largest of these estimates in the place's part and
 *    in the two parts next to it.  So a rate that goes up and down all the time
 *    at one of these scales is noise.  The noise is never taken to be less than
 *    that of chance.
 *
 * 3. Bursts are left out: if y is further than three standard deviations from
 *    the median of a window, it is replaced with that median (the Hampel
 *    filter).  The window reaches from 2 RUN_BURST intervals before y to as
 *    many after it.  The noise at the first three scales includes bursts: where
 *    there are many of them, they are noise.
 *
 * 4. Changes are looked for in a set of stretches of all lengths, such that
 *    each place is in only few stretches of a length.  In each stretch, the
 *    place is found at which the means before and after it differ most (CUSUM).
 *    This is seeded binary segmentation (Kovacs, Buehlmann, Li and Munk,
 *    Biometrika 2023).  Of the stretches whose difference is not chance, the
 *    shortest one has a change; then the shortest one without this change has
 *    one, and so on.  This is narrowest over threshold (Baranowski, Chen and
 *    Fryzlewicz, 2019).  Then each change is moved to where the difference is
 *    largest between its neighbours, and is dropped if that difference can be
 *    chance.
 *
 * 5. Chance is the probability of such a difference of means (Welch's, as
 *    Student's t, since the noise is estimated), with bursts and without, times
 *    the number of places that were looked at (Bonferroni).  In a run with only
 *    one level, any change is found with a probability below RUN_CHANGE_CHANCE.
 *
 * The work is O(n log n).
 */
#ifndef EXITLEDGER_RUN_CHANGES_H
#define EXITLEDGER_RUN_CHANGES_H

#include "report/run_levels.h"

#define RUN_LEVEL_MIN 10 /* a level has at least this many intervals */
#define RUN_CHANGE_CHANCE 0.01

struct run_change {
	uint64_t at_ns; /* begin of the first interval on the new level */
	size_t point; /* number of that interval */
	/* Set by run_report: the index of the phase that has it. */
	size_t phase;
	/* Exits per second, without bursts, since the change before this one,
	 * and until the next one. */
	double before;
	double after;
	/* An upper bound of the probability of a change as clear as this
	 * anywhere in a run with only one level. */
	double chance;
	/* How clear it is: the difference in standard deviations. */
	double clear;
};

struct run_changes {
	struct run_change *change; /* by time */
	size_t nr;
};

/**
 * run_changes_find - find all changes
 * @interval: length of intervals in seconds, above 0; a point shorter than
 *	half of it, as the last may be, is left out
 * @changes: filled in; to be freed with run_changes_free
 *
 * Returns 0 or -ENOMEM.
 */
int run_changes_find(const struct run_point *points, size_t nr, double interval,
		     struct run_changes *changes);

#define RUN_CLEAREST 100

/**
 * run_changes_clear - the clearness of the least clear of the @nr clearest
 * changes; 0 if there are fewer
 * @nr: the number of changes, 1 to RUN_CLEAREST
 */
double run_changes_clear(const struct run_changes *changes, size_t nr);

void run_changes_free(struct run_changes *changes);

#endif /* EXITLEDGER_RUN_CHANGES_H */
