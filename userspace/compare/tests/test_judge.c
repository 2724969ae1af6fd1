// SPDX-License-Identifier: GPL-2.0-only
/* Books that are kept live are judged, and judged answers are dropped. */
#include <errno.h>
#include <string.h>

#include "compare/judge.h"
#include "exit_leaves.h"
#include "tests/no_memory.h"
#include "tests/tap.h"

static struct kvm_params_watch params;
static const struct kvm_params_watch *asked;
static struct books books;
static struct judge judge;
static struct why why;
static int mode;
static bool written;

int kvm_params_exit_stats(void)
{
	return mode;
}

bool kvm_params_leaves(void)
{
	return true;
}

bool kvm_params_written(struct kvm_params_watch *watch)
{
	asked = watch;
	return written;
}

static void setup(void)
{
	mode = 2;
	written = false;
	memset(&books, 0, sizeof(books));
	books.host.isa = EXIT_LEAF_ISA_SVM;
	books.host.exit_stats = mode;
	books.leaves_on = true;
	why = (struct why){ "" };
	judge_begin(&judge, &books, &params);
}

static void teardown(void)
{
	judge_free(&judge);
	books_free(&books);
}

static struct ledger_vcpu *vcpu(uint64_t vm, uint32_t id)
{
	return ledger_vcpu(ledger_vm(&books.ledger, vm, 40 + vm), id);
}

/* Add a read: KVM counted @kernel exits, and BPF counted @bpf. */
static void read_exits(uint64_t kernel, uint64_t bpf)
{
	const struct answer answer = {
		.read = { EXIT_LEAF_EXITS, .eax = kernel },
		.vm = 1,
		.ns = 1000 * bpf,
		.found = true,
		.paired = true,
		.vcpus = 1,
		.outside = 1,
		.exits_before = bpf,
		.exits_after = bpf,
	};

	vcpu(1, 0)->exits = bpf;
	ck_assert_int_eq(answers_add(&books.answers, &answer), 0);
}

/* An answer that is kept for a later report is counted only once. */
START_TEST(answers_that_are_kept)
{
	for (uint64_t n = 1; n <= 3; n++) {
		read_exits(10 * n, 10 * n);
		ck_assert_int_eq(judge_answers(&judge, n < 3, &why), 0);
		ck_assert_str_eq(why.text, "");
		ck_assert_uint_eq(judge.reads, n);
		ck_assert_uint_eq(judge.balance.checked, n);
		ck_assert_uint_eq(books.answers.nr, n < 3 ? n : 0);
	}
	ck_assert_uint_eq(judge.unjudged, 0);
	ck_assert_ptr_eq(asked, &params);
}
END_TEST

/* The number of exits covers all vCPUs, including those of ended VMs. */
START_TEST(exits_of_all)
{
	vcpu(1, 0)->exits = 1;
	vcpu(1, 1)->exits = 20;
	vcpu(1, 2)->exits = 300;
	for (uint32_t id = 0; id < 3; id++) {
		vcpu(2, id)->exits = 1000;
		vcpu(2, id)->gone = true;
	}
	ck_assert_uint_eq(judge_exits(&judge), 3321);
	ck_assert_int_eq(judge_answers(&judge, false, &why), 0);
	ck_assert_uint_eq(books.ledger.nr_vms, 1);
	ck_assert_uint_eq(judge_exits(&judge), 3321);
}
END_TEST

/* After a switch, all VMs count as late: each may have had exits before it. */
START_TEST(all_run_at_a_switch)
{
	for (uint64_t vm = 1; vm <= 3; vm++)
		ck_assert_ptr_nonnull(vcpu(vm, 0));
	written = true;
	ck_assert_int_eq(judge_answers(&judge, false, &why), 0);
	ck_assert_uint_eq(judge.switched, 1);
	for (uint64_t vm = 1; vm <= 3; vm++)
		ck_assert(books_vm_is_late(&books, vm));
}
END_TEST

START_TEST(no_memory)
{
	read_exits(10, 10);
	ck_assert_int_eq(WITH_MEMORY(0, judge_answers(&judge, false, &why)),
			 -ENOMEM);
	ck_assert_str_eq(why.text, "out of memory");
	vcpu(1, 0);
	written = true;
	why = (struct why){ "" };
	ck_assert_int_eq(WITH_MEMORY(0, judge_answers(&judge, false, &why)),
			 -ENOMEM);
	ck_assert_str_eq(why.text, "out of memory");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("judge");
	TCase *tcase = tcase_create("judge");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, answers_that_are_kept);
	tcase_add_test(tcase, exits_of_all);
	tcase_add_test(tcase, all_run_at_a_switch);
	tcase_add_test(tcase, no_memory);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
