// SPDX-License-Identifier: GPL-2.0-only
/* Tests that report_match() finds the same answers as a simple search. */
#include <stdlib.h>
#include <string.h>

#include "balance/report_match.h"
#include "exit_leaves.h"
#include "tests/no_memory.h"
#include "tests/tap.h"

enum { ANSWERS = 14, READS = 4, ROUNDS = 20000 };

static struct answers answers;
static struct report_matcher matcher;

static void end(void)
{
	report_matcher_free(&matcher);
	ck_assert_ptr_null(matcher.order);
	answers_free(&answers);
}

static void answer(uint64_t vm, uint32_t vcpu_id, uint32_t index, uint32_t eax)
{
	const struct answer added = {
		.read = { .leaf = EXIT_LEAF_REASON_EXITS,
			  .index = index,
			  .eax = eax },
		.vm = vm,
		.vcpu_id = vcpu_id,
	};

	ck_assert_int_eq(answers_add(&answers, &added), 0);
}

static bool fits(const struct leaf_read *a, const struct leaf_read *b,
		 bool registers)
{
	return a->index == b->index && (!registers || a->eax == b->eax);
}

/* Do the answers of one vCPU from @at on match the report? */
static bool fits_at(const struct guest_report *report, size_t at,
		    bool registers, size_t *match)
{
	const struct answer *first = &answers.answer[at];
	size_t nr = 0;

	if (first->host)
		return false;
	for (size_t i = at; i < answers.nr && nr < report->nr; i++) {
		const struct answer *next = &answers.answer[i];

		if (next->host)
			continue;
		if (next->vm != first->vm || next->vcpu_id != first->vcpu_id)
			continue;
		if (!fits(&report->read[nr].read, &next->read, registers))
			return false;
		match[nr++] = i;
	}
	return nr == report->nr;
}

/* Find the match that begins last: with the same registers, or else without. */
static bool try_all(const struct guest_report *report, size_t *match)
{
	for (int registers = 1; registers >= 0; registers--) {
		for (size_t at = answers.nr; at--;) {
			if (fits_at(report, at, registers, match))
				return true;
		}
	}
	return false;
}

static void hold(const struct guest_report *report)
{
	size_t expected[READS], *match;
	bool found = try_all(report, expected);

	ck_assert_int_eq(report_match(&matcher, report, &match), 0);
	ck_assert_int_eq(match != NULL, found);
	for (size_t i = 0; found && i < report->nr; i++)
		ck_assert_uint_eq(match[i], expected[i]);
	free(match);
}

/* There are few different questions and answers, so many parts match. */
START_TEST(any_report)
{
	unsigned int seed = 1;

	for (int round = 0; round < ROUNDS; round++) {
		struct guest_read read[READS] = { 0 };
		struct guest_report report = {
			.read = read, .nr = 1 + rand_r(&seed) % READS
		};
		size_t nr = rand_r(&seed) % (ANSWERS + 1);

		for (size_t i = 0; i < nr; i++)
			answer(1 + rand_r(&seed) % 2, rand_r(&seed) % 2,
			       rand_r(&seed) % 2, rand_r(&seed) % 2);
		/* The host's reads between them are ignored. */
		for (size_t i = 0; i < nr; i++)
			answers.answer[i].host = rand_r(&seed) % 4 == 0;
		for (size_t i = 0; i < report.nr; i++) {
			read[i].read.leaf = EXIT_LEAF_REASON_EXITS;
			read[i].read.index = rand_r(&seed) % 2;
			read[i].read.eax = rand_r(&seed) % 2;
		}
		ck_assert_int_eq(report_matcher_make(&matcher, &answers), 0);
		hold(&report);
		end();
		memset(&answers, 0, sizeof(answers));
	}
}
END_TEST

/* The reads of one vCPU end where those of another vCPU begin. */
START_TEST(no_report_of_two_vcpus)
{
	struct guest_read read[2] = { 0 };
	struct guest_report report = { .read = read, .nr = 2 };
	size_t *match;

	for (uint32_t i = 0; i < 2; i++)
		read[i].read = (struct leaf_read){
			.leaf = EXIT_LEAF_REASON_EXITS, .index = i, .eax = i
		};
	if (_i) /* only the second read, as the very first answer */
		answer(1, 0, 1, 1);
	else
		answer(1, 0, 0, 0);
	answer(_i == 2 ? 2 : 1, 1, 1, 1);
	ck_assert_int_eq(report_matcher_make(&matcher, &answers), 0);
	ck_assert_int_eq(report_match(&matcher, &report, &match), 0);
	ck_assert_ptr_null(match);
	report.nr = 0;
	ck_assert_int_eq(report_match(&matcher, &report, &match), 0);
	ck_assert_ptr_null(match);
}
END_TEST

START_TEST(no_memory)
{
	struct guest_read read = { .read = { .leaf = EXIT_LEAF_REASON_EXITS } };
	struct guest_report report = { .read = &read, .nr = 1 };
	size_t *match = (size_t *)1;

	answer(1, 0, 0, 0);
	ck_assert_int_eq(WITH_MEMORY(0,
				     report_matcher_make(&matcher, &answers)),
			 -ENOMEM);
	ck_assert_int_eq(report_matcher_make(&matcher, &answers), 0);
	ck_assert_int_eq(WITH_MEMORY(0,
				     report_match(&matcher, &report, &match)),
			 -ENOMEM);
	ck_assert_ptr_null(match);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("report_match");
	TCase *tcase = tcase_create("report_match");

	tcase_add_checked_fixture(tcase, NULL, end);
	tcase_add_test(tcase, any_report);
	tcase_add_loop_test(tcase, no_report_of_two_vcpus, 0, 3);
	tcase_add_test(tcase, no_memory);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
