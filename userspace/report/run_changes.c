// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/array.h"
#include "lib/student.h"
#include "report/run_changes.h"
#include "report/run_levels.h"

/* From this round on, all changes that may be chance are dropped at once. */
#define ROUNDS 20

/* A part of the series in which a change is looked for. */
struct stretch {
	size_t begin, middle, end; /* the change is at the middle */
	/* The probability of this difference by chance, for one comparison. */
	double chance;
};

struct stretches {
	struct stretch *stretch;
	size_t nr;
	size_t room;
	double looked_at; /* the number of places that were looked at */
};

/* --- stretches --- */

static double mean_of(const double *sum, size_t begin, size_t end)
{
	return (sum[end] - sum[begin]) / (end - begin);
}

/*
 * Returns the largest variance that y can have if exits are independent of each
 * other; @mean is that of y.  If exits are rare, the variance is below 1, as y
 * is nearly always the same.
 */
static double chance_noise(double mean)
{
	double step = run_levels_y(1) - run_levels_y(0);

	return fmin(1, step * step * run_levels_count(mean));
}

/* Returns the difference of the means in standard deviations (Welch). */
static double difference_of(const struct run_levels *series, const double *sum,
			    size_t begin, size_t middle, size_t end)
{
	double left = middle - begin, right = end - middle;
	double before = mean_of(sum, begin, middle);
	double after = mean_of(sum, middle, end);
	double least = chance_noise(fmax(before, after));
	double noise_left =
		(series->noise[middle] - series->noise[begin]) / left;
	double noise_right =
		(series->noise[end] - series->noise[middle]) / right;
	double variance = fmax(noise_left, least) / left +
			  fmax(noise_right, least) / right;

	return variance > 0 ? (after - before) / sqrt(variance) : 0;
}

/*
 * The difference must exist with bursts and without them.  If bursts are so
 * many that they are left out on one side and not on the other, that alone
 * would make a difference.
 */
static double difference(const struct run_levels *series, size_t begin,
			 size_t middle, size_t end)
{
	return fmin(
		fabs(difference_of(series, series->sum, begin, middle, end)),
		fabs(difference_of(series, series->with_bursts, begin, middle,
				   end)));
}

/*
 * Find the place, at least @distance from both ends, at which the means before
 * and after it differ most (CUSUM).  Returns 0 if that is nearer to an end than
 * RUN_LEVEL_MIN.
 */
static size_t most_different(const struct run_levels *series, size_t begin,
			     size_t end, size_t distance)
{
	const double *sum = series->sum;
	double mean = mean_of(sum, begin, end), most = -1;
	size_t at = 0;

	for (size_t i = begin + distance; i + distance <= end; i++) {
		double left = i - begin, right = end - i;
		double off = sum[i] - sum[begin] - mean * left;
		double cusum = off * off / (left * right);

		if (cusum > most) {
			most = cusum;
			at = i;
		}
	}
	return at < begin + RUN_LEVEL_MIN || at + RUN_LEVEL_MIN > end ? 0 : at;
}

static int look_at(const struct run_levels *series, size_t begin, size_t end,
		   struct stretches *list)
{
	struct stretch stretch = { .begin = begin, .end = end }, *added;

	list->looked_at += end - begin - 1;
	stretch.middle = most_different(series, begin, end, 1);
	if (!stretch.middle)
		return 0;
	stretch.chance =
		student_p(difference(series, begin, stretch.middle, end),
			  series->freedom);
	/* Even a single comparison would need a probability below this. */
	if (stretch.chance > RUN_CHANGE_CHANCE)
		return 0;
	added = array_append(list->stretch, list->nr, list->room);
	if (!added)
		return -ENOMEM;
	*added = stretch;
	return 0;
}

/*
 * Look at stretches of several lengths.  Each length is 0.7 of the one before,
 * and at least half of each stretch is also in the next one of its length.
 */
static int look_at_all(const struct run_levels *series, struct stretches *list)
{
	double length = series->nr;

	while (length >= 2 * RUN_LEVEL_MIN) {
		size_t nr = 2 * ceil(series->nr / length) - 1;
		double step = nr > 1 ? (series->nr - length) / (nr - 1) : 0;

		for (size_t i = 0; i < nr; i++) {
			size_t begin = i * step;
			size_t end = ceil(i * step + length);

			if (look_at(series, begin,
				    end < series->nr ? end : series->nr, list))
				return -ENOMEM;
		}
		length *= M_SQRT1_2;
	}
	return 0;
}

/*
 * Sort the shortest stretches first, and those of the same length by how
 * unlikely they are by chance.
 */
static int compare_stretches(const void *left, const void *right)
{
	const struct stretch *a = left, *b = right;
	size_t length_a = a->end - a->begin, length_b = b->end - b->begin;

	if (length_a != length_b)
		return length_a < length_b ? -1 : 1;
	if (a->chance != b->chance)
		return a->chance < b->chance ? -1 : 1;
	return (a->begin > b->begin) - (a->begin < b->begin);
}

/* --- changes --- */

/* The changes that were chosen.  A stretch that has one of them is left out. */
struct taken {
	/* How many changes there are before each place, as a Fenwick tree. */
	unsigned int *changes;
	size_t nr;
};

static void take(struct taken *taken, size_t at)
{
	for (size_t i = at + 1; i <= taken->nr; i += i & -i)
		taken->changes[i]++;
}

static unsigned int taken_before(const struct taken *taken, size_t end)
{
	unsigned int nr = 0;

	for (size_t i = end; i; i -= i & -i)
		nr += taken->changes[i];
	return nr;
}

