// SPDX-License-Identifier: GPL-2.0-only
/* Tests the verdict on all findings, and on KVM's own statistics. */
#include "balance/rules.h"
#include "judged.h"
#include "tests/no_memory.h"

static void begin(void)
{
	setup();
	memset(&balance, 0, sizeof(balance));
}

/* --- the verdict --- */

static void verdict_is(enum verdict verdict)
{
	balance_judge(&books, &balance);
	ck_assert_str_eq(verdict_name(balance.verdict), verdict_name(verdict));
}

START_TEST(names)
{
	static const struct {
		enum rule rule;
		const char *name;
		bool inconclusive;
	} row[] = {
		{ RULE_KERNEL_LOW, "kernel-low", false },
		{ RULE_KERNEL_HIGH, "kernel-high", false },
		{ RULE_GUEST, "guest", false },
		{ RULE_EXECUTED, "executed", false },
		{ RULE_TIME, "time", false },
		{ RULE_TIME_HIGH, "time-high", false },
		{ RULE_USER_TIME, "user-time", false },
		{ RULE_REGISTERS, "registers", false },
		{ RULE_UNDEFINED, "undefined", false },
		{ RULE_INFO, "info", false },
		{ RULE_HIDDEN, "hidden", false },
		{ RULE_STATISTICS, "statistics", false },
		{ RULE_NO_READ, "no-read", true },
		{ RULE_UNANSWERED, "unanswered", true },
		{ RULE_SWITCHED, "switched", true },
		{ RULE_INCOMPLETE, "incomplete", true },
		{ RULE_UNSEEN, "unseen", true },
		{ RULE_UNCOUNTED, "uncounted", true },
		{ RULE_GAPS, "gaps", true },
		{ RULE_EMULATED, "emulated", true },
		{ RULE_LATE, "late", true },
		{ RULE_NO_COUNT, "no-count", true },
		{ RULE_UNREPORTED, "unreported", true },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(*row); i++) {
		ck_assert_uint_eq(row[i].rule, i);
		ck_assert_str_eq(rule_name(row[i].rule), row[i].name);
		ck_assert_int_eq(rule_inconclusive(row[i].rule),
				 row[i].inconclusive);
	}
	ck_assert_str_eq(verdict_name(VERDICT_BALANCED), "BALANCED");
	ck_assert_str_eq(verdict_name(VERDICT_DISCREPANCY), "DISCREPANCY");
	ck_assert_str_eq(verdict_name(VERDICT_INCONCLUSIVE), "INCONCLUSIVE");
}
END_TEST

/* Findings and counts, and the expected verdict. */
struct case_of {
	int stats, after;
	size_t checked, unanswered, unpaired, unseen, answers, dropped;
	size_t counts, gaps, uncounted, lost_answers;
	bool switched, lost;
	enum verdict verdict;
	enum rule rule;
};

