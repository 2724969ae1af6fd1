/* SPDX-License-Identifier: GPL-2.0-only */
/* For run_changes.c: a run's counts without bursts, and how noisy they are. */
#ifndef EXITLEDGER_RUN_LEVELS_H
#define EXITLEDGER_RUN_LEVELS_H

#include <stddef.h>
#include <stdint.h>

#define RUN_BURST 5 /* the most intervals of a burst */
/* A run with fewer points is not judged. */
#define RUN_POINTS_MIN (4 * RUN_BURST + 1)

/* An interval's exits. */
struct run_point {
	uint64_t begin_ns;
	uint64_t exits;
	double seconds;
};

/* The series of the points that count.  See run_changes.h for y. */
struct run_levels {
	size_t nr;
	size_t *point; /* the points' numbers */
	/*
	 * The y of each count, which is scaled to a whole interval.  Bursts are
	 * left out.
	 */
	double *y;
	double *sum; /* sum[i] is the sum of all y before i */
	double *with_bursts; /* the same sums, with bursts */
	double *noise; /* noise[i] is the sum of y's variance before i */
	double freedom; /* degrees of freedom of the noise */
};

double run_levels_y(double count);
double run_levels_count(double y);

/**
 * run_levels_make - make the series for run_changes_find(), from the same
 * arguments
 * @series: all zero; filled in; to be freed with run_levels_free, also
 *	after a failure
 *
 * Returns 1; 0 if there are too few points; or -ENOMEM.
 */
int run_levels_make(const struct run_point *points, size_t nr, double interval,
		    struct run_levels *series);

void run_levels_free(struct run_levels *series);

#endif /* EXITLEDGER_RUN_LEVELS_H */
