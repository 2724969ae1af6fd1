// SPDX-License-Identifier: GPL-2.0-only
/*
 * Threads and vCPUs are not paired: a thread can run several vCPUs in turn, and
 * a vCPU can be run by several threads.  Every event must be booked for the
 * right vCPU.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "exit_leaves.h"
#include "exit_reason_codes.h"
#include "fake_kvm.h"
#include "tests/tap.h"

#define SVM EXIT_LEAF_ISA_SVM

/* --- keys --- */

#define GPA 0x200000ull

/* Make a page fault.  Its address comes from KVM's tracepoint. */
static void touch(u32 i, u64 gpa)
{
	u64 args[4] = { 1, 4, gpa, 0 };

	fake_exit(i, EXIT_SVM_NPF);
	run(bpf->progs.key_mmio, args, 4);
	fake_entry(i);
}

START_TEST(keys_of_vcpus_in_turn)
{
	fake_kvm_load(&(struct observer_options){ .by = LEDGER_KEY_MMIO }, SVM);
	for (int round = 0; round < 3; round++) {
		for (u32 i = 0; i < 3; i++) {
			for (int n = 0; n < 100; n++)
				touch(i, GPA + i);
		}
	}
	for (u32 i = 0; i < 3; i++) {
		const struct obs_keyed keyed =
			fake_keyed(i, EXIT_SVM_NPF, GPA + i);

		ck_assert_uint_eq(keyed.exits, 300);
		ck_assert_uint_eq(keyed.timed, 300);
	}
	fake_nothing_lost();
}
END_TEST

/* The first event of a vCPU must not go to the vCPU whose exit is open. */
START_TEST(keys_while_another_is_open)
{
	u64 args[4] = { 1, 4, GPA, 0 };

	fake_kvm_load(&(struct observer_options){ .by = LEDGER_KEY_MMIO }, SVM);
	fake_exit(0, EXIT_SVM_NPF);
	fake_runs(1);
	run(bpf->progs.key_mmio, args, 4);
	fake_entry(1);
	ck_assert_uint_eq(fake_keyed(0, EXIT_SVM_NPF, GPA).exits, 0);
	ck_assert_uint_eq(fake_slot(0)->has_key, 0);
}
END_TEST

/* An exit without an entry leaves nothing behind for the next exit. */
START_TEST(keys_after_a_missed_entry)
{
	u64 args[4] = { 1, 4, GPA, 0 };

	fake_kvm_load(&(struct observer_options){ .by = LEDGER_KEY_MMIO }, SVM);
	fake_exit(0, EXIT_SVM_NPF);
	run(bpf->progs.key_mmio, args, 4);
	touch(0, GPA + 8);
	ck_assert_uint_eq(fake_keyed(0, EXIT_SVM_NPF, GPA).exits, 1);
	ck_assert_uint_eq(fake_keyed(0, EXIT_SVM_NPF, GPA).timed, 0);
	ck_assert_uint_eq(fake_keyed(0, EXIT_SVM_NPF, GPA + 8).timed, 1);
	ck_assert_uint_eq(fake_lost("missed_entries"), 1);
}
END_TEST

/* --- time off the CPU --- */

#define ASLEEP 50000000ull
/*
 * The sleep's timer starts before the thread leaves the CPU, and on a busy
 * machine that may take some time.  More than this is counted of each sleep.
 * Anything else keeps the thread off the CPU for less than this.
 */
#define MOST_OF_IT (ASLEEP / 2)

static void sleep_a_while(void)
{
	const struct timespec time = { .tv_nsec = ASLEEP };

	nanosleep(&time, NULL);
}

static void load_off_cpu(void)
{
	fake_kvm_load(&(struct observer_options){ .off_cpu = true }, SVM);
	ck_assert_int_eq(observer_bpf__attach(bpf), 0);
}

static u64 off(u32 i)
{
	const struct obs_cell *cell = &fake_slot(i)->cell[1];

	return cell->preempted_ns + cell->blocked_ns;
}

static void rounds(int nr)
{
	for (int n = 0; n < nr; n++) {
		for (u32 i = 0; i < 3; i++) {
			fake_exit(i, EXIT_SVM_HLT);
			fake_entry(i);
		}
	}
}

START_TEST(off_cpu_of_vcpus_in_turn)
{
	load_off_cpu();
	rounds(3);
	for (u32 i = 0; i < 3; i++) {
		fake_exit(i, EXIT_SVM_HLT);
		sleep_a_while();
		fake_entry(i);
	}
	for (u32 i = 0; i < 3; i++) {
		ck_assert_uint_ge(off(i), MOST_OF_IT);
		ck_assert_uint_le(off(i), fake_slot(i)->cell[1].ns);
	}
	fake_nothing_lost();
}
END_TEST

