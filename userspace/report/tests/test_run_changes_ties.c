// SPDX-License-Identifier: GPL-2.0-only
/* Changes of a rate without any noise, where several places are equally clear. */
#include "report/run_changes.h"
#include "tests/tap.h"

#define POINTS 130
#define INTERVAL 0.1

static const struct {
	size_t begin;
	uint64_t exits;
} level[] = { { 0, 2972 },   { 12, 14864 }, { 31, 17837 }, { 47, 14864 },
	      { 60, 17837 }, { 75, 11891 }, { 87, 17837 }, { 105, 14864 },
	      { 118, 5945 }, { POINTS, 0 } };

/*
 * Of stretches of one length that are equally clear, the first comes first.
 * Otherwise, 75 would be found in place of 47.
 */
START_TEST(the_first_comes_first)
{
	static const size_t at[] = { 12, 31, 47, 87, 118 };
	struct run_point points[POINTS];
	struct run_changes changes;

	for (size_t i = 0, n = 0; i < POINTS; i++) {
		n += i == level[n + 1].begin;
		points[i] = (struct run_point){ .begin_ns = i,
						.exits = level[n].exits,
						.seconds = INTERVAL };
	}
	ck_assert_int_eq(run_changes_find(points, POINTS, INTERVAL, &changes),
			 0);
	ck_assert_uint_eq(changes.nr, sizeof(at) / sizeof(*at));
	for (size_t i = 0; i < changes.nr; i++)
		ck_assert_uint_eq(changes.change[i].point, at[i]);
	run_changes_free(&changes);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("changes that are equally clear");
	TCase *tcase = tcase_create("changes");

	tcase_add_test(tcase, the_first_comes_first);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
