// SPDX-License-Identifier: GPL-2.0-only
/* Changes of a run's rate, in series that are made up. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/run_changes.h"
#include "tests/made_up_random.h"
#include "tests/tap.h"

#define INTERVAL 0.1
#define POINTS_MAX 84000

static struct run_point points[POINTS_MAX];
static struct stats_random state;
static struct run_changes changes;

static void setup(void)
{
	state.state = 1;
}

static void teardown(void)
{
	run_changes_free(&changes);
}

static double uniform(void)
{
	return random_uniform(&state);
}

static double normal(void)
{
	return random_normal(&state);
}

static void put(size_t at, double mean)
{
	points[at] = (struct run_point){
		.begin_ns = 1000 + at * (uint64_t)(INTERVAL * 1e9),
		.exits = random_poisson(&state, mean),
		.seconds = INTERVAL,
	};
}

static size_t find(size_t nr)
{
	run_changes_free(&changes);
	ck_assert_int_eq(run_changes_find(points, nr, INTERVAL, &changes), 0);
	for (size_t i = 0; i < changes.nr; i++) {
		const struct run_change *change = &changes.change[i];
		size_t before = i ? change[-1].point : 0;

		ck_assert(change->chance >= 0 &&
			  change->chance < RUN_CHANGE_CHANCE);
		ck_assert_uint_ge(change->point, before + RUN_LEVEL_MIN);
		ck_assert_uint_le(change->point + RUN_LEVEL_MIN, nr);
		ck_assert_uint_eq(change->at_ns,
				  points[change->point].begin_ns);
		ck_assert(!i || change->before == change[-1].after);
		/* The clearer a change is, the less probable it is by
		 * chance. */
		ck_assert(!i || (change->clear > change[-1].clear ?
					 change->chance <= change[-1].chance :
					 change->chance >= change[-1].chance));
	}
	return changes.nr;
}

/* Check change @i: where it is, and its rates in exits per interval. */
static void assert_change(size_t i, size_t point, size_t off, double before,
			  double after)
{
	const struct run_change *change = &changes.change[i];

	ck_assert_uint_lt(i, changes.nr);
	ck_assert_uint_ge(change->point + off, point);
	ck_assert_uint_le(change->point, point + off);
	ck_assert(fabs(change->before * INTERVAL / before - 1) < 0.02);
	ck_assert(fabs(change->after * INTERVAL / after - 1) < 0.02);
}

/* --- no changes --- */

/* Count in how many of @runs runs with one level a change is found. */
static unsigned int alarms(unsigned int runs, size_t nr,
			   double (*mean)(double *state), double start)
{
	unsigned int found = 0;

	for (unsigned int run = 0; run < runs; run++) {
		double last = start;

		for (size_t i = 0; i < nr; i++)
			put(i, mean(&last));
		found += find(nr) > 0;
	}
	return found;
}

static double constant(double *mean)
{
	return *mean;
}

/* A constant rate may have a change in less than 1 % of the runs. */
START_TEST(chance_is_no_change)
{
	static const struct {
		unsigned int runs;
		size_t nr;
		double mean;
	} cases[] = { { 2000, 300, 1000 }, { 500, 1000, 10 },
		      { 500, 1000, 0.3 },  { 200, 3000, 0.02 },
		      { 2000, 40, 100 },   { 3, POINTS_MAX, 100 } };

	for (size_t i = 0; i < 6; i++)
		ck_assert_uint_lt(100 * alarms(cases[i].runs, cases[i].nr,
					       constant, cases[i].mean),
				  cases[i].runs);
}
END_TEST

/* A log-normal rate: a standard deviation of half the mean, without any memory.
 */
static double overdispersed(double *mean)
{
	return *mean * exp(0.5 * normal());
}

/* A constant rate, with thirty times as many exits in one of ten intervals. */
static double in_bursts(double *mean)
{
	return *mean * (uniform() < 0.1 ? 30 : 1);
}

/* A log-normal rate with a memory of ten intervals: @logarithm is its state. */
static double remembering(double *logarithm)
{
	*logarithm = 0.9 * *logarithm + sqrt(1 - 0.9 * 0.9) * normal();
	return 1000 * exp(0.3 * *logarithm);
}

