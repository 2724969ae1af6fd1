// SPDX-License-Identifier: GPL-2.0-only
/* Tests the rules on made-up books, without and with each kind of fault. */
#include "balance/rules.h"
#include "judged.h"
#include "ledger/reasons.h"

START_TEST(one_vcpu_is_exact)
{
	total(1000, 1000, 1000, 1);
	count(EXIT_LEAF_REASON_EXITS, IOIO, 7, 7, 7, 1);
	judge(VERDICT_BALANCED);
	ck_assert_uint_eq(balance.checked, 2);
	ck_assert_uint_eq(balance.exact, 2);
}
END_TEST

START_TEST(one_vcpu_one_off)
{
	total(1000 + (_i ? 1 : -1), 1000, 1000, 1);
	judge_rule(VERDICT_DISCREPANCY,
		   _i ? RULE_KERNEL_HIGH : RULE_KERNEL_LOW);
}
END_TEST

/* Values at the bounds are correct, and the next ones are not. */
START_TEST(four_vcpus_bound)
{
	static const struct {
		uint64_t kernel;
		enum verdict verdict;
	} row[] = {
		{ 999, VERDICT_DISCREPANCY },  { 1000, VERDICT_BALANCED },
		{ 1005, VERDICT_BALANCED },    { 1008, VERDICT_BALANCED },
		{ 1009, VERDICT_DISCREPANCY },
	};

	total(row[_i].kernel, 1000, 1005, 4);
	judge(row[_i].verdict);
}
END_TEST

/* If all vCPUs are outside of the guest, the count is exact. */
START_TEST(quiet_vcpus_are_exact)
{
	struct answer *answer = total(1000 + _i, 1000, 1000, 4);

	answer->outside = 4;
	judge(_i ? VERDICT_DISCREPANCY : VERDICT_BALANCED);
	ck_assert_uint_eq(balance.exact, 1);
	balance_free(&balance);
	/* One of them is in the guest. */
	books.answers.answer[0].outside = 3;
	judge(_i > 1 ? VERDICT_DISCREPANCY : VERDICT_BALANCED);
}
END_TEST

START_TEST(wide_counts)
{
	total(0x123456789aull, 0x123456789aull, 0x123456789aull, 1);
	judge(VERDICT_BALANCED);
	balance_free(&balance);
	/* A total that wrapped at 32 bits is found, too. */
	total(0x3456789a, 0x123456789aull, 0x123456789aull, 1);
	judge_rule(VERDICT_DISCREPANCY, RULE_KERNEL_LOW);
}
END_TEST

START_TEST(wrong_reason_is_named)
{
	total(1000, 1000, 1000, 1);
	count(EXIT_LEAF_REASON_EXITS, CPUID, 600, 600, 600, 1);
	count(EXIT_LEAF_REASON_EXITS, IOIO, 399, 400, 400, 1);
	judge_rule(VERDICT_DISCREPANCY, RULE_KERNEL_LOW);
	ck_assert_uint_eq(balance.discrepancies, 1);
	ck_assert_uint_eq(balance.finding[0].reason, IOIO);
	ck_assert_uint_eq(balance.finding[0].kernel, 399);
	ck_assert_uint_eq(balance.finding[0].low, 400);
}
END_TEST

START_TEST(undefined_reason)
{
	struct answer *answer;

	total(1000, 1000, 1000, 1);
	/* This is correct, as no table has the reason. */
	answer = count(EXIT_LEAF_REASON_EXITS, 0xabcd, 0, 3, 3, 1);
	answer->read.edx = EXIT_LEAF_UNDEFINED;
	judge(VERDICT_BALANCED);
	balance_free(&balance);
	/* This is wrong, as the manual defines the reason. */
	answer = count(EXIT_LEAF_REASON_EXITS, IOIO, 0, 3, 3, 1);
	answer->read.edx = EXIT_LEAF_UNDEFINED;
	judge_rule(VERDICT_DISCREPANCY, RULE_UNDEFINED);
}
END_TEST

