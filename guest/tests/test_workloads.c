// SPDX-License-Identifier: GPL-2.0-only
/* Tests how exitwork judges counters, with a made-up hypervisor. */
#include <string.h>

#include "ledger/reasons.h"
#include "tests/tap.h"
#include "workloads/exitwork_show.h"

/* A KVM with counters: each CPUID adds one exit, and work adds others. */
static struct kvm {
	uint32_t isa;
	bool present;
	uint64_t total, cpuid, io;
} kvm;

static void answer(struct leaf_io *io, void *data)
{
	uint64_t exits = 0;

	(void)data;
	kvm.total++;
	kvm.cpuid++;
	io->eax = io->ebx = io->ecx = io->edx = 0;
	if (!kvm.present)
		return;
	switch (io->leaf) {
	case EXIT_LEAF_INFO:
		io->eax = io->index ? kvm.isa : EXIT_LEAF_ABI;
		io->ebx = EXIT_LEAF_SIG_EBX;
		io->ecx = io->index ? 1 : EXIT_LEAF_SIG_ECX;
		io->edx = io->index ? EXIT_LEAF_COUNTING : EXIT_LEAF_SIG_EDX;
		return;
	case EXIT_LEAF_EXITS:
		exits = kvm.total;
		break;
	case EXIT_LEAF_REASON_EXITS:
		if (io->index == exit_reason_cpuid(kvm.isa))
			exits = kvm.cpuid;
		else if (io->index == (kvm.isa == EXIT_ISA_SVM ?
					       EXIT_SVM_IOIO :
					       EXIT_VMX_IO_INSTRUCTION))
			exits = kvm.io;
		break;
	}
	io->eax = exits;
	io->ebx = exits >> 32;
}

static struct outcome outcome;

static void setup(void)
{
	kvm = (struct kvm){ EXIT_ISA_SVM, true, 0xfffffff0, 7, 5 };
	memset(&outcome, 0, sizeof(outcome));
	outcome.paging = PAGING_NESTED;
}

static void teardown(void)
{
	leaves_free(&outcome.before);
	leaves_free(&outcome.after);
}

/* Do a workload: it causes these numbers of CPUID and I/O exits. */
static void work(const char *name, uint64_t operations, uint64_t cpuids,
		 uint64_t ios)
{
	outcome.workload = workload_find(name);
	outcome.operations = operations;
	ck_assert_ptr_nonnull(outcome.workload);
	ck_assert_int_eq(leaves_read(&outcome.before, answer, NULL), 0);
	kvm.total += cpuids + ios;
	kvm.cpuid += cpuids;
	kvm.io += ios;
	ck_assert_int_eq(leaves_read(&outcome.after, answer, NULL), 0);
}

START_TEST(growth)
{
	for (uint32_t isa = EXIT_ISA_VMX; isa <= EXIT_ISA_SVM; isa++) {
		kvm.isa = isa;
		work("cpuid", 10, 10, 3);
		ck_assert_uint_eq(growth_total(&outcome.before, &outcome.after),
				  13);
		ck_assert_uint_eq(growth_of(&outcome.before, &outcome.after,
					    exit_reason_cpuid(isa)),
				  10);
		ck_assert(outcome_has_leaves(&outcome));
		ck_assert(outcome_met(&outcome));
		teardown();
	}
}
END_TEST

START_TEST(unexpected)
{
	work("cpuid", 10, 11, 0);
	ck_assert(!outcome_met(&outcome));
	teardown();
	work("in", 10, 0, 9);
	ck_assert(!outcome_met(&outcome));
	teardown();
	work("in", 10, 0, 11);
	ck_assert(outcome_met(&outcome));
}
END_TEST

START_TEST(no_leaves)
{
	kvm.present = false;
	work("cpuid", 10, 10, 0);
	ck_assert(!outcome_has_leaves(&outcome));
	teardown();
	/* The counters were switched on between the two reads. */
	kvm.present = true;
	work("cpuid", 10, 10, 0);
	outcome.before.counting = false;
	ck_assert(!outcome_has_leaves(&outcome));
}
END_TEST

/* If another KVM counts, no difference can be computed. */
START_TEST(began_anew)
{
	work("cpuid", 10, 10, 3);
	ck_assert(growth_is_one(&outcome.before, &outcome.after));
	teardown();
	/* The total has increased, but one reason's count has decreased. */
	kvm.io = 100;
	work("in", 10, 10, -50);
	ck_assert(!growth_is_one(&outcome.before, &outcome.after));
	teardown();
	work("in", 10, -1000, 0);
	ck_assert(!growth_is_one(&outcome.before, &outcome.after));
}
END_TEST

START_TEST(rules_judge)
{
	struct expectation e = { .exits = 1, .operations = 4 };

	e.rule = RULE_EXACTLY;
	ck_assert(expectation_met(&e, 25, 100));
	ck_assert(!expectation_met(&e, 24, 100));
	ck_assert(!expectation_met(&e, 26, 100));
	e.rule = RULE_AT_LEAST;
	ck_assert(expectation_met(&e, 26, 100));
	ck_assert(!expectation_met(&e, 24, 100));
	e.rule = RULE_AT_MOST;
	ck_assert(expectation_met(&e, 24, 100));
	ck_assert(!expectation_met(&e, 26, 100));
	e.rule = RULE_ON_HARDWARE;
	ck_assert(expectation_met(&e, 0, 100));
}
END_TEST

/* Each workload has a function, and expected exits for every kind of host. */
START_TEST(table)
{
	for (size_t i = 0; i < WORKLOADS; i++) {
		const struct workload *workload = &workloads[i];

		ck_assert_ptr_eq(workload_find(workload->name), workload);
		ck_assert_ptr_nonnull(workload->run);
		ck_assert_uint_gt(workload->count, 0);
		for (uint32_t isa = EXIT_ISA_VMX; isa <= EXIT_ISA_SVM; isa++) {
			const struct expectation *e = NULL;
			unsigned int nr = 0;

			while ((e = expectation_next(workload, PAGING_NESTED,
						     isa, e))) {
				ck_assert_ptr_nonnull(
					exit_reason_find(isa, e->reason[isa]));
				ck_assert_uint_gt(e->operations, 0);
				nr++;
			}
			ck_assert_uint_gt(nr, 0);
			ck_assert_ptr_nonnull(expectation_next(
				workload, PAGING_SHADOW, isa, NULL));
		}
	}
	ck_assert_ptr_null(workload_find("jump"));
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("workloads");
	Suite *suite = suite_create("workloads");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, growth);
	tcase_add_test(tcase, unexpected);
	tcase_add_test(tcase, no_leaves);
	tcase_add_test(tcase, began_anew);
	tcase_add_test(tcase, rules_judge);
	tcase_add_test(tcase, table);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