START_TEST(noise_is_no_change)
{
	ck_assert_uint_lt(alarms(200, 1000, overdispersed, 1000), 2);
	ck_assert_uint_lt(alarms(200, 1000, in_bursts, 100), 2);
	ck_assert_uint_lt(alarms(200, 3000, remembering, 0), 2);
}
END_TEST

/* Up to five high intervals are a burst, wherever they are. */
START_TEST(bursts_are_no_level)
{
	static const size_t at[] = { 0, 1, 7, 150, 290, 295 };

	for (size_t n = 1; n <= RUN_BURST; n++) {
		for (size_t i = 0; i < 6; i++) {
			for (size_t j = 0; j < 300; j++)
				put(j,
				    j >= at[i] && j < at[i] + n ? 5000 : 100);
			ck_assert_uint_eq(find(300), 0);
		}
	}
}
END_TEST

/* At an end of the run, a change too short for a level is not reported. */
START_TEST(ends_are_no_level)
{
	for (size_t n = RUN_BURST + 1; n < RUN_LEVEL_MIN; n++) {
		for (size_t end = 0; end < 2; end++) {
			for (size_t i = 0; i < 300; i++)
				put(i,
				    (end ? i + n >= 300 : i < n) ? 5000 : 100);
			ck_assert_uint_eq(find(300), 0);
		}
	}
}
END_TEST

START_TEST(too_short)
{
	for (size_t i = 0; i < 20; i++)
		put(i, i < 10 ? 10 : 10000);
	for (size_t nr = 0; nr <= 20; nr++)
		ck_assert_uint_eq(find(nr), 0);
}
END_TEST

/* There are no exits at all, or the intervals have no length. */
START_TEST(nothing)
{
	for (size_t i = 0; i < 300; i++)
		put(i, 0);
	ck_assert_uint_eq(find(300), 0);
	for (size_t i = 0; i < 300; i++)
		points[i].seconds = 0;
	ck_assert_uint_eq(find(300), 0);
	ck_assert_int_eq(run_changes_find(points, 300, 0, &changes), 0);
	ck_assert_uint_eq(changes.nr, 0);
}
END_TEST

/* --- changes --- */

START_TEST(steps)
{
	for (unsigned int seed = 0; seed < 50; seed++) {
		for (size_t i = 0; i < 600; i++)
			put(i, i < 200 ? 1000 : i < 400 ? 1500 : 700);
		ck_assert_uint_eq(find(600), 2);
		assert_change(0, 200, 0, 1000, 1500);
		assert_change(1, 400, 0, 1500, 700);
	}
}
END_TEST

/* A small step between rates is found near its place, but not exactly there. */
START_TEST(small_steps)
{
	for (unsigned int seed = 0; seed < 50; seed++) {
		for (size_t i = 0; i < 2000; i++)
			put(i, i < 1000 ? 100 : 110);
		ck_assert_uint_eq(find(2000), 1);
		assert_change(0, 1000, 30, 100, 110);
	}
	/* A step much larger than the noise is found exactly, or nearly. */
	for (unsigned int seed = 0; seed < 50; seed++) {
		for (size_t i = 0; i < 60; i++)
			put(i, i < 30 ? 100 : 250);
		ck_assert_uint_eq(find(60), 1);
		ck_assert_uint_ge(changes.change[0].point, 29);
		ck_assert_uint_le(changes.change[0].point, 31);
	}
}
END_TEST

/* The shortest series has only a single stretch. */
START_TEST(a_short_series)
{
	for (size_t nr = 24; nr < 28; nr++) {
		for (size_t i = 0; i < nr; i++)
			put(i, i < 12 ? 100 : 5000);
		ck_assert_uint_eq(find(nr), 1);
		ck_assert_uint_eq(changes.change[0].point, 12);
	}
}
END_TEST

/* A short level is found in the middle of another one. */
START_TEST(a_short_level)
{
	for (size_t i = 0; i < 1000; i++)
		put(i, i >= 500 && i < 520 ? 3000 : 1000);
	ck_assert_uint_eq(find(1000), 2);
	assert_change(0, 500, 0, 1000, 3000);
	assert_change(1, 520, 0, 3000, 1000);
}
END_TEST

