/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a run's rate of exits went from one level to another, and stayed there.
 *
 * 1. Bursts are cut off: a count further from the median of the RUN_BURST
 *    intervals before it and after it than three standard deviations, as the
 *    median absolute deviation has them, is set to just that far (the Hampel
 *    filter).  No deviation is taken for less than chance's, the root of the
 *    median.
 * 2. y = 2 sqrt(count + 3/8) has the same variance whatever the rate is, 1 if
 *    exits are independent of each other (Anscombe, The transformation of
 *    Poisson, binomial and negative-binomial data, 1948).
 * 3. Exits are not: the variance of sums of m intervals of y, by m, is
 * estimated from the differences of neighbouring sums for m = 1, 2, 4 …,
 * robustly for the run and plainly next to each place that is looked at; the
 * largest of these, and no less than 1, is the noise there.  So what goes up
 * and down all the time is noise, at whichever of these scales.
 * 4. In each of a set of stretches of all lengths, of which a place is in few
 * of each length, the place is found at which the means before and after differ
 *    most (CUSUM) (seeded binary segmentation: Kovács, Bühlmann, Li and Munk,
 *    Biometrika 2023).  Of the stretches where the difference cannot be chance,
 *    the shortest has a change; then the shortest of those without this one,
 * and so on (narrowest over threshold: Baranowski, Chen and Fryzlewicz, 2019).
 *    Each is put where the difference is largest between its neighbours.
 * 5. Chance: the probability of such a difference (Student's t, as the noise is
 *    estimated) times how many were looked at (Bonferroni).  In a run of one
 *    level it is less than RUN_CHANGE_CHANCE that any is found.
 *
 * The work is O(n log n).
 */
#ifndef EXITLEDGER_RUN_CHANGES_H
#define EXITLEDGER_RUN_CHANGES_H

#include <stddef.h>
#include <stdint.h>

#define RUN_BURST 5 /* intervals: what is no longer is no level */
#define RUN_LEVEL_MIN 10 /* intervals: levels are no shorter */
#define RUN_CHANGE_CHANCE 0.01

/* An interval's exits. */
struct run_point {
	uint64_t begin_ns;
	uint64_t exits;
	double seconds;
};

struct run_change {
	uint64_t at_ns; /* begin of the first interval on the new level */
	size_t point; /* number of that interval */
	size_t phase; /* in run_report: that it is in */
	/* Exits per second since the change before, and until the next one,
	 * bursts cut off. */
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

void run_changes_free(struct run_changes *changes);

#endif /* EXITLEDGER_RUN_CHANGES_H */
