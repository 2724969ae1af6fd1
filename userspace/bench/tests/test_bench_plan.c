// SPDX-License-Identifier: GPL-2.0-only
/* The order of a benchmark's runs, their number, and the progress. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench_plan.h"
#include "bench/bench_progress.h"
#include "made_bench.h"
#include "tests/tap.h"

enum { MOST_ROWS = 24 };

START_TEST(rounds_run_every_row_once)
{
	for (size_t rows = 2; rows <= MOST_ROWS; rows++) {
		for (unsigned int round = 0; round < 4; round++) {
			bool seen[MOST_ROWS] = { false };

			for (size_t i = 0; i < rows; i++) {
				size_t row = bench_order(round, i, rows);

				ck_assert_uint_lt(row, rows);
				ck_assert(!seen[row]);
				seen[row] = true;
			}
		}
	}
}
END_TEST

START_TEST(rows_are_as_late_as_each_other)
{
	for (size_t rows = 2; rows <= MOST_ROWS; rows++) {
		size_t places[MOST_ROWS] = { 0 };

		for (unsigned int round = 0; round < 6; round++) {
			for (size_t i = 0; i < rows; i++)
				places[bench_order(round, i, rows)] += i;
		}
		for (size_t row = 0; row < rows; row++)
			ck_assert_uint_eq(places[row], 3 * (rows - 1));
	}
}
END_TEST

START_TEST(null_is_far_from_the_base)
{
	for (size_t rows = 2; rows <= MOST_ROWS; rows++) {
		ck_assert_uint_eq(bench_order(0, 0, rows), BENCH_BASE);
		ck_assert_uint_eq(bench_order(0, rows - 1, rows), BENCH_NULL);
		ck_assert_uint_eq(bench_order(1, 0, rows), BENCH_NULL);
		ck_assert_uint_eq(bench_order(1, rows - 1, rows), BENCH_BASE);
	}
}
END_TEST

/*
 * Make up six rows.  Each run, in the order of the rounds, takes 10 more than
 * the one before.
 */
static void make_drift(struct bench *bench, unsigned int rounds)
{
	make_up(bench);
	for (size_t i = 0; i < bench->nr_runs; i++)
		free(bench->run[i].lap);
	bench->nr_runs = 0;
	bench->nr_kinds = 1;
	bench->nr_rows = 6;
	bench->rounds = rounds;
	for (unsigned int i = 0; i < 6 * rounds; i++) {
		size_t row = bench_order(i / 6, i % 6, 6);

		add_run(bench, 0, row, i / 6, 2000 + costs[row] + 10ull * i);
	}
}

START_TEST(drift_is_in_no_cost)
{
	struct bench_result result;
	struct bench bench;

	make_drift(&bench, 4);
	ck_assert_int_eq(bench_result_init(&bench, &result), 0);
	for (size_t row = 0; row < 6; row++)
		ck_assert_double_eq_tol(
			bench_cell(&result, 0, row)->added.value, costs[row],
			1e-6);
	bench_result_free(&result);
	bench_free(&bench);
}
END_TEST

START_TEST(drift_of_one_round_is_in_the_null)
{
	struct bench_result result;
	struct bench bench;

	make_drift(&bench, 1);
	ck_assert_int_eq(bench_result_init(&bench, &result), 0);
	for (size_t row = 0; row < 6; row++) {
		const struct bench_cell *cell = bench_cell(&result, 0, row);

		ck_assert_double_le(cell->added.value - costs[row], 50);
	}
	ck_assert_double_eq(bench_cell(&result, 0, BENCH_NULL)->added.value,
			    50);
	bench_result_free(&result);
	bench_free(&bench);
}
END_TEST

START_TEST(exits_are_rounded)
{
	ck_assert_uint_eq(bench_exits(3900, 1000), 4);
	ck_assert_uint_eq(bench_exits(4499, 1000), 4);
	ck_assert_uint_eq(bench_exits(4500, 1000), 5);
	/* Exits of the guest's start are rounded off; without exits it is 1. */
	ck_assert_uint_eq(bench_exits(10250, 10000), 1);
	ck_assert_uint_eq(bench_exits(3, 1000), 1);
	ck_assert_uint_eq(bench_exits(0, 0), 1);
}
END_TEST

