// SPDX-License-Identifier: GPL-2.0-only
/* The page of a recorded run, and the points of its charts. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "ledger/reasons.h"
#include "lib/html.h"
#include "lib/json_writer.h"
#include "report/page/render_page.h"
#include "run/tests/run_fixture.h"
#include "tests/made_up.h"
#include "tests/tap.h"

#define STEP FIXTURE_STEP

static const struct filter all;
static struct run_timeline timeline;
static struct ledger ledger;

static void teardown(void)
{
	run_timeline_free(&timeline);
	ledger_free(&ledger);
}

/* Add the exits in the ledger as interval @n, and empty the ledger. */
static void add(uint64_t n, uint64_t length, const struct filter *filter)
{
	const struct run_step step = { .begin_ns = n * STEP,
				       .end_ns = n * STEP + length };

	ck_assert_int_eq(run_timeline_add(&timeline, &step, &ledger, filter),
			 0);
	ledger_reset(&ledger);
}

static uint64_t sum(const uint64_t *number)
{
	uint64_t all_of_it = 0;

	/* Unused points must be 0, or what is added to them later is wrong. */
	for (size_t i = 0; number && i < RUN_POINTS; i++)
		all_of_it += number[i];
	return all_of_it;
}

START_TEST(two_points_become_one)
{
	const size_t nr =
		5001; /* enough to halve the points twice, and one more */
	uint64_t exits = 0;

	for (size_t n = 0; n < nr; n++) {
		made_up_time(&ledger, 1, 0, EXIT_SVM_CPUID, 100, 1 + n % 7);
		made_up_time(&ledger, 2, 1, EXIT_SVM_CPUID, 300, 1);
		if (n % 3 == 0)
			made_up_exits(&ledger, 1, 0, EXIT_SVM_MSR, 2);
		exits += 1 + n % 7;
		add(n, STEP, &all);
	}
	run_timeline_finish(&timeline);
	ck_assert_uint_eq(timeline.merged, 4);
	/* The last point has one interval only, so it is merged with the one
	 * before. */
	ck_assert_uint_eq(timeline.nr, 1250);
	ck_assert_uint_eq(timeline.nr_lines, 2);
	ck_assert_uint_eq(timeline.line[0].reason, EXIT_SVM_CPUID);
	ck_assert_uint_eq(sum(timeline.line[0].exits), exits + nr);
	ck_assert_uint_eq(sum(timeline.line[0].ns), 100 * exits + 300 * nr);
	ck_assert_uint_eq(sum(timeline.line[1].exits), 2 * (nr / 3));
	ck_assert_uint_eq(sum(timeline.line[1].ns), 0);
	ck_assert_uint_eq(timeline.end_ns, nr * STEP);
	for (size_t i = 0; i < timeline.nr; i++)
		ck_assert_uint_eq(timeline.begin_ns[i], 4 * i * STEP);
	/*
	 * The point has intervals 8 to 11, with 2, 3, 4 and 5 exits, and one
	 * exit of the other VM in each.
	 */
	ck_assert_uint_eq(timeline.line[0].exits[2], 2 + 3 + 4 + 5 + 4);
	ck_assert_ptr_null(timeline.rest.exits);
}
END_TEST

START_TEST(a_short_end)
{
	for (size_t n = 0; n < 3; n++) {
		made_up_exits(&ledger, 1, 0, EXIT_SVM_CPUID, 10);
		add(n, n == 2 ? STEP / 2 - 1 : STEP, &all);
	}
	run_timeline_finish(&timeline);
	ck_assert_uint_eq(timeline.nr, 2);
	ck_assert_uint_eq(timeline.line[0].exits[1], 20);
	ck_assert_uint_eq(timeline.end_ns, 3 * STEP - STEP / 2 - 1);
	run_timeline_free(&timeline);
	for (size_t n = 0; n < 3; n++)
		add(n, n == 2 ? STEP / 2 : STEP, &all);
	run_timeline_finish(&timeline);
	ck_assert_uint_eq(timeline.nr, 3);
	run_timeline_free(&timeline);
	run_timeline_finish(&timeline);
	ck_assert_uint_eq(timeline.nr, 0);
}
END_TEST