static const struct case_of cases[] = {
	{ 2, 2, .checked = 1, .verdict = VERDICT_BALANCED },
	{ 1, 1, .checked = 1, .verdict = VERDICT_BALANCED },
	{ 0, 0, 1, .verdict = VERDICT_INCONCLUSIVE, .rule = RULE_SWITCHED },
	{ 2, 1, 1, .verdict = VERDICT_INCONCLUSIVE, .rule = RULE_SWITCHED },
	{ 2, 2, 1, .switched = true, .verdict = VERDICT_INCONCLUSIVE,
	  .rule = RULE_SWITCHED },
	{ 2, 2, .verdict = VERDICT_INCONCLUSIVE, .rule = RULE_NO_READ },
	{ 2, 2, .unanswered = 1, .verdict = VERDICT_INCONCLUSIVE,
	  .rule = RULE_UNANSWERED },
	{ 2, 2, 1, .unanswered = 1, .verdict = VERDICT_BALANCED },
	{ 2, 2, 1, .dropped = 1, .verdict = VERDICT_INCONCLUSIVE,
	  .rule = RULE_INCOMPLETE },
	{ 2, 2, 1, .lost = true, .verdict = VERDICT_INCONCLUSIVE,
	  .rule = RULE_INCOMPLETE },
	{ 2, 2, .unpaired = 1, .lost = true, .verdict = VERDICT_INCONCLUSIVE,
	  .rule = RULE_INCOMPLETE },
	{ 2, 2, .lost = true, .verdict = VERDICT_INCONCLUSIVE,
	  .rule = RULE_NO_READ },
	{ 2, 2, .unpaired = 1, .answers = 1, .verdict = VERDICT_INCONCLUSIVE,
	  .rule = RULE_EMULATED },
	{ 2, 2, 1, .unpaired = 1, .verdict = VERDICT_BALANCED },
	{ 2, 2, .answers = 1, .counts = 1, .verdict = VERDICT_INCONCLUSIVE,
	  .rule = RULE_LATE },
	{ 2, 2, .answers = 2, .counts = 1, .gaps = 1,
	  .verdict = VERDICT_INCONCLUSIVE, .rule = RULE_LATE },
	{ 2, 2, .answers = 1, .gaps = 1, .verdict = VERDICT_INCONCLUSIVE,
	  .rule = RULE_GAPS },
	{ 2, 2, .answers = 2, .gaps = 1, .uncounted = 1,
	  .verdict = VERDICT_INCONCLUSIVE, .rule = RULE_UNCOUNTED },
	{ 2, 2, .answers = 1, .verdict = VERDICT_INCONCLUSIVE,
	  .rule = RULE_NO_COUNT },
	{ 2, 2, 1, .gaps = 1, .verdict = VERDICT_BALANCED },
	{ 2, 2, 1, .lost_answers = 1, .verdict = VERDICT_INCONCLUSIVE,
	  .rule = RULE_INCOMPLETE },
	{ 2, 2, .lost_answers = 1, .verdict = VERDICT_INCONCLUSIVE,
	  .rule = RULE_INCOMPLETE },
	{ 2, 2, 1, .answers = 1, .verdict = VERDICT_BALANCED },
	{ 2, 2, 1, .unseen = 1, .verdict = VERDICT_INCONCLUSIVE,
	  .rule = RULE_UNSEEN },
};

START_TEST(why_nothing_can_be_said)
{
	const struct case_of *this = &cases[_i];

	books.host.exit_stats = this->stats;
	books.exit_stats_after = this->after;
	books.switched = this->switched;
	books.answers.dropped = this->dropped;
	books.answers.nr = this->answers;
	books.ledger.losses.no_slot = this->lost;
	books.ledger.losses.answers = this->lost_answers;
	balance.counts = this->counts;
	balance.gaps = this->gaps;
	balance.uncounted = this->uncounted;
	balance.checked = this->checked;
	balance.unanswered = this->unanswered;
	balance.unpaired = this->unpaired;
	balance.unseen = this->unseen;
	verdict_is(this->verdict);
	books.answers.nr = 0;
	if (this->verdict == VERDICT_BALANCED) {
		ck_assert_uint_eq(balance.nr, 0);
		return;
	}
	ck_assert_uint_eq(balance.nr, 1);
	ck_assert_uint_eq(balance.discrepancies, 0);
	ck_assert_str_eq(rule_name(balance.finding[0].rule),
			 rule_name(this->rule));
}
END_TEST

/* An unseen report is shown in addition to findings, and to another reason. */
START_TEST(unseen_beside)
{
	balance.unseen = 1;
	balance.checked = 1;
	if (_i)
		books.switched = true;
	else
		rules_add(&balance, &(struct finding){ .rule = RULE_INFO });
	verdict_is(_i ? VERDICT_INCONCLUSIVE : VERDICT_DISCREPANCY);
	ck_assert_uint_eq(balance.nr, 2);
	ck_assert_uint_eq(balance.discrepancies, !_i);
	ck_assert_int_eq(balance.finding[0].rule,
			 _i ? RULE_SWITCHED : RULE_INFO);
	ck_assert_int_eq(balance.finding[1].rule, RULE_UNSEEN);
}
END_TEST

/* Try each kind of loss. */
START_TEST(losses)
{
	struct ledger_losses *lost = &books.ledger.losses;
	struct ledger_vcpu *vcpu;

	/* Use the last vCPU of the last VM. */
	ck_assert_ptr_nonnull(ledger_vcpu(ledger_vm(&books.ledger, 2, 200), 0));
	vcpu = ledger_vcpu(&books.ledger.vm[1], 1);
	ck_assert_ptr_nonnull(vcpu);
	lost->no_slot = _i == 1;
	lost->no_vm = _i == 2;
	lost->unreadable = _i == 3;
	lost->recursion = _i == 4;
	balance.incomplete = _i == 5;
	vcpu->missed_exits = _i == 6;
	vcpu->missed_entries = _i == 7;
	vcpu->sparse_full = _i == 8;
	ck_assert_int_eq(balance_vm_incomplete(&books.ledger.vm[1]), _i > 5);
	ck_assert(!balance_vm_incomplete(&books.ledger.vm[0]));
	balance.checked = 1;
	verdict_is(_i ? VERDICT_INCONCLUSIVE : VERDICT_BALANCED);
}
END_TEST

