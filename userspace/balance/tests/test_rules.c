// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests each rule of balance.h at its bounds and one further, all members of a
 * finding, and the data that are kept for the next answer.
 */
#include "balance/rules.h"
#include "judged.h"
#include "ledger/reasons.h"
#include "tests/no_memory.h"

static struct rules rules;

static void begin(void)
{
	setup();
	memset(&balance, 0, sizeof(balance));
}

static void end(void)
{
	rules_free(&rules);
	ck_assert_ptr_null(rules.base);
	ck_assert_uint_eq(rules.nr, 0);
	teardown();
}

/* The VM was running before the observer began. */
static void late(void)
{
	books.ledger.vm[0].vcpu[0].prior_exits = 500;
}

static void apply(const struct answer *answer)
{
	ck_assert_int_eq(rules_apply(&rules, &books, answer, &balance), 0);
}

/* Returns the only finding. */
static const struct finding *found(enum rule rule)
{
	ck_assert_uint_eq(balance.nr, 1);
	ck_assert_uint_eq(balance.discrepancies, 1);
	ck_assert_str_eq(rule_name(balance.finding[0].rule), rule_name(rule));
	return &balance.finding[0];
}

static void none_found(void)
{
	ck_assert_uint_eq(balance.nr, 0);
	ck_assert_uint_eq(balance.discrepancies, 0);
}

static struct held hold(uint64_t kernel, uint64_t before, uint64_t after,
			uint32_t vcpus)
{
	struct held held;

	ck_assert_int_eq(rules_hold(&rules, &books,
				    total(kernel, before, after, vcpus), &held),
			 0);
	return held;
}

/* A finding has the place and the time of the answer. */
START_TEST(a_finding_says_of_what)
{
	struct answer *answer = count(EXIT_LEAF_REASON_EXITS, IOIO, 9, 7, 8, 1);
	struct finding finding;

	answer->vcpu_id = 3;
	answer->ns = 123;
	finding = rules_finding(RULE_GUEST, answer);
	ck_assert_int_eq(finding.rule, RULE_GUEST);
	ck_assert_uint_eq(finding.leaf, EXIT_LEAF_REASON_EXITS);
	ck_assert_uint_eq(finding.reason, IOIO);
	ck_assert_uint_eq(finding.vcpu_id, 3);
	ck_assert_uint_eq(finding.vm, 1);
	ck_assert_uint_eq(finding.at_ns, 123);
	answer->read.leaf = EXIT_LEAF_EXITS; /* this leaf has no reason */
	ck_assert_uint_eq(rules_finding(RULE_GUEST, answer).reason, 0);
}
END_TEST

/* A finding that only explains an inconclusive verdict is not a discrepancy. */
START_TEST(findings_are_counted)
{
	struct finding finding = { .rule = RULE_STATISTICS, .low = 7 };

	rules_add(&balance, &finding);
	found(RULE_STATISTICS);
	ck_assert_uint_eq(balance.finding[0].low, 7);
	finding.rule = RULE_NO_READ;
	rules_add(&balance, &finding);
	ck_assert_uint_eq(balance.nr, 2);
	ck_assert_uint_eq(balance.discrepancies, 1);
}
END_TEST

START_TEST(count_is_low_or_high)
{
	const struct finding *finding;

	apply(total(1003, 1000, 1002, 2));
	none_found();
	ck_assert_uint_eq(balance.checked, 1);
	ck_assert_uint_eq(balance.exact, 0);
	apply(total(_i ? 1004 : 999, 1000, 1002, 2));
	finding = found(_i ? RULE_KERNEL_HIGH : RULE_KERNEL_LOW);
	ck_assert_uint_eq(finding->kernel, _i ? 1004 : 999);
	ck_assert_uint_eq(finding->low, 1000);
	ck_assert_uint_eq(finding->high, 1003);
	ck_assert_uint_eq(balance.checked, 2);
}
END_TEST

