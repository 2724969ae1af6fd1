// SPDX-License-Identifier: GPL-2.0-only
/*
 * The parts of an exit's time: KVM's own, the VMM's, and off the CPU.  Their
 * sum is the time, whatever happens during the exit.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "exit_leaves.h"
#include "exit_reason_codes.h"
#include "fake_kvm.h"
#include "ledger/ledger.h"
#include "tests/tap.h"

#define SVM EXIT_LEAF_ISA_SVM
#define MS 1000000ull

static const struct observer_options asked = { .off_cpu = true, .split = true };

static void returns(u32 i)
{
	run(bpf->progs.run_returns, (u64[]){ fake_address(i), 0 }, 2);
}

static void called(u32 i)
{
	run(bpf->progs.run_called, (u64[]){ fake_address(i) }, 1);
}

static struct obs_split *split(u32 i)
{
	return &bpf->bss->splits[fake_slot(i) - bpf->bss->slots];
}

static struct obs_cell *cell(u32 i)
{
	return &fake_slot(i)->cell[1];
}

static u64 vmm(u32 i)
{
	return split(i)->vmm_ns[1];
}

/* Let everything of the open exit have happened earlier by this time. */
static void earlier(u32 i, u64 ns)
{
	fake_slot(i)->exit_ns -= ns;
	if (split(i)->user_ns)
		split(i)->user_ns -= ns;
}

START_TEST(time_in_the_vmm)
{
	u64 ns;

	fake_kvm_load(&asked, SVM);
	fake_exit(0, EXIT_SVM_IOIO);
	earlier(0, 3 * MS);
	returns(0);
	earlier(0, 5 * MS);
	called(0);
	ck_assert_uint_eq(split(0)->user_ns, 0);
	ck_assert_uint_ge(split(0)->open_ns, 5 * MS);
	earlier(0, 7 * MS);
	fake_entry(0);
	ns = cell(0)->ns;
	ck_assert_uint_ge(ns, 15 * MS);
	ck_assert_uint_ge(vmm(0), 5 * MS);
	/* The rest is KVM's: at least what came before and after. */
	ck_assert_uint_ge(ns - vmm(0), 10 * MS);
	/* The next exit stays in KVM, and the one after it goes out twice. */
	ns = vmm(0);
	fake_exit(0, EXIT_SVM_IOIO);
	fake_entry(0);
	ck_assert_uint_eq(vmm(0), ns);
	fake_exit(0, EXIT_SVM_IOIO);
	for (int n = 0; n < 2; n++) {
		returns(0);
		earlier(0, 2 * MS);
		called(0);
	}
	fake_entry(0);
	ck_assert_uint_ge(vmm(0) - ns, 4 * MS);
	ck_assert_uint_lt(vmm(0) - ns, cell(0)->ns);
	fake_nothing_lost();
}
END_TEST

/* Time off the CPU is not the VMM's, even if the thread was in the VMM. */
START_TEST(off_the_cpu_in_the_vmm)
{
	fake_kvm_load(&asked, SVM);
	fake_exit(0, EXIT_SVM_IOIO);
	/* Off the CPU in KVM, before the VMM has it. */
	earlier(0, 10 * MS);
	fake_slot(0)->preempted_ns = 2 * MS;
	returns(0);
	earlier(0, 9 * MS);
	fake_slot(0)->blocked_ns = 4 * MS;
	fake_slot(0)->preempted_ns += 3 * MS;
	called(0);
	fake_entry(0);
	ck_assert_uint_eq(cell(0)->preempted_ns, 5 * MS);
	ck_assert_uint_eq(cell(0)->blocked_ns, 4 * MS);
	ck_assert_uint_ge(vmm(0), 2 * MS);
	ck_assert_uint_ge(cell(0)->ns - vmm(0), 17 * MS);
	fake_nothing_lost();
}
END_TEST

/*
 * The thread that returned from KVM_RUN is still off the CPU when another one
 * calls KVM_RUN.  If @_i is 1, the kernel has skipped the program that sees
 * this.
 */
START_TEST(another_thread_runs_it)
{
	u64 off;

	fake_kvm_load(&asked, SVM);
	fake_exit(0, EXIT_SVM_IOIO);
	returns(0);
	earlier(0, 20 * MS);
	fake_slot(0)->off_ns = split(0)->user_ns + 5 * MS;
	if (!_i)
		called(0);
	fake_entry(0);
	off = cell(0)->blocked_ns + cell(0)->preempted_ns;
	ck_assert_uint_ge(off, 15 * MS);
	ck_assert_uint_ge(vmm(0), 5 * MS);
	ck_assert_uint_le(vmm(0) + off, cell(0)->ns);
	ck_assert_uint_eq(split(0)->user_ns, 0);
	ck_assert_uint_eq(split(0)->open_ns, 0);
}
END_TEST

/* KVM_RUN returns and is called without an open exit: nothing to book. */
START_TEST(without_an_exit)
{
	fake_kvm_load(&asked, SVM);
	called(0);
	returns(0);
	ck_assert_ptr_null(slot_of(fake_address(0)));
	fake_entry(0);
	returns(0);
	called(0);
	fake_exit(0, EXIT_SVM_IOIO);
	fake_entry(0);
	ck_assert_uint_eq(vmm(0), 0);
	/* An exit without an entry leaves nothing for the next one. */
	fake_exit(0, EXIT_SVM_IOIO);
	returns(0);
	earlier(0, 9 * MS);
	called(0);
	fake_exit(0, EXIT_SVM_IOIO);
	fake_entry(0);
	ck_assert_uint_eq(vmm(0), 0);
	fake_exit(0, EXIT_SVM_IOIO);
	returns(0);
	fake_exit(0, EXIT_SVM_IOIO);
	ck_assert_uint_eq(split(0)->user_ns, 0);
	ck_assert_uint_eq(fake_lost("missed_entries"), 2);
}
END_TEST