START_TEST(more_reasons_than_there_are)
{
	const uint32_t nr = RUN_LINES + 50;

	for (size_t n = 0; n < 2; n++) {
		for (uint32_t reason = nr; reason--;)
			made_up_time(&ledger, 1, 0, reason, 5, 1);
		add(n, STEP, &all);
	}
	ck_assert_uint_eq(timeline.nr_lines, RUN_LINES);
	for (size_t i = 1; i < RUN_LINES; i++)
		ck_assert_uint_lt(timeline.line[i - 1].reason,
				  timeline.line[i].reason);
	ck_assert_uint_eq(sum(timeline.rest.exits), 2 * 50);
	ck_assert_uint_eq(sum(timeline.rest.ns), 2 * 50 * 5);
	/* The lowest reasons have lines, as a ledger has reasons in ascending
	 * order. */
	ck_assert_ptr_nonnull(run_timeline_line(&timeline, RUN_LINES - 1));
	ck_assert_ptr_null(run_timeline_line(&timeline, RUN_LINES));
}
END_TEST

START_TEST(only_what_is_asked_for)
{
	struct filter filter = { .nr_vms = 0 };

	ck_assert_int_eq(filter_add_vm(&filter, "vm2"), 0);
	ck_assert_int_eq(filter_add_number(&filter.reasons, EXIT_SVM_MSR), 0);
	made_up_host(&ledger, 2, 2, 1);
	made_up_exits(&ledger, 2, 0, EXIT_SVM_MSR, 1000000);
	add(0, STEP, &filter);
	ck_assert_uint_eq(timeline.nr_lines, 1);
	ck_assert_uint_gt(sum(timeline.line[0].exits), 1000000);
	ck_assert_uint_lt(sum(timeline.line[0].exits), 1003000);
	filter_free(&filter);
}
END_TEST

/* Returns the page of a run of so many intervals. */
static char *page_of(unsigned int intervals, uint64_t *exits)
{
	char directory[FIXTURE_PATH], path[FIXTURE_PATH], *text = NULL;
	struct run_reader *reader;
	struct run_report report;
	struct why why = { "" };
	size_t size;
	FILE *out = open_memstream(&text, &size);

	ck_assert_int_eq(fixture_begin(directory, path), 0);
	ck_assert_int_eq(fixture_run(path, intervals, 4 * STEP, NULL, NULL,
				     true, &why),
			 0);
	ck_assert_int_eq(run_reader_open(path, true, &reader, &why), 0);
	ck_assert_int_eq(run_report_read(reader, &all, &report, &why), 0);
	ck_assert_int_eq(render_page("a/<run>\"", &report, &all, out), 0);
	*exits = report.exits;
	run_report_free(&report);
	run_reader_close(reader);
	fixture_end(directory);
	fclose(out);
	return text;
}