/* Each VM, leaf and reason has its own base, whatever comes in between. */
START_TEST(each_has_its_base)
{
	enum { VMS = 4, REASONS = 90 };

	for (int round = 0; round < 2; round++) {
		for (uint32_t i = 0; i < VMS * REASONS; i++) {
			uint32_t n = i * 53 % (VMS * REASONS);
			struct answer *answer;

			answer = count(n & 1 ? EXIT_LEAF_REASON_EXITS :
					       EXIT_LEAF_EXITS,
				       n / VMS, 9, 9, 9, 1);
			answer->vm = 1 + n % VMS;
			apply(answer);
		}
		/* Two VMs have one base each, two have one per reason. */
		ck_assert_uint_eq(rules.nr, 2 + 2 * REASONS);
	}
	for (size_t i = 1; i < rules.nr; i++) {
		const struct base *a = &rules.base[i - 1], *b = &rules.base[i];

		ck_assert_uint_le(a->vm, b->vm);
		if (a->vm == b->vm)
			ck_assert_uint_lt(a->reason, b->reason);
	}
	rules_forget(&rules, 2);
	ck_assert_uint_eq(rules.nr, 2 + REASONS);
	for (size_t i = 0; i < rules.nr; i++)
		ck_assert_uint_ne(rules.base[i].vm, 2);
}
END_TEST

START_TEST(leaves_have_bases_of_their_own)
{
	late();
	apply(count(EXIT_LEAF_REASON_EXITS, 0, 40, 4, 4, 1));
	apply(total(600, 100, 100, 1));
	apply(count(EXIT_LEAF_CYCLES, 0, 0, 0, 0, 1));
	ck_assert_uint_eq(rules.nr, 3);
	for (size_t i = 1; i < rules.nr; i++)
		ck_assert_uint_lt(rules.base[i - 1].leaf, rules.base[i].leaf);
	apply(total(700, 200, 200, 1));
	apply(count(EXIT_LEAF_REASON_EXITS, 0, 50, 14, 14, 1));
	ck_assert_uint_eq(rules.nr, 3);
	none_found();
}
END_TEST

/* In a late VM, each vCPU in the ledger may have been in the guest. */
START_TEST(late_knows_more_vcpus)
{
	struct held held;

	for (uint32_t id = 1; id < 4; id++)
		ck_assert_ptr_nonnull(ledger_vcpu(&books.ledger.vm[0], id));
	held = hold(1000, 1000, 1000, 2);
	ck_assert_int_eq(held.high, 1001); /* the VM is not late */
	late();
	held = hold(1000, 1000, 1000, 2);
	ck_assert_int_eq(held.high, 1003);
	rules_forget(&rules, 1);
	books.answers.nr = 0;
	held = hold(1000, 1000, 1000, 6);
	ck_assert_int_eq(held.base.low, -5);
}
END_TEST

/* Each read of a late VM narrows the number by which KVM was ahead. */
START_TEST(late_reads_narrow)
{
	struct answer *answer;
	struct held held;

	late();
	answer = total(600, 100, 101, 3);
	answer->ns_after = 77;
	ck_assert_int_eq(rules_hold(&rules, &books, answer, &held), 0);
	ck_assert(held.first);
	ck_assert_int_eq(held.kernel, 600);
	ck_assert_int_eq(held.base.low, 497);
	ck_assert_int_eq(held.base.high, 500);
	ck_assert_uint_eq(held.base.first_kernel, 600);
	ck_assert_uint_eq(held.base.first_exits, 101);
	ck_assert_uint_eq(held.base.first_ns, 77);
	held = hold(_i ? 701 : 699, 200, 200, 3);
	ck_assert(!held.first);
	ck_assert_int_eq(held.low, 697);
	ck_assert_int_eq(held.high, 702);
	ck_assert_int_eq(held.base.low, 497); /* from the earlier reads */
	ck_assert_int_eq(rules.base[0].low, _i ? 499 : 497);
	ck_assert_int_eq(rules.base[0].high, _i ? 500 : 499);
	ck_assert_uint_eq(rules.base[0].first_kernel, 600);
}
END_TEST

