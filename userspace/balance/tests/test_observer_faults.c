// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests an observer that counts wrong.  Each fault changes real books as it
 * would have done when they were recorded.  KVM's counters are correct in all
 * cases.  So compare must find that the books differ; and if the observer knows
 * about its fault, compare must not blame KVM.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "balance/balance.h"
#include "exit_leaves.h"
#include "tests/tap.h"

#define BOOKS "tests/data/balanced.json"
#define MSR 0x7c
#define VMMCALL 0x81
#define HLT 0x78

static struct books books;
static struct balance balance;

static bool is_about(const struct answer *answer, uint32_t reason)
{
	return !leaf_takes_index(answer->read.leaf) ||
	       answer->read.index == reason;
}

/* Change the observer's count and total for a reason at every read. */
static void change(uint32_t reason, int64_t exits, int64_t ns)
{
	for (size_t i = 0; i < books.answers.nr; i++) {
		struct answer *answer = &books.answers.answer[i];

		if (!is_about(answer, reason))
			continue;
		answer->exits_before += exits;
		answer->exits_after += exits;
		answer->ns_before += ns;
		answer->ns_after += ns;
	}
}

/* --- faults --- */

static void missed_exit(void)
{
	change(MSR, -1, -10000);
}

static void missed_exit_and_knows(void)
{
	change(MSR, -1, -10000);
	books.ledger.vm[0].vcpu[0].missed_exits = 1;
}

/* Another vCPU got no slot, so its exits are in no sum. */
static void lost_slot(void)
{
	change(VMMCALL, -250, -3000000);
}

static void lost_slot_and_knows(void)
{
	change(VMMCALL, -250, -3000000);
	books.ledger.losses.no_slot = 500;
}

static void counted_twice(void)
{
	change(HLT, 1, 0);
}

static void wrong_reason(void)
{
	change(HLT, -3, -90000);
	change(MSR, 3, 90000);
}

/* Each read has the observer's sums of the previous read. */
static void stale_sums(void)
{
	for (size_t i = books.answers.nr - 1; i > 0; i--) {
		struct answer *answer = &books.answers.answer[i];

		if (leaf_takes_index(answer->read.leaf))
			continue;
		answer->exits_before = answer[-1].exits_before;
		answer->exits_after = answer[-1].exits_after;
	}
}

/*
 * An entry was missed, so the exit's time includes time in the guest up to the
 * next entry.
 */
static void missed_entry(void)
{
	change(HLT, 0, 20000000);
}

/* The observer reports a missed entry: KVM may have lost as much time. */
static void missed_entry_and_knows(void)
{
	change(HLT, 0, -30000);
	books.ledger.vm[0].vcpu[0].missed_entries = 1;
}

/*
 * The observer's times include the work that it does after it has read the
 * clock.
 */
static void clock_first(void)
{
	change(VMMCALL, 0, 500 * 6000);
}

/* The clocks of two CPUs differ: a negative time was dropped, and counted. */
static void negative_time(void)
{
	change(HLT, 0, -30000);
	books.ledger.losses.negative = 1;
}

static void lost_answer(void)
{
	books.answers.nr--;
	books.ledger.losses.answers = 1;
	books.has_report = false;
}

static const struct {
	void (*fault)(void);
	enum verdict verdict;
	enum rule rule; /* the rule of a finding, unless balanced */
	uint32_t reason; /* the reason of this finding; 0: the total, or none */
} rows[] = {
	{ missed_exit, VERDICT_DISCREPANCY, RULE_KERNEL_HIGH, MSR },
	{ missed_exit_and_knows, VERDICT_INCONCLUSIVE, RULE_INCOMPLETE, 0 },
	{ lost_slot, VERDICT_DISCREPANCY, RULE_KERNEL_HIGH, VMMCALL },
	{ lost_slot_and_knows, VERDICT_INCONCLUSIVE, RULE_INCOMPLETE, 0 },
	{ counted_twice, VERDICT_DISCREPANCY, RULE_KERNEL_LOW, HLT },
	{ wrong_reason, VERDICT_DISCREPANCY, RULE_KERNEL_LOW, MSR },
	{ wrong_reason, VERDICT_DISCREPANCY, RULE_KERNEL_HIGH, HLT },
	{ stale_sums, VERDICT_DISCREPANCY, RULE_KERNEL_HIGH, 0 },
	{ missed_entry, VERDICT_DISCREPANCY, RULE_TIME, HLT },
	{ missed_entry_and_knows, VERDICT_INCONCLUSIVE, RULE_INCOMPLETE, 0 },
	{ clock_first, VERDICT_DISCREPANCY, RULE_TIME, VMMCALL },
	{ negative_time, VERDICT_INCONCLUSIVE, RULE_INCOMPLETE, 0 },
	{ lost_answer, VERDICT_INCONCLUSIVE, RULE_INCOMPLETE, 0 },
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static void setup(void)
{
	struct why why = { "" };

	ck_assert_msg(!books_load(BOOKS, &books, &why), "%s", why.text);
}

static void teardown(void)
{
	balance_free(&balance);
	books_free(&books);
}

START_TEST(the_books_are_right)
{
	ck_assert_int_eq(balance_books(&books, &balance), 0);
	ck_assert_str_eq(verdict_name(balance.verdict), "BALANCED");
}
END_TEST

START_TEST(faults)
{
	bool found = rows[_i].verdict == VERDICT_BALANCED;

	rows[_i].fault();
	ck_assert_int_eq(balance_books(&books, &balance), 0);
	ck_assert_str_eq(verdict_name(balance.verdict),
			 verdict_name(rows[_i].verdict));
	for (size_t i = 0; i < balance.nr; i++) {
		const struct finding *finding = &balance.finding[i];

		found |= finding->rule == rows[_i].rule &&
			 finding->reason == rows[_i].reason;
	}
	ck_assert_msg(found, "%s is not found", rule_name(rows[_i].rule));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("observer's faults");
	TCase *tcase = tcase_create("real books");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, the_books_are_right);
	tcase_add_loop_test(tcase, faults, 0, ROWS);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
