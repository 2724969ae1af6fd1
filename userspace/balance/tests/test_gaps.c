// SPDX-License-Identifier: GPL-2.0-only
/* Tests KVM's flags for gaps, and the numbers of leaf INFO for them. */
#include "balance/rules.h"
#include "judged.h"

static struct rules rules;

static void begin(void)
{
	setup();
	memset(&balance, 0, sizeof(balance));
	memset(&rules, 0, sizeof(rules));
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

static void flags(uint32_t edx)
{
	struct answer *answer = total(5, 5, 5, 1);

	answer->read.edx = edx;
	apply(answer);
}

/* Returns the number of findings for INFO with ECX = 2 and these numbers. */
static size_t numbers(uint64_t dropped, uint32_t uncounted)
{
	struct answer *answer = count(EXIT_LEAF_INFO, 2, dropped, 0, 0, 1);
	const size_t before = balance.nr;

	answer->read.ecx = uncounted;
	apply(answer);
	return balance.nr - before;
}

START_TEST(a_flag_has_its_number)
{
	ck_assert_uint_eq(numbers(0, 0), 0);
	flags(EXIT_LEAF_DROPPED);
	ck_assert_uint_eq(balance.nr, 0);
	ck_assert_uint_eq(numbers(0, 0), 1);
	ck_assert_int_eq(balance.finding[0].rule, RULE_INFO);
	ck_assert_uint_eq(balance.finding[0].reason, 2);
	ck_assert_uint_eq(numbers(0, 1), 1);
	ck_assert_uint_eq(numbers(1, 1), 0);
	flags(EXIT_LEAF_GAPS);
	ck_assert_uint_eq(numbers(1, 0), 1);
	ck_assert_uint_eq(numbers(1ull << 32, 1), 0);
}
END_TEST

START_TEST(numbers_do_not_decrease)
{
	ck_assert_uint_eq(numbers(7, 3), 0);
	ck_assert_uint_eq(numbers(6, 3), 1);
	ck_assert_uint_eq(numbers(7, 2), 1);
	ck_assert_uint_eq(numbers(7, 3), 0);
	ck_assert_uint_eq(numbers(8, 4), 0);
	ck_assert_uint_eq(numbers(7, 4), 1);
}
END_TEST

/* INFO with ECX = 2 reports gaps by numbers, not by flags: EDX must be 0. */
START_TEST(numbers_have_no_flags)
{
	struct answer *answer = count(EXIT_LEAF_INFO, 2, 1, 0, 0, 1);

	answer->read.edx = 1;
	apply(answer);
	ck_assert_uint_eq(balance.nr, 1);
	ck_assert_int_eq(balance.finding[0].rule, RULE_INFO);
}
END_TEST

/* The vCPUs without counters cannot be more than all vCPUs. */
START_TEST(no_more_than_there_are)
{
	struct answer *answer;

	ck_assert_uint_eq(numbers(0, 3), 0);
	answer = count(EXIT_LEAF_INFO, 1, EXIT_LEAF_ISA_SVM, 0, 0, 1);
	answer->read.ecx = 3;
	answer->read.edx = EXIT_LEAF_COUNTING | EXIT_LEAF_TIMING;
	apply(answer);
	ck_assert_uint_eq(balance.nr, 0);
	answer->read.ecx = 2;
	apply(answer);
	ck_assert_uint_eq(balance.nr, 1);
	ck_assert_int_eq(balance.finding[0].rule, RULE_INFO);
	ck_assert_uint_eq(balance.finding[0].reason, 1);
}
END_TEST

/*
 * The order of answers to two vCPUs, to two VMs, or to a guest and the host is
 * unknown.
 */
START_TEST(others_have_their_own)
{
	struct answer *answer;

	flags(EXIT_LEAF_DROPPED);
	answer = count(EXIT_LEAF_INFO, 2, 0, 0, 0, 1);
	answer->vm = _i == 0 ? 2 : 1;
	answer->vcpu_id = _i == 1;
	answer->host = _i == 3;
	apply(answer);
	ck_assert_uint_eq(balance.nr, _i == 2);
}
END_TEST

/* The host's own reads are in order. */
START_TEST(the_hosts_own)
{
	struct answer *answer = total(5, 5, 5, 1);

	answer->read.edx = EXIT_LEAF_DROPPED;
	answer->host = true;
	answer->vcpu_id = 7;
	apply(answer);
	ck_assert_uint_eq(rules.gaps.vcpu[0].vcpu_id, GAPS_HOST);
	answer = count(EXIT_LEAF_INFO, 2, _i, 0, 0, 1);
	answer->host = true;
	answer->vcpu_id = 8;
	apply(answer);
	ck_assert_uint_eq(balance.nr, !_i);
	ck_assert_uint_eq(balance.dropped, _i);
}
END_TEST

/*
 * Flags are ignored in an answer for an unknown VM, for an undefined reason,
 * and for a VM that has ended.
 */
START_TEST(flags_that_are_none)
{
	struct answer *answer =
		count(EXIT_LEAF_REASON_EXITS, 0xabcd, 0, 0, 0, 1);

	answer->read.edx = EXIT_LEAF_UNDEFINED;
	apply(answer);
	ck_assert_uint_eq(rules.gaps.nr, 0);
	answer = total(5, 5, 5, 1);
	answer->read.edx = EXIT_LEAF_DROPPED;
	answer->vm = 0;
	apply(answer);
	ck_assert_uint_eq(rules.gaps.nr, 0);
	answer->vm = 1;
	apply(answer);
	ck_assert_uint_eq(rules.gaps.nr, 1);
	rules_forget(&rules, 2);
	ck_assert_uint_eq(rules.gaps.nr, 1);
	rules_forget(&rules, 1);
	ck_assert_uint_eq(rules.gaps.nr, 0);
	ck_assert_uint_eq(numbers(0, 0), 0);
}
END_TEST

/* Answers to the instruction emulator count, too. */
START_TEST(emulated_flags_count)
{
	struct answer *answer = total(5, 5, 5, 1);

	answer->read.edx = EXIT_LEAF_DROPPED;
	answer->paired = false;
	apply(answer);
	ck_assert_uint_eq(numbers(0, 0), 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("gaps");
	TCase *tcase = tcase_create("gaps");

	tcase_add_checked_fixture(tcase, begin, end);
	tcase_add_test(tcase, a_flag_has_its_number);
	tcase_add_test(tcase, numbers_do_not_decrease);
	tcase_add_test(tcase, numbers_have_no_flags);
	tcase_add_test(tcase, no_more_than_there_are);
	tcase_add_loop_test(tcase, others_have_their_own, 0, 4);
	tcase_add_loop_test(tcase, the_hosts_own, 0, 2);
	tcase_add_test(tcase, flags_that_are_none);
	tcase_add_test(tcase, emulated_flags_count);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
