// SPDX-License-Identifier: GPL-2.0-only
/* Several benchmarks: put together, or held against each other. */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "made_bench.h"
#include "tap.h"

START_TEST(two_become_one)
{
	struct bench to, from;
	struct bench_result result;

	make_up(&to);
	make_up(&from);
	ck_assert_int_eq(bench_merge(&to, &from), -EINVAL);
	strcpy(from.kind[0].name, "out");
	strcpy(from.kind[1].name, "mmio");
	strcpy(from.vendor, "kvm_intel");
	ck_assert_int_eq(bench_merge(&to, &from), -EINVAL);
	strcpy(from.vendor, "kvm_amd");
	from.cpu_nr++;
	ck_assert_int_eq(bench_merge(&to, &from), -EINVAL);
	from.cpu_nr--;
	from.row[5].state = BENCH_FAILED;
	find(&from, 1, 3, 2)->counted++;
	ck_assert_int_eq(bench_merge(&to, &from), 0);
	ck_assert_uint_eq(to.nr_kinds, 4);
	ck_assert_int_eq(to.row[5].state, BENCH_FAILED);
	ck_assert_int_eq(bench_result_init(&to, &result), 0);
	ck_assert_double_eq(bench_cell(&result, 3, 3)->added.value, costs[3]);
	ck_assert_int_eq(bench_missed(bench_cell(&result, 3, 3)), 1);
	ck_assert_int_eq(bench_missed(bench_cell(&result, 1, 3)), 0);
	bench_result_free(&result);
	bench_free(&from);
	bench_free(&to);
}
END_TEST

START_TEST(changes_of_benchmarks)
{
	struct bench_result results[2];
	struct bench_change *change;
	struct bench bench[2];
	size_t nr;

	make_up(&bench[0]);
	make_up(&bench[1]);
	for (unsigned int round = 0; round < 3; round++) {
		struct bench_run *run = find(&bench[1], 0, 3, round);

		for (size_t i = 0; i < run->nr; i++)
			run->lap[i] += 20 * 1000;
	}
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(bench_result_init(&bench[i], &results[i]), 0);
	ck_assert_int_eq(bench_changes(&results[0], &results[1], &change, &nr),
			 0);
	ck_assert_uint_eq(nr, 12);
	for (size_t i = 0; i < nr; i++) {
		bool dearer = change[i].kind == 0 && change[i].row == 3;

		ck_assert_double_eq(change[i].change.value, dearer ? 20 : 0);
		ck_assert_int_eq(change[i].noise, !dearer);
	}
	free(change);
	bench[0].unit = BENCH_CYCLES;
	ck_assert_int_eq(bench_changes(&results[0], &results[1], &change, &nr),
			 -EINVAL);
	for (int i = 0; i < 2; i++) {
		bench_result_free(&results[i]);
		bench_free(&bench[i]);
	}
}
END_TEST

/* One of two has a null that is off: whatever comes first, that is no change. */
START_TEST(a_null_that_is_off)
{
	struct bench_result results[2];
	struct bench_change *change;
	struct bench bench[2];
	size_t nr;

	make_up(&bench[0]);
	make_up(&bench[1]);
	for (unsigned int round = 0; round < 3; round++) {
		struct bench_run *run = find(&bench[0], 0, BENCH_NULL, round);

		for (size_t i = 0; i < run->nr; i++)
			run->lap[i] -= 10 * 1000;
	}
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(bench_result_init(&bench[i], &results[i]), 0);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(bench_changes(&results[i], &results[1 - i],
					       &change, &nr),
				 0);
		for (size_t j = 0; j < nr; j++)
			ck_assert(change[j].noise);
		free(change);
	}
	for (int i = 0; i < 2; i++) {
		bench_result_free(&results[i]);
		bench_free(&bench[i]);
	}
}
END_TEST

static Suite *suite(void)
{
	Suite *suite = suite_create("bench_changes");
	TCase *tcase = tcase_create("bench_changes");

	tcase_add_test(tcase, two_become_one);
	tcase_add_test(tcase, changes_of_benchmarks);
	tcase_add_test(tcase, a_null_that_is_off);
	suite_add_tcase(suite, tcase);
	return suite;
}

int main(void)
{
	return tap_run(suite());
}
