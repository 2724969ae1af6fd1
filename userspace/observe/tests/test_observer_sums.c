// SPDX-License-Identifier: GPL-2.0-only
/*
 * The sums of a VM at one moment, from events that the test gives to the
 * programs.
 */
#include <string.h>

#include "exit_leaves.h"
#include "exit_reason_codes.h"
#include "fake_kvm.h"
#include "tests/tap.h"

#define SVM EXIT_LEAF_ISA_SVM

static struct vm_sums sums;

/*
 * Use compare's options, with which BPF books an exit's time at the next exit.
 */
static const struct observer_options options = { .answers = true };

static void load(void)
{
	fake_kvm_load(&options, SVM);
}

static void teardown(void)
{
	vm_sums_free(&sums);
	fake_kvm_teardown();
}

static void exits(u32 i, u32 reason, int nr)
{
	while (nr--) {
		fake_exit(i, reason);
		fake_entry(i);
	}
}

static void sum(u64 vm)
{
	ck_assert_int_eq(observer_vm_sums(&observer, vm, &sums), 0);
}

static void check(u64 vm, u64 total, u32 vcpus, u32 outside)
{
	sum(vm);
	ck_assert_uint_eq(sums.exits, total);
	ck_assert_uint_eq(sums.vcpus, vcpus);
	ck_assert_uint_eq(sums.outside, outside);
}

static const struct exit_times *of_reason(u32 reason)
{
	static const struct exit_times none;
	const struct exit_times *times = vm_sums_find(&sums, reason);

	return times ? times : &none;
}

/*
 * An exit is in the sums of its VM at once, and never in those of another VM.
 */
START_TEST(of_each_vm)
{
	load();
	fake_in_vm(2, 1);
	check(1, 0, 0, 0);
	for (u64 i = 1; i <= 5; i++) {
		fake_entry(0);
		fake_exit(0, EXIT_SVM_MSR);
		check(1, i, 1, 1);
	}
	exits(1, EXIT_SVM_MSR, 3);
	exits(1, EXIT_SVM_CPUID, 4);
	exits(2, EXIT_SVM_CPUID, 7);
	fake_exit(2, EXIT_SVM_HLT);
	check(1, 12, 2, 1);
	ck_assert_uint_eq(sums.cells.nr, 2);
	ck_assert_uint_eq(of_reason(EXIT_SVM_MSR)->exits, 8);
	ck_assert_uint_eq(of_reason(EXIT_SVM_CPUID)->exits, 4);
	ck_assert_uint_eq(of_reason(EXIT_SVM_HLT)->exits, 0);
	ck_assert(!sums.ending);
	check(2, 8, 1, 1);
	ck_assert_uint_eq(of_reason(EXIT_SVM_HLT)->exits, 1);
	check(3, 0, 0, 0);
	fake_entry(0);
	check(1, 12, 2, 0);
	fake_nothing_lost();
}
END_TEST

/*
 * An exit's time is booked at the next exit, for the reason and in the total.
 */
START_TEST(times)
{
	load();
	fake_exit(0, EXIT_SVM_MSR);
	fake_slot(0)->exit_ns -= 5000000000;
	fake_entry(0);
	check(1, 1, 1, 0);
	ck_assert_uint_eq(sums.time, 0);
	fake_exit(0, EXIT_SVM_CPUID);
	fake_exit(1, EXIT_SVM_MSR);
	fake_slot(1)->exit_ns -= 7000000000;
	fake_entry(1);
	fake_exit(1, EXIT_SVM_CPUID);
	check(1, 4, 2, 2);
	ck_assert_uint_ge(sums.time, 12000000000);
	ck_assert_uint_eq(of_reason(EXIT_SVM_MSR)->ns, sums.time);
	ck_assert_uint_eq(sums.time,
			  fake_slot(0)->cell[1].ns + fake_slot(1)->cell[1].ns);
	ck_assert_uint_eq(of_reason(EXIT_SVM_CPUID)->ns, 0);
}
END_TEST

/* A sum collects nothing, and exits that were collected stay in it. */
START_TEST(beside_a_collection)
{
	struct ledger ledger = { 0 };

	load();
	exits(0, EXIT_SVM_MSR, 3);
	check(1, 3, 1, 0);
	ck_assert_int_eq(observer_collect(&observer, &ledger, NULL), 0);
	ck_assert_uint_eq(ledger_find_vm(&ledger, 1)->vcpu[0].exits, 3);
	exits(0, EXIT_SVM_MSR, 2);
	check(1, 5, 1, 0);
	ck_assert_int_eq(observer_collect(&observer, &ledger, NULL), 0);
	ck_assert_uint_eq(ledger_find_vm(&ledger, 1)->vcpu[0].exits, 5);
	ledger_free(&ledger);
}
END_TEST

START_TEST(one_that_comes)
{
	load();
	exits(0, EXIT_SVM_MSR, 3);
	check(1, 3, 1, 0);
	fake_entry(1);
	check(1, 3, 2, 0);
	exits(1, EXIT_SVM_MSR, 1);
	check(1, 4, 2, 0);
}
END_TEST