/* Leaf INFO of this KVM, with two vCPUs and 2 as exit_stats. */
static struct answer *info(uint32_t index)
{
	struct answer *answer = count(EXIT_LEAF_INFO, index, 0, 0, 0, 2);
	const struct leaf_read read[] = {
		{ EXIT_LEAF_INFO, 0, EXIT_LEAF_ABI, EXIT_LEAF_SIG_EBX,
		  EXIT_LEAF_SIG_ECX, EXIT_LEAF_SIG_EDX },
		{ EXIT_LEAF_INFO, 1, EXIT_LEAF_ISA_SVM,
		  exit_reason_dense_limit(EXIT_ISA_SVM), 2,
		  EXIT_LEAF_COUNTING | EXIT_LEAF_TIMING },
		{ EXIT_LEAF_INFO, 2, 0, 0, 0, 0 },
	};

	answer->read = read[index];
	return answer;
}

START_TEST(info_is_judged)
{
	static const struct {
		int index;
		struct leaf_read off; /* this is added to the registers */
		bool right;
	} row[] = {
		{ 0, { 0 }, true },
		{ 0, { .eax = 1 }, false },
		{ 0, { .ebx = 1 }, false },
		{ 0, { .ecx = 1 }, false },
		{ 0, { .edx = 1 }, false },
		{ 1, { 0 }, true },
		{ 1, { .eax = -1 }, false },
		/* Another edition of the manual is not a fault. */
		{ 1, { .ebx = 1 }, true },
		/* Some vCPUs have not run yet. */
		{ 1, { .ecx = 1 }, true },
		{ 1, { .ecx = -1 }, false },
		{ 1, { .edx = -1 }, false },
		{ 2, { 0 }, true },
		{ 2, { .edx = 1 }, false },
	};
	struct leaf_read *read;

	ck_assert_int_lt(_i, sizeof(row) / sizeof(row[0]));
	total(1000, 1000, 1000, 2);
	read = &info(row[_i].index)->read;
	read->eax += row[_i].off.eax;
	read->ebx += row[_i].off.ebx;
	read->ecx += row[_i].off.ecx;
	read->edx += row[_i].off.edx;
	if (row[_i].right)
		judge(VERDICT_BALANCED);
	else
		judge_rule(VERDICT_DISCREPANCY, RULE_INFO);
}
END_TEST

/* With the same tables, a reason that no manual defines has no count. */
START_TEST(undefined_reason_is_answered)
{
	total(1000, 1000, 1000, 2);
	if (_i)
		info(1)->read.ebx += _i - 1;
	count(EXIT_LEAF_REASON_EXITS, 0xabcd, 0, 0, 0, 2);
	if (_i == 1)
		judge_rule(VERDICT_DISCREPANCY, RULE_UNDEFINED);
	else
		judge(VERDICT_BALANCED);
}
END_TEST

/* CLOCK_MONOTONIC is slewed: BPF's ns change, and KVM's cycles do not. */
START_TEST(slewed_clock)
{
	struct answer *answer;
	uint64_t ns = 1020000;

	total(1000, 1000, 1000, 1);
	answer = count(EXIT_LEAF_CYCLES, 0, 0, 0, 0, 1);
	answer->read.eax = answer->read.ebx = 0;
	answer->read.ecx = 1000000;
	answer->ns_before = ns;
	judge_rule(VERDICT_DISCREPANCY, RULE_TIME);
	balance_free(&balance);
	books.tsc_khz_low = 980000;
	books.tsc_khz_high = 1000000;
	judge(VERDICT_BALANCED);
	balance_free(&balance);
	/* With the opposite slew, KVM's time may be longer. */
	books.started_ns = 1;
	books.answers.answer[1].ns = 980001;
	books.answers.answer[1].ns_before = 980000;
	judge_rule(VERDICT_DISCREPANCY, RULE_TIME_HIGH);
	balance_free(&balance);
	books.tsc_khz_high = 1020500;
	judge(VERDICT_BALANCED);
}
END_TEST