START_TEST(late_read_at_an_end)
{
	late();
	hold(600, 100, 100, 3); /* 498 to 500 */
	hold(_i ? 702 : 698, 200, 200, 3);
	ck_assert_int_eq(rules.base[0].low, _i ? 500 : 498);
	ck_assert_int_eq(rules.base[0].high, _i ? 500 : 498);
}
END_TEST

/* A count that is out of bounds does not change the bounds. */
START_TEST(late_read_outside)
{
	late();
	hold(600, 100, 100, 3); /* 498 to 500 */
	hold(_i ? 703 : 697, 200, 200, 3);
	ck_assert_int_eq(rules.base[0].low, 498);
	ck_assert_int_eq(rules.base[0].high, 500);
}
END_TEST

/* If a VM was seen from its first exit on, KVM is not ahead. */
START_TEST(nothing_before)
{
	struct held held = hold(600, 599, 601, 3);

	ck_assert(!held.first);
	ck_assert_int_eq(rules.base[0].low, 0);
	ck_assert_int_eq(rules.base[0].high, 0);
	ck_assert_int_eq(held.low, 599);
	ck_assert_int_eq(held.high, 603);
}
END_TEST

/* A negative bound is shown as 0. */
START_TEST(low_bound_is_no_less_than_zero)
{
	late();
	apply(total(0, 10, 10, 1)); /* 10 too low */
	none_found();
	ck_assert_uint_eq(balance.checked, 0);
	apply(total(100, _i, 20, 1));
	ck_assert_uint_eq(found(RULE_KERNEL_HIGH)->low, _i > 10 ? 1 : 0);
	ck_assert_uint_eq(balance.finding[0].high, 10);
}
END_TEST

START_TEST(reasons_are_defined_or_not)
{
	struct answer *answer;
	const struct finding *finding;

	/* The reason is defined, but the answer is "undefined". */
	answer = count(EXIT_LEAF_REASON_EXITS, IOIO, 0, 3, 5, 1);
	answer->read.edx = EXIT_LEAF_UNDEFINED;
	answer->exits_before = 0;
	apply(answer);
	none_found(); /* KVM's manual may be older */
	answer->exits_before = 3;
	apply(answer);
	finding = found(RULE_UNDEFINED);
	ck_assert_uint_eq(finding->kernel, 0);
	ck_assert_uint_eq(finding->low, 3);
	ck_assert_uint_eq(finding->high, 5);
	ck_assert_uint_eq(balance.checked, 0);
	/* No manual defines the reason, but KVM answers it. */
	balance.nr = balance.discrepancies = 0;
	rules.same_table = true;
	apply(count(EXIT_LEAF_REASON_EXITS, 0xabcd, 4, 4, 4, 1));
	finding = found(RULE_UNDEFINED);
	ck_assert_uint_eq(finding->kernel, 1);
	ck_assert_uint_eq(finding->low, 4);
	/* The count is checked nevertheless. */
	ck_assert_uint_eq(balance.checked, 1);
	apply(count(EXIT_LEAF_REASON_EXITS, IOIO, 4, 4, 4, 1));
	ck_assert_uint_eq(balance.nr, 1);
}
END_TEST

/* INFO with ECX = 1 has flags for the mode of the counters. */
START_TEST(info_has_the_flags)
{
	static const uint32_t flags[] = {
		0, EXIT_LEAF_COUNTING, EXIT_LEAF_COUNTING | EXIT_LEAF_TIMING
	};

	for (uint32_t edx = 0; edx < 4; edx++) {
		struct answer *answer =
			count(EXIT_LEAF_INFO, 1, EXIT_LEAF_ISA_SVM, 0, 0, 2);
		size_t before = balance.nr;

		answer->read.ebx = 5;
		answer->read.ecx = 2;
		answer->read.edx = edx;
		books.host.exit_stats = books.exit_stats_after = _i;
		apply(answer);
		ck_assert_uint_eq(balance.nr - before, edx != flags[_i]);
		/* Someone switched the counters, so both flags are possible. */
		before = balance.nr;
		books.switched = true;
		apply(answer);
		books.switched = false;
		books.exit_stats_after = _i + 1;
		apply(answer);
		ck_assert_uint_eq(balance.nr, before);
	}
	ck_assert(!rules.same_table);
}
END_TEST

