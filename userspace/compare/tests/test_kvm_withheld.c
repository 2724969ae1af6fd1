// SPDX-License-Identifier: GPL-2.0-only
/* The host's decision which VMs' guests may read, in KVM's folders. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compare/withheld.h"
#include "tests/tap.h"

static char root[] = "/tmp/test_withheld.XXXXXX";
static char folders[100];
static struct kvm_folders held;
static struct books books;

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
	books_free(&books);
	snprintf(command, sizeof(command), "rm -r %s", root);
	ck_assert_int_eq(system(command), 0);
}

static bool is_withheld(uint32_t pid)
{
	return pids_have(&books.withheld, pid);
}

/* Look again, and forget what was known before. */
static void look(const char *where)
{
	books.withheld.nr = 0;
	ck_assert_int_eq(withheld_look(&held, where, &books), 0);
}

static void process(uint64_t number, uint32_t pid)
{
	struct ledger_vm *vm = ledger_vm(&books.ledger, number, pid);

	ck_assert_ptr_nonnull(vm);
	ck_assert_ptr_nonnull(ledger_vcpu(vm, 0));
}

/* Without the file, nothing is withheld: KVM is unpatched, or older. */
START_TEST(nobody_is_withheld_what_all_may)
{
	for (int i = 0; i < 3; i++)
		process(1 + i, 100 + i);
	look("/nonexistent");
	ck_assert_uint_eq(books.withheld.nr, 0);
	look(root);
	ck_assert_uint_eq(books.withheld.nr, 0);
	vm("100-7", NULL);
	vm("101-7", "default\n");
	vm("102-7", "Y\n");
	look(root);
	ck_assert_uint_eq(books.withheld.nr, 0);
}
END_TEST

/* "N" applies to one VM and to no other. */
START_TEST(one_is_withheld)
{
	if (_i)
		kvm_dir_hold(&held.dir, root);
	for (int i = 0; i < 3; i++)
		process(1 + i, 101 + i);
	vm("101-7", "Y\n");
	vm("102-7", "N\n");
	vm("103-7", "default\n");
	look(root);
	ck_assert_uint_eq(books.withheld.nr, 1);
	ck_assert(is_withheld(102));
	ck_assert(books_vm_is_withheld(&books, 2));
	ck_assert(!books_vm_is_withheld(&books, 1));
	/*
	 * Process 102 stays: its reads from before the change may not be judged
	 * yet.
	 */
	vm("102-7", "default\n");
	ck_assert_int_eq(withheld_look(&held, root, &books), 0);
	ck_assert_uint_eq(books.withheld.nr, 1);
	look(root);
	ck_assert_uint_eq(books.withheld.nr, 0);
}
END_TEST

/*
 * If it is unknown which VM of a process has the "N", it may be any of them.
 */
START_TEST(one_of_several_is_withheld)
{
	process(1, 101);
	process(2, 101);
	process(3, 102);
	vm("101-7", "Y\n");
	vm("101-9", "N\n");
	vm("102-7", "Y\n");
	look(root);
	ck_assert_uint_eq(books.withheld.nr, 1);
	ck_assert(is_withheld(101));
	/* A folder of an unknown process may belong to any process. */
	vm("999-7", "N\n");
	look(root);
	ck_assert_uint_eq(books.withheld.nr, 2);
}
END_TEST

/* If the file cannot be read, the guest counts as one that may not read. */
START_TEST(not_known_is_withheld)
{
	static const char *const texts[] = { "", "?\n" };
	char path[300];

	process(1, 101);
	process(2, 102);
	vm("101-7", "Y\n");
	if (_i < 2) {
		vm("102-7", texts[_i]);
	} else {
		vm("102-7", NULL);
		/* The file exists but cannot be opened. */
		snprintf(path, sizeof(path), "%s/102-7/exit_stats_leaves",
			 folders);
		ck_assert_int_eq(symlink("exit_stats_leaves", path), 0);
	}
	look(root);
	ck_assert_uint_eq(books.withheld.nr, 1);
	ck_assert(is_withheld(102));
}
END_TEST

static int open_files(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int nr = 0;

	ck_assert_ptr_nonnull(dir);
	while (readdir(dir))
		nr++;
	closedir(dir);
	return nr;
}

/* However often KVM's folders are looked at, no file stays open. */
START_TEST(no_file_stays_open)
{
	const int before = open_files();

	process(1, 101);
	vm("101-7", "Y\n");
	vm("102-7", "N\n");
	look(root);
	ck_assert_int_eq(open_files(), before);
}
END_TEST

/* KVM's directory cannot be read. */
START_TEST(nothing_is_known)
{
	process(1, 101);
	ck_assert_int_eq(rmdir(folders), 0);
	ck_assert_int_eq(symlink("kvm", folders), 0);
	look(root);
	ck_assert(is_withheld(101));
	ck_assert_int_eq(unlink(folders), 0);
	look(root);
	ck_assert(!is_withheld(101));
}
END_TEST

START_TEST(the_ended_are_not_looked_at)
{
	process(1, 101);
	vm("101-7", "N\n");
	books.ledger.vm[0].vcpu[0].gone = true;
	look(root);
	ck_assert_uint_eq(books.withheld.nr, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("withheld");
	TCase *tcase = tcase_create("withheld");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, nobody_is_withheld_what_all_may);
	tcase_add_loop_test(tcase, one_is_withheld, 0, 2);
	tcase_add_test(tcase, one_of_several_is_withheld);
	tcase_add_loop_test(tcase, not_known_is_withheld, 0, 3);
	tcase_add_test(tcase, no_file_stays_open);
	tcase_add_test(tcase, nothing_is_known);
	tcase_add_test(tcase, the_ended_are_not_looked_at);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
