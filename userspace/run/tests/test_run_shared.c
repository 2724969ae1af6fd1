// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests runs that other programs have open or locked, and runs without their
 * log.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "run/run_cells.h"
#include "run/run_reader.h"
#include "run/run_schema.h"
#include "run_fixture.h"
#include "tests/tap.h"

#define WAL_MAX (6 << 20)
#define NOBODY 65534

static char directory[FIXTURE_PATH], path[FIXTURE_PATH], wal[FIXTURE_PATH + 8];
static struct why why;
static struct run_info info;
static struct run_writer *writer;
static const struct filter all;

static void setup(void)
{
	ck_assert_int_eq(fixture_begin(directory, path), 0);
	snprintf(wal, sizeof(wal), "%s-wal", path);
	why.text[0] = '\0';
	info = fixture_info(100 * FIXTURE_STEP);
	ck_assert_int_eq(run_writer_open(path, &info, &all, &writer, &why), 0);
}

static void teardown(void)
{
	run_writer_close(writer);
	writer = NULL;
	fixture_end(directory);
}

static void add(unsigned int from, unsigned int to)
{
	for (unsigned int n = from; n <= to; n++) {
		struct ledger now = { .ns = 0 };

		fixture_interval(&now, n);
		ck_assert_int_eq(run_writer_add(writer, &now,
						now.ns - FIXTURE_STEP, &why),
				 0);
		ledger_free(&now);
		info.ended_ns = FIXTURE_START + n * FIXTURE_STEP;
	}
}

/* Returns the number of steps in the run. */
static int steps(void)
{
	struct ledger now = { .ns = 0 }, total = { .ns = 0 };
	int r = fixture_read(path, true, &now, &total, &why);

	ledger_free(&now);
	ledger_free(&total);
	return r;
}

static off_t size_of(const char *file)
{
	struct stat is;

	return stat(file, &is) ? -1 : is.st_size;
}

/*
 * Open the run as another program does, and execute SQL.  A transaction that
 * the SQL begins stays open.
 */
static sqlite3 *others(const char *sql)
{
	sqlite3 *db;

	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	return db;
}

static int marks_of_guests(void)
{
	const struct run_marks *marks;
	struct run_reader *reader;
	int nr = 0;

	ck_assert_int_eq(run_reader_open(path, true, &reader, &why), 0);
	marks = run_reader_marks(reader);
	for (size_t i = 0; i < marks->nr; i++)
		nr += !strcmp(marks->mark[i].kind, RUN_MARK_GUEST);
	run_reader_close(reader);
	return nr;
}

