// SPDX-License-Identifier: GPL-2.0-only
/* Marks with counts, in a recorded run: written, read, judged and shown. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "balance/balance.h"
#include "compare/render_compare.h"
#include "report/render_marks.h"
#include "report/run_books.h"
#include "run/run_schema.h"
#include "run/tests/run_fixture.h"
#include "tests/tap.h"

static char directory[FIXTURE_PATH], path[FIXTURE_PATH];
static struct why why;
static char *text;

static void setup(void)
{
	ck_assert_int_eq(fixture_begin(directory, path), 0);
	/*
	 * The marks are four of VM 1, which has two vCPUs, and four resets of
	 * VM 2, which was running before.  The totals of KVM and BPF at the
	 * marks of VM 1 are: none and 2,000; 4,001 and 4,000; none and 6,000;
	 * 8,000 and 8,000.
	 */
	ck_assert_int_eq(fixture_run(path, 9, 4 * FIXTURE_STEP, NULL, NULL,
				     true, &why),
			 0);
}

static void teardown(void)
{
	free(text);
	text = NULL;
	fixture_end(directory);
}

/* Write the report's part on marks. */
static void show(const struct filter *filter)
{
	struct run_report report;
	struct run_reader *reader;
	size_t size;
	FILE *out;

	free(text);
	out = open_memstream(&text, &size);
	ck_assert_ptr_nonnull(out);
	ck_assert_int_eq(run_reader_open(path, true, &reader, &why), 0);
	ck_assert_int_eq(run_report_read(reader, filter, &report, &why), 0);
	ck_assert_int_eq(render_marks(&report, filter, out), 0);
	fclose(out);
	run_report_free(&report);
	run_reader_close(reader);
}

static void has(const char *what)
{
	ck_assert_msg(strstr(text, what), "no '%s' in\n%s", what, text);
}

static const struct filter all;

START_TEST(as_they_were_set)
{
	const struct run_marks *marks;
	struct run_reader *reader;
	size_t guest = 0, resets = 0;

	ck_assert_int_eq(run_reader_open(path, false, &reader, &why), 0);
	marks = run_reader_marks(reader);
	for (size_t i = 0; i < marks->nr; i++) {
		const struct run_mark *mark = &marks->mark[i];

		if (!strcmp(mark->kind, RUN_MARK_RESET)) {
			resets++;
			ck_assert_uint_eq(mark->vm, 2);
			ck_assert_str_eq(mark->text, "vm2");
			ck_assert(mark->has_exits && !mark->has_kernel);
		}
		if (strcmp(mark->kind, RUN_MARK_GUEST)) {
			ck_assert(!mark->has_kernel);
			continue;
		}
		if (++guest != 2)
			continue;
		ck_assert_str_eq(mark->text, "step 4");
		ck_assert_uint_eq(mark->at_ns,
				  FIXTURE_START + 4 * FIXTURE_STEP - 2);
		ck_assert_uint_eq(mark->vcpu, 1);
		ck_assert_uint_eq(mark->vcpus, 2);
		ck_assert(mark->has_kernel);
		ck_assert_uint_eq(mark->kernel_exits, 4001);
		ck_assert_uint_eq(mark->bpf_exits, 4000);
		ck_assert_uint_eq(mark->bpf_before, 3997);
	}
	ck_assert_uint_eq(guest, 4);
	ck_assert_uint_eq(resets, 4);
	run_reader_close(reader);
}
END_TEST

START_TEST(shown)
{
	struct filter filter = { .nr_vms = 0 };

	show(&all);
	has("vm1: step 2                                 -          2,000      -\n");
	has("vm1: step 4                             4,001          4,000     +1\n");
	has("vm2: reset                                  -          4,000      -\n");
	has("at 1 of 2 marks exactly,\n         at the others within");
	for (const char *line = text; line; line = strchr(line + 1, '\n'))
		ck_assert_uint_le(strcspn(line + 1, "\n"), 80);
	filter_add_vm(&filter, "vm2");
	show(&filter);
	ck_assert_ptr_null(strstr(text, "vm1"));
	ck_assert_ptr_null(strstr(text, "books"));
	filter_free(&filter);
	fixture_sql(path, "DELETE FROM mark WHERE bpf_exits IS NOT NULL");
	show(&all);
	ck_assert_str_eq(text, "");
}
END_TEST

/*
 * One of the totals is one exit higher than two vCPUs can be ahead, and another
 * one is one exit too low.
 */
START_TEST(a_total_that_is_wrong)
{
	fixture_sql(
		path,
		"UPDATE mark SET kernel_exits = 4002 WHERE text = 'step 4'");
	show(&all);
	has("     +2 !\n");
	has("books    1 of 2 totals (!) are not what BPF counted\n");
	fixture_sql(
		path,
		"UPDATE mark SET kernel_exits = 3996 WHERE text = 'step 4'");
	show(&all);
	has("     -4 !\n");
	fixture_sql(
		path,
		"UPDATE mark SET kernel_exits = 3997 WHERE text = 'step 4'");
	show(&all);
	ck_assert_ptr_null(strchr(text, '!'));
	/* With one vCPU there is one right value. */
	fixture_sql(
		path,
		"UPDATE mark SET vcpus = 1, kernel_exits = 4001 WHERE text = 'step 4'");
	show(&all);
	has("     +1 !\n");
}
END_TEST

