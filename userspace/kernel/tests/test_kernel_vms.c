// SPDX-License-Identifier: GPL-2.0-only
/* Tests which VMs and processes are found, and how VMs come and go. */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <sys/resource.h>

#include "kernel/kernel_vms.h"
#include "kernel/tests/kernel_fixture.h"
#include "tests/tap.h"

static struct kernel_vms vms;
static struct made_file made;
static struct why why;

static void begin(void)
{
	host_make("2\n");
	made_file_init(&made, 1, EXIT_FILE_TIME);
	made_file_exits(&made, 0, 0, 5, 1000);
}

static void end(void)
{
	kernel_vms_close(&vms);
	root_remove();
}

static void open_all(void)
{
	ck_assert_int_eq(kernel_vms_open(&vms, root, &why), 0);
}

static void refresh(void)
{
	ck_assert_int_eq(kernel_vms_refresh(&vms, &why), 0);
}

static const struct kernel_vm *find(const char *folder)
{
	for (size_t i = 0; i < vms.nr; i++) {
		if (!strcmp(vms.vm[i]->folder, folder))
			return vms.vm[i];
	}
	return NULL;
}

static uint64_t exits_of(const struct kernel_read *read)
{
	return read->file.nr_vcpus ? exit_file_vcpu(&read->file, 0).exits : 0;
}

START_TEST(first_before_and_now)
{
	vm_write("100-11", &made);
	open_all();
	ck_assert_uint_eq(vms.nr, 1);
	ck_assert_uint_eq(exits_of(&vms.vm[0]->first), 5);
	ck_assert_uint_eq(exits_of(&vms.vm[0]->now), 5);
	ck_assert_uint_eq(vms.vm[0]->before.file.nr_vcpus, 0);
	made_file_exits(&made, 0, 0, 2, 1000);
	vm_write("100-11", &made);
	refresh();
	made_file_exits(&made, 0, 0, 1, 1000);
	vm_write("100-11", &made);
	refresh();
	ck_assert_uint_eq(exits_of(&vms.vm[0]->first), 5);
	ck_assert_uint_eq(exits_of(&vms.vm[0]->before), 7);
	ck_assert_uint_eq(exits_of(&vms.vm[0]->now), 8);
	/* A VM that begins later has no first reading. */
	vm_write("200-11", &made);
	refresh();
	ck_assert_uint_eq(find("100-11")->number, 1);
	ck_assert_uint_eq(find("200-11")->number, 2);
	ck_assert_uint_eq(exits_of(&find("200-11")->first), 0);
	ck_assert_uint_eq(exits_of(&find("200-11")->before), 0);
	ck_assert_uint_eq(exits_of(&find("200-11")->now), 8);
}
END_TEST

START_TEST(it_ends)
{
	vm_write("100-11", &made);
	vm_write("200-11", &made);
	open_all();
	vm_end("100-11");
	refresh();
	ck_assert_uint_eq(vms.nr, 2);
	ck_assert(find("100-11")->gone);
	ck_assert_uint_eq(exits_of(&find("100-11")->now), 5);
	ck_assert(!find("200-11")->gone);
	refresh();
	ck_assert_uint_eq(vms.nr, 1);
	/* A new folder with the same name is another VM. */
	vm_write("100-11", &made);
	refresh();
	ck_assert_uint_eq(find("100-11")->number, 3);
}
END_TEST

/* A VM ends and another one gets its name, both between two passes. */
START_TEST(it_ends_and_another_begins)
{
	char from[256];

	vm_write("100-11", &made);
	open_all();
	/* Create the new folder first, so that the inodes differ. */
	vm_write("100-12", &made);
	vm_end("100-11");
	strcpy(from, root_path(KVM "100-12"));
	ck_assert_int_eq(rename(from, root_path(KVM "100-11")), 0);
	refresh();
	ck_assert_uint_eq(vms.nr, 2);
	ck_assert_uint_ne(vms.vm[0]->gone, vms.vm[1]->gone);
	ck_assert_uint_ne(vms.vm[0]->number, vms.vm[1]->number);
}
END_TEST

/*
 * Read the file of one VM again, and no other.  The VM may have ended, or its
 * file may be damaged.
 */
START_TEST(read_once_more)
{
	struct kernel_vm *vm;

	vm_write("100-11", &made);
	open_all();
	vm = vms.vm[0];
	refresh();
	made_file_exits(&made, 0, 0, 2, 1000);
	vm_write("100-11", &made);
	ck_assert_int_eq(kernel_vm_read_again(vm, &why), 0);
	ck_assert(!vm->gone);
	ck_assert_uint_eq(exits_of(&vm->now), 7);
	ck_assert_uint_eq(exits_of(&vm->before), 5);
	ck_assert_uint_eq(exits_of(&vm->first), 5);
	root_write(KVM "100-11/exit_stats", "damaged");
	ck_assert_int_eq(kernel_vm_read_again(vm, &why), -EINVAL);
	ck_assert_ptr_nonnull(strstr(why.text, "100-11"));
	ck_assert(!vm->gone);
	/* Make reads fail as they do for a VM that has gone. */
	close(vm->fd);
	vm->fd = open("/proc/self/mem", O_RDONLY);
	ck_assert_int_ge(vm->fd, 0);
	ck_assert_int_eq(kernel_vm_read_again(vm, &why), 0);
	ck_assert(vm->gone);
	ck_assert_uint_eq(vm->now.file.nr_vcpus, 0);
	vm_write("100-11", &made);
	refresh();
	ck_assert_uint_eq(vms.nr, 1);
	ck_assert_uint_eq(vms.vm[0]->number, 2);
}
END_TEST