/* Try which findings can be caused by losses of the observer. */
START_TEST(findings_beside_losses)
{
	static const struct {
		enum rule rule;
		uint64_t kernel;
		enum verdict verdict;
	} row[] = {
		{ RULE_KERNEL_HIGH, 30, VERDICT_INCONCLUSIVE },
		{ RULE_KERNEL_LOW, 5, VERDICT_DISCREPANCY },
		{ RULE_STATISTICS, 21, VERDICT_INCONCLUSIVE },
		{ RULE_STATISTICS, 20, VERDICT_DISCREPANCY },
		{ RULE_STATISTICS, 9, VERDICT_DISCREPANCY },
		{ RULE_USER_TIME, 10, VERDICT_INCONCLUSIVE },
		{ RULE_USER_TIME, 9, VERDICT_DISCREPANCY },
		{ RULE_TIME, 30, VERDICT_DISCREPANCY },
	};
	const struct finding high = { .rule = RULE_KERNEL_HIGH, .kernel = 30 };
	const struct finding finding = { .rule = row[_i].rule,
					 .kernel = row[_i].kernel,
					 .low = 10,
					 .high = 20 };

	books.ledger.losses.no_vm = 1;
	balance.checked = 1;
	rules_add(&balance, &high);
	rules_add(&balance, &finding);
	verdict_is(row[_i].verdict);
	/* Without losses, all of them are discrepancies. */
	memset(&balance, 0, sizeof(balance));
	books.ledger.losses.no_vm = 0;
	balance.checked = 1;
	rules_add(&balance, &finding);
	verdict_is(VERDICT_DISCREPANCY);
}
END_TEST

START_TEST(hidden_leaves)
{
	balance.unanswered_leaves = 0x11; /* the first and the last */
	balance_hidden(&books, &balance);
	ck_assert_uint_eq(balance.nr, 0);
	ck_assert_uint_eq(balance.unanswered_leaves, 0);
	balance.unanswered_leaves = 0x11;
	books.leaves_on = true;
	balance_hidden(&books, &balance);
	ck_assert_uint_eq(balance.nr, 2);
	ck_assert_uint_eq(balance.discrepancies, 2);
	ck_assert_int_eq(balance.finding[0].rule, RULE_HIDDEN);
	ck_assert_uint_eq(balance.finding[0].leaf, EXIT_LEAF_FIRST);
	ck_assert_uint_eq(balance.finding[1].leaf, EXIT_LEAF_LAST);
	balance_hidden(&books, &balance);
	ck_assert_uint_eq(balance.nr, 2);
}
END_TEST

/* --- KVM's own statistics --- */

START_TEST(statistics_of_vms)
{
	struct statistics statistics[] = {
		{ .vm = 5, .vcpus = 2, .before = 1, .exits = 0, .after = 4 },
		{ .vm = 6, .vcpus = 2, .before = 12, .exits = 9, .after = 14 },
		{ .vm = 7, .vcpus = 2, .before = 12, .exits = 15, .after = 14 },
	};

	books.statistics = statistics;
	books.nr_statistics = 3;
	balance_statistics(&books, &balance);
	ck_assert_uint_eq(balance.statistics, 3);
	ck_assert_uint_eq(balance.nr, 2);
	ck_assert_int_eq(balance.finding[0].rule, RULE_STATISTICS);
	ck_assert_uint_eq(balance.finding[0].leaf, EXIT_LEAF_EXITS);
	ck_assert_uint_eq(balance.finding[0].vm, 6);
	ck_assert_uint_eq(balance.finding[0].kernel, 9);
	ck_assert_uint_eq(balance.finding[0].low, 10);
	ck_assert_uint_eq(balance.finding[0].high, 14);
	ck_assert_uint_eq(balance.finding[1].vm, 7);
	/* VMX also counts other events, but here BPF knows their number. */
	memset(&balance, 0, sizeof(balance));
	books.host.isa = EXIT_LEAF_ISA_VMX;
	books.sees_no_entries = true;
	statistics[1].exits = 17;
	statistics[2].exits = 16;
	balance_statistics(&books, &balance);
	ck_assert_uint_eq(balance.nr, 1);
	ck_assert_uint_eq(balance.finding[0].vm, 6);
	ck_assert_uint_eq(balance.finding[0].high, 16);
	books.sees_no_entries = false;
	balance_statistics(&books, &balance);
	ck_assert_uint_eq(balance.nr, 1);
	books.statistics = NULL;
	books.nr_statistics = 0;
}
END_TEST

