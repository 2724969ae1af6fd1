// SPDX-License-Identifier: GPL-2.0-only
/* record --keep: which intervals are thrown away, and what is left. */
#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exit_leaves.h"
#include "keep_fixture.h"
#include "ledger/reasons.h"
#include "run/run_schema.h"
#include "tests/made_up.h"
#include "tests/tap.h"

START_TEST(nothing_is_thrown_away_early)
{
	struct keep_contents got;

	keep.info.keep_ns = STEPS(10);
	keep_open();
	keep_add_fixture(1, 14);
	got = keep_read(false);
	ck_assert_uint_eq(got.info.thrown_intervals, 0);
	ck_assert_uint_eq(got.info.started_ns, FIXTURE_START);
	keep_check_sums(&got);
	/* Programs that know only complete runs can still read it. */
	ck_assert_int_eq(keep_number("PRAGMA user_version"), RUN_VERSION);
}
END_TEST

START_TEST(what_is_too_old)
{
	struct keep_contents got;

	keep.info.keep_ns = STEPS(10);
	keep_open();
	keep_add_fixture(1, 100);
	keep_finish();
	for (int fine = 0; fine < 2; fine++) {
		got = keep_read(fine);
		ck_assert_uint_eq(got.info.thrown_intervals, 90);
		ck_assert_uint_eq(got.info.thrown_until_ns,
				  FIXTURE_START + STEPS(90));
		ck_assert_uint_eq(got.info.started_ns,
				  FIXTURE_START + STEPS(90));
		ck_assert_uint_eq(got.info.origin_ns, FIXTURE_START);
		ck_assert_uint_eq(got.info.started_at, got.info.origin_at + 9);
		ck_assert_uint_eq(got.end_ns, FIXTURE_START + STEPS(100));
		ck_assert_uint_eq(got.slows, 10);
		keep_check_sums(&got);
	}
	ck_assert_int_eq(keep_number("PRAGMA user_version"),
			 RUN_VERSION_THROWN);
}
END_TEST

/* Every table has only what belongs to the intervals that are kept. */
START_TEST(all_tables_are_thinned)
{
	struct keep_contents got;

	keep.info.keep_ns = STEPS(10);
	keep_open();
	keep_add_fixture(1, 200);
	keep_finish();
	got = keep_read(false);
	/* Two VMs stay, and each of the others lives for two intervals. */
	ck_assert_uint_eq(got.vms, 2 + 6);
	ck_assert_int_eq(keep_number("SELECT count(*) FROM vcpu"), 4 + 6);
	ck_assert_int_eq(
		keep_number(
			"SELECT count(*) FROM vcpu WHERE vm NOT IN (SELECT number FROM vm)"),
		0);
	ck_assert_int_eq(
		keep_number(
			"SELECT count(*) FROM mark WHERE vm NOT IN (SELECT number FROM vm)"),
		0);
	ck_assert_int_eq(
		keep_number("SELECT count(*) FROM slow WHERE n <= 190"), 0);
	ck_assert_int_eq(keep_number("SELECT min(n) FROM slow"), 191);
	ck_assert_int_eq(keep_number("SELECT count(*) FROM chunk"), 2);
	/* One count is kept of what was lost before. */
	ck_assert_int_eq(
		keep_number("SELECT count(*) FROM loss WHERE n <= 190"), 1);
	/* 200 / 4 were lost in all, and 190 / 4 of them before. */
	ck_assert_uint_eq(got.losses.no_slot, 50 - 47);
}
END_TEST

/* A VM that stays has its name, though it was first seen long ago. */
START_TEST(a_vm_that_stays)
{
	struct ledger now = { .ns = 0 };
	struct run_reader *reader;

	keep.info.keep_ns = STEPS(10);
	keep_open();
	for (unsigned int n = 1; n <= 40; n++) {
		made_up_time(&now, 7, 0, EXIT_SVM_CPUID, 1000, 5);
		snprintf(now.vm[0].name, sizeof(now.vm[0].name), "database");
		now.vm[0].vcpu[0].prior_exits = 77;
		keep_add(&now, FIXTURE_START + STEPS(n - 1),
			 FIXTURE_START + STEPS(n));
	}
	ck_assert_int_eq(run_reader_open(keep.path, false, &reader, &keep.why),
			 0);
	ck_assert_uint_eq(run_reader_vms(reader)->nr_vms, 1);
	ck_assert_str_eq(run_reader_vms(reader)->vm[0].name, "database");
	/* Its marks were set in what was thrown away. */
	ck_assert_uint_eq(run_reader_marks(reader)->nr, 0);
	run_reader_close(reader);
}
END_TEST

