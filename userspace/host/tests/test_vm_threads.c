// SPDX-License-Identifier: GPL-2.0-only
/* VMs that an ordinary user finds by the names of threads. */
#include "host/vm_threads.h"
#include "tests/fake_root.h"
#include "tests/tap.h"

static struct vm_list list;

static void process(unsigned int pid, const char *comm, const char *thread,
		    const char *name)
{
	char path[64], cmdline[64];
	int length;

	snprintf(path, sizeof(path), "/proc/%u/comm", pid);
	root_write(path, comm);
	snprintf(path, sizeof(path), "/proc/%u/task/%u/comm", pid, pid + 1);
	root_write(path, thread);
	length = snprintf(cmdline, sizeof(cmdline), "qemu%c-name%c%s", 0, 0,
			  name);
	snprintf(path, sizeof(path), "/proc/%u/cmdline", pid);
	root_write_bytes(path, cmdline, length + 1);
}

static void setup(void)
{
	root_make();
	memset(&list, 0, sizeof(list));
	list.unseen = 1;
}

static void teardown(void)
{
	vm_list_free(&list);
	root_remove();
}

START_TEST(kernel_threads)
{
	process(200, "qemu-system-x86\n", "qemu-system-x86\n", "web");
	process(150, "kvm\n", "worker\n", "db");
	process(300, "kvm-nx-lpage-recovery-200\n", "x\n", "");
	process(301, "kvm-pit/150\n", "x\n", "");
	ck_assert_int_eq(vm_threads_add(root, &list), 0);
	ck_assert_uint_eq(list.nr, 2);
	ck_assert_uint_eq(list.vm[0].pid, 150);
	ck_assert_str_eq(list.vm[0].name, "db");
	ck_assert_uint_eq(list.vm[1].pid, 200);
	ck_assert_str_eq(list.vm[1].name, "web");
}
END_TEST

START_TEST(own_threads)
{
	process(10, "qemu-system-x86\n", "CPU 0/KVM\n", "a");
	process(20, "firecracker\n", "fc_vcpu 0\n", "b");
	process(30, "vmm\n", "kvm-nx-lpage-re\n", "c");
	process(40, "bash\n", "CPU\n", "d");
	ck_assert_int_eq(vm_threads_add(root, &list), 0);
	ck_assert_uint_eq(list.nr, 3);
	ck_assert_str_eq(list.vm[0].name, "a");
	ck_assert_str_eq(list.vm[1].name, "b");
	ck_assert_str_eq(list.vm[2].name, "c");
}
END_TEST

/*
 * A VM is listed once, even if its files and the names of two threads show it.
 */
START_TEST(once)
{
	process(10, "qemu-system-x86\n", "CPU 0/KVM\n", "a");
	process(11, "kvm-nx-lpage-recovery-10\n", "x\n", "");
	ck_assert_int_eq(vm_list_add(&list, "/none", 10, 4), 0);
	ck_assert_int_eq(vm_threads_add(root, &list), 0);
	ck_assert_uint_eq(list.nr, 1);
	ck_assert_uint_eq(list.vm[0].vcpus, 4);
}
END_TEST

/*
 * If the user may look into all processes, VMs are not guessed from the names
 * of threads.
 */
START_TEST(nothing_unseen)
{
	process(10, "qemu-system-x86\n", "CPU 0/KVM\n", "a");
	list.unseen = 0;
	ck_assert_int_eq(vm_threads_add(root, &list), 0);
	ck_assert_uint_eq(list.nr, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("vm_threads");
	TCase *tcase = tcase_create("vm_threads");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, kernel_threads);
	tcase_add_test(tcase, own_threads);
	tcase_add_test(tcase, once);
	tcase_add_test(tcase, nothing_unseen);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
