// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests the rules of balance.h with extreme numbers, from a file or a faulty
 * KVM: a difference that does not fit the type is limited to the type's range.
 */
#include "balance/rules.h"
#include "judged.h"

static struct rules rules;

static void end(void)
{
	rules_free(&rules);
	teardown();
}

static struct held hold(uint64_t kernel, uint64_t before, uint64_t after,
			uint32_t vcpus)
{
	struct held held;

	ck_assert_int_eq(rules_hold(&rules, &books,
				    total(kernel, before, after, vcpus), &held),
			 0);
	return held;
}

START_TEST(apart)
{
	static const struct {
		int64_t number, other, apart;
	} row[] = {
		{ 5, 7, -2 },
		{ 7, 5, 2 },
		{ INT64_MAX, 1, INT64_MAX - 1 },
		{ INT64_MAX, -1, INT64_MAX },
		{ INT64_MAX, INT64_MIN, INT64_MAX },
		{ -2, INT64_MAX, INT64_MIN },
		{ -1, INT64_MAX, INT64_MIN },
		{ INT64_MIN, 1, INT64_MIN },
		{ 0, INT64_MIN, INT64_MAX },
	};

	ck_assert_int_eq(rules_apart(row[_i].number, row[_i].other),
			 row[_i].apart);
}
END_TEST

START_TEST(bounds_of_large_numbers)
{
	struct held held = hold(5, 5, INT64_MAX, 3);

	ck_assert_int_eq(held.low, 5);
	ck_assert_int_eq(held.high, INT64_MAX);
	total(1ull << 63, 1000, 1000, 1); /* negative as a signed number */
	judge_rule(VERDICT_DISCREPANCY, RULE_KERNEL_LOW);
	ck_assert_uint_eq(balance.finding[0].low, 1000);
}
END_TEST

START_TEST(late_bounds_of_large_numbers)
{
	struct held held;

	books.ledger.vm[0].vcpu[0].prior_exits = 500;
	hold(1ull << 63, INT64_MAX, INT64_MAX, 3);
	ck_assert_int_eq(rules.base[0].low, INT64_MIN);
	ck_assert_int_eq(rules.base[0].high, INT64_MIN);
	rules_free(&rules);
	hold(INT64_MAX, 0, 0, 1);
	held = hold(INT64_MAX, 100, 100, 1);
	ck_assert_int_eq(held.low, INT64_MAX);
	ck_assert_int_eq(held.high, INT64_MAX);
	ck_assert_int_eq(rules.base[0].low, INT64_MAX);
	ck_assert_int_eq(rules.base[0].high, INT64_MAX - 100);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("rules_extremes");
	TCase *tcase = tcase_create("rules_extremes");

	tcase_add_checked_fixture(tcase, setup, end);
	tcase_add_loop_test(tcase, apart, 0, 9);
	tcase_add_test(tcase, bounds_of_large_numbers);
	tcase_add_test(tcase, late_bounds_of_large_numbers);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
