// SPDX-License-Identifier: GPL-2.0-only
/* Finding the processes of VMs, in this PID namespace and in another one. */
#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fake_vcpus.h"
#include "host/pid_ns.h"
#include "tests/tap.h"

/*
 * Does the census free a VM whose process has a pid that does not exist here?
 */
static bool is_census_freeing(struct ledger *ledger)
{
	observer.attach = ATTACH_TP;
	slot_of(0x4000)->tgid = 4194303;
	observer.next_census_ns = 0;
	ck_assert_int_eq(observer_collect(&observer, ledger, NULL), 0);
	return !slot_of(0x4000);
}

/* Check a VM of process 1 in a PID namespace of its own. */
static void in_a_pid_namespace(void)
{
	struct ledger ledger = { 0 };
	struct obs_slot *slot;

	fake_vcpus_setup();
	kvm_exit(0x4000);
	slot = slot_of(0x4000);
	slot->tgid = getpid();
	strcpy(slot->comm, "some-vmm");
	ck_assert_int_eq(observer_collect(&observer, &ledger, NULL), 0);
	/*
	 * Here, process 1 is this test and not the VMM, so BPF's name is used.
	 */
	ck_assert_str_eq(ledger.vm[0].name, "some-vmm");
	ck_assert(!is_census_freeing(&ledger));
	ck_assert_uint_eq(bpf->bss->vcpus_ended, 0);
	ledger_free(&ledger);
	fake_vcpus_teardown();
}

/*
 * End a child, but not by _exit(): a leak checker starts a tracer there, which
 * fails in a PID namespace.
 */
static void leave(int status)
{
	syscall(SYS_exit_group, status);
}

/* Can a PID namespace be made here?  Containers may forbid it. */
static bool may_make_pid_namespace(void)
{
	int status = 1;
	pid_t pid;

	pid = fork();
	if (!pid)
		leave(unshare(CLONE_NEWPID | CLONE_NEWNS) && errno == EPERM);
	return pid < 0 || waitpid(pid, &status, 0) != pid || !status;
}

/* In a child: run the check as process 1 of a new namespace. */
static void make_pid_namespace(void)
{
	int status = 1;
	pid_t pid;

	if (unshare(CLONE_NEWPID | CLONE_NEWNS))
		leave(1);
	pid = fork();
	if (!pid) {
		if (getpid() != 1 ||
		    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
		    mount("proc", "/proc", "proc", 0, NULL))
			leave(1);
		in_a_pid_namespace();
		leave(0);
	}
	leave(pid < 0 || waitpid(pid, &status, 0) != pid || status);
}

START_TEST(another_pid_namespace)
{
	int status;
	pid_t pid;

	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (!pid)
		make_pid_namespace();
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}
END_TEST

/* In this namespace the process is found, and its end is noticed. */
START_TEST(this_pid_namespace)
{
	bool other = pid_ns_is_other("");
	struct ledger ledger = { 0 };

	kvm_exit(0x4000);
	strcpy(slot_of(0x4000)->comm, "some-vmm");
	ck_assert_int_eq(observer_collect(&observer, &ledger, NULL), 0);
	ck_assert_str_eq(ledger.vm[0].name,
			 other ? "some-vmm" : "test_observer_pids");
	ck_assert_int_eq(is_census_freeing(&ledger), !other);
	ledger_free(&ledger);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("observer_pids");
	TCase *tcase = tcase_create("this namespace");

	tap_needs_bpf();
	tcase_add_checked_fixture(tcase, fake_vcpus_setup, fake_vcpus_teardown);
	tcase_add_test(tcase, this_pid_namespace);
	suite_add_tcase(suite, tcase);
	tcase = tcase_create("another namespace");
	if (may_make_pid_namespace())
		tcase_add_test(tcase, another_pid_namespace);
	else
		tap_skip(tcase, "another_pid_namespace",
			 "unshare --pid --mount is not permitted");
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
