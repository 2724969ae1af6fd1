// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VMs to which the folders of KVM's own statistics belong, in a made-up
 * debugfs.
 */
#include <stdio.h>

#include "kvm_stats_fixture.h"
#include "tests/tap.h"

/* The VM's end was not seen; now its process has a folder of another VM. */
START_TEST(of_another_folder)
{
	seen(1, 777, 5000);
	folder("777-11", 1, 5000);
	take();
	folder("777-12", 1, 9000);
	no_folder("777-11");
	take();
	ck_assert_uint_eq(books.nr_statistics, 1);
	ck_assert_uint_eq(books.statistics[0].exits, 5000);
}
END_TEST

static void thread(uint32_t pid, uint32_t tid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%u/task/%u/comm", pid, tid);
	root_write(path, "x\n");
}

static void runs_on(const char *name, uint32_t tid)
{
	char path[64], text[16];

	snprintf(path, sizeof(path), KVM "%s/vcpu0/pid", name);
	snprintf(text, sizeof(text), "%u\n", tid);
	root_write(path, text);
}

/* Two VMMs create their VMs in a thread other than their first one. */
static void take_vms_of_threads(void)
{
	seen(1, 777, 5000);
	seen(2, 888, 6000);
	thread(777, 777);
	thread(777, 790);
	thread(888, 888);
	thread(888, 791);
	folder("790-11", 1, 5000);
	folder("791-11", 1, 6000);
	take();
}

START_TEST(of_vms_made_by_threads)
{
	take_vms_of_threads();
	ck_assert_uint_eq(books.nr_statistics, 2);
	ck_assert_uint_eq(books.statistics[0].vm, 1);
	ck_assert_uint_eq(books.statistics[0].exits, 5000);
	ck_assert_uint_eq(books.statistics[1].vm, 2);
	ck_assert_uint_eq(books.statistics[1].exits, 6000);
}
END_TEST

static void no_thread(uint32_t pid, uint32_t tid)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -r %s/proc/%u/task/%u", root,
		 pid, tid);
	ck_assert_int_eq(system(command), 0);
}

static void rename_folder(const char *from, const char *to)
{
	char command[256];

	snprintf(command, sizeof(command), "cd %s" KVM " && mv %s %s", root,
		 from, to);
	ck_assert_int_eq(system(command), 0);
}

/*
 * The owner of a folder stays known after the thread that made the VM has
 * ended.
 */
START_TEST(of_a_vm_whose_maker_ends)
{
	seen(1, 777, 5000);
	thread(777, 777);
	thread(777, 790);
	folder("790-11", 1, 5000);
	take();
	no_thread(777, 790);
	folder("790-11", 1, 6000);
	take();
	ck_assert_uint_eq(books.nr_statistics, 1);
	ck_assert_uint_eq(books.statistics[0].exits, 6000);
	/*
	 * The owner is known by the folder's name, not by its inode number,
	 * which a file system reuses.
	 */
	rename_folder("790-11", "791-11");
	folder("791-11", 1, 7000);
	take();
	ck_assert_uint_eq(books.statistics[0].exits, 6000);
}
END_TEST

/* Each of several folders keeps its own process. */
START_TEST(of_vms_whose_makers_end)
{
	take_vms_of_threads();
	no_thread(777, 790);
	no_thread(888, 791);
	folder("790-11", 1, 5500);
	folder("791-11", 1, 6600);
	take();
	ck_assert_uint_eq(books.nr_statistics, 2);
	ck_assert_uint_eq(books.statistics[0].exits, 5500);
	ck_assert_uint_eq(books.statistics[1].exits, 6600);
}
END_TEST

/*
 * The thread that made a VM has ended before the VM was seen.  A later thread
 * with its number may belong to any process, so the folder stays without one.
 */
START_TEST(of_a_number_that_is_reused)
{
	seen(1, 777, 5000);
	thread(777, 777);
	folder("790-11", 1, 5000);
	take();
	thread(777, 790);
	take();
	ck_assert_uint_eq(books.nr_statistics, 0);
	/* A new VM may have come with its process. */
	seen(2, 888, 6000);
	take();
	ck_assert_uint_eq(books.nr_statistics, 1);
}
END_TEST