/* The clocks of CPUs differ: no part is longer than the exit. */
START_TEST(clocks_that_differ)
{
	fake_kvm_load(&asked, SVM);
	fake_exit(0, EXIT_SVM_IOIO);
	returns(0);
	split(0)->user_ns -= 50 * MS;
	called(0);
	fake_entry(0);
	ck_assert_uint_eq(vmm(0), cell(0)->ns);
	fake_exit(0, EXIT_SVM_IOIO);
	returns(0);
	split(0)->user_ns += 1000000 * MS;
	called(0);
	fake_entry(0);
	ck_assert_uint_le(vmm(0), cell(0)->ns);
	ck_assert_uint_eq(fake_lost("negative"), 1);
	/* More time off the CPU than time. */
	fake_exit(0, EXIT_SVM_IOIO);
	returns(0);
	called(0);
	fake_slot(0)->preempted_ns = 1000000 * MS;
	fake_entry(0);
	ck_assert_uint_eq(split(0)->open_ns, 0);
}
END_TEST

/* Collect an interval, and return the times of its only reason. */
static struct exit_times collected(void)
{
	struct exit_times times = { 0 };
	struct ledger ledger = { 0 };

	ck_assert_int_eq(observer_collect(&observer, &ledger, NULL), 0);
	for (size_t i = 0; i < ledger.nr_vms; i++) {
		const struct ledger_cells *cells = &ledger.vm[i].vcpu[0].cells;

		if (cells->nr)
			times = cells->cell[0].times;
	}
	ledger_free(&ledger);
	return times;
}

/*
 * A collection comes between the booking of an exit's parts and of its time:
 * the sum is right in every interval, and nothing is lost.
 */
START_TEST(collected_in_between)
{
	struct exit_times times;
	u64 sum;

	fake_kvm_load(&asked, SVM);
	fake_exit(0, EXIT_SVM_IOIO);
	fake_entry(0);
	cell(0)->ns = 10 * MS;
	split(0)->vmm_ns[1] = 14 * MS; /* 8 are of the next exit */
	cell(0)->preempted_ns = 3 * MS;
	times = collected();
	ck_assert_uint_eq(times.ns, 10 * MS);
	ck_assert_uint_eq(times.preempted_ns, 3 * MS);
	ck_assert_uint_eq(times.vmm_ns, 7 * MS);
	ck_assert_uint_eq(exit_times_kvm(&times), 0);
	sum = times.vmm_ns;
	cell(0)->ns += 9 * MS;
	cell(0)->exits++;
	times = collected();
	ck_assert_uint_eq(times.ns, 9 * MS);
	ck_assert_uint_eq(sum + times.vmm_ns, 14 * MS);
	ck_assert_uint_eq(exit_times_kvm(&times), 2 * MS);
}
END_TEST

/* The total is made from BPF's own sums, and its parts fit into its time, too. */
START_TEST(total_in_between)
{
	struct ledger interval = { 0 }, total = { 0 };
	const struct exit_times *times;

	fake_kvm_load(&asked, SVM);
	fake_exit(0, EXIT_SVM_IOIO);
	fake_entry(0);
	cell(0)->ns = 10 * MS;
	split(0)->vmm_ns[1] = 14 * MS;
	cell(0)->blocked_ns = 3 * MS;
	ck_assert_int_eq(observer_collect(&observer, &interval, &total), 0);
	ck_assert_int_eq(observer_total(&observer, &interval, &total), 0);
	times = &total.vm[0].vcpu[0].cells.cell[0].times;
	ck_assert_uint_eq(times->ns, 10 * MS);
	ck_assert_uint_eq(times->blocked_ns, 3 * MS);
	ck_assert_uint_eq(times->vmm_ns, 7 * MS);
	ck_assert_uint_eq(exit_times_kvm(times), 0);
	ledger_free(&interval);
	ledger_free(&total);
}
END_TEST

/* A slot that is taken again begins with no time. */
START_TEST(a_slot_is_taken_again)
{
	fake_kvm_load(&asked, SVM);
	fake_exit(0, EXIT_SVM_IOIO);
	returns(0);
	earlier(0, MS);
	called(0);
	fake_entry(0);
	ck_assert_uint_ge(collected().vmm_ns, MS);
	fake_exit(0, EXIT_SVM_IOIO);
	returns(0);
	run(bpf->progs.vcpu_end, (u64[]){ fake_address(0) }, 1);
	collected();
	fake_entry(0);
	ck_assert_uint_eq(vmm(0), 0);
	ck_assert_uint_eq(split(0)->user_ns, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("parts of an exit's time");
	TCase *tcase = tcase_create("programs");

	tap_needs_bpf();
	tcase_add_checked_fixture(tcase, NULL, fake_kvm_teardown);
	tcase_add_test(tcase, time_in_the_vmm);
	tcase_add_test(tcase, off_the_cpu_in_the_vmm);
	tcase_add_loop_test(tcase, another_thread_runs_it, 0, 2);
	tcase_add_test(tcase, without_an_exit);
	tcase_add_test(tcase, clocks_that_differ);
	tcase_add_test(tcase, collected_in_between);
	tcase_add_test(tcase, total_in_between);
	tcase_add_test(tcase, a_slot_is_taken_again);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
