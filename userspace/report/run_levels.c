// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/run_levels.h"

/* The window for finding bursts; a burst is at most a quarter of it. */
#define WINDOW RUN_POINTS_MIN
#define HALF (WINDOW / 2)
/*
 * y is in a burst if it is further than this many standard deviations from the
 * median of its window.
 */
#define DEVIATIONS 3
/* The standard deviation of a normal distribution, divided by its MAD. */
#define MAD_TO_SD 1.4826

/*
 * The noise is estimated from sums of up to SCALE_MAX intervals, in parts of
 * the run with SUMS_IN_PART sums each, as busy parts have more noise.  To find
 * bursts, sums of up to SCALE_OF_BURSTS intervals are used.
 */
#define SCALE_MAX 64
#define SCALE_OF_BURSTS 4
#define SUMS_IN_PART 128
/* A scale above 1 is used only if the run has at least this many sums of it. */
#define SUMS_MIN 32

double run_levels_y(double count)
{
	return 2 * sqrt(count + 3. / 8);
}

double run_levels_count(double y)
{
	return fmax(y * y / 4 - 3. / 8, 0);
}

/* --- noise --- */

static int compare_doubles(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

/*
 * Estimate the variance of y per interval, from the differences of neighbouring
 * sums of @scale intervals.  Successive sums overlap by a half.
 */
static double noise_at(const double *sum, size_t begin, size_t end,
		       size_t scale, double *differences)
{
	size_t step = scale > 1 ? scale / 2 : 1, nr = 0;
	double median;

	for (size_t i = begin + scale; i + scale <= end; i += step)
		differences[nr++] =
			fabs(sum[i + scale] - 2 * sum[i] + sum[i - scale]);
	if (!nr)
		return 0;
	qsort(differences, nr, sizeof(*differences), compare_doubles);
	median = MAD_TO_SD * (differences[(nr - 1) / 2] + differences[nr / 2]) /
		 2;
	return median * median / (2 * scale);
}

static size_t nr_parts(const struct run_levels *series, size_t scale)
{
	size_t sums = series->nr / scale;

	return sums < 2 * SUMS_IN_PART ? 1 : sums / SUMS_IN_PART;
}

/*
 * Raise the variance at each place to the noise at a scale, if that is higher.
 */
static int add_noise(const struct run_levels *series, const double *sum,
		     size_t scale, double *variance)
{
	size_t parts = nr_parts(series, scale), nr = series->nr;
	double *differences = calloc(nr / parts + 1, sizeof(double));
	double *noise = calloc(parts + 2, sizeof(double));

	for (size_t i = 0; i < parts && differences && noise; i++)
		noise[i + 1] = noise_at(sum, i * nr / parts,
					(i + 1) * nr / parts, scale,
					differences);
	/*
	 * Noise may begin or end within a part, so take the highest noise of a
	 * part and its two neighbours.
	 */
	for (size_t i = 0; i < parts && differences && noise; i++) {
		double most = fmax(noise[i + 1], fmax(noise[i], noise[i + 2]));

		for (size_t j = i * nr / parts; j < (i + 1) * nr / parts; j++)
			variance[j] = fmax(variance[j], most);
	}
	free(differences);
	free(noise);
	return differences && noise ? 0 : -ENOMEM;
}

static int add_noises(struct run_levels *series, const double *sum,
		      size_t least, size_t most)
{
	int r = 0;

	for (size_t m = least; !r && m <= most; m *= 4) {
		if (m == 1 || series->nr / m >= SUMS_MIN)
			r = add_noise(series, sum, m, series->noise + 1);
	}
	return r;
}

static void sum_up(const struct run_levels *series, double *sum)
{
	for (size_t i = 0; i < series->nr; i++)
		sum[i + 1] = sum[i] + series->y[i];
}

/* --- bursts --- */

/* Replace one of the sorted values by another one, and keep them sorted. */
static void replace(double *sorted, double old, double new)
{
	size_t i = 0;

	while (sorted[i] < old)
		i++;
	for (; i + 1 < WINDOW && sorted[i + 1] < new; i++)
		sorted[i] = sorted[i + 1];
	for (; i && sorted[i - 1] > new; i--)
		sorted[i] = sorted[i - 1];
	sorted[i] = new;
}

/* Set @y to the series, with bursts replaced by the median around them. */
static void leave_out_bursts(const struct run_levels *series, double *y)
{
	const double *all = series->y, *variance = series->noise + 1;
	double sorted[WINDOW];

	memcpy(sorted, all, sizeof(sorted));
	qsort(sorted, WINDOW, sizeof(*sorted), compare_doubles);
	for (size_t i = 0; i < series->nr; i++) {
		double far = DEVIATIONS * sqrt(fmax(variance[i], 1));

		/* At the ends, use the nearest window that is complete. */
		if (i > HALF && i + HALF < series->nr)
			replace(sorted, all[i - HALF - 1], all[i + HALF]);
		y[i] = fabs(all[i] - sorted[HALF]) > far ? sorted[HALF] :
							   all[i];
	}
}

/* Leave out bursts, and estimate the noise of the rest. */
static int clean(struct run_levels *series)
{
	double *y = calloc(series->nr, sizeof(*y));
	int r = y ? 0 : -ENOMEM;

	sum_up(series, series->with_bursts);
	if (!r)
		r = add_noises(series, series->with_bursts, 1, SCALE_OF_BURSTS);
	if (!r)
		leave_out_bursts(series, y);
	/*
	 * Where there are so many bursts that only some of them are left out,
	 * they count as noise.
	 */
	if (!r)
		r = add_noises(series, series->with_bursts, 4 * SCALE_OF_BURSTS,
			       4 * SCALE_OF_BURSTS);
	free(series->y);
	series->y = y;
	if (r)
		return r;
	sum_up(series, series->sum);
	r = add_noises(series, series->sum, 1, SCALE_MAX);
	for (size_t i = 0; i < series->nr; i++)
		series->noise[i + 1] += series->noise[i];
	/*
	 * An estimate by the median is as good as the plain estimate from a
	 * third of the values.
	 */
	series->freedom = (double)series->nr / nr_parts(series, 1) / 3;
	return r;
}

int run_levels_make(const struct run_point *points, size_t nr, double interval,
		    struct run_levels *series)
{
	series->point = calloc(nr + 1, sizeof(*series->point));
	series->y = calloc(nr + 1, sizeof(*series->y));
	series->sum = calloc(nr + 1, sizeof(*series->sum));
	series->with_bursts = calloc(nr + 1, sizeof(*series->with_bursts));
	series->noise = calloc(nr + 1, sizeof(*series->noise));
	if (!series->point || !series->y || !series->sum ||
	    !series->with_bursts || !series->noise)
		return -ENOMEM;
	for (size_t i = 0; i < nr; i++) {
		if (!(points[i].seconds > 0) ||
		    points[i].seconds < interval / 2)
			continue;
		series->point[series->nr] = i;
		series->y[series->nr++] = run_levels_y(
			points[i].exits * interval / points[i].seconds);
	}
	if (series->nr < WINDOW)
		return 0;
	return clean(series) ? -ENOMEM : 1;
}

void run_levels_free(struct run_levels *series)
{
	free(series->point);
	free(series->y);
	free(series->sum);
	free(series->with_bursts);
	free(series->noise);
}
