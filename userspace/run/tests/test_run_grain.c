// SPDX-License-Identifier: GPL-2.0-only
/* A series that merges intervals while it is collected, to save memory. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "run/run_series.h"
#include "tests/tap.h"

#define INTERVALS 70

/* The same series: with all intervals, and with fewer steps. */
static struct run_series fine, coarse;
static struct bytes expected, got;
static struct ledger in;

static void setup(void)
{
	srand(1);
}

static void teardown(void)
{
	run_series_free(&fine);
	run_series_free(&coarse);
	bytes_free(&expected);
	bytes_free(&got);
	ledger_free(&in);
}

/* Add an interval with random numbers of two VMs, some of which are missing. */
static void add(void)
{
	const struct filter all = { .nr_vms = 0 };
	const uint64_t ns = 1000 + rand() % 100;

	for (unsigned int i = 0; i < 10; i++) {
		struct ledger_vm *vm = ledger_vm(&in, 1 + i / 5, 1);
		struct exit_times *times;

		if (rand() % 3 == 0)
			continue;
		times = &ledger_cell(&ledger_vcpu(vm, rand() % 2)->cells, i % 5)
				 ->times;
		times->exits = 1 + rand() % 1000;
		times->ns = rand() % 100000;
		times->max_ns = rand() % 50000;
		times->fast = rand() % 2;
		times->blocked_ns = rand() % 4 ? 0 : rand() % 1000;
	}
	ck_assert_int_eq(run_series_add(&fine, &in, &all, ns), 0);
	ck_assert_int_eq(run_series_add(&coarse, &in, &all, ns), 0);
	ledger_reset(&in);
}

/* Do both series have the same steps of @each intervals? */
static void check_same(uint32_t each)
{
	bytes_reset(&expected);
	bytes_reset(&got);
	ck_assert_int_eq(run_series_encode(&fine, each, &expected), 0);
	ck_assert_int_eq(run_series_encode(&coarse, each, &got), 0);
	ck_assert_uint_eq(got.length, expected.length);
	ck_assert_mem_eq(got.data, expected.data, got.length);
}

/* At any number of intervals, also in the middle of a step. */
START_TEST(a_given_grain)
{
	coarse.grain = 1 << _i;
	for (unsigned int i = 0; i < INTERVALS; i++) {
		add();
		check_same(coarse.grain);
		check_same(3 * coarse.grain);
		check_same(128);
	}
	ck_assert_uint_eq(run_series_grain(&coarse), 1 << _i);
}
END_TEST

START_TEST(too_many_numbers)
{
	coarse.most = 300;
	for (unsigned int i = 0; i < INTERVALS; i++) {
		add();
		check_same(run_series_grain(&coarse));
		check_same(128);
	}
	ck_assert_uint_ge(run_series_grain(&coarse), 8);
	ck_assert_uint_le(coarse.size, 2 * coarse.most);
	ck_assert_uint_eq(run_series_grain(&fine), 1);
}
END_TEST

/* Steps that the series does not have are rounded up. */
START_TEST(other_steps)
{
	coarse.grain = 4;
	for (unsigned int i = 0; i < INTERVALS; i++)
		add();
	bytes_reset(&expected);
	bytes_reset(&got);
	ck_assert_int_eq(run_series_encode(&fine, 8, &expected), 0);
	ck_assert_int_eq(run_series_encode(&coarse, 5, &got), 0);
	ck_assert_uint_eq(got.length, expected.length);
	ck_assert_mem_eq(got.data, expected.data, got.length);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("run_grain");
	TCase *tcase = tcase_create("run_grain");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, a_given_grain, 0, 5);
	tcase_add_test(tcase, too_many_numbers);
	tcase_add_test(tcase, other_steps);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
