// SPDX-License-Identifier: GPL-2.0-only
/* A benchmark's statistics, with measurements whose true values are known. */
#include <math.h>

#include "bench/bench_stats.h"
#include "tests/tap.h"

START_TEST(random_is_splitmix64)
{
	/* The reference implementation's first numbers for this seed. */
	struct stats_random random = { 1234567 };
	unsigned int seen[7] = { 0 };

	ck_assert_uint_eq(stats_random(&random), 6457827717110365317ull);
	ck_assert_uint_eq(stats_random(&random), 3203168211198807973ull);
	ck_assert_uint_eq(stats_random(&random), 9817491932198370423ull);
	for (int i = 0; i < 70000; i++)
		seen[stats_random_below(&random, 7)]++;
	for (int i = 0; i < 7; i++) {
		ck_assert_uint_gt(seen[i], 9600);
		ck_assert_uint_lt(seen[i], 10400);
	}
}
END_TEST

START_TEST(medians)
{
	double odd[] = { 5, 1, 3 }, even[] = { 4, 1, 3, 2 }, one[] = { 7 };

	stats_sort(odd, 3);
	stats_sort(even, 4);
	ck_assert_double_eq(stats_median(odd, 3), 3);
	ck_assert_double_eq(stats_median(even, 4), 2.5);
	ck_assert_double_eq(stats_median(one, 1), 7);
}
END_TEST

START_TEST(outliers)
{
	double none[] = { 100, 101, 102, 103, 104, 105, 106, 107 };
	double some[] = { 50, 100, 101, 102, 103, 104, 105, 500 };
	double same[] = { 100, 100, 100, 100, 100, 100, 100.9, 102 };

	ck_assert_uint_eq(stats_outliers(none, 8), 0);
	ck_assert_uint_eq(stats_outliers(some, 8), 2);
	/* The quartiles are equal, so the limit is 1 % of the median. */
	ck_assert_uint_eq(stats_outliers(same, 8), 1);
	ck_assert_uint_eq(stats_outliers(same, 0), 0);
}
END_TEST

enum { ROUNDS = 10, LAPS = 20 };

struct made {
	double with[ROUNDS][LAPS], without[ROUNDS][LAPS];
	struct stats_pair pair[ROUNDS];
};

/* Get a nearly normal deviate of mean 0 and standard deviation 1. */
static double noise(struct stats_random *random)
{
	double sum = -6;

	for (int i = 0; i < 12; i++)
		sum += stats_random_below(random, 1u << 30) /
		       (double)(1u << 30);
	return sum;
}

/* Both runs of a round drift together, by a lot; their laps differ a little. */
static void make(struct made *made, double difference,
		 struct stats_random *random)
{
	for (int i = 0; i < ROUNDS; i++) {
		double drift = 1000 + 100 * noise(random);

		for (int j = 0; j < LAPS; j++) {
			made->with[i][j] = drift + difference + noise(random);
			made->without[i][j] = drift + noise(random);
		}
		stats_sort(made->with[i], LAPS);
		stats_sort(made->without[i], LAPS);
		made->pair[i] =
			(struct stats_pair){ { made->with[i], LAPS },
					     { made->without[i], LAPS } };
	}
}

START_TEST(intervals_hold_what_is_true)
{
	struct stats_random random = { 42 };
	struct stats_interval interval;
	static struct made made;
	int held = 0;

	for (int i = 0; i < 100; i++) {
		make(&made, 5, &random);
		ck_assert_int_eq(
			stats_estimate(made.pair, ROUNDS, i, &interval), 0);
		ck_assert_double_le(interval.low, interval.value);
		ck_assert_double_ge(interval.high, interval.value);
		ck_assert_double_lt(interval.high - interval.low, 2);
		held += interval.low <= 5 && interval.high >= 5;
	}
	/* 95 are expected; a bootstrap of few rounds is a bit too narrow or too
	 * wide. */
	ck_assert_int_ge(held, 88);
}
END_TEST

START_TEST(intervals_are_the_same_again)
{
	struct stats_interval one, two, three;
	struct stats_random random = { 42 };
	static struct made made;

	make(&made, 5, &random);
	ck_assert_int_eq(stats_estimate(made.pair, ROUNDS, 1, &one), 0);
	ck_assert_int_eq(stats_estimate(made.pair, ROUNDS, 1, &two), 0);
	ck_assert_int_eq(stats_estimate(made.pair, ROUNDS, 2, &three), 0);
	ck_assert_mem_eq(&one, &two, sizeof(one));
	ck_assert_double_eq(one.value, three.value);
	ck_assert(one.low != three.low || one.high != three.high);
}
END_TEST

START_TEST(one_round_has_no_interval)
{
	const double with[] = { 12 }, without[] = { 10 };
	const struct stats_pair pair = { { with, 1 }, { without, 1 } };
	const struct stats_pair alone = { { with, 1 }, { NULL, 0 } };
	struct stats_interval interval;

	ck_assert_int_eq(stats_estimate(&pair, 1, 1, &interval), 0);
	ck_assert_double_eq(interval.value, 2);
	ck_assert(isinf(interval.low) && isinf(interval.high));
	ck_assert_int_eq(stats_estimate(&alone, 1, 1, &interval), 0);
	ck_assert_double_eq(interval.value, 12);
}
END_TEST

