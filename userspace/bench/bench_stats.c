// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench_stats.h"
#include "lib/student.h"

/* --- random numbers --- */

/* Steele, Lea and Flood, Fast Splittable Pseudorandom Number Generators. */
uint64_t stats_random(struct stats_random *random)
{
	uint64_t z = random->state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

uint32_t stats_random_below(struct stats_random *random, uint32_t limit)
{
	return (stats_random(random) >> 32) * limit >> 32;
}

/* --- medians --- */

static int compare_doubles(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

void stats_sort(double *values, size_t nr)
{
	qsort(values, nr, sizeof(*values), compare_doubles);
}

double stats_median(const double *sorted, size_t nr)
{
	return (sorted[(nr - 1) / 2] + sorted[nr / 2]) / 2;
}

/* --- the bootstrap --- */

struct room {
	uint32_t *times; /* how often each lap was drawn */
	double *rounds; /* a value per round, of a draw or of the estimate */
	double *draws;
};

static size_t most_laps(const struct stats_pair *pairs, size_t rounds)
{
	size_t most = 0;

	for (size_t i = 0; i < rounds; i++) {
		if (pairs[i].with.nr > most)
			most = pairs[i].with.nr;
		if (pairs[i].without.nr > most)
			most = pairs[i].without.nr;
	}
	return most;
}

static void room_free(struct room *room)
{
	free(room->times);
	free(room->rounds);
	free(room->draws);
}

static int room_init(struct room *room, size_t laps, size_t rounds)
{
	/*
	 * Allocate one element more than is needed: calloc() of none may return
	 * NULL although there is memory.
	 */
	room->times = calloc(laps + 1, sizeof(*room->times));
	room->rounds = calloc(rounds + 1, sizeof(*room->rounds));
	room->draws = calloc(STATS_DRAWS, sizeof(*room->draws));
	if (room->times && room->rounds && room->draws)
		return 0;
	room_free(room);
	return -ENOMEM;
}

/*
 * Draw as many laps as there are, with replacement, and get their median.  The
 * laps are sorted, so it is enough to know how often each was drawn.
 */
static double draw_median(struct stats_laps laps, struct room *room,
			  struct stats_random *random)
{
	size_t lower = (laps.nr - 1) / 2, upper = laps.nr / 2;
	size_t seen = 0, i = 0;
	double low;

	memset(room->times, 0, laps.nr * sizeof(*room->times));
	for (size_t n = 0; n < laps.nr; n++)
		room->times[stats_random_below(random, laps.nr)]++;
	while ((seen += room->times[i]) <= lower)
		i++;
	low = laps.lap[i];
	while (seen <= upper)
		seen += room->times[++i];
	return (low + laps.lap[i]) / 2;
}

static double draw(const struct stats_pair *pairs, size_t rounds,
		   struct room *room, struct stats_random *random)
{
	for (size_t i = 0; i < rounds; i++) {
		const struct stats_pair *pair =
			&pairs[stats_random_below(random, rounds)];

		room->rounds[i] = draw_median(pair->with, room, random);
		if (pair->without.nr)
			room->rounds[i] -=
				draw_median(pair->without, room, random);
	}
	stats_sort(room->rounds, rounds);
	return stats_median(room->rounds, rounds);
}

/*
 * Returns a round's median, or its difference from the median with which it is
 * compared.
 */
static double middle(const struct stats_pair *pair)
{
	double with = stats_median(pair->with.lap, pair->with.nr);

	if (!pair->without.nr)
		return with;
	return with - stats_median(pair->without.lap, pair->without.nr);
}

static double estimate(const struct stats_pair *pairs, size_t rounds,
		       struct room *room)
{
	for (size_t i = 0; i < rounds; i++)
		room->rounds[i] = middle(&pairs[i]);
	stats_sort(room->rounds, rounds);
	return stats_median(room->rounds, rounds);
}

/* The probability that a normal deviate is below @deviate. */
static double normal_below(double deviate)
{
	return erfc(-deviate / sqrt(2)) / 2;
}

/*
 * Take the ends of the interval from the draws.  Draws of few rounds vary less
 * than the rounds do, and have short tails.  Hesterberg's expanded percentiles
 * make up for that: with normal data, the interval is as wide as Student's.
 */
static void take_ends(double *draws, size_t rounds,
		      struct stats_interval *interval)
{
	double nr = rounds, t = student_t(1 - STATS_LEVEL, nr - 1);
	size_t cut = normal_below(-t * sqrt(nr / (nr - 1))) * STATS_DRAWS;

	stats_sort(draws, STATS_DRAWS);
	interval->low = fmin(draws[cut], interval->value);
	interval->high = fmax(draws[STATS_DRAWS - 1 - cut], interval->value);
}

static int bootstrap(const struct stats_pair *pairs, size_t rounds,
		     uint64_t seed, struct stats_interval *interval)
{
	struct stats_random random = { seed };
	struct room room;

	if (room_init(&room, most_laps(pairs, rounds), rounds))
		return -ENOMEM;
	for (int i = 0; i < STATS_DRAWS; i++)
		room.draws[i] = draw(pairs, rounds, &room, &random);
	interval->value = estimate(pairs, rounds, &room);
	take_ends(room.draws, rounds, interval);
	room_free(&room);
	return 0;
}

/* --- means, for few rounds --- */

/* The mean of rounds, and its uncertainty. */
struct mean {
	double value;
	double variance; /* of the mean */
	double freedom;
};

static struct mean mean_of(const struct stats_pair *pairs, size_t rounds)
{
	struct mean mean = { .freedom = rounds - 1.0 };
	double squares = 0, nr = rounds;

	for (size_t i = 0; i < rounds; i++) {
		double value = middle(&pairs[i]), off = value - mean.value;

		mean.value += off / (i + 1.0);
		squares += off * (value - mean.value);
	}
	mean.variance = squares / (nr - 1) / nr;
	return mean;
}

static void take_around(double value, double far,
			struct stats_interval *interval)
{
	*interval = (struct stats_interval){ value, value - far, value + far };
}

int stats_estimate(const struct stats_pair *pairs, size_t rounds, uint64_t seed,
		   struct stats_interval *interval)
{
	struct mean mean;
	double far = INFINITY;

	if (rounds >= STATS_BOOTSTRAP)
		return bootstrap(pairs, rounds, seed, interval);
	mean = mean_of(pairs, rounds);
	if (rounds > 1)
		far = sqrt(mean.variance) *
		      student_t(1 - STATS_LEVEL, mean.freedom);
	take_around(mean.value, far, interval);
	return 0;
}

/* --- changes --- */

double stats_mean(const struct stats_pair *pairs, size_t rounds)
{
	return mean_of(pairs, rounds).value;
}

void stats_change(const struct stats_pair *then, size_t rounds_then,
		  const struct stats_pair *now, size_t rounds_now, double level,
		  struct stats_interval *interval)
{
	const struct mean a = mean_of(then, rounds_then);
	const struct mean b = mean_of(now, rounds_now);
	double variance = a.variance + b.variance, far = 0;

	if (rounds_then < 2 || rounds_now < 2)
		far = INFINITY;
	else if (variance > 0)
		far = sqrt(variance) *
		      student_t(1 - level,
				variance * variance /
					(a.variance * a.variance / a.freedom +
					 b.variance * b.variance / b.freedom));
	take_around(b.value - a.value, far, interval);
}

/* --- noise and outliers --- */

double stats_reach(struct stats_interval null)
{
	return fmax(fabs(null.low), fabs(null.high));
}

bool stats_is_noise(struct stats_interval difference, double reach)
{
	return difference.low <= reach && difference.high >= -reach;
}

/* Interpolate linearly between the two nearest values. */
static double quantile(const double *sorted, size_t nr, double share)
{
	double at = share * (double)(nr - 1);
	size_t below = at;

	if (below + 1 >= nr)
		return sorted[nr - 1];
	return sorted[below] +
	       (at - (double)below) * (sorted[below + 1] - sorted[below]);
}

size_t stats_outliers(const double *sorted, size_t nr)
{
	double first, third, far;
	size_t outside = 0;

	if (!nr)
		return 0;
	first = quantile(sorted, nr, 0.25);
	third = quantile(sorted, nr, 0.75);
	far = 3 * (third - first);
	if (far < stats_median(sorted, nr) / 100)
		far = stats_median(sorted, nr) / 100;
	for (size_t i = 0; i < nr; i++)
		outside += sorted[i] < first - far || sorted[i] > third + far;
	return outside;
}
