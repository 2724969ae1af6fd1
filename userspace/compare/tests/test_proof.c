// SPDX-License-Identifier: GPL-2.0-only
/* The books beside an observer that another part owns, here a stand-in. */
#include <stdio.h>
#include <string.h>

#include "compare/keeper.h"
#include "compare/proof.h"
#include "exit_leaves.h"
#include "ledger/reasons.h"
#include "tests/fake_root.h"
#include "tests/made_up.h"
#include "tests/tap.h"

#define KVM "/sys/kernel/debug/kvm/"

static struct proof proof;
static struct host host;
static struct ledger interval;
static struct why why;
static int mode, collections;
/* Called at each collection, with its number. */
static void (*happen)(int nr, struct ledger *ledger, struct answers *answers);

/* --- stand-ins for the observer and KVM's parameters --- */

int observer_collect(struct observer *observer, struct ledger *ledger,
		     struct ledger *total)
{
	(void)observer;
	(void)total;
	happen(++collections, ledger, NULL);
	return 0;
}

int observer_collect_answers(struct observer *observer, struct ledger *ledger,
			     struct answers *answers)
{
	(void)observer;
	happen(++collections, ledger, answers);
	return 0;
}

bool observer_sees_no_entries(const struct observer *observer)
{
	(void)observer;
	return true;
}

int keeper_note_start(struct books *books, const struct observer *observer,
		      uint64_t start_ns, struct why *of)
{
	(void)observer;
	(void)of;
	books->started_ns = start_ns;
	books->sees_ends = true;
	return 0;
}

int kvm_params_exit_stats(void)
{
	return mode;
}

bool kvm_params_leaves(void)
{
	return mode > 0;
}

int kvm_params_watch(struct kvm_params_watch *watch)
{
	watch->fd = -1;
	return 0;
}

bool kvm_params_written(struct kvm_params_watch *watch)
{
	(void)watch;
	return false;
}

void kvm_params_unwatch(struct kvm_params_watch *watch)
{
	(void)watch;
}

/* --- a proof with it --- */

static void begin(int exit_stats)
{
	mode = exit_stats;
	host = (struct host){ .isa = EXIT_LEAF_ISA_SVM,
			      .exit_stats = exit_stats };
	ck_assert_int_eq(proof_open(&proof, (struct observer *)&proof, &host,
				    exit_stats != HOST_UNPATCHED, &why),
			 0);
	proof.statistics.root = root;
	/* Two seconds have passed, so the rate of the TSC is known. */
	proof.start.ns -= 2000000000;
}

static void setup(void)
{
	root_make();
	memset(&proof, 0, sizeof(proof));
	collections = 0;
}

static void teardown(void)
{
	proof_close(&proof);
	ledger_free(&interval);
	root_remove();
}

/* Empty the interval after each collection, as an exporter does. */
static void collect(void)
{
	proof.next_statistics = 0;
	ledger_reset(&interval);
	ck_assert_int_eq(proof_collect(&proof, &interval, &why), 0);
}

static const struct ledger_vcpu *vcpu_in(const struct ledger *ledger)
{
	const struct ledger_vm *vm = ledger_find_vm(ledger, 1);

	ck_assert_ptr_nonnull(vm);
	return &vm->vcpu[0];
}

/* Write KVM's exits of the VM, whose process has the pid 1001. */
static void kvm_counts(unsigned int exits)
{
	char text[32];

	snprintf(text, sizeof(text), "%u\n", exits);
	root_write(KVM "1001-10/vcpu0/pid", "10000\n");
	root_write(KVM "1001-10/exits", text);
}

static void ten_exits(int nr, struct ledger *ledger, struct answers *answers)
{
	const struct ledger_slow slow = { .vm = 1 };

	(void)nr;
	(void)answers;
	made_up_time(ledger, 1, 0, EXIT_SVM_HLT, 1000, 10);
	ck_assert_int_eq(ledger_slow_add(&ledger->slows, &slow), 0);
}

START_TEST(both_collections_are_of_the_interval)
{
	happen = ten_exits;
	begin(HOST_UNPATCHED);
	kvm_counts(15);
	for (int i = 1; i <= 3; i++) {
		collect();
		ck_assert_int_eq(collections, 2 * i);
		ck_assert_uint_eq(vcpu_in(&interval)->exits, 20);
		ck_assert_uint_eq(interval.slows.nr, 2);
		ck_assert_uint_eq(vcpu_in(&interval)->cells.cell[0].times.exits,
				  20);
		ck_assert_uint_eq(vcpu_in(&proof.books.ledger)->exits, 20 * i);
		ck_assert_uint_eq(proof.books.nr_statistics, 1);
		/* KVM's number was read between the two collections. */
		ck_assert_uint_eq(proof.books.statistics[0].before,
				  20 * i - 10);
		ck_assert_uint_eq(proof.books.statistics[0].exits, 20 * i - 5);
		ck_assert_uint_eq(proof.judge.balance.statistics, i);
		kvm_counts(20 * i + 15);
	}
	ck_assert_uint_eq(proof.judge.balance.discrepancies, 0);
	ck_assert(proof_cost_ns(&proof) < 0);
}
END_TEST

