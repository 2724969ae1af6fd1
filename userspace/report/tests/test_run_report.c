// SPDX-License-Identifier: GPL-2.0-only
/* The report's statements on a run's rates. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/reasons.h"
#include "report/render_report.h"
#include "run/tests/run_fixture.h"
#include "tests/made_up.h"
#include "tests/tap.h"

static char directory[FIXTURE_PATH], path[FIXTURE_PATH];
static struct why why;
static struct ledger now;
static const struct filter all;

static void setup(void)
{
	ck_assert_int_eq(fixture_begin(directory, path), 0);
	why.text[0] = '\0';
}

static void teardown(void)
{
	fixture_end(directory);
	ledger_free(&now);
}

/*
 * The rates are known: in the first five of 10 intervals there are about 1,000
 * exits each, and in the others about 500.
 */
START_TEST(rates)
{
	struct run_info info = fixture_info(1000 * FIXTURE_STEP);
	struct run_report report;
	struct run_reader *reader;
	struct run_writer *writer;

	ck_assert_int_eq(run_writer_open(path, &info, &all, &writer, &why), 0);
	for (unsigned int n = 1; n <= 10; n++) {
		made_up_exits(&now, 1, 0, EXIT_SVM_MSR,
			      (n <= 5 ? 1000 : 500) + (n % 2 ? 100 : -100));
		now.ns = FIXTURE_START + n * FIXTURE_STEP;
		ck_assert_int_eq(run_writer_add(writer, &now,
						now.ns - FIXTURE_STEP, &why),
				 0);
		ledger_reset(&now);
	}
	run_writer_close(writer);
	fixture_sql(
		path,
		"INSERT INTO mark (at_ns, kind, text) VALUES (1500000000, 'user', 'half')");
	ck_assert_int_eq(run_reader_open(path, true, &reader, &why), 0);
	ck_assert_int_eq(run_report_read(reader, &all, &report, &why), 0);
	ck_assert_uint_eq(report.exits, 7500);
	ck_assert_uint_eq(report.nr_phases, 2);
	ck_assert_ptr_null(strstr(report.phase[0].mark->kind, "user"));
	ck_assert_str_eq(report.phase[1].mark->text, "half");
	ck_assert_uint_eq(report.phase[0].rates.exits, 5100);
	ck_assert_uint_eq(report.phase[1].rates.exits, 2400);
	ck_assert_uint_eq(report.phase[0].rates.intervals, 5);
	ck_assert(fabs(report.phase[0].rates.min - 9000) < 1e-6);
	ck_assert(fabs(report.phase[0].rates.max - 11000) < 1e-6);
	/* 1100, 900, 1100, 900, 1100: a mean of 1020, and sqrt(9600) about it. */
	ck_assert(fabs(report.phase[0].rates.cv - sqrt(9600) / 1020) < 1e-9);
	ck_assert(fabs(report.phase[0].rates.chance - sqrt(1 / 1020.)) < 1e-9);
	ck_assert_str_eq(run_rates_word(&report.phase[0].rates), "steady");
	ck_assert_str_eq(run_rates_word(&report.phase[1].rates),
			 "fairly steady");
	ck_assert_str_eq(run_rates_word(&report.rates), "varies");
	run_report_free(&report);
	run_reader_close(reader);
}
END_TEST

/* Returns the text that a renderer writes. */
static char *written(const struct run_report *report, bool json)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	ck_assert_ptr_nonnull(out);
	ck_assert_int_eq(json ? render_report_json("run", report, &all, out) :
				render_report_text("run", report, &all, out),
			 0);
	fclose(out);
	return text;
}

/* A run with chunks: three seconds of a thousand exits per second, and then two
 * of three thousand, with a mark before the change. */