START_TEST(steps_in_noise)
{
	double mean[2] = { 1000, 2000 };

	for (unsigned int seed = 0; seed < 50; seed++) {
		for (size_t i = 0; i < 1000; i++)
			put(i, overdispersed(&mean[i >= 300]));
		ck_assert_uint_eq(find(1000), 1);
		ck_assert_uint_ge(changes.change[0].point, 280);
		ck_assert_uint_le(changes.change[0].point, 320);
	}
}
END_TEST

/* Bursts neither hide a step nor move its levels. */
START_TEST(a_step_among_bursts)
{
	for (size_t i = 0; i < 1000; i++)
		put(i, (i < 500 ? 100 : 150) * (i % 97 == 13 ? 40 : 1));
	ck_assert_uint_eq(find(1000), 1);
	assert_change(0, 500, 2, 100, 150);
}
END_TEST

START_TEST(many_steps)
{
	for (size_t i = 0; i < POINTS_MAX; i++)
		put(i, i / 1000 % 2 ? 100 : 200);
	ck_assert_uint_eq(find(POINTS_MAX), POINTS_MAX / 1000 - 1);
	for (size_t i = 0; i < changes.nr; i++)
		assert_change(i, 1000 * (i + 1), 1, i % 2 ? 100 : 200,
			      i % 2 ? 200 : 100);
}
END_TEST

/*
 * Put levels of 25 to 85 intervals, at random.  Set @at to where they begin,
 * and return their number.
 */
static size_t put_levels(uint64_t seed, size_t points_nr, double down,
			 double up, size_t at[16])
{
	size_t nr = 0, next = 0;
	double mean = 100;

	state.state = seed;
	for (size_t i = 0; i < points_nr; i++) {
		if (i == next) {
			at[nr++] = i;
			next = i + 25 + uniform() * 60;
			mean *= uniform() < 0.5 && mean > 30 ? down : up;
		}
		put(i, mean);
	}
	return nr;
}

/* Returns how many levels are found, or 0 if anything else is found, too. */
static size_t found(size_t points_nr, const size_t at[16], size_t nr)
{
	const size_t all = find(points_nr);

	for (size_t i = 0, level = 1; i < all; i++) {
		const size_t point = changes.change[i].point;

		while (level < nr && at[level] + 1 < point)
			level++;
		if (level == nr || at[level] > point + 1)
			return 0;
	}
	return all;
}

/* Does find() find exactly the levels that were made? */
static bool finds_all(uint64_t seed, size_t points_nr)
{
	size_t at[16], nr = put_levels(seed, points_nr, 0.6, 1.6, at);

	return found(points_nr, at, nr) == nr - 1;
}

/*
 * In these series, about one in ten thousand, all levels are found only if the
 * narrowest stretches come first, the clearest of these before the others, and
 * changes keep their distance.
 */
START_TEST(short_levels)
{
	static const uint64_t seeds[] = { 1,	18,   524,  796,   940,	 1107,
					  1135, 1207, 1501, 1736,  2404, 2472,
					  3069, 4057, 5065, 19685, 12,	 24 };

	for (size_t i = 0; i < sizeof(seeds) / sizeof(*seeds); i++)
		ck_assert_msg(finds_all(seeds[i], 300), "seed %u",
			      (unsigned int)seeds[i]);
	/* For other series, only the checks in find() must hold. */
	for (uint64_t seed = 700; seed < 800; seed++)
		finds_all(seed, 300);
}
END_TEST

/* Stretches that have a change are recognized up to the last point. */
START_TEST(up_to_the_last_point)
{
	for (uint64_t seed = 1; seed < 4; seed++)
		ck_assert_msg(finds_all(seed, 256), "seed %u",
			      (unsigned int)seed);
}
END_TEST

/*
 * Between small steps, a place that is only chance must be dropped before its
 * neighbours are judged, and only one of two such places beside each other.
 * Otherwise a step is lost.
 */
