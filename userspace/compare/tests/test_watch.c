// SPDX-License-Identifier: GPL-2.0-only
/* --watch: the reads that it judges, and those that it does not. */
#include "watch_fixture.h"

START_TEST(right_counters)
{
	char before[32], after[32];
	const char *at;

	now(before);
	ck_assert_int_eq(run(), STATUS_OK);
	at = json_string_value(json_object_get(line[lines - 1], "at"));
	ck_assert_str_ge(at, before);
	ck_assert_str_le(at, now(after));
	ck_assert_str_eq(verdict(lines - 1), "BALANCED");
	ck_assert_int_eq(noted_in_all("unjudged"), 0);
}
END_TEST

static void lose_one(struct keeper *keeper, int look)
{
	(void)keeper;
	guest.kernel -= look == 5;
}

START_TEST(a_lost_exit)
{
	guest.at = lose_one;
	ck_assert_int_eq(run(), STATUS_DISCREPANCY);
}
END_TEST

/* The last statistics of KVM are below the exits that BPF had before them. */
static void statistics_at_last(struct keeper *keeper, int look)
{
	struct books *books = keeper->books;

	if (look != guest.last)
		return;
	books->statistics = calloc(1, sizeof(*books->statistics));
	ck_assert_ptr_nonnull(books->statistics);
	books->statistics[0] = (struct statistics){
		.vm = 1, .vcpus = 1, .before = 100, .exits = 90, .after = 100
	};
	books->nr_statistics = 1;
}

/* Statistics from the last part of an interval are judged, too. */
START_TEST(statistics_of_the_end)
{
	options.interval = 1000;
	guest.at = statistics_at_last;
	ck_assert_int_eq(run(), STATUS_DISCREPANCY);
}
END_TEST

static void set(int to)
{
	mode = to;
	written = true;
}

static void off_and_on(struct keeper *keeper, int look)
{
	(void)keeper;
	if (look == 5)
		set(0);
	if (look == 12)
		set(2);
}

/* Reads between a switch off and a switch on are not judged. */
START_TEST(off_for_a_while)
{
	guest.at = off_and_on;
	ck_assert_int_eq(run(), STATUS_OK);
	ck_assert_str_eq(verdict(lines - 1), "BALANCED");
	ck_assert_int_eq(last_number("discrepancies"), 0);
	ck_assert_int_eq(last_number("switched"), 2);
	/* The reads from the switch off to the switch on, both included. */
	ck_assert_int_eq(noted_in_all("unjudged"), 8);
	ck_assert(json_is_false(json_object_get(line[lines - 1], "off")));
}
END_TEST

static void lose_and_off(struct keeper *keeper, int look)
{
	(void)keeper;
	guest.kernel -= look == 3;
	if (look == 5)
		set(0);
}

/* Findings from before a switch are kept. */
START_TEST(off_after_a_discrepancy)
{
	guest.at = lose_and_off;
	ck_assert_int_eq(run(), STATUS_DISCREPANCY);
	ck_assert(json_is_true(json_object_get(line[lines - 1], "off")));
}
END_TEST

static void add_gap(struct keeper *keeper, uint32_t leaf, uint32_t edx)
{
	const struct answer answer = { .read = { .leaf = leaf, .edx = edx },
				       .vm = 1,
				       .found = true,
				       .paired = true,
				       .vcpus = 1,
				       .outside = 1,
				       .ns = tsc_now().ns };

	ck_assert_int_eq(answers_add(&keeper->books->answers, &answer), 0);
}

static void some_gaps(struct keeper *keeper, int look)
{
	if (look == 3 || look == 9)
		add_gap(keeper, EXIT_LEAF_CYCLES, EXIT_LEAF_DROPPED);
	if (look == 9)
		add_gap(keeper, EXIT_LEAF_CYCLES, EXIT_LEAF_UNCOUNTED);
	if (look == 12)
		add_gap(keeper, EXIT_LEAF_EXITS, EXIT_LEAF_UNCOUNTED);
	if (look == 15)
		keeper->books->ledger.losses.answers = 4;
}

static int64_t noted(size_t i, const char *of, const char *name)
{
	return json_integer_value(
		json_object_get(json_object_get(line[i], of), name));
}

/* Gaps that KVM reports are noted in their interval, and in the total. */
START_TEST(gaps_are_noted)
{
	static const char *const names[] = { "gaps", "uncounted", "dropped" };
	static const int64_t in_all[] = { 2, 2, 4 };
	int64_t sum = 0;

	guest.at = some_gaps;
	ck_assert_int_eq(run(), STATUS_INCONCLUSIVE);
	ck_assert_int_eq(noted_in_all(names[_i]), in_all[_i]);
	ck_assert_int_eq(noted_in_all("unanswered"), 0);
	ck_assert_int_eq(last_number("discrepancies"), 0);
	ck_assert_uint_ge(lines, 5);
	for (size_t i = 0; i < lines; i++) {
		sum += noted(i, "notes", names[_i]);
		ck_assert_int_eq(noted(i, "notes_in_all", names[_i]), sum);
	}
	ck_assert_int_eq(sum, in_all[_i]);
}
END_TEST