/* A VM that comes again after its rows were thrown away is a new one. */
START_TEST(a_vm_that_comes_again)
{
	struct ledger now = { .ns = 0 };
	struct keep_contents got;

	keep.info.keep_ns = STEPS(10);
	keep_open();
	for (unsigned int n = 1; n <= 60; n++) {
		made_up_time(&now, 1, 0, EXIT_SVM_CPUID, 1000, 5);
		if (n < 3 || n > 55) {
			made_up_time(&now, 2, 0, EXIT_SVM_CPUID, 1000, 5);
			now.vm[1].vcpu[0].gone = n == 2;
		}
		keep_add(&now, FIXTURE_START + STEPS(n - 1),
			 FIXTURE_START + STEPS(n));
		if (n == 50)
			ck_assert_int_eq(keep_number("SELECT count(*) FROM vm"),
					 1);
	}
	got = keep_read(true);
	ck_assert_uint_eq(got.vms, 2);
	ck_assert_uint_eq(got.marks, 2); /* it began, and its first exit */
	keep_check_sums(&got);
}
END_TEST

/* The host was asleep, or the recorder was stopped: one interval is long. */
START_TEST(a_jump_of_the_clock)
{
	struct ledger now = { .ns = 0 };
	struct keep_contents got;
	uint64_t at_ns = FIXTURE_START + STEPS(30);

	keep.info.keep_ns = STEPS(10);
	keep_open();
	keep_add_fixture(1, 30);
	fixture_interval(&now, 31);
	ck_assert_int_eq(keep_add(&now, at_ns, at_ns + STEPS(100000)), 0);
	got = keep_read(false);
	/* The last interval stays, and its chunk with it. */
	ck_assert_uint_eq(got.info.thrown_intervals, 30);
	ck_assert_uint_eq(got.steps, 1);
	keep_check_sums(&got);
	/* An interval without any length must not be taken for an old one. */
	at_ns += STEPS(100000);
	now.losses.no_slot = 31 / 4;
	ck_assert_int_eq(keep_add(&now, at_ns, at_ns), 0);
	got = keep_read(true);
	ck_assert_uint_eq(got.info.thrown_intervals, 30);
	keep_check_sums(&got);
}
END_TEST

/* SIGKILL at any time leaves a run that has no gap. */
START_TEST(killed)
{
	struct keep_contents got, before = { .exits = 0 };

	keep.info.keep_ns = STEPS(10);
	keep_open();
	keep_close();
	for (unsigned int i = 0; i < 20; i++) {
		pid_t child;

		fixture_end(keep.directory);
		ck_assert_int_eq(fixture_begin(keep.directory, keep.path), 0);
		child = fork();
		if (!child) {
			keep_open();
			for (unsigned int n = 1;; n += 10)
				keep_add_fixture(n, n + 9);
		}
		usleep(20000 + 7000 * i);
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
		if (access(keep.path, F_OK))
			continue;
		got = keep_read(i % 2);
		if (got.info.thrown_intervals > before.info.thrown_intervals)
			before = got;
		if (got.info.thrown_intervals)
			ck_assert_uint_le(got.end_ns - got.begin_ns, STEPS(15));
	}
	ck_assert_uint_gt(before.info.thrown_intervals, 0);
}
END_TEST

/* The rows of meta about the past must fit the intervals. */
START_TEST(damage)
{
	static const char *const changes[] = {
		"UPDATE meta SET value = 89 WHERE name = 'thrown_intervals'",
		"UPDATE meta SET value = 0 WHERE name = 'thrown_intervals'",
		"UPDATE meta SET value = 1 WHERE name = 'thrown_until_ns'",
		"UPDATE meta SET value = 9e18 WHERE name = 'thrown_until_ns'",
		"UPDATE meta SET value = -1 WHERE name = 'thrown_exits'",
		"UPDATE loss SET count = 1000000 WHERE n < 90",
	};

	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		struct ledger now = { .ns = 0 }, total = { .ns = 0 };

		keep.info.keep_ns = STEPS(10);
		keep_open();
		keep_add_fixture(1, 100);
		keep_finish();
		fixture_sql(keep.path, changes[i]);
		ck_assert_msg(fixture_read(keep.path, false, &now, &total,
					   &keep.why) < 0,
			      "%s", changes[i]);
		ck_assert_msg(strstr(keep.why.text, "is damaged"), "%s",
			      keep.why.text);
		ledger_free(&now);
		ledger_free(&total);
		ledger_free(&keep.sum);
		memset(&keep.sum, 0, sizeof(keep.sum));
		unlink(keep.path);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("run_keep");
	TCase *tcase = tcase_create("run_keep");

	tcase_set_timeout(tcase, 120);
	tcase_add_checked_fixture(tcase, keep_setup, keep_teardown);
	tcase_add_test(tcase, nothing_is_thrown_away_early);
	tcase_add_test(tcase, what_is_too_old);
	tcase_add_test(tcase, all_tables_are_thinned);
	tcase_add_test(tcase, a_vm_that_stays);
	tcase_add_test(tcase, a_vm_that_comes_again);
	tcase_add_test(tcase, a_jump_of_the_clock);
	tcase_add_test(tcase, killed);
	tcase_add_test(tcase, damage);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