START_TEST(time_decides_on_rounds)
{
	ck_assert_uint_eq(bench_rounds(120, 10), 12);
	ck_assert_uint_eq(bench_rounds(120, 9), 12); /* 13 would be odd */
	ck_assert_uint_eq(bench_rounds(120, 50), 4);
	ck_assert_uint_eq(bench_rounds(1, 3600), 4);
	ck_assert_uint_eq(bench_rounds(86400, 0.001), 100);
	ck_assert_uint_eq(bench_rounds(120, 0), 100);
}
END_TEST

START_TEST(laps_take_what_they_should)
{
	/* 100 operations take 2 ms: so 25 ms are 1250, of which two digits are
	 * kept. */
	ck_assert_uint_eq(bench_operations(100, 2000000, 25000000), 1200);
	ck_assert_uint_eq(bench_operations(100, 2000000, 25990000), 1200);
	/* A CPUID of 1,200 cycles at 2.4 GHz, an HLT of 1 ms. */
	ck_assert_uint_eq(bench_operations(100, 120000, 60000000), 50000);
	ck_assert_uint_eq(bench_operations(100, 240000000, 60000000), 25);
	ck_assert_uint_eq(bench_operations(100, 24000000000, 60000000), 10);
	ck_assert_uint_eq(bench_operations(100, 0, 0), 10);
	for (uint64_t ticks = 1000; ticks < 1000000000; ticks += ticks / 7) {
		uint64_t got = bench_operations(100, ticks, 60000000);
		uint64_t took = got * ticks / 100;

		/* Cutting to two digits loses at most a tenth. */
		ck_assert(got == 10 || took <= 60000000);
		ck_assert_uint_gt(took, 54000000);
	}
}
END_TEST

static void check_line(struct bench_progress progress, const char *want)
{
	char line[80];

	bench_progress_line(&progress, "calibrating: cpuid", line,
			    sizeof(line));
	ck_assert_str_eq(line, want);
}

START_TEST(progress_is_a_line)
{
	struct bench_progress long_one = bench_progress_of(1, 3, 7200);
	char line[40];

	check_line(bench_progress_of(0, 0, 4.6), "0:05  calibrating: cpuid");
	check_line(bench_progress_of(0, 100, 61), "1:01  calibrating: cpuid");
	check_line(bench_progress_of(41, 100, 82),
		   "[########------------]  41 %  1:22, 1:58 left  "
		   "calibrating: cpuid");
	check_line(bench_progress_of(100, 100, 59.6),
		   "[####################] 100 %  1:00, 0:00 left  "
		   "calibrating: cpuid");
	/* This benchmark takes longer than expected. */
	check_line(bench_progress_of(120, 100, 9),
		   "[####################] 100 %  0:09, 0:00 left  "
		   "calibrating: cpuid");
	/* A line that is too long is cut, not broken. */
	bench_progress_line(&long_one, "cpuid", line, sizeof(line));
	ck_assert_str_eq(line, "[######--------------]  33 %  2:00:00, ");
}
END_TEST

static Suite *suite(void)
{
	Suite *suite = suite_create("bench_plan");
	TCase *tcase = tcase_create("bench_plan");

	tcase_add_test(tcase, rounds_run_every_row_once);
	tcase_add_test(tcase, rows_are_as_late_as_each_other);
	tcase_add_test(tcase, null_is_far_from_the_base);
	tcase_add_test(tcase, drift_is_in_no_cost);
	tcase_add_test(tcase, drift_of_one_round_is_in_the_null);
	tcase_add_test(tcase, exits_are_rounded);
	tcase_add_test(tcase, time_decides_on_rounds);
	tcase_add_test(tcase, laps_take_what_they_should);
	tcase_add_test(tcase, progress_is_a_line);
	suite_add_tcase(suite, tcase);
	return suite;
}

int main(void)
{
	return tap_run(suite());
}