/* A VM with two ended vCPUs, another VM, and the report of the first one. */
static void ended(struct guest_read *read)
{
	static const struct ledger_vcpu ended[] = {
		{ .exits = 600, .failed_entries = 2, .gone = true },
		{ .exits = 400, .emulated = 3, .gone = true },
	};
	struct ledger_vm *vm;

	books.ledger.vm[0].vcpu[0].exits = 77;
	books.ledger.vm[0].vcpu[0].gone = true;
	vm = ledger_vm(&books.ledger, 2, 200);
	ck_assert_ptr_nonnull(vm);
	for (uint32_t id = 0; id < 2; id++) {
		struct ledger_vcpu *vcpu = ledger_vcpu(vm, id);

		ck_assert_ptr_nonnull(vcpu);
		*vcpu = ended[id];
		vcpu->id = id;
	}
	total(50, 50, 50, 2)->vm = 2;
	*read = (struct guest_read){ .read = books.answers.answer[0].read };
	books.report = (struct guest_report){ .has_statistics = true,
					      .read = read,
					      .nr = 1 };
	books.has_report = true;
}

static void no_report(void)
{
	books.report.read = NULL;
	books.report.nr = 0;
}

/* The VMM's last number is BPF's; on VMX it may be up to one more per vCPU. */
START_TEST(final_statistics)
{
	static const struct {
		uint64_t exits, high;
		uint32_t isa;
		bool right;
	} row[] = {
		{ 1005, 1005, EXIT_LEAF_ISA_SVM, true },
		{ 1004, 1005, EXIT_LEAF_ISA_SVM, false },
		{ 1006, 1005, EXIT_LEAF_ISA_SVM, false },
		{ 1004, 1007, EXIT_LEAF_ISA_VMX, false },
		{ 1007, 1007, EXIT_LEAF_ISA_VMX, true },
		{ 1008, 1007, EXIT_LEAF_ISA_VMX, false },
	};
	struct guest_read read;

	ended(&read);
	books.host.isa = row[_i].isa;
	books.sees_no_entries = true;
	books.report.statistics = row[_i].exits;
	ck_assert_int_eq(balance_reports(&books, &balance), 0);
	ck_assert_uint_eq(balance.told, 1);
	ck_assert_uint_eq(balance.statistics, 1);
	ck_assert_uint_eq(balance.nr, !row[_i].right);
	if (!row[_i].right) {
		ck_assert_int_eq(balance.finding[0].rule, RULE_STATISTICS);
		ck_assert_uint_eq(balance.finding[0].vm, 2);
		ck_assert_uint_eq(balance.finding[0].kernel, row[_i].exits);
		ck_assert_uint_eq(balance.finding[0].low, 1005);
		ck_assert_uint_eq(balance.finding[0].high, row[_i].high);
	}
	no_report();
}
END_TEST

/* VMs that still run, are late, or have no statistics are not judged. */
START_TEST(no_final_statistics)
{
	struct guest_read read;

	ended(&read);
	if (_i == 0)
		books.ledger.vm[1].vcpu[0].gone = false;
	else if (_i == 1)
		books.ledger.vm[1].vcpu[1].prior_exits = 1;
	else
		books.report.has_statistics = false;
	ck_assert_int_eq(balance_reports(&books, &balance), 0);
	ck_assert_uint_eq(balance.told, 1);
	ck_assert_uint_eq(balance.statistics, 0);
	ck_assert_uint_eq(balance.nr, 0);
	no_report();
}
END_TEST

/* --- reports --- */