START_TEST(changes_are_found)
{
	struct stats_random random = { 7 };
	static struct made then, same, dearer;
	struct stats_interval change;

	make(&then, 5, &random);
	make(&same, 5, &random);
	make(&dearer, 8, &random);
	stats_change(then.pair, ROUNDS, same.pair, ROUNDS, 0.95, &change);
	ck_assert_double_le(change.low, 0);
	ck_assert_double_ge(change.high, 0);
	stats_change(then.pair, ROUNDS, dearer.pair, ROUNDS, 0.95, &change);
	ck_assert_double_gt(change.low, 2);
	ck_assert_double_lt(change.high, 4);
}
END_TEST

static void shift(double laps[LAPS], double by)
{
	for (int i = 0; i < LAPS; i++)
		laps[i] += by;
}

/*
 * However few rounds there are, 95 % of the intervals hold the true value.
 * Runs differ from each other by more than their laps do, as real runs do.
 */
START_TEST(ninety_five_per_cent)
{
	static const size_t rounds[] = { 2, 3, 4, 6, 10 };
	enum { TIMES = 1000 };
	struct stats_random random = { 95 };
	struct stats_interval interval;
	static struct made made;
	int held = 0;

	for (int i = 0; i < TIMES; i++) {
		make(&made, 5, &random);
		for (int j = 0; j < ROUNDS; j++)
			shift(made.with[j], 3 * noise(&random));
		ck_assert_int_eq(
			stats_estimate(made.pair, rounds[_i], i, &interval), 0);
		ck_assert_double_le(interval.low, interval.value);
		ck_assert_double_ge(interval.high, interval.value);
		held += interval.low <= 5 && interval.high >= 5;
	}
	/* The standard deviation of this share is 0.7 %. */
	ck_assert_msg(held >= TIMES * 93 / 100, "%zu rounds: %d of %d",
		      rounds[_i], held, TIMES);
	ck_assert_int_le(held, TIMES * 985 / 1000);
}
END_TEST

/*
 * Among many comparisons without a change, of few rounds whose runs differ,
 * hardly any change is found.
 */
START_TEST(nothing_is_no_change)
{
	struct stats_random random = { 3 };
	static struct made then, now;
	struct stats_interval change;
	int told = 0;

	for (int i = 0; i < 4000; i++) {
		make(&then, 5, &random);
		make(&now, 5, &random);
		for (int j = 0; j < 3; j++) {
			shift(then.with[j], 3 * noise(&random));
			shift(now.with[j], 3 * noise(&random));
		}
		stats_change(then.pair, 3, now.pair, 3, 1 - 0.05 / 140,
			     &change);
		told += change.low > 0 || change.high < 0;
	}
	/* About 1.4 wrong findings are expected. */
	ck_assert_int_le(told, 6);
	stats_change(then.pair, 1, now.pair, 3, 0.95, &change);
	ck_assert(isinf(change.low) && isinf(change.high));
}
END_TEST

START_TEST(noise_is_what_overlaps)
{
	const struct stats_interval null = { 0, -3, 2 }, off = { -10, -11, -9 };
	double reach = stats_reach(null);

	ck_assert_double_eq(reach, 3);
	ck_assert_double_eq(stats_reach((struct stats_interval){ 1, -2, 4 }),
			    4);
	ck_assert(stats_is_noise((struct stats_interval){ 1, -1, 3 }, reach));
	ck_assert(stats_is_noise((struct stats_interval){ 3, 2.5, 4 }, reach));
	ck_assert(!stats_is_noise((struct stats_interval){ 4, 3.1, 5 }, reach));
	ck_assert(!stats_is_noise((struct stats_interval){ -4, -5, -3.5 },
				  reach));
	/* If BENCH_NULL is off in either direction, noise is still no cost. */
	reach = stats_reach(off);
	ck_assert(stats_is_noise((struct stats_interval){ 0, -.5, .5 }, reach));
	ck_assert(stats_is_noise((struct stats_interval){ 1, .9, 1.1 }, reach));
}
END_TEST

static Suite *suite(void)
{
	Suite *suite = suite_create("bench_stats");
	TCase *tcase = tcase_create("bench_stats");

	tcase_add_test(tcase, random_is_splitmix64);
	tcase_add_test(tcase, medians);
	tcase_add_test(tcase, outliers);
	tcase_add_test(tcase, intervals_hold_what_is_true);
	tcase_add_test(tcase, intervals_are_the_same_again);
	tcase_add_test(tcase, one_round_has_no_interval);
	tcase_add_test(tcase, changes_are_found);
	tcase_add_loop_test(tcase, ninety_five_per_cent, 0, 5);
	tcase_add_test(tcase, nothing_is_no_change);
	tcase_add_test(tcase, noise_is_what_overlaps);
	suite_add_tcase(suite, tcase);
	return suite;
}

int main(void)
{
	return tap_run(suite());
}
