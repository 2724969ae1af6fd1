// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests that files which are no run, and damaged runs, are refused with one
 * line that tells the reason.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "run_fixture.h"
#include "tests/tap.h"

static char directory[FIXTURE_PATH], path[FIXTURE_PATH];
static struct why why;

static void setup(void)
{
	ck_assert_int_eq(fixture_begin(directory, path), 0);
}

static void teardown(void)
{
	fixture_end(directory);
}

static int read_run(bool fine)
{
	struct ledger now = { .ns = 0 }, total = { .ns = 0 };
	int r = fixture_read(path, fine, &now, &total, &why);

	ledger_free(&now);
	ledger_free(&total);
	return r;
}

static void write_run(unsigned int nr, uint64_t detail_steps)
{
	ck_assert_int_eq(fixture_run(path, nr, detail_steps * FIXTURE_STEP,
				     NULL, NULL, true, &why),
			 0);
}

static void refused(const char *what)
{
	for (int fine = 0; fine < 2; fine++) {
		why.text[0] = '\0';
		ck_assert_int_lt(read_run(fine), 0);
		ck_assert_msg(strstr(why.text, what), "%s: %s", what, why.text);
		ck_assert_ptr_nonnull(strstr(why.text, path));
		ck_assert_ptr_null(strchr(why.text, '\n'));
	}
}

START_TEST(what_is_no_run)
{
	FILE *file = fopen(path, "w");

	fclose(file);
	refused("is no run of exitledger record");
	file = fopen(path, "w");
	for (int i = 0; i < 2000; i++)
		fputs("hello, world\n", file);
	fclose(file);
	refused("is no run of exitledger record");
	unlink(path);
	fixture_sql(path, "CREATE TABLE t (x)");
	refused("is no run of exitledger record");
	unlink(path);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert_int_lt(read_run(false), 0);
	rmdir(path);
}
END_TEST

/* Each case makes a single change to a good run. */
START_TEST(what_is_wrong_in_a_run)
{
	static const struct {
		const char *sql;
		const char *said;
	} cases[] = {
		{ "PRAGMA user_version = 5", "knows 2 to 4: take a newer one" },
		{ "PRAGMA user_version = 1",
		  "its version is 1; this program knows 2 to 4" },
		{ "PRAGMA application_id = 1", "is no run" },
		{ "DROP TABLE mark", "its table mark is missing" },
		{ "DROP TABLE vm; CREATE VIEW vm AS SELECT 1 AS number",
		  "its table vm is another" },
		{ "DELETE FROM meta WHERE name = 'kernel'",
		  "'kernel' in its table meta is missing" },
		{ "UPDATE meta SET value = 'x' WHERE name = 'isa'",
		  "'isa' in its table meta makes no sense" },
		{ "UPDATE meta SET value = 2 WHERE name = 'fast'",
		  "'fast' in its table meta makes no sense" },
		{ "UPDATE meta SET value = hex(zeroblob(500)) WHERE name = 'cpu'",
		  "'cpu' in its table meta makes no sense" },
		{ "UPDATE vm SET pid = -1 WHERE number = 1", "table vm" },
		{ "UPDATE vm SET name = NULL", "table vm" },
		{ "UPDATE vcpu SET vm = 99 WHERE vm = 1", "table vcpu" },
		{ "UPDATE vcpu SET tid = 1.5", "table vcpu" },
		/* SQLite converts it to a text. */
		{ "UPDATE mark SET text = 7", NULL },
		{ "UPDATE mark SET kind = x'00'", "table mark" },
		{ "UPDATE mark SET bpf_exits = -1 WHERE kind = 'guest'",
		  "table mark" },
		{ "UPDATE mark SET bpf_before = NULL WHERE kind = 'guest'",
		  "table mark" },
		{ "UPDATE mark SET kernel_exits = 1 << 50 WHERE kind = 'guest'",
		  "table mark" },
		{ "UPDATE mark SET vcpus = 'many' WHERE kind = 'reset'",
		  "table mark" },
		{ "UPDATE loss SET name = 'luck'", "table loss" },
		{ "UPDATE loss SET count = -1", "table loss" },
		{ "UPDATE slow SET vcpu = -1", "table slow" },
		{ "DELETE FROM chunk WHERE first = 1",
		  "an interval makes no sense" },
		{ "UPDATE chunk SET series = cells", "a chunk makes no sense" },
		{ "UPDATE chunk SET series_size = series_size + 1",
		  "a chunk makes no sense" },
		{ "UPDATE chunk SET cells_size = 1 << 40",
		  "a chunk makes no sense" },
		{ "UPDATE chunk SET cells = NULL", "a chunk makes no sense" },
		{ "UPDATE chunk SET last = 3 WHERE first = 1",
		  "a chunk makes no sense" },
		{ "UPDATE chunk SET end_ns = end_ns - 1",
		  "a chunk makes no sense" },
		{ "DELETE FROM vcpu WHERE vm = 1", "makes no sense" },
		{ "DELETE FROM interval WHERE n = 5",
		  "an interval makes no sense" },
		{ "UPDATE interval SET begin_ns = begin_ns + 1",
		  "an interval makes no sense" },
		{ "UPDATE interval SET cells = x'ff'",
		  "an interval makes no sense" },
		{ "UPDATE interval SET cells = substr(cells, 1, 40)",
		  "an interval makes no sense" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		write_run(6, 4);
		fixture_sql(path, cases[i].sql);
		if (cases[i].said)
			refused(cases[i].said);
		else
			ck_assert_int_gt(read_run(false), 0);
		unlink(path);
	}
}
END_TEST

/*
 * SQLite's message contains bytes of the file; control characters are replaced.
 */
START_TEST(names_with_line_ends)
{
	write_run(1, 4);
	fixture_sql(
		path,
		"PRAGMA writable_schema = on; UPDATE sqlite_schema SET name = 'm' || char(10) || 'k' WHERE name = 'mark'");
	refused("is damaged (malformed database schema (m?k");
}
END_TEST

/* The file is truncated, at the end of a page and within a page. */
START_TEST(truncated)
{
	struct stat file;

	write_run(9, 4);
	ck_assert_int_eq(stat(path, &file), 0);
	for (off_t size = file.st_size - 2048; size > 0; size -= 2048) {
		ck_assert_int_eq(truncate(path, size), 0);
		why.text[0] = '\0';
		ck_assert_int_lt(read_run(size % 4096), 0);
		ck_assert_msg(strstr(why.text, "it was cut off"), "%ld: %s",
			      (long)size, why.text);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("run_damage");
	TCase *tcase = tcase_create("run_damage");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, what_is_no_run);
	tcase_add_test(tcase, what_is_wrong_in_a_run);
	tcase_add_test(tcase, names_with_line_ends);
	tcase_add_test(tcase, truncated);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