/* Of two vCPUs with open exits, the one with the latest exit gets the sleep. */
START_TEST(off_cpu_while_another_is_open)
{
	load_off_cpu();
	rounds(1);
	fake_exit(1, EXIT_SVM_HLT);
	fake_exit(0, EXIT_SVM_HLT);
	sleep_a_while();
	fake_entry(0);
	fake_entry(1);
	ck_assert_uint_ge(off(0), MOST_OF_IT);
	ck_assert_uint_lt(off(1), MOST_OF_IT);
}
END_TEST

/* Sleep first, so that the other thread is certainly off the CPU. */
static void enter(void)
{
	sleep_a_while();
	fake_entry(0);
}

static void enter_and_exit(void)
{
	enter();
	fake_exit(0, EXIT_SVM_HLT);
}

/*
 * The thread that saw an exit waits off the CPU while another thread enters the
 * vCPU.  The time up to the entry belongs to the exit, and no more.
 */
START_TEST(off_cpu_of_a_vcpu_that_moves)
{
	u64 first, ns;

	load_off_cpu();
	rounds(1);
	fake_exit(0, EXIT_SVM_HLT);
	fake_on_thread(_i ? enter_and_exit : enter);
	first = off(0);
	ns = fake_slot(0)->cell[1].ns;
	ck_assert_uint_ge(first, MOST_OF_IT);
	ck_assert_uint_le(first, ns);
	sleep_a_while();
	if (_i)
		fake_entry(0);
	fake_exit(0, EXIT_SVM_HLT);
	fake_entry(0);
	ck_assert_uint_le(off(0) - first, fake_slot(0)->cell[1].ns - ns);
	/* With enter_and_exit(), the exit is open on a thread that has ended. */
	if (!_i)
		ck_assert_uint_lt(off(0) - first, MOST_OF_IT);
}
END_TEST

static void asleep(void)
{
	fake_exit(0, EXIT_SVM_HLT);
	sleep_a_while();
	fake_entry(0);
}

/* A vCPU has moved to another thread, which sleeps. */
START_TEST(off_cpu_on_another_thread)
{
	u64 first;

	load_off_cpu();
	rounds(1);
	fake_on_thread(asleep);
	first = off(0);
	ck_assert_uint_ge(first, MOST_OF_IT);
	ck_assert_uint_le(first, fake_slot(0)->cell[1].ns);
	/* The vCPU moves back. */
	asleep();
	ck_assert_uint_ge(off(0) - first, MOST_OF_IT);
	fake_nothing_lost();
}
END_TEST

/* --- the map of threads --- */

/* The map is full: exits of unknown threads are booked, and count as losses. */
START_TEST(threads_run_out)
{
	u32 slot = 7;

	fake_kvm_load(&(struct observer_options){ .off_cpu = true }, SVM);
	for (u32 tid = 1000000; tid < 1000000 + 2 * OBS_SLOTS; tid++)
		ck_assert_int_eq(bpf_map__update_elem(bpf->maps.threads, &tid,
						      sizeof(tid), &slot,
						      sizeof(slot), 0),
				 0);
	rounds(5);
	ck_assert_uint_eq(fake_slot(0)->cell[1].exits, 5);
	ck_assert_uint_eq(fake_lost("no_thread"), 15);
}
END_TEST

static void one_round(void)
{
	rounds(1);
}

/* A VMM runs each KVM_RUN on a new thread; old threads end. */
START_TEST(threads_without_end)
{
	const int nr = 3 * OBS_SLOTS;
	struct ledger ledger = { 0 };

	fake_kvm_load(&(struct observer_options){ .off_cpu = true }, SVM);
	for (int i = 0; i < nr; i++) {
		fake_on_thread(one_round);
		if (observer_has_news(&observer))
			ck_assert_int_eq(
				observer_collect(&observer, &ledger, NULL), 0);
	}
	ck_assert_uint_eq(fake_slot(0)->cell[1].exits, nr);
	fake_nothing_lost();
	ledger_free(&ledger);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("observer's threads");
	TCase *tcase = tcase_create("programs");

	tap_needs_bpf();
	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, NULL, fake_kvm_teardown);
	tcase_add_test(tcase, keys_of_vcpus_in_turn);
	tcase_add_test(tcase, keys_while_another_is_open);
	tcase_add_test(tcase, keys_after_a_missed_entry);
	tcase_add_test(tcase, off_cpu_of_vcpus_in_turn);
	tcase_add_test(tcase, off_cpu_while_another_is_open);
	tcase_add_loop_test(tcase, off_cpu_of_a_vcpu_that_moves, 0, 2);
	tcase_add_test(tcase, off_cpu_on_another_thread);
	tcase_add_test(tcase, threads_run_out);
	tcase_add_test(tcase, threads_without_end);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