START_TEST(a_change_of_the_rate)
{
	struct run_info info = fixture_info(20 * FIXTURE_STEP);
	struct run_report report;
	struct run_reader *reader;
	struct run_writer *writer;
	char *text;

	ck_assert_int_eq(run_writer_open(path, &info, &all, &writer, &why), 0);
	for (unsigned int n = 1; n <= 50; n++) {
		made_up_exits(&now, 1, 0, EXIT_SVM_MSR,
			      (n <= 30 ? 100 : 300) + n % 2);
		now.ns = FIXTURE_START + n * FIXTURE_STEP;
		ck_assert_int_eq(run_writer_add(writer, &now,
						now.ns - FIXTURE_STEP, &why),
				 0);
		ledger_reset(&now);
	}
	run_writer_close(writer);
	fixture_sql(
		path,
		"INSERT INTO mark (at_ns, kind, text) VALUES (2000000000, 'user', 'here')");
	ck_assert_int_eq(run_reader_open(path, true, &reader, &why), 0);
	ck_assert_int_eq(run_report_read(reader, &all, &report, &why), 0);
	ck_assert_uint_eq(report.changes.nr, 1);
	ck_assert_uint_eq(report.changes.change[0].at_ns,
			  FIXTURE_START + 30 * FIXTURE_STEP);
	ck_assert_uint_eq(report.changes.change[0].phase, report.nr_phases - 1);
	ck_assert(fabs(report.changes.change[0].before - 1005) < 0.01);
	ck_assert(fabs(report.changes.change[0].after - 3005) < 0.01);
	ck_assert_uint_eq(report.nr_vms, 1);
	ck_assert_uint_eq(report.bins.nr, 50);
	ck_assert_uint_eq(run_bins_line(&report.bins, EXIT_SVM_MSR)->exits[30],
			  301);
	text = written(&report, false);
	ck_assert_ptr_nonnull(strstr(text, "THE RATE CHANGED AT"));
	ck_assert_ptr_nonnull(
		strstr(text, "3.00 s           1,005          3,005"));
	free(text);
	text = written(&report, true);
	ck_assert_ptr_nonnull(
		strstr(text, "\"changes\":[{\"at\":3.000000,\"phase\":1,"));
	free(text);
	run_report_free(&report);
	run_reader_close(reader);
}
END_TEST

/* Returns the report on the run in @path, as text or as JSON. */
static char *report_of(bool json)
{
	struct run_report report;
	struct run_reader *reader;
	char *text;

	ck_assert_int_eq(run_reader_open(path, true, &reader, &why), 0);
	ck_assert_int_eq(run_report_read(reader, &all, &report, &why), 0);
	text = written(&report, json);
	run_report_free(&report);
	run_reader_close(reader);
	return text;
}

/* Record VMs one after the other: each begins, has its first exit, and ends. */
static void short_lived_vms(unsigned int nr)
{
	struct run_info info = fixture_info(20 * FIXTURE_STEP);
	struct run_writer *writer;

	ck_assert_int_eq(run_writer_open(path, &info, &all, &writer, &why), 0);
	for (unsigned int n = 1; n <= nr; n++) {
		made_up_exits(&now, n, 0, EXIT_SVM_MSR, 100);
		ledger_find_vm(&now, n)->vcpu[0].gone = true;
		now.ns = FIXTURE_START + n * FIXTURE_STEP;
		ck_assert_int_eq(run_writer_add(writer, &now,
						now.ns - FIXTURE_STEP, &why),
				 0);
		ledger_reset(&now);
	}
	run_writer_close(writer);
}

/* First exits are in their phase, wherever in the interval they happened. */
START_TEST(first_exits_are_in_their_phase)
{
	struct run_info info = fixture_info(20 * FIXTURE_STEP);
	struct run_report report;
	struct run_reader *reader;
	struct run_writer *writer;

	ck_assert_int_eq(run_writer_open(path, &info, &all, &writer, &why), 0);
	for (unsigned int n = 1; n <= 10; n++) {
		made_up_exits(&now, 1, 0, EXIT_SVM_MSR, n > 5 ? 500 : 100);
		now.ns = FIXTURE_START + n * FIXTURE_STEP;
		ck_assert_int_eq(run_writer_add(writer, &now,
						now.ns - FIXTURE_STEP, &why),
				 0);
		ledger_reset(&now);
	}
	run_writer_close(writer);
	fixture_sql(
		path,
		"INSERT INTO mark (at_ns, kind, vm, text) VALUES "
		"(1550000000, 'first-io', 1, 'a'), (1560000000, 'first-io', 1, 'b')");
	ck_assert_int_eq(run_reader_open(path, true, &reader, &why), 0);
	ck_assert_int_eq(run_report_read(reader, &all, &report, &why), 0);
	ck_assert_uint_eq(report.nr_phases, 2);
	ck_assert_uint_eq(report.phase[1].begin_ns, 1500000000);
	ck_assert_uint_eq(report.phase[1].more, 1);
	ck_assert_uint_eq(report.phase[0].rates.exits, 500);
	ck_assert_uint_eq(report.phase[1].rates.exits, 2500);
	run_report_free(&report);
	run_reader_close(reader);
}
END_TEST

