// SPDX-License-Identifier: GPL-2.0-only
/* Who may read the counters: the host's word for one VM, in KVM's folders. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/counters.h"
#include "tests/tap.h"

static char folders[] = "/tmp/test_counters.XXXXXX";

static void vm(const char *name, const char *leaves)
{
	char path[300];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folders, name);
	mkdir(path, 0700);
	if (!leaves)
		return;
	snprintf(path, sizeof(path), "%s/%s/exit_stats_leaves", folders, name);
	file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs(leaves, file), 0);
	ck_assert_int_eq(fclose(file), 0);
}

static void setup(void)
{
	strcpy(folders + sizeof(folders) - 7, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folders));
}

static void teardown(void)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -r %s", folders);
	ck_assert_int_eq(system(command), 0);
}

/* Without a file there is no word: another KVM, or one that is older. */
START_TEST(nobody_is_withheld_what_all_may)
{
	ck_assert(!counters_withheld("/nonexistent"));
	ck_assert(!counters_withheld(folders));
	vm("100-7", NULL);
	vm("101-7", "default\n");
	vm("102-7", "Y\n");
	vm("103-7", "");
	ck_assert(!counters_withheld(folders));
}
END_TEST

START_TEST(one_is_withheld)
{
	vm("101-7", "Y\n");
	vm("102-7", "N\n");
	vm("103-7", "default\n");
	ck_assert(counters_withheld(folders));
	vm("102-7", "default\n");
	ck_assert(!counters_withheld(folders));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("counters");
	TCase *tcase = tcase_create("counters");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, nobody_is_withheld_what_all_may);
	tcase_add_test(tcase, one_is_withheld);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