START_TEST(chance_beside_steps)
{
	static const struct {
		uint64_t seed;
		size_t steps;
	} rows[] = { { 944, 2 },  { 1088, 4 }, { 1440, 4 },
		     { 1837, 4 }, { 1968, 4 }, { 2021, 3 } };
	size_t at[16], nr;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		nr = put_levels(rows[i].seed, 300, 0.8, 1.25, at);
		ck_assert_uint_eq(found(300, at, nr), rows[i].steps);
	}
}
END_TEST

/* Without any noise, stretches of one length can be equally clear. */
START_TEST(exact_levels)
{
	for (size_t i = 0; i < 256; i++) {
		put(i, 1);
		points[i].exits = i / 32 % 2 ? 100 : 200;
	}
	ck_assert_uint_eq(find(256), 7);
	for (size_t i = 0; i < 7; i++)
		assert_change(i, 32 * (i + 1), 0, i % 2 ? 100 : 200,
			      i % 2 ? 200 : 100);
}
END_TEST

/* After run_changes_free(), the changes are empty and could be freed again. */
START_TEST(freed)
{
	for (size_t i = 0; i < 400; i++)
		put(i, i < 150 ? 100 : 1000);
	ck_assert_uint_eq(find(400), 1);
	run_changes_free(&changes);
	ck_assert_ptr_null(changes.change);
	ck_assert_uint_eq(changes.nr, 0);
}
END_TEST

/* Rates are per second, and intervals that are cut short do not count. */
START_TEST(intervals_of_other_lengths)
{
	for (size_t i = 0; i < 400; i++) {
		double length = i % 3 ? INTERVAL : 1.5 * INTERVAL;

		put(i, (i < 200 ? 1000 : 2000) * length / INTERVAL);
		points[i].seconds = length;
	}
	points[300] = (struct run_point){ .begin_ns = points[300].begin_ns,
					  .seconds = INTERVAL / 10 };
	ck_assert_uint_eq(find(400), 1);
	assert_change(0, 200, 0, 1000, 2000);
}
END_TEST

START_TEST(the_same_each_time)
{
	struct run_changes first;

	for (size_t i = 0; i < 5000; i++)
		put(i, 100 + i % 700);
	find(5000);
	first = changes;
	memset(&changes, 0, sizeof(changes));
	ck_assert_uint_eq(find(5000), first.nr);
	ck_assert_uint_gt(first.nr, 0);
	ck_assert_mem_eq(first.change, changes.change,
			 first.nr * sizeof(*first.change));
	run_changes_free(&first);
}
END_TEST

START_TEST(the_clearest)
{
	struct run_change change[] = { { .clear = 5 }, { .clear = 3 },
				       { .clear = 9 }, { .clear = 1 },
				       { .clear = 7 }, { .clear = 9 } };
	static const double clear[] = { 9, 9, 7, 5, 3, 1, 0 };
	const struct run_changes all = { .change = change, .nr = 6 };

	for (size_t i = 0; i < 7; i++)
		ck_assert_double_eq(run_changes_clear(&all, i + 1), clear[i]);
	ck_assert_double_eq(run_changes_clear(&all, RUN_CLEAREST), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("run_changes");
	TCase *tcase = tcase_create("run_changes");

	tcase_set_timeout(tcase, 120);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, chance_is_no_change);
	tcase_add_test(tcase, noise_is_no_change);
	tcase_add_test(tcase, bursts_are_no_level);
	tcase_add_test(tcase, ends_are_no_level);
	tcase_add_test(tcase, too_short);
	tcase_add_test(tcase, nothing);
	tcase_add_test(tcase, steps);
	tcase_add_test(tcase, small_steps);
	tcase_add_test(tcase, a_short_series);
	tcase_add_test(tcase, a_short_level);
	tcase_add_test(tcase, steps_in_noise);
	tcase_add_test(tcase, a_step_among_bursts);
	tcase_add_test(tcase, many_steps);
	tcase_add_test(tcase, short_levels);
	tcase_add_test(tcase, up_to_the_last_point);
	tcase_add_test(tcase, chance_beside_steps);
	tcase_add_test(tcase, exact_levels);
	tcase_add_test(tcase, freed);
	tcase_add_test(tcase, intervals_of_other_lengths);
	tcase_add_test(tcase, the_same_each_time);
	tcase_add_test(tcase, the_clearest);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