/* A person's mark is shown even if very many VMs begin and end. */
START_TEST(marks_among_many_vms)
{
	struct run_report report;
	struct run_reader *reader;
	char *text;

	short_lived_vms(200);
	fixture_sql(
		path,
		"INSERT INTO mark (at_ns, kind, text) VALUES (20900000000, 'user', 'the last test')");
	ck_assert_int_eq(run_reader_open(path, true, &reader, &why), 0);
	ck_assert_int_eq(run_report_read(reader, &all, &report, &why), 0);
	ck_assert_uint_ge(report.marks->nr, 400);
	ck_assert_uint_eq(report.nr_phases, 2);
	ck_assert_str_eq(report.phase[1].mark->text, "the last test");
	text = written(&report, false);
	ck_assert_ptr_nonnull(strstr(text, "from 19.90 s  the last test\n"));
	ck_assert_ptr_null(strstr(text, "MARKS BESIDE THESE"));
	free(text);
	run_report_free(&report);
	run_reader_close(reader);
}
END_TEST

/*
 * There are more marks than the report has room for, and most of them are a
 * guest's.
 */
START_TEST(marks_that_find_no_phase)
{
	char *text;

	short_lived_vms(200);
	fixture_sql(
		path,
		"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 150) "
		"INSERT INTO mark (at_ns, kind, vm, text) "
		"SELECT 1000000000 + i * 100000000, 'guest', i, 'of guest ' || i FROM n");
	fixture_sql(
		path,
		"INSERT INTO mark (at_ns, kind, text) VALUES (20900000000, 'user', 'mine'), (20900000000, 'user', 'mine, too')");
	text = report_of(false);
	/*
	 * One of the user's marks names one of the 40 phases.  The other one is
	 * in the list of further marks.
	 */
	ck_assert_ptr_nonnull(strstr(text, "from 19.90 s  mine, and 1 more\n"));
	ck_assert_ptr_nonnull(strstr(text, "and 112 phases more\n"));
	ck_assert_ptr_nonnull(strstr(text, "MARKS BESIDE THESE\n"));
	ck_assert_ptr_nonnull(strstr(text, "    19.90  mine, too\n"));
	ck_assert_ptr_nonnull(strstr(text, "     4.00  guest: of guest 40\n"));
	ck_assert_ptr_nonnull(strstr(text, "and 12 more\n"));
	free(text);
}
END_TEST

/* Without exits there are no phases, but the marks are shown. */
START_TEST(marks_without_exits)
{
	struct run_info info = fixture_info(20 * FIXTURE_STEP);
	struct run_writer *writer;
	char *text;

	ck_assert_int_eq(run_writer_open(path, &info, &all, &writer, &why), 0);
	now.ns = FIXTURE_START + FIXTURE_STEP;
	ck_assert_int_eq(run_writer_add(writer, &now, FIXTURE_START, &why), 0);
	run_writer_close(writer);
	fixture_sql(
		path,
		"INSERT INTO mark (at_ns, kind, text) VALUES (1050000000, 'user', 'idle')");
	text = report_of(false);
	ck_assert_ptr_nonnull(strstr(text, "     0.05  idle\n"));
	free(text);
}
END_TEST

/*
 * The report has tables of keys, vCPUs and slow exits.  Every third slow exit
 * is as slow as the slowest.
 */
START_TEST(tables_beside_that_of_reasons)
{
	struct run_info info = fixture_info(4 * FIXTURE_STEP);
	char *text;

	ck_assert_int_eq(fixture_run(path, 30, 4 * FIXTURE_STEP, NULL, NULL,
				     true, &why),
			 0);
	ck_assert(info.off_cpu);
	fixture_sql(
		path,
		"UPDATE meta SET value = 1000000 WHERE name = 'slower_than_ns';"
		"UPDATE slow SET ns = 5000000, vcpu = 1, blocked_ns = 4000000 WHERE id = 7");
	text = report_of(false);
	ck_assert_ptr_nonnull(
		strstr(text, "\nslow     30 exits longer than 1.00 ms\n"));
	/* This is the slow exit of the seventh interval; its key is a port. */
	ck_assert_ptr_nonnull(strstr(
		text,
		"VM\n     0.700  IOIO 0x3f8 COM1 data        5.00 ms  4.00 ms     1  vm2\n"));
	ck_assert_ptr_nonnull(strstr(text, "and 20 more, none of them slower"));
	ck_assert_ptr_nonnull(
		strstr(text, "\n0x3f9 COM1 IER         0x07b IOIO"));
	ck_assert_ptr_nonnull(
		strstr(text, "\nvm2                          1002    1 "));
	free(text);
	text = report_of(true);
	ck_assert_ptr_nonnull(strstr(
		text,
		"\"slow_exits\":30,\"slow\":[{\"at\":0.700000,\"vm\":2,\"vcpu\":1,"));
	ck_assert_ptr_nonnull(strstr(
		text,
		"\"key\":1016,\"key_name\":\"COM1 data\",\"ns\":5000000,\"preempted_ns\":0,"));
	ck_assert_ptr_nonnull(strstr(
		text,
		"\"keys\":[{\"reason\":123,\"name\":\"IOIO\",\"key\":1016,\"key_name\":\"COM1 data\","));
	ck_assert_ptr_nonnull(strstr(text, "\"vcpus\":[{\"vm\":1,\"vcpu\":0,"));
	free(text);
}
END_TEST