/* The observer may not know all vCPUs. */
START_TEST(info_has_the_vcpus)
{
	struct answer *answer =
		count(EXIT_LEAF_INFO, 1, EXIT_LEAF_ISA_SVM, 0, 0, 3);

	answer->read.ebx = exit_reason_dense_limit(EXIT_ISA_SVM);
	answer->read.ecx = 3;
	answer->read.edx = EXIT_LEAF_COUNTING | EXIT_LEAF_TIMING;
	apply(answer);
	none_found();
	ck_assert(rules.same_table);
	answer->read.ecx = 2;
	answer->paired = false;
	apply(answer);
	none_found();
	answer->paired = true;
	apply(answer);
	found(RULE_INFO);
	ck_assert(!rules.same_table);
}
END_TEST

START_TEST(info_finding_has_the_registers)
{
	struct answer *answer = count(EXIT_LEAF_INFO, 7, 0, 0, 0, 1);
	const struct finding *finding;

	apply(answer);
	none_found();
	answer->read = (struct leaf_read){ EXIT_LEAF_INFO, 7, 1, 2, 3, 4 };
	apply(answer);
	finding = found(RULE_INFO);
	ck_assert_uint_eq(finding->reason, 7);
	ck_assert_uint_eq(finding->low, 0x100000002);
	ck_assert_uint_eq(finding->high, 0x300000004);
	for (int i = 0; i < 4; i++) {
		answer->read = (struct leaf_read){ EXIT_LEAF_INFO, 7,
						   i == 0,	   i == 1,
						   i == 2,	   i == 3 };
		apply(answer);
		ck_assert_uint_eq(balance.nr, 2 + i);
	}
}
END_TEST

/* Each leaf has unused registers, which must be zero. */
START_TEST(registers_that_carry_nothing)
{
	static const uint32_t leaf[] = { EXIT_LEAF_EXITS, EXIT_LEAF_CYCLES,
					 EXIT_LEAF_REASON_EXITS,
					 EXIT_LEAF_REASON_CYCLES };
	const bool counts = !(_i & 1);
	struct answer *answer = count(leaf[_i], IOIO, 0, 0, 0, 1);
	const struct finding *finding;

	books.exit_stats_after = 1; /* times are not judged */
	answer->paired = false;
	apply(answer);
	none_found();
	answer->read.edx = 7;
	apply(answer);
	finding = found(RULE_REGISTERS);
	ck_assert_uint_eq(finding->high, 7);
	ck_assert_uint_eq(finding->kernel, 0);
	balance.nr = balance.discrepancies = 0;
	answer->read.edx = 0;
	*(counts ? &answer->read.ecx : &answer->read.eax) = 5;
	apply(answer);
	finding = found(RULE_REGISTERS);
	ck_assert_uint_eq(finding->kernel, 5);
	ck_assert_uint_eq(finding->high, 0);
	ck_assert_uint_eq(balance.unpaired, 3);
	answer->read.eax = counts ? 5 : 0;
	answer->read.ecx = counts ? 0 : 5;
	answer->read.ebx = 1;
	apply(answer);
	ck_assert_uint_eq(balance.nr, 1);
}
END_TEST

