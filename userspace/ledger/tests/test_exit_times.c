// SPDX-License-Identifier: GPL-2.0-only
/* Tests the numbers that each set of exits has. */
#include <stddef.h>

#include <check.h>

#include "ledger/exit_times.h"
#include "tests/tap.h"

/*
 * A set of exits as an array of its members, so that new members are tested,
 * too.
 */
#define MEMBERS (sizeof(struct exit_times) / sizeof(uint64_t))

union members {
	struct exit_times times;
	uint64_t member[MEMBERS];
};

static bool is_extreme(size_t member)
{
	return member ==
		       offsetof(struct exit_times, min_ns) / sizeof(uint64_t) ||
	       member == offsetof(struct exit_times, max_ns) / sizeof(uint64_t);
}

START_TEST(all_is_added)
{
	union members to, from;

	for (size_t i = 0; i < MEMBERS; i++) {
		to.member[i] = 1000 + i;
		from.member[i] = 100 * (i + 1);
	}
	from.times.min_ns = 7;
	from.times.max_ns = 7000;
	exit_times_add(&to.times, &from.times);
	for (size_t i = 0; i < MEMBERS; i++) {
		if (!is_extreme(i))
			ck_assert_uint_eq(to.member[i],
					  1000 + i + 100 * (i + 1));
	}
	ck_assert_uint_eq(to.times.min_ns, 7);
	ck_assert_uint_eq(to.times.max_ns, 7000);
}
END_TEST

START_TEST(growth)
{
	union members now, earlier, more;

	for (size_t i = 0; i < MEMBERS; i++) {
		earlier.member[i] = 1000 + i;
		now.member[i] = earlier.member[i] + 100 * (i + 1);
	}
	more.times = exit_times_since(&now.times, &earlier.times);
	for (size_t i = 0; i < MEMBERS; i++)
		ck_assert_uint_eq(more.member[i],
				  is_extreme(i) ? 0 : 100 * (i + 1));
}
END_TEST

START_TEST(one_exit)
{
	const struct exit_times times = exit_times_of_one(900, 30, 200);

	ck_assert_uint_eq(times.exits, 1);
	ck_assert_uint_eq(times.timed, 1);
	ck_assert_uint_eq(times.fast, 0);
	ck_assert_uint_eq(times.ns, 900);
	ck_assert_uint_eq(times.min_ns, 900);
	ck_assert_uint_eq(times.max_ns, 900);
	ck_assert_uint_eq(times.preempted_ns, 30);
	ck_assert_uint_eq(times.blocked_ns, 200);
}
END_TEST

START_TEST(anything)
{
	ck_assert(!exit_times_any(&(struct exit_times){ 0 }));
	ck_assert(exit_times_any(&(struct exit_times){ .exits = 1 }));
	ck_assert(exit_times_any(&(struct exit_times){ .max_ns = 1 }));
}
END_TEST

START_TEST(extremes)
{
	static const struct {
		uint64_t min, max, more_min, more_max, got_min, got_max;
	} row[] = {
		{ 0, 0, 0, 0, 0, 0 }, { 0, 0, 5, 9, 5, 9 },
		{ 5, 9, 0, 0, 5, 9 }, { 5, 9, 3, 4, 3, 9 },
		{ 5, 9, 6, 7, 5, 9 }, { 5, 9, 7, 12, 5, 12 },
		{ 5, 9, 0, 1, 0, 9 }, { 0, 1, 5, 9, 0, 9 },
		{ 5, 9, 5, 9, 5, 9 },
	};
	struct exit_times times = { .min_ns = row[_i].min,
				    .max_ns = row[_i].max };

	exit_times_widen(&times, row[_i].more_min, row[_i].more_max);
	ck_assert_uint_eq(times.min_ns, row[_i].got_min);
	ck_assert_uint_eq(times.max_ns, row[_i].got_max);
}
END_TEST

/*
 * Each row is for 10 new exits, which took 1,001 ns together.  Before them, the
 * times of the whole set were 50 to 5,000 ns.
 */
static const struct {
	uint64_t min, max; /* the whole set's extremes with them */
	uint64_t low, high; /* the middles of the extreme buckets */
	uint64_t got_min, got_max;
} estimates[] = {
	{ 50, 5000, 90, 120, 90, 120 },
	{ 20, 5000, 90, 120, 20, 120 }, /* a new shortest time is exact */
	{ 50, 6000, 90, 120, 90, 6000 },
	{ 50, 5000, 104, 104, 100, 104 }, /* the middle is above the mean */
	{ 50, 5000, 96, 96, 96, 101 }, /* the middle is below the mean */
	/* The middles are beyond the whole set. */
	{ 50, 5000, 45, 5100, 50, 5000 },
};

START_TEST(estimated)
{
	const struct exit_times before = { .min_ns = 50, .max_ns = 5000 };
	const struct exit_times now = { .min_ns = estimates[_i].min,
					.max_ns = estimates[_i].max };
	struct exit_times part = { .ns = 1001 };

	exit_times_estimate(&part, 10, &now, &before, estimates[_i].low,
			    estimates[_i].high);
	ck_assert_uint_eq(part.min_ns, estimates[_i].got_min);
	ck_assert_uint_eq(part.max_ns, estimates[_i].got_max);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("exit_times");
	TCase *tcase = tcase_create("exit_times");

	tcase_add_test(tcase, all_is_added);
	tcase_add_test(tcase, growth);
	tcase_add_test(tcase, one_exit);
	tcase_add_test(tcase, anything);
	tcase_add_loop_test(tcase, extremes, 0, 9);
	tcase_add_loop_test(tcase, estimated, 0,
			    sizeof(estimates) / sizeof(estimates[0]));
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