START_TEST(late_is_relative)
{
	books.ledger.vm[0].vcpu[0].prior_exits = 500;
	total(600, 100, 100, 1);
	judge_rule(VERDICT_INCONCLUSIVE, RULE_LATE);
	balance_free(&balance);
	total(750, 250, 250, 1);
	judge(VERDICT_BALANCED);
	ck_assert_uint_eq(balance.checked, 1);
	balance_free(&balance);
	total(801, 300, 300, 1);
	judge_rule(VERDICT_DISCREPANCY, RULE_KERNEL_HIGH);
}
END_TEST

/* Each pair of reads may prove a fault, not only the first and the last. */
START_TEST(late_reads_have_a_number_in_common)
{
	books.ledger.vm[0].vcpu[0].prior_exits = 500;
	total(600, 100, 100, 3); /* 498 to 500 before */
	total(702, 200, 202, 3); /* 498 to 502 */
	total(800, 302, 302, 3); /* 496 to 498 */
	judge(VERDICT_BALANCED);
	ck_assert_uint_eq(balance.checked, 2);
	balance_free(&balance);
	/* At least 499, which the first read allows, but the third does not. */
	total(901, 400, 400, 3);
	judge_rule(VERDICT_DISCREPANCY, RULE_KERNEL_HIGH);
}
END_TEST

/* A VM is late if its process had a VM at the start. */
START_TEST(late_by_its_process)
{
	total(600, 100, 100, 1);
	total(700, 200, 200, 1);
	judge(VERDICT_DISCREPANCY);
	balance_free(&balance);
	ck_assert_int_eq(pids_add(&books.running, 100), 0);
	judge(VERDICT_BALANCED);
	balance_free(&balance);
	books.started_ns = 10;
	books.answers.answer[1].ns = 11;
	judge_rule(VERDICT_INCONCLUSIVE, RULE_LATE);
}
END_TEST

/* A vCPU that was in the guest when the observer began is seen at its exit. */
START_TEST(late_vcpu_is_one_more)
{
	books.ledger.vm[0].vcpu[0].prior_exits = 500;
	ck_assert_ptr_nonnull(ledger_vcpu(&books.ledger.vm[0], 1));
	total(601, 100, 100, 1); /* only KVM has the other vCPU's exit */
	total(701, 201, 201, 2);
	judge(VERDICT_BALANCED);
}
END_TEST

START_TEST(registers_are_zero)
{
	struct answer *answer = total(1000, 1000, 1000, 1);

	if (_i)
		answer->read.ecx = 7;
	else
		answer->read.edx = 7;
	judge_rule(VERDICT_DISCREPANCY, RULE_REGISTERS);
}
END_TEST

START_TEST(leaf_is_not_answered)
{
	total(1000, 1000, 1000, 1);
	count(EXIT_LEAF_REASON_EXITS, IOIO, 0, 7, 7, 1)->found = false;
	judge(VERDICT_BALANCED); /* the leaves may have been off then */
	balance_free(&balance);
	books.leaves_on = true;
	judge_rule(VERDICT_DISCREPANCY, RULE_HIDDEN);
	ck_assert_uint_eq(balance.finding[0].leaf, EXIT_LEAF_REASON_EXITS);
	/* KVM withholds the leaves from another VM, and then from this one. */
	balance_free(&balance);
	ck_assert_int_eq(pids_add(&books.withheld, 101), 0);
	judge_rule(VERDICT_DISCREPANCY, RULE_HIDDEN);
	balance_free(&balance);
	ck_assert_int_eq(pids_add(&books.withheld, 100), 0);
	judge(VERDICT_BALANCED);
}
END_TEST

/* The VM of the unanswered read is unknown. */
START_TEST(nobodys_leaf_is_not_answered)
{
	total(1000, 1000, 1000, 1);
	count(EXIT_LEAF_REASON_EXITS, IOIO, 0, 7, 7, 1)->found = false;
	books.answers.answer[1].vm = 0;
	books.leaves_on = true;
	judge_rule(VERDICT_DISCREPANCY, RULE_HIDDEN);
	balance_free(&balance);
	ck_assert_int_eq(pids_add(&books.withheld, 101), 0);
	judge(VERDICT_BALANCED);
	books_forget_withheld(&books);
	ck_assert_uint_eq(books.withheld.nr, 0);
	ck_assert_int_eq(pids_add(&books.withheld, 100), 0);
	books_forget_withheld(&books);
	ck_assert_uint_eq(books.withheld.nr, 1);
}
END_TEST