/* Of many slow exits, the slowest ones are kept, wherever they were. */
START_TEST(many_slow_exits)
{
	struct ledger_slows interval = { .nr = 0 };
	struct run_slows slows = { .nr = 0 };
	struct ledger known = { .ns = 0 };
	struct filter filter = { .nr_vms = 0 };
	const unsigned int nr = 5 * RUN_SLOWS;

	ck_assert_ptr_nonnull(ledger_vm(&known, 1, 1001));
	for (unsigned int i = 0; i < nr; i++) {
		/*
		 * 7 and nr have no common divisor, so i * 7 % nr takes each
		 * value once.
		 */
		const struct ledger_slow slow = { .at_ns = i,
						  .vm = 1 + i % 2,
						  .reason = EXIT_SVM_MSR,
						  .times = exit_times_of_one(
							  i * 7 % nr, 0, 0) };

		ck_assert_int_eq(ledger_slow_add(&interval, &slow), 0);
	}
	ck_assert_int_eq(run_slows_add(&slows, &interval, &known, &all), 0);
	run_slows_finish(&slows);
	ck_assert_uint_eq(slows.count, nr);
	ck_assert_uint_eq(slows.nr, RUN_SLOWS);
	for (unsigned int i = 0; i < RUN_SLOWS; i++)
		ck_assert_uint_eq(slows.slow[i].times.ns, nr - 1 - i);
	run_slows_free(&slows);
	/* With a filter on a process, slow exits of unknown VMs do not pass. */
	ck_assert_int_eq(filter_add_number(&filter.pids, 1001), 0);
	ck_assert_int_eq(run_slows_add(&slows, &interval, &known, &filter), 0);
	ck_assert_uint_eq(slows.count, nr / 2);
	filter_free(&filter);
	run_slows_free(&slows);
	free(interval.slow);
	ledger_free(&known);
}
END_TEST

/*
 * The report does not tell a command's exit status if nobody has seen its end.
 */
START_TEST(the_end_of_a_command)
{
	char *text;

	ck_assert_int_eq(fixture_run(path, 3, 4 * FIXTURE_STEP, NULL, NULL,
				     false, &why),
			 0);
	fixture_sql(
		path,
		"UPDATE meta SET value = 'make check' WHERE name = 'command'");
	text = report_of(false);
	ck_assert_ptr_nonnull(strstr(
		text, "command  make check\n         its end was not seen\n"));
	free(text);
	text = report_of(true);
	ck_assert_ptr_null(strstr(text, "command_status"));
	free(text);
	fixture_sql(
		path,
		"INSERT OR REPLACE INTO meta VALUES ('ended_ns', 1300000000), ('command_status', 2), ('bpf_exits', 0), ('bpf_ns', 0)");
	text = report_of(false);
	ck_assert_ptr_nonnull(
		strstr(text, "command  make check\n         exit status 2\n"));
	free(text);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("run_report");
	TCase *tcase = tcase_create("run_report");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, rates);
	tcase_add_test(tcase, a_change_of_the_rate);
	tcase_add_test(tcase, marks_among_many_vms);
	tcase_add_test(tcase, marks_that_find_no_phase);
	tcase_add_test(tcase, first_exits_are_in_their_phase);
	tcase_add_test(tcase, marks_without_exits);
	tcase_add_test(tcase, tables_beside_that_of_reasons);
	tcase_add_test(tcase, many_slow_exits);
	tcase_add_test(tcase, the_end_of_a_command);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
