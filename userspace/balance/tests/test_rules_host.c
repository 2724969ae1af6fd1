// SPDX-License-Identifier: GPL-2.0-only
/* Tests the rules on counts that the host reads, at and beyond their bounds. */
#include "balance/rules.h"
#include "judged.h"

static struct rules rules;

static void begin(void)
{
	setup();
	memset(&balance, 0, sizeof(balance));
}

static void end(void)
{
	rules_free(&rules);
	teardown();
}

static void apply(const struct answer *answer)
{
	ck_assert_int_eq(rules_apply(&rules, &books, answer, &balance), 0);
}

/* The host reads: each vCPU that is not outside may be counting. */
START_TEST(the_host_is_no_vcpu)
{
	static const struct {
		uint32_t vcpus, outside;
		int64_t high;
	} row[] = { { 1, 0, 1001 },
		    { 1, 1, 1000 },
		    { 3, 0, 1003 },
		    { 3, 2, 1001 },
		    { 3, 3, 1000 } };
	struct answer *answer = total(1000, 1000, 1000, row[_i].vcpus);
	struct held held;

	answer->host = true;
	answer->outside = row[_i].outside;
	ck_assert_int_eq(rules_hold(&rules, &books, answer, &held), 0);
	ck_assert_int_eq(held.low, 1000);
	ck_assert_int_eq(held.high, row[_i].high);
	answer->read.eax = row[_i].high;
	apply(answer);
	ck_assert_uint_eq(balance.nr, 0);
	answer->read.eax++;
	apply(answer);
	ck_assert_uint_eq(balance.nr, 1);
	ck_assert_int_eq(balance.finding[0].rule, RULE_KERNEL_HIGH);
	ck_assert(balance.finding[0].host);
	answer->read.eax = 999;
	apply(answer);
	ck_assert_int_eq(balance.finding[1].rule, RULE_KERNEL_LOW);
	/* The VM was running before, and now the observer knows more vCPUs. */
	for (uint32_t id = 1; id < 6; id++)
		ck_assert_ptr_nonnull(ledger_vcpu(&books.ledger.vm[0], id));
	rules_forget(&rules, 1);
	books.ledger.vm[0].vcpu[0].prior_exits = 500;
	answer->read.eax = 1000;
	ck_assert_int_eq(rules_hold(&rules, &books, answer, &held), 0);
	ck_assert_int_eq(held.base.low, (int)row[_i].outside - 6);
}
END_TEST

/* The host reads reasons that no manual defines; a guest cannot. */
START_TEST(the_host_reads_any_reason)
{
	struct answer *answer =
		count(EXIT_LEAF_REASON_EXITS, 0xabcdef, 5, 5, 5, 1);

	answer->host = !_i;
	rules.same_table = true;
	apply(answer);
	ck_assert_uint_eq(balance.nr, _i);
	ck_assert_uint_eq(balance.checked, 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("rules_host");
	TCase *tcase = tcase_create("reads by the host");

	tcase_add_checked_fixture(tcase, begin, end);
	tcase_add_loop_test(tcase, the_host_is_no_vcpu, 0, 5);
	tcase_add_loop_test(tcase, the_host_reads_any_reason, 0, 2);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
