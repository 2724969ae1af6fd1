// SPDX-License-Identifier: GPL-2.0-only
/*
 * The course loses no exit, however long a run is, and needs constant memory.
 */
#include <string.h>

#include "advise/advise_course.h"
#include "advise/tests/advise_fixture.h"
#include "ledger/reasons.h"
#include "tests/made_up.h"
#include "tests/no_memory.h"
#include "tests/tap.h"

static struct advise_course course;
static const struct filter all;

static void teardown(void)
{
	advise_course_free(&course);
}

static int add(uint64_t vm, uint32_t reason, uint64_t exits, double seconds,
	       const struct filter *filter)
{
	struct ledger now = { .ns = 0 };
	int r;

	if (exits)
		made_up_time(&now, vm, 0, reason, 1000, exits);
	r = advise_course_add(&course, &now, filter, seconds);
	ledger_free(&now);
	return r;
}

static uint64_t sum(const struct advise_line *line)
{
	uint64_t exits = 0;

	for (size_t i = 0; i < ADVISE_PARTS; i++)
		exits += line->part[i].exits;
	return exits;
}

START_TEST(nothing_is_lost)
{
	size_t nr;

	for (unsigned int n = 1; n <= 1000; n++) {
		const struct advise_line *line;
		double seconds = 0;

		ck_assert_int_eq(add(2, EXIT_SVM_CPUID, n, 0.5, &all), 0);
		ck_assert_uint_le(course.nr, ADVISE_PARTS);
		if (n >= ADVISE_PARTS)
			ck_assert_uint_gt(course.nr, ADVISE_PARTS / 2);
		line = advise_course_lines(&course, 2, &nr);
		ck_assert_uint_eq(nr, 1);
		ck_assert_uint_eq(sum(line), n * (n + 1) / 2);
		ck_assert_uint_eq(line->part[0].ns, 1000 * line->part[0].exits);
		for (size_t i = 0; i < ADVISE_PARTS; i++)
			seconds += course.seconds[i];
		ck_assert_double_eq_tol(seconds, n * 0.5, 1e-9);
		/* All parts but the last have the same length. */
		for (size_t i = 1; i + 1 < course.nr; i++)
			ck_assert_double_eq_tol(course.seconds[i],
						course.seconds[0], 1e-9);
	}
}
END_TEST

START_TEST(parts_are_in_their_order)
{
	size_t nr;

	for (unsigned int n = 0; n < 32; n++)
		ck_assert_int_eq(add(1, EXIT_SVM_HLT, n < 8 ? 10 : 0, 1, &all),
				 0);
	ck_assert_uint_eq(course.nr, 16);
	for (size_t i = 0; i < 16; i++)
		ck_assert_uint_eq(
			advise_course_lines(&course, 1, &nr)->part[i].exits,
			i < 4 ? 20 : 0);
}
END_TEST

START_TEST(vms_and_reasons_are_apart)
{
	const struct advise_line *line;
	struct filter filter = { .nr_vms = 0 };
	size_t nr;

	ck_assert_int_eq(add(3, EXIT_SVM_HLT, 5, 1, &all), 0);
	ck_assert_int_eq(add(1, EXIT_SVM_NPF, 6, 1, &all), 0);
	ck_assert_int_eq(add(1, EXIT_SVM_HLT, 7, 1, &all), 0);
	line = advise_course_lines(&course, 1, &nr);
	ck_assert_uint_eq(nr, 2);
	ck_assert_uint_eq(line[0].reason, EXIT_SVM_HLT);
	ck_assert_uint_eq(line[0].part[2].exits, 7);
	ck_assert_uint_eq(line[1].part[1].exits, 6);
	advise_course_lines(&course, 2, &nr);
	ck_assert_uint_eq(nr, 0);
	/* Exits that the filter excludes are not kept. */
	ck_assert_int_eq(filter_add_vm(&filter, "vm1"), 0);
	ck_assert_int_eq(add(4, EXIT_SVM_HLT, 5, 1, &filter), 0);
	advise_course_lines(&course, 4, &nr);
	ck_assert_uint_eq(nr, 0);
	filter_free(&filter);
}
END_TEST

START_TEST(vms_that_are_forgotten_take_no_room)
{
	struct ledger known = { .ns = 0 };
	size_t nr;

	for (uint64_t vm = 1; vm <= 5; vm++)
		ck_assert_int_eq(add(vm, EXIT_SVM_HLT, vm, 1, &all), 0);
	made_up_exits(&known, 2, 0, EXIT_SVM_HLT, 1);
	made_up_exits(&known, 5, 0, EXIT_SVM_HLT, 1);
	advise_course_keep(&course, &known);
	ck_assert_uint_eq(course.nr_lines, 2);
	ck_assert_uint_eq(sum(advise_course_lines(&course, 5, &nr)), 5);
	ck_assert_uint_eq(nr, 1);
	ledger_free(&known);
}
END_TEST

START_TEST(no_memory)
{
	static const struct fixture_exits exits = { .reason = EXIT_SVM_INTR,
						    .rate = 5000 };
	struct fixture fixture;
	struct ledger now = { .ns = 0 };
	struct why why = { "" };
	struct advice advice;
	int left = 0;

	made_up_time(&now, 1, 0, EXIT_SVM_HLT, 1000, 1);
	ck_assert_int_eq(WITH_MEMORY(0,
				     advise_course_add(&course, &now, &all, 1)),
			 -ENOMEM);
	ledger_free(&now);
	fixture_make(&fixture, EXIT_ISA_SVM, &exits, 1);
	while (WITH_MEMORY(left, advise(&fixture.facts, &advice, &why))) {
		ck_assert_ptr_nonnull(strstr(why.text, "memory"));
		left++;
	}
	/* There are two allocations: the verdicts, and a finding. */
	ck_assert_int_eq(left, 2);
	ck_assert_uint_eq(advice.count[ADVISE_FOUND], 1);
	advice_free(&advice);
	ck_assert_ptr_null(WITH_MEMORY(
		0, advise_facts_vm(&(struct advise_facts){ .nr = 0 }, NULL)));
	fixture_free(&fixture);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("advise_course");
	TCase *tcase = tcase_create("advise_course");

	tcase_add_checked_fixture(tcase, NULL, teardown);
	tcase_add_test(tcase, nothing_is_lost);
	tcase_add_test(tcase, parts_are_in_their_order);
	tcase_add_test(tcase, vms_and_reasons_are_apart);
	tcase_add_test(tcase, vms_that_are_forgotten_take_no_room);
	tcase_add_test(tcase, no_memory);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