/* All reports are judged, not only the last one. */
START_TEST(earlier_reports)
{
	struct guest_read read[3] = { { .has_executed = true } };
	struct guest_report earlier[2] = { { .read = &read[0], .nr = 1 },
					   { .read = &read[1], .nr = 1 } };

	for (uint64_t i = 0; i < 3; i++) {
		struct answer *answer = total(1000 + i, 1000, 1010, 1);

		read[i] = (struct guest_read){ .read = answer->read,
					       .has_executed = true,
					       .executed = 900 + i };
	}
	books.earlier = earlier;
	books.nr_earlier = 2;
	books.report = (struct guest_report){ .read = &read[2], .nr = 1 };
	ck_assert_int_eq(balance_reports(&books, &balance), 0);
	ck_assert_uint_eq(balance.told, 0); /* there is no report yet */
	books.has_report = true;
	ck_assert_int_eq(balance_reports(&books, &balance), 0);
	ck_assert_uint_eq(balance.told, 3);
	ck_assert_uint_eq(balance.executed, 3);
	ck_assert_uint_eq(balance.nr, 3);
	for (uint64_t i = 0; i < 3; i++) {
		const struct finding *finding = &balance.finding[i];

		ck_assert_int_eq(finding->rule, RULE_EXECUTED);
		ck_assert_uint_eq(finding->kernel, 1000 + i);
		ck_assert_uint_eq(finding->low, 900 + i);
		ck_assert_uint_eq(finding->high, 900 + i);
	}
	ck_assert_uint_eq(balance.match[0], 2);
	books.earlier = NULL;
	books.nr_earlier = 0;
	no_report();
}
END_TEST

/* A guest that got no answers has nothing to report. */
START_TEST(report_of_what_was_not_seen)
{
	struct guest_read read = { .read = { .leaf = EXIT_LEAF_CYCLES } };

	books.has_report = true;
	books.report.read = &read;
	books.report.nr = _i & 1;
	balance.unanswered = _i & 2;
	ck_assert_int_eq(balance_reports(&books, &balance), 0);
	ck_assert_uint_eq(balance.unseen, _i != 2);
	ck_assert_ptr_null(balance.match);
	no_report();
}
END_TEST

/* Executed instructions are compared only with counts that KVM has answered. */
START_TEST(executed_of_none)
{
	struct guest_read read = { .has_executed = true, .executed = 9 };
	struct answer *answer;

	answer = count(_i ? EXIT_LEAF_CYCLES : EXIT_LEAF_EXITS, 0, 5, 5, 5, 1);
	answer->found = _i;
	read.read = answer->read;
	books.report = (struct guest_report){ .read = &read, .nr = 1 };
	books.has_report = true;
	ck_assert_int_eq(balance_reports(&books, &balance), 0);
	ck_assert_uint_eq(balance.told, 1);
	ck_assert_uint_eq(balance.executed, 0);
	ck_assert_uint_eq(balance.nr, 0);
	no_report();
}
END_TEST

/* Allocations fail in turn: a base, the matcher's order, and the match. */
START_TEST(no_memory)
{
	struct guest_read read;

	read = (struct guest_read){ .read = total(5, 5, 5, 1)->read };
	books.report = (struct guest_report){ .read = &read, .nr = 1 };
	books.has_report = true;
	ck_assert_int_eq(WITH_MEMORY(_i, balance_books(&books, &balance)),
			 _i < 3 ? -ENOMEM : 0);
	ck_assert_int_eq(!balance.match, _i < 3);
	no_report();
}
END_TEST

/* Each verdict has its own exit status, which is never that of a failure. */
START_TEST(statuses)
{
	ck_assert_int_eq(verdict_status(VERDICT_BALANCED), 0);
	ck_assert_int_eq(verdict_status(VERDICT_DISCREPANCY), 1);
	ck_assert_int_eq(verdict_status(VERDICT_INCONCLUSIVE), 2);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("verdict");
	TCase *tcase = tcase_create("verdict");

	tcase_add_checked_fixture(tcase, begin, teardown);
	tcase_add_test(tcase, names);
	tcase_add_test(tcase, statuses);
	tcase_add_loop_test(tcase, why_nothing_can_be_said, 0,
			    sizeof(cases) / sizeof(*cases));
	tcase_add_loop_test(tcase, unseen_beside, 0, 2);
	tcase_add_loop_test(tcase, losses, 0, 9);
	tcase_add_loop_test(tcase, findings_beside_losses, 0, 8);
	tcase_add_test(tcase, hidden_leaves);
	tcase_add_test(tcase, statistics_of_vms);
	tcase_add_loop_test(tcase, final_statistics, 0, 6);
	tcase_add_loop_test(tcase, no_final_statistics, 0, 3);
	tcase_add_test(tcase, earlier_reports);
	tcase_add_loop_test(tcase, report_of_what_was_not_seen, 0, 4);
	tcase_add_loop_test(tcase, executed_of_none, 0, 2);
	tcase_add_loop_test(tcase, no_memory, 0, 4);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