START_TEST(statistics_that_are_wrong)
{
	happen = ten_exits;
	begin(HOST_UNPATCHED);
	kvm_counts(2);
	collect();
	ck_assert_uint_eq(proof.judge.balance.discrepancies, 1);
	ck_assert_int_eq(proof.judge.balance.finding[0].rule, RULE_STATISTICS);
	/* A finding is reported once. */
	proof.judge.balance.nr = 0;
	kvm_counts(35);
	collect();
	ck_assert_uint_eq(proof.judge.balance.nr, 0);
}
END_TEST

static void late_exits(int nr, struct ledger *ledger, struct answers *answers)
{
	ten_exits(nr, ledger, answers);
	ledger->vm[0].vcpu[0].prior_exits = 1000;
}

START_TEST(before_the_observer_came)
{
	happen = late_exits;
	begin(HOST_UNPATCHED);
	kvm_counts(1015);
	collect();
	ck_assert_uint_eq(proof_prior(&proof, 1), 1000);
	ck_assert_uint_eq(proof_prior(&proof, 2), 0);
	ck_assert_uint_eq(proof.judge.balance.discrepancies, 0);
	ck_assert_uint_eq(proof.judge.balance.statistics, 1);
}
END_TEST

/* The VM ends in the first collection of the second interval. */
static void end_in_the_first(int nr, struct ledger *ledger,
			     struct answers *answers)
{
	(void)answers;
	if (nr > 3)
		return;
	made_up_time(ledger, 1, 0, EXIT_SVM_HLT, 1000, 10);
	ledger->vm[0].vcpu[0].gone = nr == 3;
}

START_TEST(a_vm_that_ends_stays_so)
{
	happen = end_in_the_first;
	begin(HOST_UNPATCHED);
	kvm_counts(15);
	collect();
	ck_assert(!vcpu_in(&interval)->gone);
	collect();
	ck_assert_int_eq(collections, 4);
	ck_assert(vcpu_in(&interval)->gone);
	ck_assert_uint_eq(vcpu_in(&interval)->exits, 10);
	ck_assert_uint_eq(proof.books.ledger.nr_vms, 0);
	ck_assert_uint_eq(judge_exits(&proof.judge), 30);
	collect();
	ck_assert_ptr_null(ledger_find_vm(&interval, 1));
}
END_TEST

/* The VM ends in a collection at which KVM's statistics are not read. */
START_TEST(a_vm_that_ends_between_statistics_stays_so)
{
	happen = end_in_the_first;
	begin(HOST_UNPATCHED);
	kvm_counts(15);
	collect();
	ledger_reset(&interval);
	ck_assert_int_eq(proof_collect(&proof, &interval, &why), 0);
	ck_assert_int_eq(collections, 3);
	ck_assert(vcpu_in(&interval)->gone);
	for (int i = 0; i < 2; i++) {
		collect();
		ck_assert_ptr_null(ledger_find_vm(&interval, 1));
	}
}
END_TEST

static uint64_t kernel, bpf;

/* A guest reads its exits, of which KVM counted @kernel. */
static void read_exits(int nr, struct ledger *ledger, struct answers *answers)
{
	const struct answer answer = { .read = { .leaf = EXIT_LEAF_EXITS,
						 .eax = kernel },
				       .vm = 1,
				       .found = true,
				       .paired = true,
				       .vcpus = 1,
				       .outside = 1,
				       .exits_before = bpf,
				       .exits_after = bpf };

	(void)nr;
	made_up_exits(ledger, 1, 0, EXIT_SVM_CPUID, 1);
	ck_assert_ptr_nonnull(answers);
	ck_assert_int_eq(answers_add(answers, &answer), 0);
}

START_TEST(answers_are_judged_and_forgotten)
{
	happen = read_exits;
	begin(2);
	kernel = bpf = 7;
	collect();
	ck_assert_uint_eq(proof.judge.balance.checked, 2);
	ck_assert_uint_eq(proof.judge.reads, 2);
	ck_assert_uint_eq(proof.books.answers.nr, 0);
	ck_assert_uint_eq(proof.judge.balance.discrepancies, 0);
	kernel = 6;
	collect();
	ck_assert_uint_eq(proof.judge.balance.discrepancies, 2);
	ck_assert_int_eq(proof.judge.balance.finding[0].rule, RULE_KERNEL_LOW);
}
END_TEST

/* In the first second nothing is judged, but nothing is lost either. */
START_TEST(answers_wait_for_the_tsc)
{
	happen = read_exits;
	begin(2);
	kernel = 6;
	bpf = 7;
	proof.start.ns += 2000000000;
	collect();
	ck_assert_uint_eq(proof.judge.balance.checked, 0);
	proof.start.ns -= 2000000000;
	collect();
	ck_assert_uint_eq(proof.judge.balance.discrepancies, 4);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("proof");
	TCase *tcase = tcase_create("proof");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, both_collections_are_of_the_interval);
	tcase_add_test(tcase, statistics_that_are_wrong);
	tcase_add_test(tcase, before_the_observer_came);
	tcase_add_test(tcase, a_vm_that_ends_stays_so);
	tcase_add_test(tcase, a_vm_that_ends_between_statistics_stays_so);
	tcase_add_test(tcase, answers_are_judged_and_forgotten);
	tcase_add_test(tcase, answers_wait_for_the_tsc);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