START_TEST(whose_it_is)
{
	process(100, 100, "web");
	process(300, 301, "db");
	process(400, 444, "other");
	vm_write("100-11", &made);
	/*
	 * The thread that made the VM has ended, and its number has been
	 * reused.
	 */
	made.vcpu[0].vcpu.pid = 301;
	vm_write("444-11", &made);
	/* The process cannot be found. */
	made.vcpu[0].vcpu.pid = 0;
	vm_write("999-11", &made);
	open_all();
	ck_assert_uint_eq(find("100-11")->pid, 100);
	ck_assert_str_eq(find("100-11")->name, "web");
	ck_assert_uint_eq(find("444-11")->pid, 300);
	ck_assert_str_eq(find("444-11")->name, "db");
	ck_assert_uint_eq(find("999-11")->pid, 999);
	ck_assert_str_eq(find("999-11")->name, "?");
	/* The process is unknown until a vCPU runs. */
	process(500, 501, "late");
	made.vcpu[0].vcpu.pid = 501;
	vm_write("999-11", &made);
	refresh();
	ck_assert_uint_eq(find("999-11")->pid, 500);
	ck_assert_str_eq(find("999-11")->name, "late");
}
END_TEST

START_TEST(two_of_one_process)
{
	process(100, 100, "web");
	vm_write("100-11", &made);
	made_file_exits(&made, 0, 0, 1, 1);
	vm_write("100-12", &made);
	open_all();
	ck_assert_uint_eq(vms.nr, 2);
	ck_assert_uint_eq(find("100-11")->pid, 100);
	ck_assert_uint_eq(find("100-12")->pid, 100);
	ck_assert_uint_eq(exits_of(&find("100-11")->now), 5);
	ck_assert_uint_eq(exits_of(&find("100-12")->now), 6);
}
END_TEST

START_TEST(another_namespace)
{
	process(100, 100, "web");
	ck_assert_int_eq(
		symlink("pid:[4026531900]", root_path("/proc/1/ns/pid")), 0);
	vm_write("100-11", &made);
	open_all();
	ck_assert(vms.other_pids);
	ck_assert_uint_eq(vms.vm[0]->pid, 100);
	ck_assert_str_eq(vms.vm[0]->name, "?");
}
END_TEST

START_TEST(a_large_file)
{
	made.head.nr_vcpus = MADE_VCPUS;
	made.head.mode = EXIT_FILE_HIST;
	made.head.nr_spans = MADE_SPANS;
	made_file_exits(&made, MADE_VCPUS - 1, 1, 77, 3);
	vm_write("100-11", &made);
	open_all();
	ck_assert_uint_eq(
		exit_file_vcpu(&vms.vm[0]->now.file, MADE_VCPUS - 1).exits, 77);
	/* The file is larger than the first buffer. */
	ck_assert_uint_gt(made.head.nr_vcpus * made.head.vcpu_size, 4096);
}
END_TEST

/*
 * The file was opened when KVM kept no histograms.  Then the mode became 3,
 * with histograms.
 */
START_TEST(another_mode)
{
	vm_write("100-11", &made);
	open_all();
	ck_assert_uint_eq(vms.vm[0]->now.file.nr_spans, 0);
	made.head.mode = EXIT_FILE_HIST;
	vm_write("100-11", &made);
	/* A file that is opened now is another one. */
	root_unlink(KVM "100-11/exit_stats");
	made.head.nr_spans = MADE_SPANS;
	vm_write("100-11", &made);
	refresh();
	ck_assert_uint_eq(vms.vm[0]->now.file.nr_spans, MADE_SPANS);
	ck_assert_uint_eq(vms.vm[0]->before.file.nr_spans, 0);
}
END_TEST

START_TEST(damaged)
{
	vm_write("100-11", &made);
	open_all();
	made.head.version = 9;
	vm_write("100-11", &made);
	ck_assert_int_eq(kernel_vms_refresh(&vms, &why), -EPROTO);
	ck_assert_ptr_nonnull(strstr(why.text, "100-11: KVM's file"));
}
END_TEST