/* Missing answers to a guest that may not read are noted, not judged. */
START_TEST(unanswered_reads_are_noted)
{
	guest.unanswered = true;
	leaves = false;
	ck_assert_int_eq(run(), STATUS_INCONCLUSIVE);
	ck_assert_int_eq(noted_in_all("unanswered"), 20);
}
END_TEST

static void on_at_last(struct keeper *keeper, int look)
{
	(void)keeper;
	if (look == 5)
		set(1);
}

START_TEST(off_at_first)
{
	mode = 0;
	guest.at = on_at_last;
	ck_assert_int_eq(run(), STATUS_OK);
	ck_assert_str_eq(verdict(0), "INCONCLUSIVE");
	ck_assert_int_eq(noted_in_all("unjudged"), 5);
}
END_TEST

START_TEST(off_all_the_while)
{
	mode = 0;
	ck_assert_int_eq(run(), STATUS_INCONCLUSIVE);
	ck_assert_int_eq(noted_in_all("unjudged"), 20);
}
END_TEST

static void leaves_on(struct keeper *keeper, int look)
{
	(void)keeper;
	if (look != 5)
		return;
	leaves = written = true;
	guest.unanswered = false;
}

/* Before the leaves were on, KVM was right not to answer. */
START_TEST(leaves_switched_on)
{
	leaves = false;
	guest.unanswered = true;
	guest.at = leaves_on;
	ck_assert_int_eq(run(), STATUS_OK);
	ck_assert_int_eq(last_number("discrepancies"), 0);
}
END_TEST

START_TEST(leaves_hidden)
{
	guest.unanswered = true;
	ck_assert_int_eq(run(), STATUS_DISCREPANCY);
}
END_TEST

/*
 * Another reader in the guest read in between, so the report's reads cannot be
 * matched one by one.
 */
static void interleaved(struct keeper *keeper, int look)
{
	struct guest_report report = { .nr = 1 };

	if (look % 4)
		return;
	report.read = calloc(1, sizeof(*report.read));
	ck_assert_ptr_nonnull(report.read);
	report.read->read.leaf = EXIT_LEAF_CYCLES;
	ck_assert_int_eq(books_add_report(keeper->books, &report), 0);
	guest.kernel -= look == guest.lose_at;
}

START_TEST(a_report_unseen)
{
	guest.at = interleaved;
	ck_assert_int_eq(run(), STATUS_OK);
	ck_assert_str_eq(verdict(lines - 1), "BALANCED");
	ck_assert_int_eq(noted_in_all("unseen"), 5);
}
END_TEST

/* Answers are kept until the report about them arrives. */
static void slow_report(struct keeper *keeper, int look)
{
	struct guest_report report = { .nr = 1 };

	if (look == 4)
		keeper->reader.pid = 1;
	if (look != 8)
		return;
	keeper->reader.pid = 0;
	report.read = calloc(1, sizeof(*report.read));
	ck_assert_ptr_nonnull(report.read);
	report.read->read.leaf = EXIT_LEAF_EXITS;
	/* The value that the guest read at the fifth look, or one more. */
	report.read->read.eax = 1050 + guest.lose_at;
	ck_assert_int_eq(books_add_report(keeper->books, &report), 0);
}

START_TEST(a_report_that_takes_time)
{
	guest.at = slow_report;
	guest.lose_at = _i;
	ck_assert_int_eq(run(), _i ? STATUS_DISCREPANCY : STATUS_OK);
	ck_assert_int_eq(noted_in_all("unseen"), 0);
	ck_assert_int_eq(last_number("discrepancies"), 0);
}
END_TEST

/* A discrepancy is found even among more reports than findings are kept. */
START_TEST(many_reports_unseen)
{
	const json_t *findings;

	guest.at = interleaved;
	guest.last = 200;
	guest.lose_at = 160;
	ck_assert_int_eq(run(), STATUS_DISCREPANCY);
	findings = json_object_get(line[lines - 1], "findings");
	ck_assert_str_eq(json_string_value(json_object_get(
				 json_array_get(findings, 0), "rule")),
			 "kernel-low");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("watch");
	TCase *tcase = tcase_create("watch");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, right_counters);
	tcase_add_test(tcase, a_lost_exit);
	tcase_add_test(tcase, statistics_of_the_end);
	tcase_add_test(tcase, off_for_a_while);
	tcase_add_test(tcase, off_after_a_discrepancy);
	tcase_add_loop_test(tcase, gaps_are_noted, 0, 3);
	tcase_add_test(tcase, unanswered_reads_are_noted);
	tcase_add_test(tcase, off_at_first);
	tcase_add_test(tcase, off_all_the_while);
	tcase_add_test(tcase, leaves_switched_on);
	tcase_add_test(tcase, leaves_hidden);
	tcase_add_test(tcase, a_report_unseen);
	tcase_add_loop_test(tcase, a_report_that_takes_time, 0, 2);
	tcase_add_test(tcase, many_reports_unseen);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