/* A person's mark is on the page even if very many VMs begin and end. */
START_TEST(a_page_of_many_vms)
{
	const unsigned int vms = 300;
	char directory[FIXTURE_PATH], path[FIXTURE_PATH], *text = NULL;
	struct run_info info = fixture_info(20 * STEP);
	struct run_writer *writer;
	struct run_reader *reader;
	struct run_report report;
	struct why why = { "" };
	size_t size;
	FILE *out = open_memstream(&text, &size);

	ck_assert_int_eq(fixture_begin(directory, path), 0);
	ck_assert_int_eq(run_writer_open(path, &info, &all, &writer, &why), 0);
	for (unsigned int n = 1; n <= vms; n++) {
		made_up_exits(&ledger, n, 0, EXIT_SVM_MSR, 100);
		ledger_find_vm(&ledger, n)->vcpu[0].gone = true;
		ledger.ns = FIXTURE_START + n * STEP;
		ck_assert_int_eq(run_writer_add(writer, &ledger,
						ledger.ns - STEP, &why),
				 0);
		ledger_reset(&ledger);
	}
	run_writer_close(writer);
	fixture_sql(
		path,
		"INSERT INTO mark (at_ns, kind, text) VALUES (30900000000, 'user', 'the last test');"
		"UPDATE meta SET value = 1000000 WHERE name = 'slower_than_ns'");
	ck_assert_int_eq(run_reader_open(path, true, &reader, &why), 0);
	ck_assert_int_eq(run_report_read(reader, &all, &report, &why), 0);
	ck_assert_uint_gt(report.marks->nr, 600);
	ck_assert_int_eq(render_page("run", &report, &all, out), 0);
	fclose(out);
	/* The mark is in the tables of phases and of marks. */
	ck_assert_ptr_nonnull(strstr(text, "29.90 s <bdi>the last test</bdi>"));
	ck_assert_ptr_nonnull(strstr(text, "29.90</th><td class=\"text\">"
					   "the last test</td>"));
	ck_assert_ptr_nonnull(
		strstr(text, "<p>No exits took longer than 1.00 ms.</p>"));
	ck_assert_ptr_nonnull(strstr(text, "those longer than 1.00 ms"));
	run_report_free(&report);
	run_reader_close(reader);
	fixture_end(directory);
	free(text);
}
END_TEST

static json_t *data_of(const char *page)
{
	static const char head[] = "class=\"data\">";
	const char *begin = strstr(page, head);
	const char *end = begin ? strstr(begin, "</script>") : NULL;
	json_t *data;

	ck_assert_ptr_nonnull(end);
	begin += strlen(head);
	data = json_loadb(begin, end - begin, 0, NULL);
	ck_assert_ptr_nonnull(data);
	return data;
}

START_TEST(a_page_has_all_of_it)
{
	uint64_t exits, drawn = 0;
	char *page = page_of(9, &exits);
	json_t *data = data_of(page), *line, *number;
	size_t i, j;

	json_array_foreach (json_object_get(data, "lines"), i, line) {
		json_array_foreach (json_object_get(line, "exits"), j, number)
			drawn += json_integer_value(number);
		ck_assert_uint_eq(
			j, json_array_size(json_object_get(data, "begin")));
	}
	ck_assert_uint_eq(i, 11);
	ck_assert_uint_eq(drawn, exits);
	ck_assert_str_eq(json_string_value(json_object_get(data, "name")),
			 "a/<run>\"");
	ck_assert_int_eq(strncmp(page, PAGE_BEGIN, strlen(PAGE_BEGIN)), 0);
	ck_assert_ptr_nonnull(
		strstr(page, "<title>VM exits: &lt;run&gt;&quot;"));
	ck_assert_ptr_null(strstr(page, "<run>"));
	/* fixture_interval() books IOIO of ports 3f8 to 3fb. */
	ck_assert_ptr_nonnull(strstr(page, "0x3fb COM1 LCR</th>"));
	/* Each interval has a slow exit, with or without a port. */
	ck_assert_ptr_nonnull(
		strstr(page, "<p>9 exits; the slowest first.</p>"));
	ck_assert_ptr_nonnull(strstr(
		page,
		"<td class=\"text\">0x3f8 COM1 data</td><td>2.00 ms</td><td>0.00 ns</td>"));
	ck_assert_ptr_null(strstr(page, "{{"));
	ck_assert_ptr_nonnull(strstr(page, "</html>\n"));
	json_decref(data);
	free(page);
}
END_TEST

START_TEST(a_page_of_nothing)
{
	uint64_t exits;
	char *page = page_of(0, &exits);
	json_t *data = data_of(page);

	ck_assert_uint_eq(exits, 0);
	ck_assert_ptr_nonnull(strstr(page, "No exits were recorded"));
	ck_assert_uint_eq(json_array_size(json_object_get(data, "lines")), 0);
	json_decref(data);
	free(page);
}
END_TEST