START_TEST(registers_of_what_is_undefined)
{
	struct answer *answer =
		count(EXIT_LEAF_REASON_CYCLES, 0xabcd, 0, 0, 0, 1);

	answer->read.edx = EXIT_LEAF_UNDEFINED;
	apply(answer);
	none_found();
	answer->read.eax = _i == 0;
	answer->read.ebx = _i == 1;
	answer->read.ecx = _i == 2;
	apply(answer);
	ck_assert_uint_eq(found(RULE_REGISTERS)->high, EXIT_LEAF_UNDEFINED);
}
END_TEST

START_TEST(not_found_is_counted)
{
	for (uint32_t leaf = EXIT_LEAF_FIRST; leaf <= EXIT_LEAF_LAST; leaf++) {
		struct answer *answer = count(leaf, 0, 5, 0, 0, 1);

		answer->found = false;
		ck_assert(!rules_judge(&books, answer));
		apply(answer);
		ck_assert_uint_eq(balance.unanswered,
				  leaf - EXIT_LEAF_FIRST + 1);
		ck_assert_uint_eq(balance.unanswered_leaves,
				  (2u << (leaf - EXIT_LEAF_FIRST)) - 1);
	}
	none_found();
	ck_assert_uint_eq(balance.checked, 0);
	ck_assert_uint_eq(rules.nr, 0);
}
END_TEST

START_TEST(which_can_be_judged)
{
	struct answer *answer = total(5, 5, 5, 1);

	ck_assert(rules_judge(&books, answer));
	answer->paired = false;
	ck_assert(!rules_judge(&books, answer));
	answer->paired = true;
	answer->read.leaf = EXIT_LEAF_INFO;
	ck_assert(!rules_judge(&books, answer));
	answer->read.leaf = EXIT_LEAF_CYCLES;
	books.started_ns = 10;
	answer->ns = 9;
	ck_assert(rules_judge(&books, answer));
	late();
	ck_assert(!rules_judge(&books, answer));
	answer->ns = 10;
	ck_assert(rules_judge(&books, answer));
}
END_TEST

START_TEST(no_memory_for_a_base)
{
	const struct answer *answer =
		count(_i ? EXIT_LEAF_CYCLES : EXIT_LEAF_EXITS, 0, 0, 0, 0, 1);
	int r = WITH_MEMORY(0, rules_apply(&rules, &books, answer, &balance));

	ck_assert_int_eq(r, -ENOMEM);
	ck_assert_uint_eq(rules.nr, 0);
	ck_assert_uint_eq(balance.checked + balance.timed, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("rules");
	TCase *tcase = tcase_create("rules");

	tcase_add_checked_fixture(tcase, begin, end);
	tcase_add_test(tcase, a_finding_says_of_what);
	tcase_add_test(tcase, findings_are_counted);
	tcase_add_loop_test(tcase, count_is_low_or_high, 0, 2);
	tcase_add_test(tcase, each_has_its_base);
	tcase_add_test(tcase, leaves_have_bases_of_their_own);
	tcase_add_test(tcase, late_knows_more_vcpus);
	tcase_add_loop_test(tcase, late_reads_narrow, 0, 2);
	tcase_add_loop_test(tcase, late_read_at_an_end, 0, 2);
	tcase_add_loop_test(tcase, late_read_outside, 0, 2);
	tcase_add_test(tcase, nothing_before);
	tcase_add_loop_test(tcase, low_bound_is_no_less_than_zero, 9, 12);
	tcase_add_test(tcase, reasons_are_defined_or_not);
	tcase_add_loop_test(tcase, info_has_the_flags, 0, 3);
	tcase_add_test(tcase, info_has_the_vcpus);
	tcase_add_test(tcase, info_finding_has_the_registers);
	tcase_add_loop_test(tcase, registers_that_carry_nothing, 0, 4);
	tcase_add_loop_test(tcase, registers_of_what_is_undefined, 0, 3);
	tcase_add_test(tcase, not_found_is_counted);
	tcase_add_test(tcase, which_can_be_judged);
	tcase_add_loop_test(tcase, no_memory_for_a_base, 0, 2);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