/* Is there a change after the beginning and before the end? */
static bool has_one(const struct taken *taken, const struct stretch *stretch)
{
	return taken_before(taken, stretch->end) >
	       taken_before(taken, stretch->begin + 1);
}

static int compare_changes(const void *left, const void *right)
{
	const struct run_change *a = left, *b = right;

	return (a->point > b->point) - (a->point < b->point);
}

/* Choose changes from stretches; their ->point is an index of the series. */
static int choose(const struct run_levels *series, struct stretches *list,
		  struct run_changes *changes)
{
	struct taken taken = { .nr = series->nr };

	taken.changes = calloc(series->nr + 1, sizeof(*taken.changes));
	changes->change = calloc(list->nr + 1, sizeof(*changes->change));
	if (!taken.changes || !changes->change) {
		free(taken.changes);
		return -ENOMEM;
	}
	qsort(list->stretch, list->nr, sizeof(*list->stretch),
	      compare_stretches);
	for (size_t i = 0; i < list->nr; i++) {
		const struct stretch *stretch = &list->stretch[i];
		double chance = stretch->chance * list->looked_at;

		if (chance >= RUN_CHANGE_CHANCE || has_one(&taken, stretch))
			continue;
		take(&taken, stretch->middle);
		changes->change[changes->nr++] =
			(struct run_change){ .point = stretch->middle,
					     .chance = chance };
	}
	free(taken.changes);
	qsort(changes->change, changes->nr, sizeof(*changes->change),
	      compare_changes);
	return 0;
}

/*
 * Returns the place of the change before change @i (begin_of) or after it
 * (end_of); an end of the series if there is none.
 */
static size_t begin_of(const struct run_changes *changes, size_t i)
{
	return i ? changes->change[i - 1].point : 0;
}

static size_t end_of(const struct run_changes *changes, size_t i,
		     const struct run_levels *series)
{
	return i + 1 < changes->nr ? changes->change[i + 1].point : series->nr;
}

/*
 * Move each change to its best place between its neighbours, and compute how
 * clear it is there.
 */
static void settle(const struct run_levels *series, struct run_changes *changes)
{
	struct run_change *change = changes->change;

	for (size_t i = 0; i < changes->nr; i++)
		change[i].point = most_different(series, begin_of(changes, i),
						 end_of(changes, i, series),
						 RUN_LEVEL_MIN);
	for (size_t i = 0; i < changes->nr; i++)
		change[i].clear = difference(series, begin_of(changes, i),
					     change[i].point,
					     end_of(changes, i, series));
}

/*
 * Drop changes that may be chance when they are compared with their neighbours,
 * such as a place that is only near a change.  If @all is false, only the less
 * clear one of two neighbours is dropped.  Returns how many were dropped.
 */
static size_t drop(const struct run_levels *series, double looked_at, bool all,
		   struct run_changes *changes)
{
	struct run_change *change = changes->change;
	size_t nr = changes->nr, kept = 0;
	double before = INFINITY;

	for (size_t i = 0; i < nr; i++) {
		double clear = change[i].clear;
		double after = i + 1 < nr ? change[i + 1].clear : INFINITY;
		double chance = student_p(clear, series->freedom) * looked_at;

		if (chance >= RUN_CHANGE_CHANCE &&
		    (all || (clear <= before && clear <= after))) {
			/* In this round, keep the change after this one. */
			before = 0;
			continue;
		}
		before = clear;
		change[kept] = change[i];
		change[kept].chance = chance;
		kept++;
	}
	changes->nr = kept;
	return nr - kept;
}

static double rate_of(const struct run_levels *series, size_t begin, size_t end,
		      double interval)
{
	double count = 0;

	for (size_t i = begin; i < end; i++)
		count += run_levels_count(series->y[i]);
	return count / (end - begin) / interval;
}

static void find_rates(const struct run_levels *series, double interval,
		       struct run_changes *changes)
{
	struct run_change *change = changes->change;

	for (size_t i = 0; i < changes->nr; i++) {
		change[i].before =
			i ? change[i - 1].after :
			    rate_of(series, 0, change[i].point, interval);
		change[i].after = rate_of(series, change[i].point,
					  end_of(changes, i, series), interval);
	}
}

int run_changes_find(const struct run_point *points, size_t nr, double interval,
		     struct run_changes *changes)
{
	struct stretches list = { .nr = 0 };
	struct run_levels series = { .nr = 0 };
	int r;

	memset(changes, 0, sizeof(*changes));
	r = run_levels_make(points, nr, interval, &series);
	if (r > 0)
		r = look_at_all(&series, &list);
	if (!r && list.nr)
		r = choose(&series, &list, changes);
	for (unsigned int i = 1; !r && changes->nr; i++) {
		settle(&series, changes);
		if (!drop(&series, list.looked_at, i >= ROUNDS, changes))
			break;
	}
	if (!r)
		find_rates(&series, interval, changes);
	for (size_t i = 0; !r && i < changes->nr; i++) {
		struct run_change *change = &changes->change[i];

		change->point = series.point[change->point];
		change->at_ns = points[change->point].begin_ns;
	}
	free(list.stretch);
	run_levels_free(&series);
	return r;
}

double run_changes_clear(const struct run_changes *changes, size_t nr)
{
	double most[RUN_CLEAREST] = { 0 };

	for (size_t i = 0; i < changes->nr; i++) {
		double clear = changes->change[i].clear;

		for (size_t j = 0; j < nr; j++) {
			if (clear > most[j]) {
				double other = most[j];

				most[j] = clear;
				clear = other;
			}
		}
	}
	return most[nr - 1];
}

void run_changes_free(struct run_changes *changes)
{
	free(changes->change);
	memset(changes, 0, sizeof(*changes));
}