/* Two runs: the second one is longer, and its name has markup. */
START_TEST(a_page_of_two)
{
	char directory[2][FIXTURE_PATH], path[2][FIXTURE_PATH], *text = NULL;
	const char *const names[2] = { "dir/a", "<b>" };
	struct run_reader *reader[2];
	struct run_report report[2];
	struct run_comparison compared;
	struct why why = { "" };
	uint64_t drawn = 0;
	size_t size, i, j;
	FILE *out = open_memstream(&text, &size);
	json_t *data, *line, *number;

	for (i = 0; i < 2; i++) {
		ck_assert_int_eq(fixture_begin(directory[i], path[i]), 0);
		ck_assert_int_eq(fixture_run(path[i], 30 + 10 * i, 4 * STEP,
					     NULL, NULL, true, &why),
				 0);
		ck_assert_int_eq(
			run_reader_open(path[i], true, &reader[i], &why), 0);
		ck_assert_int_eq(
			run_report_read(reader[i], &all, &report[i], &why), 0);
	}
	ck_assert_int_eq(run_compare(&report[0], &report[1], &compared), 0);
	ck_assert_int_eq(render_compare_page(names, &compared, &all, out), 0);
	fclose(out);
	ck_assert_int_eq(strncmp(text, PAGE_BEGIN, strlen(PAGE_BEGIN)), 0);
	ck_assert_ptr_null(strstr(text, "{{"));
	ck_assert_ptr_null(strstr(text, "<b>"));
	ck_assert_ptr_nonnull(
		strstr(text, "<title>VM exits: a and &lt;b&gt;</title>"));
	data = data_of(strstr(text, "aria-label=\"Run B\""));
	json_array_foreach (json_object_get(data, "lines"), i, line) {
		json_array_foreach (json_object_get(line, "exits"), j, number)
			drawn += json_integer_value(number);
	}
	ck_assert_uint_eq(drawn, report[1].exits);
	json_decref(data);
	run_comparison_free(&compared);
	for (i = 0; i < 2; i++) {
		run_report_free(&report[i]);
		run_reader_close(reader[i]);
		fixture_end(directory[i]);
	}
	free(text);
}
END_TEST

static char *html(const char *from)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	html_put(from, out);
	fclose(out);
	return text;
}

START_TEST(text_that_may_be_anything)
{
	static const char *const pairs[][2] = {
		{ "caf\xc3\xa9 it's", "caf\xc3\xa9 it's" },
		{ "<a href=\"x\">&amp;",
		  "&lt;a href=&quot;x&quot;&gt;&amp;amp;" },
		{ "a\x01\n\x7f"
		  "b",
		  "a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
		  "b" },
		{ "\xff\xc3", "\xef\xbf\xbd\xef\xbf\xbd" },
	};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		char *text = html(pairs[i][0]);

		ck_assert_str_eq(text, pairs[i][1]);
		free(text);
	}
}
END_TEST

START_TEST(json_within_a_page)
{
	static const char *const shown[] = {
		"\"</script>\\u2028\\u2029\\u202a\xc3\xa9\\udb40\\udc41\"",
		"\"\\u003c/script>\\u2028\\u2029\\u202a\xc3\xa9\\udb40\\udc41\"",
	};

	for (int in_html = 0; in_html < 2; in_html++) {
		char *text = NULL;
		size_t size;
		struct json_writer json = { .in_html = in_html };

		json.out = open_memstream(&text, &size);
		json_put_text(&json, NULL,
			      "</script>\u2028\u2029\u202a\u00e9\U000e0041");
		fclose(json.out);
		ck_assert_str_eq(text, shown[in_html]);
		free(text);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("page");
	TCase *tcase = tcase_create("page");

	tcase_add_checked_fixture(tcase, NULL, teardown);
	tcase_add_test(tcase, two_points_become_one);
	tcase_add_test(tcase, a_short_end);
	tcase_add_test(tcase, more_reasons_than_there_are);
	tcase_add_test(tcase, only_what_is_asked_for);
	tcase_add_test(tcase, a_page_has_all_of_it);
	tcase_add_test(tcase, a_page_of_nothing);
	tcase_add_test(tcase, a_page_of_many_vms);
	tcase_add_test(tcase, a_page_of_two);
	tcase_add_test(tcase, text_that_may_be_anything);
	tcase_add_test(tcase, json_within_a_page);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
