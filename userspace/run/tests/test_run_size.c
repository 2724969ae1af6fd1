// SPDX-License-Identifier: GPL-2.0-only
/* record --max-size: the room that a run and its log take on the disk. */
#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "keep_fixture.h"
#include "run/run_cells.h"
#include "run/run_keep.h"
#include "tests/tap.h"

#define NOISY_VMS 300

/* Add intervals with many random numbers; the files must never be too large. */
static void add_within_size(unsigned int intervals)
{
	uint64_t most = 0;

	for (unsigned int n = 1; n <= intervals; n++) {
		ck_assert_msg(!keep_add_noise(n, NOISY_VMS), "%s",
			      keep.why.text);
		if (keep_on_disk() > most)
			most = keep_on_disk();
	}
	ck_assert_uint_le(most, keep.info.max_size);
}

START_TEST(a_size)
{
	struct keep_contents got;

	keep.info.max_size = 4 * SIZE_MIB;
	keep.info.detail_ns = STEPS(10);
	keep_open();
	srand(1);
	add_within_size(400);
	got = keep_read(false);
	ck_assert_uint_gt(got.info.thrown_intervals, 50);
	keep_check_sums(&got);
	keep_finish();
	ck_assert_uint_le(keep_on_disk(), keep.info.max_size);
	/* Most of the room is made use of. */
	ck_assert_uint_gt(keep_on_disk(), keep.info.max_size / 3);
	got = keep_read(true);
	keep_check_sums(&got);
}
END_TEST

/* A --detail that is never over must not make the file grow. */
START_TEST(a_size_and_long_details)
{
	struct keep_contents got;

	keep.info.max_size = 4 * SIZE_MIB;
	keep.info.detail_ns = STEPS(1000000);
	keep_open();
	srand(2);
	add_within_size(500);
	got = keep_read(false);
	/* The intervals were merged long before their --detail was over. */
	ck_assert_int_ge(keep_number("SELECT count(*) FROM chunk"), 1);
	ck_assert_int_lt(keep_number("SELECT count(*) FROM interval"), 500);
	keep_check_sums(&got);
}
END_TEST

/* A burst of VMs: intervals that are larger than all before. */
START_TEST(a_burst)
{
	struct keep_contents got;

	keep.info.max_size = 8 * SIZE_MIB;
	keep_open();
	srand(3);
	for (unsigned int n = 1; n <= 400; n++) {
		ck_assert_msg(!keep_add_noise(n, n % 100 == 99 ? 3000 : 5),
			      "%s", keep.why.text);
		ck_assert_uint_le(keep_on_disk(), keep.info.max_size);
	}
	got = keep_read(true);
	keep_check_sums(&got);
}
END_TEST

START_TEST(an_interval_that_is_too_large)
{
	keep.info.max_size = 4 * SIZE_MIB;
	keep_open();
	srand(4);
	ck_assert_int_eq(keep_add_noise(1, 5), 0);
	ck_assert_int_lt(keep_add_noise(2, 30000), 0);
	ck_assert_msg(
		strstr(keep.why.text,
		       "--max-size 4M is too small for an interval of this host"),
		"%s", keep.why.text);
	/* The interval before can be read. */
	keep_close();
	ck_assert_uint_eq(keep_read(false).steps, 1);
}
END_TEST

/*
 * While another program reads the run, the log cannot be emptied.  Intervals
 * are then held back, so that the disk is not filled, and none is lost.
 */
START_TEST(a_reader_that_stays)
{
	struct keep_contents got;
	sqlite3 *reader;
	uint64_t most = 0;

	keep.info.max_size = 4 * SIZE_MIB;
	keep.info.interval_ns = STEPS(1);
	keep_open();
	srand(5);
	for (unsigned int n = 1; n <= 100; n++)
		ck_assert_int_eq(keep_add_noise(n, NOISY_VMS), 0);
	ck_assert_int_eq(sqlite3_open_v2(keep.path, &reader,
					 SQLITE_OPEN_READONLY, NULL),
			 SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(reader,
				      "BEGIN; SELECT count(*) FROM interval",
				      NULL, NULL, NULL),
			 SQLITE_OK);
	for (unsigned int n = 101; n <= 160; n++) {
		ck_assert_int_eq(keep_add_noise(n, NOISY_VMS), 0);
		if (keep_on_disk() > most)
			most = keep_on_disk();
	}
	ck_assert_uint_lt(run_writer_intervals(keep.writer), 160);
	ck_assert_uint_le(most, keep.info.max_size);
	sqlite3_close_v2(reader);
	sqlite3_exec(reader, "ROLLBACK", NULL, NULL, NULL);
	ck_assert_int_eq(keep_add_noise(161, NOISY_VMS), 0);
	got = keep_read(false);
	keep_check_sums(&got);
	ck_assert_uint_eq(got.end_ns, FIXTURE_START + STEPS(161));
}
END_TEST

/* The disk is full while a part is thrown away: all of it stays, or none. */
START_TEST(a_full_disk)
{
	static const struct filter all;
	const struct rlimit none = { RLIM_INFINITY, RLIM_INFINITY };
	struct rlimit limit = none;
	struct keep_contents got;
	unsigned int n = 1;
	uint64_t written, ns;
	int r = 0;

	signal(SIGXFSZ, SIG_IGN);
	keep.info.keep_ns = STEPS(10);
	keep_open();
	keep_add_fixture(1, 60);
	/* Nothing can grow from now on. */
	limit.rlim_cur = 4096 * 20;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	for (n = 61; n <= 300 && !r; n++) {
		run_cells_sum(&keep.sum, &all, &written, &ns);
		r = keep_add_noise(n, 100);
	}
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &none), 0);
	ck_assert_int_eq(r, -ENOSPC);
	keep_close();
	got = keep_read(false);
	ck_assert_uint_eq(got.exits + got.info.thrown_exits, written);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("run_size");
	TCase *tcase = tcase_create("run_size");

	tcase_set_timeout(tcase, 120);
	tcase_add_checked_fixture(tcase, keep_setup, keep_teardown);
	tcase_add_test(tcase, a_size);
	tcase_add_test(tcase, a_size_and_long_details);
	tcase_add_test(tcase, a_burst);
	tcase_add_test(tcase, an_interval_that_is_too_large);
	tcase_add_test(tcase, a_reader_that_stays);
	tcase_add_test(tcase, a_full_disk);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