/* Leave the run as a killed recorder does, with its log. */
static void leave(void)
{
	sqlite3 *keeps = others("SELECT * FROM meta");

	run_writer_close(writer);
	writer = NULL;
	sqlite3_db_config(keeps, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	sqlite3_close(keeps);
	ck_assert_int_ge(size_of(wal), 0);
}

/* A reader has the run open for a long time, as replay --top does. */
START_TEST(the_log_stays_small)
{
	struct run_reader *reader;
	struct ledger now = { .ns = 0 }, total = { .ns = 0 };
	struct run_step step;
	int r, nr = 0;

	add(1, 10);
	ck_assert_int_eq(run_reader_open(path, true, &reader, &why), 0);
	add(11, 2000);
	ck_assert_int_lt(size_of(wal), WAL_MAX);
	/* The reader still gets the run as it was when it was opened. */
	while ((r = run_reader_next(reader, &now, &total, &step, &why)) > 0)
		nr++;
	ck_assert_int_eq(r, 0);
	ck_assert_int_eq(nr, 10);
	run_reader_close(reader);
	ledger_free(&now);
	ledger_free(&total);
}
END_TEST

START_TEST(one_file_with_a_reader)
{
	struct run_reader *reader;

	add(1, 20);
	ck_assert_int_eq(run_reader_open(path, true, &reader, &why), 0);
	ck_assert_int_eq(run_writer_finish(writer, &info, &why), 0);
	ck_assert_int_eq(size_of(wal), -1);
	run_reader_close(reader);
	ck_assert_int_eq(steps(), 20);
}
END_TEST

/* Another program has the run open to its end, within a transaction or not. */
START_TEST(two_files_are_said)
{
	static const char *const sql[] = { "BEGIN; SELECT * FROM interval",
					   "SELECT * FROM interval" };

	sqlite3 *reads = others(sql[_i]);

	add(1, 20);
	ck_assert_int_eq(run_writer_finish(writer, &info, &why), 1);
	ck_assert_int_ge(size_of(wal), 0);
	ck_assert_int_eq(steps(), 20);
	sqlite3_close(reads);
	ck_assert_int_eq(steps(), 20);
}
END_TEST

/* While another program writes, intervals are kept with all of their data. */
START_TEST(locked)
{
	struct ledger now = { .ns = 0 }, total = { .ns = 0 };
	struct ledger expected = { .ns = 0 };
	uint64_t is[2], should[2];
	sqlite3 *writes;

	add(1, 3);
	writes = others("BEGIN IMMEDIATE");
	add(4, 6);
	ck_assert_uint_eq(run_writer_intervals(writer), 3);
	sqlite3_close(writes);
	add(7, 9);
	ck_assert_uint_eq(run_writer_intervals(writer), 6);
	writes = others("BEGIN IMMEDIATE");
	add(10, 11);
	sqlite3_close(writes);
	/* No interval follows, so the end of the run writes them. */
	ck_assert_int_eq(run_writer_finish(writer, &info, &why), 0);
	ck_assert_int_eq(fixture_read(path, true, &now, &total, &why), 7);
	for (unsigned int n = 1; n <= 11; n++)
		fixture_interval(&expected, n);
	run_cells_sum(&expected, &all, &should[0], &should[1]);
	run_cells_sum(&total, &all, &is[0], &is[1]);
	ck_assert_mem_eq(is, should, sizeof(is));
	ck_assert_uint_eq(now.slows.nr, 11);
	ck_assert_uint_eq(now.losses.no_slot, 2);
	ck_assert_uint_eq(now.ns, FIXTURE_START + 11 * FIXTURE_STEP);
	ck_assert_int_eq(marks_of_guests(), 5);
	ledger_free(&now);
	ledger_free(&total);
	ledger_free(&expected);
}
END_TEST

/* A pid can be reused by another process.  Older runs have only the pid. */
START_TEST(whose_pid_it_is)
{
	const uint64_t start = run_info_pid_start(getpid());

	ck_assert_uint_gt(start, 0);
	ck_assert_uint_ge(start, run_info_pid_start(1));
	ck_assert_uint_eq(run_info_pid_start(0), 0);
	ck_assert_uint_eq(info.pid_start, start);
	ck_assert_int_eq(run_mark(path, "now", &why), 0);
	fixture_sql(
		path,
		"UPDATE meta SET value = value + 1 WHERE name = 'pid_start'");
	ck_assert_int_eq(run_mark(path, "late", &why), -ESRCH);
	ck_assert_ptr_nonnull(strstr(why.text, "no longer being recorded"));
	fixture_sql(path, "DELETE FROM meta WHERE name = 'pid_start'");
	ck_assert_int_eq(run_mark(path, "older", &why), 0);
	add(1, 3);
	ck_assert_int_eq(steps(), 3);
	fixture_sql(path, "INSERT INTO meta VALUES ('pid_start', 'x')");
	ck_assert_int_eq(steps(), -EINVAL);
	ck_assert_ptr_nonnull(strstr(why.text, "'pid_start'"));
}
END_TEST

/*
 * The recorder is in a container.  Its pid is a number in there, and may be
 * that of another process here.
 */
START_TEST(whose_pid_namespace_it_is)
{
	ck_assert_uint_gt(info.pid_ns, 0);
	fixture_sql(path,
		    "UPDATE meta SET value = value + 1 WHERE name = 'pid_ns'");
	ck_assert_int_eq(run_mark(path, "elsewhere", &why), -EINVAL);
	ck_assert_ptr_nonnull(strstr(why.text, "another PID namespace"));
	fixture_sql(path, "DELETE FROM meta WHERE name = 'pid_ns'");
	ck_assert_int_eq(run_mark(path, "older", &why), 0);
}
END_TEST

/* The run was copied without its log, which had all data. */
START_TEST(without_its_log)
{
	leave();
	unlink(wal);
	ck_assert_int_eq(steps(), -EINVAL);
	ck_assert_ptr_nonnull(strstr(why.text, "run: was not ended, and /"));
	ck_assert_ptr_nonnull(strstr(why.text, "run-wal is not beside it"));
	/* No new log is made, which would hide the problem the next time. */
	ck_assert_int_eq(size_of(wal), -1);
	why.text[0] = '\0';
	ck_assert_int_eq(run_mark(path, "x", &why), -EINVAL);
	ck_assert_ptr_nonnull(strstr(why.text, "run: was not ended, and /"));
	ck_assert_ptr_nonnull(strstr(why.text, "run-wal is not beside it"));
	ck_assert_int_eq(size_of(wal), -1);
	ck_assert_int_eq(steps(), -EINVAL);
}
END_TEST

/* The log is beside the file, not beside a symbolic link to it. */
START_TEST(by_a_link)
{
	char folder[FIXTURE_PATH + 8], link[FIXTURE_PATH + 16];
	struct ledger now = { .ns = 0 }, total = { .ns = 0 };

	add(1, 20);
	snprintf(folder, sizeof(folder), "%s/links", directory);
	snprintf(link, sizeof(link), "%s/link", folder);
	ck_assert_int_eq(mkdir(folder, 0700), 0);
	ck_assert_int_eq(symlink(path, link), 0);
	ck_assert_int_eq(run_mark(link, "x", &why), 0);
	ck_assert_int_eq(fixture_read(link, true, &now, &total, &why), 20);
	unlink(link);
	rmdir(folder);
	ledger_free(&now);
	ledger_free(&total);
}
END_TEST

/* Trying to set a mark makes no log for a run that is a single file. */
START_TEST(ended_without_a_log)
{
	sqlite3 *reads = others("SELECT * FROM interval");

	add(1, 20);
	ck_assert_int_eq(run_writer_finish(writer, &info, &why), 1);
	run_writer_close(writer);
	writer = NULL;
	sqlite3_close(reads);
	ck_assert_int_eq(size_of(wal), -1);
	ck_assert_int_eq(run_mark(path, "x", &why), -EINVAL);
	ck_assert_ptr_nonnull(strstr(why.text, "the recording has ended"));
	ck_assert_int_eq(size_of(wal), -1);
	ck_assert_int_eq(steps(), 20);
}
END_TEST

/* SQLite moves the log into the file when its last user closes it. */
START_TEST(closed_without_an_end)
{
	add(1, 20);
	run_writer_close(writer);
	writer = NULL;
	ck_assert_int_eq(size_of(wal), -1);
	ck_assert_int_eq(steps(), 20);
}
END_TEST

/*
 * The name has nearly 4096 bytes, and every second one takes three bytes in a
 * URI.
 */
START_TEST(a_long_name)
{
	struct ledger now = { .ns = 0 }, total = { .ns = 0 };
	char name[4096];
	size_t length;

	add(1, 20);
	run_writer_close(writer);
	writer = NULL;
	length = snprintf(name, sizeof(name), "%s", directory);
	while (length < 3900)
		length += snprintf(name + length, sizeof(name) - length, "/.");
	snprintf(name + length, sizeof(name) - length, "%s",
		 path + strlen(directory));
	ck_assert_int_eq(fixture_read(name, true, &now, &total, &why), 20);
	ledger_free(&now);
	ledger_free(&total);
}
END_TEST

/* The file is truncated, and its log is not. */
START_TEST(a_log_and_half_a_file)
{
	add(1, 1000);
	ck_assert_int_eq(truncate(path, 3 * 4096), 0);
	ck_assert_int_lt(steps(), 0);
	ck_assert_ptr_nonnull(strstr(why.text, "is damaged"));
}
END_TEST

/* Read a run that was not ended, in root's folder, as an ordinary user. */
static int steps_of_nobody(void)
{
	if (!geteuid() && (setgid(NOBODY) || setuid(NOBODY)))
		return -EPERM;
	return steps();
}

static bool all_of_it(void)
{
	return steps_of_nobody() == 20;
}

/* A folder that cannot be used is skipped, as SQLite does. */
static bool no_such_folder(void)
{
	setenv("SQLITE_TMPDIR", path, 1);
	setenv("TMPDIR", "/nonexistent", 1);
	return steps_of_nobody() == 20;
}

static bool full(void)
{
	const struct rlimit small = { 8192, 8192 };
	char text[3 * FIXTURE_PATH];

	signal(SIGXFSZ, SIG_IGN);
	snprintf(text, sizeof(text), "%s: no room for a copy of it in %s/user",
		 path, directory);
	return !setrlimit(RLIMIT_FSIZE, &small) &&
	       steps_of_nobody() == -ENOSPC &&
	       !strncmp(why.text, text, strlen(text));
}

static bool sqlites_folder(void)
{
	char folder[FIXTURE_PATH + 8];

	snprintf(folder, sizeof(folder), "%s/user", directory);
	setenv("SQLITE_TMPDIR", folder, 1);
	setenv("TMPDIR", "/var/tmp", 1);
	return full();
}

static bool the_users_folder(void)
{
	char folder[FIXTURE_PATH + 8];

	snprintf(folder, sizeof(folder), "%s/user", directory);
	unsetenv("SQLITE_TMPDIR");
	setenv("TMPDIR", folder, 1);
	return full();
}

START_TEST(where_nothing_can_be_written)
{
	static bool (*const as_nobody[])(void) = { all_of_it, no_such_folder,
						   sqlites_folder,
						   the_users_folder };
	char shm[FIXTURE_PATH + 8], folder[FIXTURE_PATH + 8];
	int status;
	pid_t pid;

	add(1, 20);
	leave();
	snprintf(shm, sizeof(shm), "%s-shm", path);
	unlink(shm);
	snprintf(folder, sizeof(folder), "%s/user", directory);
	ck_assert_int_eq(mkdir(folder, 0700), 0);
	ck_assert_int_eq(chmod(folder, 0777), 0);
	ck_assert_int_eq(chmod(directory, 0555), 0);
	pid = fork();
	if (!pid) {
		bool is = as_nobody[_i]();

		if (!is)
			fprintf(stderr, "%s\n", why.text);
		_exit(is ? 0 : 1);
	}
	waitpid(pid, &status, 0);
	ck_assert_int_eq(chmod(directory, 0700), 0);
	/* No temporary file is left behind. */
	ck_assert_int_eq(rmdir(folder), 0);
	ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(no_regular_file)
{
	run_writer_close(writer);
	writer = NULL;
	unlink(path);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	/*
	 * If we wait for someone to write to the pipe, the alarm kills the
	 * test.
	 */
	alarm(5);
	ck_assert_int_eq(steps(), -EINVAL);
	ck_assert_ptr_nonnull(strstr(why.text, "run: is no regular file"));
	ck_assert_int_eq(run_mark(path, "x", &why), -EINVAL);
	alarm(0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("run_shared");
	TCase *tcase = tcase_create("run_shared");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, the_log_stays_small);
	tcase_add_test(tcase, one_file_with_a_reader);
	tcase_add_loop_test(tcase, two_files_are_said, 0, 2);
	tcase_add_test(tcase, locked);
	tcase_add_test(tcase, whose_pid_it_is);
	tcase_add_test(tcase, whose_pid_namespace_it_is);
	tcase_add_test(tcase, without_its_log);
	tcase_add_test(tcase, by_a_link);
	tcase_add_test(tcase, ended_without_a_log);
	tcase_add_test(tcase, closed_without_an_end);
	tcase_add_test(tcase, a_long_name);
	tcase_add_test(tcase, a_log_and_half_a_file);
	tcase_add_loop_test(tcase, where_nothing_can_be_written, 0, 4);
	tcase_add_test(tcase, no_regular_file);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
