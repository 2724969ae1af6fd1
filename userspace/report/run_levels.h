/* SPDX-License-Identifier: GPL-2.0-only */
/* For run_changes.c: a run's counts without bursts, and how noisy they are. */
#ifndef EXITLEDGER_RUN_LEVELS_H
#define EXITLEDGER_RUN_LEVELS_H

#include <stddef.h>
#include <stdint.h>

#define RUN_BURST 5 /* intervals; something this short is no level */
#define RUN_POINTS_MIN (4 * RUN_BURST + 1) /* fewer are not judged */

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
	double *y; /* of the count scaled to a whole interval; without bursts */
	double *sum; /* sum[i] is the sum of y before i */
	double *with_bursts; /* the same with bursts */
	double *noise; /* the same sums of y's variance */
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
