// SPDX-License-Identifier: GPL-2.0-only
/* Copies of runs that are being recorded. */
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keep_fixture.h"
#include "run/run_cells.h"
#include "run/run_copy.h"
#include "tests/tap.h"

#define AT 1800000000u

static char copy[FIXTURE_PATH + 16];

static void setup(void)
{
	keep_setup();
	snprintf(copy, sizeof(copy), "%s/copy", keep.directory);
}

static void teardown(void)
{
	unlink(copy);
	keep_teardown();
}

/* The number of files beside the run and its log. */
static int nr_copies(void)
{
	DIR *folder = opendir(keep.directory);
	struct dirent *entry;
	int nr = 0;

	while ((entry = readdir(folder)))
		nr += !strncmp(entry->d_name, "copy", 4);
	closedir(folder);
	return nr;
}

static void copied(void)
{
	int r = run_copy(keep.path, copy, AT, &keep.why);

	ck_assert_msg(!r, "%s", keep.why.text);
	/* It is a single file. */
	ck_assert_int_eq(nr_copies(), 1);
}

/* Read the copy instead of the run. */
static struct keep_contents read_copy(bool fine)
{
	char run[FIXTURE_PATH];
	struct keep_contents got;

	memcpy(run, keep.path, sizeof(run));
	snprintf(keep.path, sizeof(keep.path), "%.*s", FIXTURE_PATH - 1, copy);
	got = keep_read(fine);
	memcpy(keep.path, run, sizeof(run));
	return got;
}

START_TEST(of_a_run_that_is_recorded)
{
	struct keep_contents got, later;

	keep.info.keep_ns = STEPS(10);
	keep_open();
	keep_add_fixture(1, 33);
	copied();
	for (int fine = 0; fine < 2; fine++) {
		got = read_copy(fine);
		keep_check_sums(&got);
		ck_assert_uint_eq(got.end_ns, FIXTURE_START + STEPS(33));
		ck_assert_uint_eq(got.info.snapshot_at, AT);
		ck_assert_uint_eq(got.info.ended_ns, 0);
	}
	/* The recorder goes on, and the copy stays as it is. */
	keep_add_fixture(34, 60);
	keep_finish();
	got = read_copy(false);
	ck_assert_uint_eq(got.end_ns, FIXTURE_START + STEPS(33));
	later = keep_read(false);
	ck_assert_uint_eq(later.end_ns, FIXTURE_START + STEPS(60));
	ck_assert_uint_eq(later.info.snapshot_at, 0);
	keep_check_sums(&later);
}
END_TEST

START_TEST(of_a_run_that_was_killed)
{
	struct keep_contents got;

	keep_open();
	keep_add_fixture(1, 12);
	keep_close();
	copied();
	got = read_copy(true);
	keep_check_sums(&got);
	ck_assert_uint_eq(got.info.snapshot_at, AT);
}
END_TEST

START_TEST(of_a_run_that_has_ended)
{
	struct keep_contents got;

	keep_open();
	keep_add_fixture(1, 12);
	keep_finish();
	copied();
	got = read_copy(true);
	keep_check_sums(&got);
	ck_assert_uint_eq(got.info.snapshot_at, 0);
	ck_assert_uint_gt(got.info.ended_ns, 0);
}
END_TEST

/* A copy of a copy is as old as the first. */
START_TEST(of_a_copy)
{
	char again[FIXTURE_PATH + 24];
	struct keep_contents got;

	keep_open();
	keep_add_fixture(1, 12);
	copied();
	snprintf(again, sizeof(again), "%s2", copy);
	ck_assert_int_eq(run_copy(copy, again, AT + 1, &keep.why), 0);
	ck_assert_int_eq(rename(again, copy), 0);
	got = read_copy(true);
	ck_assert_uint_eq(got.info.snapshot_at, AT);
}
END_TEST

START_TEST(its_mode)
{
	const mode_t mask = umask(027);
	struct stat is;

	keep_open();
	keep_add_fixture(1, 2);
	copied();
	umask(mask);
	ck_assert_int_eq(stat(copy, &is), 0);
	ck_assert_uint_eq(is.st_mode & 0777, 0640);
}
END_TEST

static void refused(int error, const char *said)
{
	ck_assert_int_eq(run_copy(keep.path, copy, AT, &keep.why), -error);
	ck_assert_msg(strstr(keep.why.text, said), "%s", keep.why.text);
}

START_TEST(nothing_is_overwritten)
{
	FILE *file = fopen(copy, "w");
	struct stat is;

	ck_assert_ptr_nonnull(file);
	fputs("text", file);
	fclose(file);
	keep_open();
	keep_add_fixture(1, 2);
	refused(EEXIST, "copy: is there already and is not overwritten");
	ck_assert_int_eq(stat(copy, &is), 0);
	ck_assert_int_eq(is.st_size, 4);
	ck_assert_int_eq(nr_copies(), 1);
}
END_TEST

START_TEST(no_run)
{
	FILE *file;

	refused(ENOENT, "run: No such file");
	file = fopen(keep.path, "w");
	ck_assert_ptr_nonnull(file);
	fputs("no run", file);
	fclose(file);
	refused(EINVAL, "run: is no run");
	ck_assert_int_eq(nr_copies(), 0);
}
END_TEST

START_TEST(no_folder)
{
	keep_open();
	keep_add_fixture(1, 2);
	snprintf(copy, sizeof(copy), "%s/no/copy", keep.directory);
	refused(ENOENT, "no/copy: cannot be written: No such file");
}
END_TEST

/* The disk is full: no part of a copy is left. */
START_TEST(a_full_disk)
{
	const struct rlimit none = { RLIM_INFINITY, RLIM_INFINITY };
	struct rlimit limit = none;
	struct keep_contents got;

	signal(SIGXFSZ, SIG_IGN);
	keep_open();
	keep_add_fixture(1, 100);
	keep_finish();
	limit.rlim_cur = 40000;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	refused(ENOSPC, "copy: the file is as large as it may be");
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &none), 0);
	ck_assert_int_eq(nr_copies(), 0);
	/* With room, it is copied. */
	copied();
	got = read_copy(true);
	keep_check_sums(&got);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("run_copy");
	TCase *tcase = tcase_create("run_copy");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, of_a_run_that_is_recorded);
	tcase_add_test(tcase, of_a_run_that_was_killed);
	tcase_add_test(tcase, of_a_run_that_has_ended);
	tcase_add_test(tcase, of_a_copy);
	tcase_add_test(tcase, its_mode);
	tcase_add_test(tcase, nothing_is_overwritten);
	tcase_add_test(tcase, no_run);
	tcase_add_test(tcase, no_folder);
	tcase_add_test(tcase, a_full_disk);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