START_TEST(parameters_were_written)
{
	total(999, 1000, 1000, 1);
	books.switched = true;
	judge_rule(VERDICT_INCONCLUSIVE, RULE_SWITCHED);
}
END_TEST

/* KVM's statistics may be behind by one per vCPU, and ahead only on VMX. */
START_TEST(statistics)
{
	static const struct {
		uint64_t exits;
		uint32_t isa;
		bool sees_no_entries;
		enum verdict verdict;
	} row[] = {
		{ 998, EXIT_LEAF_ISA_SVM, true, VERDICT_BALANCED },
		{ 1010, EXIT_LEAF_ISA_SVM, true, VERDICT_BALANCED },
		{ 997, EXIT_LEAF_ISA_SVM, true, VERDICT_DISCREPANCY },
		{ 1011, EXIT_LEAF_ISA_SVM, true, VERDICT_DISCREPANCY },
		/* KVM may count a failed entry per vCPU before BPF sees it. */
		{ 1012, EXIT_LEAF_ISA_VMX, true, VERDICT_BALANCED },
		{ 1013, EXIT_LEAF_ISA_VMX, true, VERDICT_DISCREPANCY },
		{ 1000000, EXIT_LEAF_ISA_VMX, false, VERDICT_BALANCED },
		{ 997, EXIT_LEAF_ISA_VMX, true, VERDICT_DISCREPANCY },
	};

	total(1000, 1000, 1000, 2);
	books.host.isa = row[_i].isa;
	books.sees_no_entries = row[_i].sees_no_entries;
	books.statistics = calloc(1, sizeof(*books.statistics));
	ck_assert_ptr_nonnull(books.statistics);
	*books.statistics = (struct statistics){ .vm = 1,
						 .vcpus = 2,
						 .before = 1000,
						 .exits = row[_i].exits,
						 .after = 1010 };
	books.nr_statistics = 1;
	judge(row[_i].verdict);
	ck_assert_uint_eq(balance.statistics, 1);
}
END_TEST

START_TEST(all_reads_are_emulated)
{
	total(1000, 0, 1000, 1)->paired = false;
	judge_rule(VERDICT_INCONCLUSIVE, RULE_EMULATED);
	ck_assert_uint_eq(balance.unpaired, 1);
}
END_TEST

START_TEST(nothing_read)
{
	judge_rule(VERDICT_INCONCLUSIVE, RULE_NO_READ);
}
END_TEST

START_TEST(leaves_are_off)
{
	total(0, 1000, 1000, 1)->found = false;
	judge_rule(VERDICT_INCONCLUSIVE, RULE_UNANSWERED);
}
END_TEST

START_TEST(counters_were_switched)
{
	total(900, 1000, 1000, 1);
	books.exit_stats_after = _i;
	judge_rule(VERDICT_INCONCLUSIVE, RULE_SWITCHED);
	ck_assert_uint_eq(balance.nr, 1);
}
END_TEST

/* Losses of the observer explain a higher count of KVM, but not a lower one. */
START_TEST(observer_lost_some)
{
	books.ledger.vm[0].vcpu[0].missed_exits = 5;
	total(1005, 1000, 1000, 1);
	judge_rule(VERDICT_INCONCLUSIVE, RULE_INCOMPLETE);
	balance_free(&balance);
	total(999, 1000, 1000, 1);
	judge(VERDICT_DISCREPANCY);
}
END_TEST