/*
 * A vCPU gets its serial number before its VM: an index that was made between
 * the two is incomplete and must be made again.
 */
START_TEST(one_that_is_coming)
{
	struct obs_slot *slot;
	u64 vm;

	load();
	exits(0, EXIT_SVM_MSR, 3);
	fake_entry(1);
	slot = fake_slot(1);
	vm = slot->vm;
	slot->vm = 0;
	check(1, 3, 1, 0);
	slot->vm = vm;
	exits(1, EXIT_SVM_MSR, 2);
	check(1, 5, 2, 0);
}
END_TEST

/* A slot now belongs to another VM. */
START_TEST(a_slot_of_another)
{
	struct ledger ledger = { 0 };
	u64 args[2] = { 0 };

	load();
	args[0] = fake_address(0);
	exits(0, EXIT_SVM_MSR, 3);
	check(1, 3, 1, 0);
	run(bpf->progs.vcpu_end, args, 2);
	sum(1);
	ck_assert(sums.ending);
	ck_assert_uint_eq(sums.exits, 3);
	ck_assert_int_eq(observer_collect(&observer, &ledger, NULL), 0);
	check(1, 0, 0, 0);
	ck_assert(!sums.ending);
	exits(0, EXIT_SVM_MSR, 2);
	check(1, 0, 0, 0);
	check(2, 2, 1, 0);
	ledger_free(&ledger);
}
END_TEST

/* Exits without a cell, and exits with an unreadable reason, are counted. */
START_TEST(no_reason)
{
	load();
	for (u32 reason = 0; reason < OBS_CELLS + 5; reason++)
		exits(0, reason + 0x40, 1);
	check(1, OBS_CELLS + 5, 1, 0);
	ck_assert_uint_eq(sums.cells.nr, OBS_CELLS - 1);
	ck_assert_uint_eq(of_reason(0x40)->exits, 1);
	exits(1, OBS_UNREADABLE, 4);
	check(1, OBS_CELLS + 9, 2, 0);
	ck_assert_uint_eq(sums.cells.nr, OBS_CELLS - 1);
	ck_assert_uint_eq(of_reason(OBS_UNREADABLE)->exits, 0);
}
END_TEST

/* --- the folder in debugfs --- */

START_TEST(folders)
{
	load();
	fake_vm(0)->i_ino = 0xfffffff0;
	fake_vm(1)->i_ino = 0xfffffff1;
	fake_in_vm(2, 1);
	for (u32 i = 0; i < 3; i++)
		fake_entry(i);
	check(1, 0, 2, 0);
	ck_assert_uint_eq(sums.folder, 0xfffffff0);
	check(2, 0, 1, 0);
	ck_assert_uint_eq(sums.folder, 0xfffffff1);
	check(3, 0, 0, 0);
	ck_assert_uint_eq(sums.folder, 0);
}
END_TEST

/* KVM could not create the folder and has an error in place of the pointer. */
START_TEST(no_folder)
{
	load();
	fake_vm(0)->debugfs_dentry = -2ull;
	fake_entry(0);
	check(1, 0, 1, 0);
	ck_assert_uint_eq(sums.folder, 0);
}
END_TEST

/*
 * The vCPUs of a VM have different folders: bit n of @_i chooses the folder of
 * vCPU n.
 */
START_TEST(folders_that_differ)
{
	load();
	for (u32 i = 0; i < 3; i++) {
		fake_vm(0)->i_ino = _i >> i & 1 ? 0x77 : 0x88;
		fake_entry(i);
	}
	check(1, 0, 3, 0);
	ck_assert_uint_eq(sums.folder, 0);
}
END_TEST

/*
 * With classic tracepoints, the folder is known if the thread's current vCPU is
 * known.
 */
START_TEST(classic)
{
	fake_kvm_load_as(&options, SVM,
			 (struct choice){ ATTACH_TP, READ_PROBE, ENDS_FENTRY });
	fake_kvm_attach();
	fake_vm(0)->i_ino = 0x99;
	if (_i)
		fake_runs_none();
	exits(0, EXIT_SVM_MSR, 3);
	check(1, 3, 1, 0);
	ck_assert_uint_eq(sums.folder, _i ? 0 : 0x99);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("observer_sums");
	TCase *tcase = tcase_create("the sums of a VM");

	tap_needs_bpf();
	tcase_add_checked_fixture(tcase, NULL, teardown);
	tcase_add_test(tcase, of_each_vm);
	tcase_add_test(tcase, times);
	tcase_add_test(tcase, beside_a_collection);
	tcase_add_test(tcase, one_that_comes);
	tcase_add_test(tcase, one_that_is_coming);
	tcase_add_test(tcase, a_slot_of_another);
	tcase_add_test(tcase, no_reason);
	tcase_add_test(tcase, folders);
	tcase_add_test(tcase, no_folder);
	tcase_add_loop_test(tcase, folders_that_differ, 1, 7);
	tcase_add_loop_test(tcase, classic, 0, 2);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