/* At some of these numbers, the memory for the folders is full. */
START_TEST(of_each_number_of_vms)
{
	for (uint32_t nr = 1; nr <= 16; nr++) {
		char name[16];

		snprintf(name, sizeof(name), "%u-9", 700 + nr);
		folder(name, 1, nr);
		seen(nr, 700 + nr, nr);
		take();
		ck_assert_uint_eq(books.nr_statistics, nr);
	}
}
END_TEST

/* A folder appears later, and a process appears after its folder. */
START_TEST(of_vms_that_come_later)
{
	seen(1, 777, 5000);
	thread(777, 777);
	take();
	thread(777, 790);
	folder("790-11", 1, 5000);
	take();
	ck_assert_uint_eq(books.nr_statistics, 1);
	/* The process of this folder is not known yet. */
	folder("791-11", 1, 6000);
	thread(888, 888);
	thread(888, 791);
	take();
	ck_assert_uint_eq(books.nr_statistics, 1);
	seen(2, 888, 6000);
	take();
	ck_assert_uint_eq(books.nr_statistics, 2);
	ck_assert_uint_eq(books.statistics[1].exits, 6000);
}
END_TEST

/*
 * VMs are found in any order.  If two VMs of one process could own a folder,
 * neither gets it.
 */
START_TEST(of_processes_in_any_order)
{
	seen(1, 888, 5000);
	seen(2, 777, 6000);
	seen(3, 999, 7000);
	seen(4, 888, 8000);
	seen(5, 666, 9000);
	folder("777-11", 1, 6000);
	folder("888-11", 1, 5000);
	folder("999-11", 1, 7000);
	folder("666-11", 1, 9000);
	take();
	ck_assert_uint_eq(books.nr_statistics, 3);
	ck_assert_uint_eq(books.statistics[0].vm, 2);
	ck_assert_uint_eq(books.statistics[0].exits, 6000);
	ck_assert_uint_eq(books.statistics[1].vm, 3);
	ck_assert_uint_eq(books.statistics[1].exits, 7000);
	ck_assert_uint_eq(books.statistics[2].vm, 5);
	ck_assert_uint_eq(books.statistics[2].exits, 9000);
}
END_TEST

/* Folders are looked up before any VM exists, and again once one does. */
START_TEST(before_any_vm)
{
	const struct ledger_vm *vm[1];
	DIR *dir;

	thread(777, 777);
	thread(777, 790);
	folder("790-11", 1, 5000);
	seen(1, 777, 5000);
	vm[0] = ledger_find_vm(&books.ledger, 1);
	ck_assert_int_eq(kvm_folders_read(&stats.folders, root, true, vm, 0),
			 0);
	ck_assert_ptr_null(kvm_folders_open(&stats.folders, root, vm[0]));
	ck_assert_int_eq(kvm_folders_read(&stats.folders, root, true, vm, 1),
			 0);
	dir = kvm_folders_open(&stats.folders, root, vm[0]);
	ck_assert_ptr_nonnull(dir);
	closedir(dir);
}
END_TEST

/*
 * A process has two VMs.  The one that has not run was made by the process's
 * first thread.
 */
START_TEST(of_two_vms_made_by_threads)
{
	seen(1, 777, 5000);
	thread(777, 777);
	thread(777, 790);
	folder("777-11", 1, 5000);
	folder("790-12", 1, 5000);
	take();
	ck_assert_uint_eq(books.nr_statistics, 0);
	/* Now both have run. */
	seen(2, 777, 5000);
	take();
	ck_assert_uint_eq(books.nr_statistics, 0);
}
END_TEST

/* The thread that made a VM has ended: its folder must not go to another VM. */
START_TEST(of_a_vm_whose_maker_ended)
{
	seen(1, 777, 5000)->tid = 795;
	thread(777, 777);
	thread(777, 795);
	folder("777-11", 1, 9000);
	runs_on("777-11", 799);
	folder("790-12", 1, 5000);
	runs_on("790-12", 795);
	take();
	ck_assert_uint_eq(books.nr_statistics, 0);
	runs_on("777-11", 795);
	take();
	ck_assert_uint_eq(books.nr_statistics, 1);
}
END_TEST