/* A VM that was just created has no file yet. */
START_TEST(without_a_file)
{
	open_all();
	root_write(KVM "100-11/exits", "1\n");
	refresh();
	ck_assert_uint_eq(vms.vm[0]->number, 0);
	ck_assert(vms.vm[0]->missed);
	vm_write("100-11", &made);
	refresh();
	ck_assert_uint_eq(vms.vm[0]->number, 1);
	ck_assert(!vms.vm[0]->missed);
	/*
	 * Another VM has its file, so KVM does write files: this VM was just
	 * created, or is ending.
	 */
	root_write(KVM "200-11/exits", "1\n");
	refresh();
	refresh();
	ck_assert_uint_eq(find("200-11")->number, 0);
}
END_TEST

START_TEST(no_vm_has_a_file)
{
	open_all();
	root_write(KVM "100-11/exits", "1\n");
	refresh();
	ck_assert_int_eq(kernel_vms_refresh(&vms, &why), -ENOENT);
	ck_assert_ptr_nonnull(strstr(why.text, "before the file"));
}
END_TEST

/* KVM's module and its directory can be removed while the directory is open. */
START_TEST(kvm_is_unloaded)
{
	open_all();
	root_unlink(KVM "exits");
	ck_assert_int_eq(rmdir(root_path(KVM)), 0);
	ck_assert_int_eq(kernel_vms_refresh(&vms, &why), -ENODEV);
	ck_assert_ptr_nonnull(strstr(why.text, "unloaded"));
}
END_TEST

static void refused(int error, const char *text)
{
	ck_assert_int_eq(kernel_vms_open(&vms, root, &why), -error);
	ck_assert_ptr_nonnull(strstr(why.text, text));
	ck_assert_uint_eq(vms.nr, 0);
}

START_TEST(hosts_without_it)
{
	char dir[256];

	root_write(KVM "100-11/exits", "1\n");
	refused(ENOENT, "patches date from before the file");
	root_write("/sys/module/kvm/parameters/exit_stats", "0\n");
	refused(ENODATA, "does not count");
	root_unlink("/sys/module/kvm/parameters/exit_stats");
	refused(ENOTSUP, "no exit counters");
	root_write("/sys/module/kvm/parameters/exit_stats", "2\n");
	root_write("/sys/module/kvm/parameters/exit_stats_isa", "0\n");
	refused(ENOTSUP, "built without them");
	root_write("/sys/module/kvm/parameters/exit_stats_isa", "1\n");
	root_unlink(KVM "exits");
	root_unlink(KVM "100-11/exits");
	ck_assert_int_eq(rmdir(root_path(KVM "100-11")), 0);
	strcpy(dir, root_path(KVM "x"));
	*strrchr(dir, '/') = '\0';
	ck_assert_int_eq(rmdir(dir), 0);
	refused(ENOENT, "mount debugfs");
}
END_TEST

/* Thousands of VMs come and go without leaking files, memory or numbers. */
START_TEST(many_come_and_go)
{
	size_t used = 0;

	open_all();
	for (unsigned int i = 1; i <= 3000; i++) {
		char path[32];

		snprintf(path, sizeof(path), "%u-11", i);
		vm_write(path, &made);
		refresh();
		ck_assert_uint_eq(find(path)->number, i);
		ck_assert_uint_le(vms.nr, 2);
		vm_end(path);
		if (i == 500)
			used = mallinfo2().uordblks;
	}
	ck_assert_uint_le(mallinfo2().uordblks, used + 4096);
	refresh();
	refresh();
	ck_assert_uint_eq(vms.nr, 0);
}
END_TEST

START_TEST(more_than_files_at_first)
{
	struct rlimit limit;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = 64;
	setrlimit(RLIMIT_NOFILE, &limit);
	for (unsigned int i = 1; i <= 100; i++) {
		char path[32];

		snprintf(path, sizeof(path), "%u-11", i);
		vm_write(path, &made);
	}
	open_all();
	ck_assert_uint_eq(vms.nr, 100);
	kernel_vms_close(&vms);
	limit.rlim_cur = limit.rlim_max = 64;
	setrlimit(RLIMIT_NOFILE, &limit);
	refused(EMFILE, "ulimit -n");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("kernel_vms");
	TCase *tcase = tcase_create("kernel_vms");

	tcase_add_checked_fixture(tcase, begin, end);
	tcase_add_test(tcase, first_before_and_now);
	tcase_add_test(tcase, it_ends);
	tcase_add_test(tcase, it_ends_and_another_begins);
	tcase_add_test(tcase, read_once_more);
	tcase_add_test(tcase, whose_it_is);
	tcase_add_test(tcase, two_of_one_process);
	tcase_add_test(tcase, another_namespace);
	tcase_add_test(tcase, a_large_file);
	tcase_add_test(tcase, another_mode);
	tcase_add_test(tcase, damaged);
	tcase_add_test(tcase, without_a_file);
	tcase_add_test(tcase, no_vm_has_a_file);
	tcase_add_test(tcase, kvm_is_unloaded);
	tcase_add_test(tcase, hosts_without_it);
	tcase_add_test(tcase, many_come_and_go);
	tcase_add_test(tcase, more_than_files_at_first);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
