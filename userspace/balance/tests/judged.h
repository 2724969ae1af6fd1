/* SPDX-License-Identifier: GPL-2.0-only */
/* Made-up books of one VM, and checks of the verdict on them. */
#ifndef EXITLEDGER_TESTS_JUDGED_H
#define EXITLEDGER_TESTS_JUDGED_H

#include <string.h>

#include "balance/balance.h"
#include "exit_leaves.h"
#include "tests/tap.h"

#define CPUID 0x72
#define IOIO 0x7b

static struct books books;
static struct balance balance;

static inline void setup(void)
{
	struct ledger_vm *vm;

	memset(&books, 0, sizeof(books));
	books.host.isa = EXIT_LEAF_ISA_SVM;
	books.host.exit_stats = 2;
	books.exit_stats_after = 2;
	books.tsc_khz = 1000000; /* a cycle is a nanosecond */
	vm = ledger_vm(&books.ledger, 1, 100);
	ck_assert_ptr_nonnull(vm);
	ck_assert_ptr_nonnull(ledger_vcpu(vm, 0));
}

static inline void teardown(void)
{
	balance_free(&balance);
	books_free(&books);
}

/* Add a read of a count by vCPU 0, with the observer's sums around it. */
static inline struct answer *count(uint32_t leaf, uint32_t reason,
				   uint64_t kernel, uint64_t before,
				   uint64_t after, uint32_t vcpus)
{
	struct answer answer = {
		.read = { .leaf = leaf,
			  .index = reason,
			  .eax = (uint32_t)kernel,
			  .ebx = kernel >> 32 },
		.vm = 1,
		.found = true,
		.paired = true,
		.vcpus = vcpus,
		.exits_before = before,
		.exits_after = after,
	};

	ck_assert_int_eq(answers_add(&books.answers, &answer), 0);
	return &books.answers.answer[books.answers.nr - 1];
}

static inline struct answer *total(uint64_t kernel, uint64_t before,
				   uint64_t after, uint32_t vcpus)
{
	return count(EXIT_LEAF_EXITS, 0, kernel, before, after, vcpus);
}

static inline void judge(enum verdict verdict)
{
	ck_assert_int_eq(balance_books(&books, &balance), 0);
	ck_assert_str_eq(verdict_name(balance.verdict), verdict_name(verdict));
}

static inline void judge_rule(enum verdict verdict, enum rule rule)
{
	judge(verdict);
	ck_assert_uint_ge(balance.nr, 1);
	ck_assert_str_eq(rule_name(balance.finding[0].rule), rule_name(rule));
}
#endif /* EXITLEDGER_TESTS_JUDGED_H */