/* The number of an ended thread can be reused by another VM's thread. */
START_TEST(of_the_thread_of_a_vcpu_that_is_gone)
{
	struct ledger_vcpu *vcpu;

	books.host.other_pids = true;
	seen(1, 777, 5000)->tid = 780;
	vcpu = ledger_vcpu(ledger_find_vm(&books.ledger, 1), 1);
	ck_assert_ptr_nonnull(vcpu);
	vcpu->exits = 100;
	vcpu->tid = 790;
	vcpu->gone = true;
	folder("790-11", 2, 5000);
	runs_on("790-11", 780);
	take();
	ck_assert_uint_eq(books.nr_statistics, 0);
	vcpu->gone = false;
	take();
	ck_assert_uint_eq(books.nr_statistics, 1);
}
END_TEST

/* Threads cannot be looked up, but BPF knows the threads that run vCPUs. */
START_TEST(in_another_pid_namespace)
{
	books.host.other_pids = true;
	seen(1, 777, 5000)->tid = 790;
	seen(2, 888, 6000);
	thread(888, 791); /* an unrelated thread in this namespace */
	folder("790-11", 1, 5000);
	runs_on("790-11", 790);
	folder("791-11", 1, 6000);
	/* A VM that starts later can have a lower pid and tid. */
	seen(3, 100, 7000)->tid = 110;
	folder("110-11", 1, 7000);
	runs_on("110-11", 110);
	take();
	ck_assert_uint_eq(books.nr_statistics, 2);
	ck_assert_uint_eq(books.statistics[0].vm, 1);
	ck_assert_uint_eq(books.statistics[1].vm, 3);
}
END_TEST

START_TEST(of_vms_asked_for)
{
	struct pids only = { 0 };

	ck_assert_int_eq(pids_add(&only, 778), 0);
	stats.only = &only;
	seen(1, 777, 5000);
	seen(2, 778, 6000);
	folder("777-11", 1, 5000);
	folder("778-11", 1, 6000);
	take();
	ck_assert_uint_eq(books.nr_statistics, 1);
	ck_assert_uint_eq(books.statistics[0].vm, 2);
	free(only.pid);
}
END_TEST

/* Files and folders that do not belong to a VM, or are of the wrong kind. */
START_TEST(of_other_files)
{
	static const char *const name[] = {
		"77-11",  "7777-11", "777",
		"x777-1", "777_12",  "777-1234567890123456789012345678"
	};

	seen(1, 777, 5000);
	for (size_t i = 0; i < sizeof(name) / sizeof(*name); i++)
		folder(name[i], 1, 4000 + i);
	take();
	ck_assert_uint_eq(books.nr_statistics, 0);
	root_write(KVM "777-11/vcpu0/pid", "1\n");
	root_write(KVM "777-11/vcpus", "1\n");
	root_write(KVM "777-11/vcpu:", "1\n");
	root_write(KVM "777-11/vcpu/x", "1\n");
	root_write(KVM "777-11/cpu0", "1\n");
	take(); /* the folder has no file "exits" */
	ck_assert_uint_eq(books.nr_statistics, 0);
	root_write(KVM "777-11/exits", "none\n");
	take();
	ck_assert_uint_eq(books.nr_statistics, 0);
	root_write(KVM "777-11/exits", "18446744073709551615\n");
	take();
	ck_assert_uint_eq(books.nr_statistics, 1);
	ck_assert_uint_eq(books.statistics[0].exits, UINT64_MAX);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("kvm_stats_folders");
	TCase *tcase = tcase_create("kvm_stats_folders");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, of_another_folder);
	tcase_add_test(tcase, of_vms_made_by_threads);
	tcase_add_test(tcase, of_a_vm_whose_maker_ends);
	tcase_add_test(tcase, of_vms_whose_makers_end);
	tcase_add_test(tcase, of_a_number_that_is_reused);
	tcase_add_test(tcase, of_each_number_of_vms);
	tcase_add_test(tcase, of_vms_that_come_later);
	tcase_add_test(tcase, of_processes_in_any_order);
	tcase_add_test(tcase, before_any_vm);
	tcase_add_test(tcase, of_two_vms_made_by_threads);
	tcase_add_test(tcase, of_a_vm_whose_maker_ended);
	tcase_add_test(tcase, of_the_thread_of_a_vcpu_that_is_gone);
	tcase_add_test(tcase, in_another_pid_namespace);
	tcase_add_test(tcase, of_vms_asked_for);
	tcase_add_test(tcase, of_other_files);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