/* After a loss, equal books prove nothing, as KVM has lost as much. */
START_TEST(observer_lost_some_and_so_did_kvm)
{
	struct ledger_vcpu *vcpu = &books.ledger.vm[0].vcpu[0];

	vcpu->missed_exits = _i == 0;
	vcpu->missed_entries = _i == 1;
	books.ledger.losses.no_slot = _i == 2;
	balance.incomplete = _i == 3;
	total(1000, 1000, 1000, 1);
	if (_i == 3) {
		/* compare --watch has forgotten the VM, which has ended. */
		balance.checked = 1;
		balance_judge(&books, &balance);
		ck_assert_int_eq(balance.verdict, VERDICT_INCONCLUSIVE);
		ck_assert_int_eq(balance.finding[0].rule, RULE_INCOMPLETE);
		return;
	}
	judge_rule(VERDICT_INCONCLUSIVE, RULE_INCOMPLETE);
}
END_TEST

/* If a vCPU got no slot, its reads are not by the instruction emulator. */
START_TEST(no_slot_is_no_emulator)
{
	total(1000, 0, 0, 0)->paired = false;
	judge_rule(VERDICT_INCONCLUSIVE, RULE_EMULATED);
	balance_free(&balance);
	books.ledger.losses.no_slot = 2000;
	judge_rule(VERDICT_INCONCLUSIVE, RULE_INCOMPLETE);
}
END_TEST

/* compare --watch forgets VMs that have ended, as it runs for days. */
START_TEST(rules_are_bounded)
{
	struct rules rules = { 0 };

	total(1000, 1000, 1000, 1);
	for (uint64_t vm = 1; vm <= 100000; vm++) {
		struct answer answer = books.answers.answer[0];

		books.ledger.vm[0].number = answer.vm = vm;
		for (int i = 0; i < 3; i++)
			ck_assert_int_eq(rules_apply(&rules, &books, &answer,
						     &balance),
					 0);
		ck_assert_uint_eq(rules.nr, 1);
		rules_forget(&rules, vm);
		ck_assert_uint_eq(rules.nr, 0);
	}
	ck_assert_uint_eq(balance.checked, 300000);
	ck_assert_uint_le(rules.room, 64);
	rules_free(&rules);
}
END_TEST

START_TEST(many_findings_are_counted)
{
	for (int i = 0; i < 100; i++)
		total(1, 2, 2, 1);
	judge(VERDICT_DISCREPANCY);
	ck_assert_uint_eq(balance.nr, BALANCE_FINDINGS);
	ck_assert_uint_eq(balance.discrepancies, 100);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("balance");
	TCase *tcase = tcase_create("rules");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, one_vcpu_is_exact);
	tcase_add_loop_test(tcase, one_vcpu_one_off, 0, 2);
	tcase_add_loop_test(tcase, four_vcpus_bound, 0, 5);
	tcase_add_loop_test(tcase, quiet_vcpus_are_exact, 0, 3);
	tcase_add_test(tcase, wide_counts);
	tcase_add_test(tcase, wrong_reason_is_named);
	tcase_add_test(tcase, undefined_reason);
	tcase_add_loop_test(tcase, undefined_reason_is_answered, 0, 3);
	tcase_add_loop_test(tcase, info_is_judged, 0, 13);
	tcase_add_test(tcase, slewed_clock);
	tcase_add_test(tcase, late_is_relative);
	tcase_add_test(tcase, late_reads_have_a_number_in_common);
	tcase_add_test(tcase, late_by_its_process);
	tcase_add_test(tcase, late_vcpu_is_one_more);
	tcase_add_loop_test(tcase, registers_are_zero, 0, 2);
	tcase_add_test(tcase, leaf_is_not_answered);
	tcase_add_test(tcase, nobodys_leaf_is_not_answered);
	tcase_add_test(tcase, parameters_were_written);
	tcase_add_loop_test(tcase, statistics, 0, 8);
	tcase_add_test(tcase, all_reads_are_emulated);
	tcase_add_test(tcase, nothing_read);
	tcase_add_test(tcase, leaves_are_off);
	tcase_add_loop_test(tcase, counters_were_switched, 0, 2);
	tcase_add_test(tcase, observer_lost_some);
	tcase_add_loop_test(tcase, observer_lost_some_and_so_did_kvm, 0, 4);
	tcase_add_test(tcase, no_slot_is_no_emulator);
	tcase_add_test(tcase, rules_are_bounded);
	tcase_add_test(tcase, many_findings_are_counted);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