/* KVM's total includes exits from before the recording, which do not matter. */
START_TEST(running_before)
{
	fixture_sql(
		path,
		"UPDATE mark SET vm = 2, kernel_exits = kernel_exits + 1000000 WHERE kind = 'guest'");
	show(&all);
	has("vm2: step 4                         1,004,001          4,000      -\n");
	has("vm2: step 8                         1,008,000          8,000     -1\n");
	has("since their first mark\n");
	/*
	 * Each total may be between 3 below BPF's and 1 above it, so that two
	 * may differ by 4 more.
	 */
	fixture_sql(
		path,
		"UPDATE mark SET kernel_exits = 1008006 WHERE text = 'step 8'");
	show(&all);
	has("     +5 !\n");
}
END_TEST

/* Zero the losses that the fixture's observer has of each vCPU. */
static void nothing_lost(struct ledger *ledger)
{
	for (size_t i = 0; i < ledger->nr_vms; i++) {
		for (size_t j = 0; j < ledger->vm[i].nr_vcpus; j++) {
			struct ledger_vcpu *vcpu = &ledger->vm[i].vcpu[j];

			vcpu->missed_exits = vcpu->missed_entries = 0;
			vcpu->sparse_full = 0;
		}
	}
}

/* Judge the same run as compare does. */
static enum verdict compare(bool lost, size_t checked, size_t exact)
{
	struct balance balance;
	struct books books;
	enum verdict verdict;
	size_t size;
	FILE *out;

	ck_assert(run_books_is_run(path));
	ck_assert_int_eq(run_books_load(path, &books, NULL, &why), 0);
	if (!lost)
		nothing_lost(&books.ledger);
	ck_assert_int_eq(balance_books(&books, &balance), 0);
	ck_assert_uint_eq(balance.checked, checked);
	ck_assert_uint_eq(balance.exact, exact);
	verdict = balance.verdict;
	free(text);
	out = open_memstream(&text, &size);
	ck_assert_ptr_nonnull(out);
	ck_assert_int_eq(render_compare_text(&books, &balance, out, false), 0);
	fclose(out);
	balance_free(&balance);
	books_free(&books);
	return verdict;
}

START_TEST(compared)
{
	/* Losses of the fixture's observer can make KVM's count look too high. */
	ck_assert_int_eq(compare(true, 2, 0), VERDICT_INCONCLUSIVE);
	has("BPF could not book all that happened");
	fixture_sql(path, "DELETE FROM loss");
	fixture_sql(path, "UPDATE vcpu SET prior_exits = 0");
	ck_assert_int_eq(compare(false, 2, 0), VERDICT_BALANCED);
	has("VM       vm1, pid 1001, 2 vCPUs\n");
	has("  8,000     8,000     0 100.0 %       -\n");
	fixture_sql(
		path,
		"UPDATE mark SET kernel_exits = 4002 WHERE text = 'step 4'");
	ck_assert_int_eq(compare(false, 2, 0), VERDICT_DISCREPANCY);
	has("KVM says 4,002, at most 4,001 happened: 1 too many");
	/*
	 * A VM does not count as running before only because another VM of its
	 * process was.
	 */
	fixture_sql(
		path,
		"UPDATE vm SET pid = 1001; UPDATE mark SET kernel_exits = kernel_exits + 1000");
	ck_assert_int_eq(compare(false, 2, 0), VERDICT_DISCREPANCY);
	/* With one vCPU, and no exits in between, all totals are the same. */
	fixture_sql(
		path,
		"UPDATE mark SET vcpus = 1, bpf_before = bpf_exits, kernel_exits = bpf_exits WHERE kind = 'guest'");
	ck_assert_int_eq(compare(false, 4, 4), VERDICT_BALANCED);
	fixture_sql(path, "UPDATE mark SET kernel_exits = NULL");
	ck_assert_int_eq(compare(false, 0, 0), VERDICT_INCONCLUSIVE);
	has("no guest's mark has KVM's total");
}
END_TEST

START_TEST(compared_running_before)
{
	fixture_sql(path, "DELETE FROM loss");
	fixture_sql(
		path,
		"UPDATE mark SET vm = 2, kernel_exits = kernel_exits + 1000000 WHERE kind = 'guest'");
	ck_assert_int_eq(compare(false, 1, 0), VERDICT_BALANCED);
	fixture_sql(
		path,
		"UPDATE mark SET kernel_exits = 1008006 WHERE text = 'step 8'");
	ck_assert_int_eq(compare(false, 1, 0), VERDICT_DISCREPANCY);
}
END_TEST

START_TEST(compared_what_is_no_run)
{
	struct books books;

	ck_assert(!run_books_is_run("/dev/null"));
	ck_assert(!run_books_is_run("/nowhere"));
	fixture_sql(path,
		    "UPDATE meta SET value = ' --vcpu 1' WHERE name = 'shown'");
	ck_assert_int_lt(run_books_load(path, &books, NULL, &why), 0);
	ck_assert_ptr_nonnull(strstr(why.text, "has only some vCPUs"));
	/* The report does not judge these marks either. */
	show(&all);
	has("vm1: step 4                             4,001          4,000      -\n");
	ck_assert_ptr_null(strstr(text, "books"));
	fixture_sql(path, "UPDATE meta SET value = '' WHERE name = 'shown'");
	fixture_sql(path, "UPDATE mark SET bpf_exits = -1");
	ck_assert_int_lt(run_books_load(path, &books, NULL, &why), 0);
	ck_assert_ptr_nonnull(strstr(why.text, "is damaged"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("run_marks");
	TCase *tcase = tcase_create("run_marks");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, as_they_were_set);
	tcase_add_test(tcase, shown);
	tcase_add_test(tcase, a_total_that_is_wrong);
	tcase_add_test(tcase, running_before);
	tcase_add_test(tcase, compared);
	tcase_add_test(tcase, compared_running_before);
	tcase_add_test(tcase, compared_what_is_no_run);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
