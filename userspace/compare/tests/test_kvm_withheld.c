// SPDX-License-Identifier: GPL-2.0-only
/* The host's word on who may read the counters, for one VM, in KVM's folders. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compare/kvm_folders.h"
#include "tests/tap.h"

static char root[] = "/tmp/test_withheld.XXXXXX";
static char folders[100];
static struct kvm_folders held;

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
	char command[200];

	strcpy(root + sizeof(root) - 7, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(root));
	snprintf(folders, sizeof(folders), "%s/sys/kernel/debug/kvm", root);
	snprintf(command, sizeof(command), "mkdir -p %s", folders);
	ck_assert_int_eq(system(command), 0);
	memset(&held, 0, sizeof(held));
}

static void teardown(void)
{
	char command[64];

	kvm_folders_free(&held);
	snprintf(command, sizeof(command), "rm -r %s", root);
	ck_assert_int_eq(system(command), 0);
}

/* Without a file there is no word: another KVM, or one that is older. */
START_TEST(nobody_is_withheld_what_all_may)
{
	ck_assert(!kvm_folders_withheld(&held, "/nonexistent"));
	ck_assert(!kvm_folders_withheld(&held, root));
	vm("100-7", NULL);
	vm("101-7", "default\n");
	vm("102-7", "Y\n");
	vm("103-7", "");
	ck_assert(!kvm_folders_withheld(&held, root));
}
END_TEST

START_TEST(one_is_withheld)
{
	if (_i)
		kvm_folders_hold(&held, root);
	vm("101-7", "Y\n");
	vm("102-7", "N\n");
	vm("103-7", "default\n");
	ck_assert(kvm_folders_withheld(&held, root));
	vm("102-7", "default\n");
	ck_assert(!kvm_folders_withheld(&held, root));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("withheld");
	TCase *tcase = tcase_create("withheld");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, nobody_is_withheld_what_all_may);
	tcase_add_loop_test(tcase, one_is_withheld, 0, 2);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
