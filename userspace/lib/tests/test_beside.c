// SPDX-License-Identifier: GPL-2.0-only
/* Tests that files are replaced as a whole, or not at all. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/beside.h"
#include "tests/tap.h"

static char directory[] = "/tmp/exitledger-beside.XXXXXX";
static char path[64], link_path[64];
static struct beside beside;

static void setup(void)
{
	strcpy(strrchr(directory, '.'), ".XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/file", directory);
	snprintf(link_path, sizeof(link_path), "%s/link", directory);
}

static void teardown(void)
{
	unlink(path);
	unlink(link_path);
	/* This fails if a file was left in the directory. */
	ck_assert_int_eq(rmdir(directory), 0);
}

static void put(const char *text)
{
	FILE *file = fopen(path, "w");

	fputs(text, file);
	fclose(file);
}

static const char *content(void)
{
	static char text[64];
	FILE *file = fopen(path, "r");

	if (!file)
		return "none";
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	return text;
}

START_TEST(it_is_replaced)
{
	struct stat status;

	put("old");
	chmod(path, 0604);
	ck_assert_int_eq(symlink(path, link_path), 0);
	ck_assert_int_eq(beside_begin(&beside, link_path), 0);
	fputs("new", beside.out);
	fflush(beside.out);
	ck_assert_str_eq(content(), "old");
	ck_assert_int_eq(beside_place(&beside), 0);
	ck_assert_str_eq(content(), "new");
	/* Continue to write, and place the file again. */
	fputs("er", beside.out);
	fflush(beside.out);
	ck_assert_int_eq(beside_place(&beside), 0);
	ck_assert_int_eq(beside_end(&beside), 0);
	ck_assert_str_eq(content(), "newer");
	ck_assert_int_eq(stat(path, &status), 0);
	ck_assert_int_eq(status.st_mode & 0777, 0604);
	ck_assert_int_eq(lstat(link_path, &status), 0);
	ck_assert(S_ISLNK(status.st_mode));
}
END_TEST

START_TEST(it_stays)
{
	put("old");
	ck_assert_int_eq(beside_begin(&beside, path), 0);
	fputs("new", beside.out);
	ck_assert_int_eq(beside_end(&beside), 0);
	ck_assert_str_eq(content(), "old");
	unlink(path);
	ck_assert_int_eq(beside_begin(&beside, path), 0);
	ck_assert_int_eq(beside_end(&beside), 0);
	ck_assert_str_eq(content(), "none");
}
END_TEST

START_TEST(no_file)
{
	char nowhere[80];

	snprintf(nowhere, sizeof(nowhere), "%s/no/file", directory);
	ck_assert_int_eq(beside_begin(&beside, nowhere), -ENOENT);
	ck_assert_int_eq(beside_begin(&beside, directory), -EISDIR);
	ck_assert_int_eq(beside_begin(&beside, "/dev/null"), 0);
	ck_assert_int_eq(beside_place(&beside), 0);
	ck_assert_int_eq(beside_end(&beside), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("beside");
	TCase *tcase = tcase_create("beside");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, it_is_replaced);
	tcase_add_test(tcase, it_stays);
	tcase_add_test(tcase, no_file);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
