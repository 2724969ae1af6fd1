// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests the rules on times, and on reports of guests and their VMMs, with
 * made-up books.
 */
#include "compare/render_compare.h"
#include "judged.h"

static void report(size_t nr, const struct guest_read *reads)
{
	books.report.read = calloc(nr, sizeof(*reads));
	ck_assert_ptr_nonnull(books.report.read);
	memcpy(books.report.read, reads, nr * sizeof(*reads));
	books.report.nr = nr;
	books.has_report = true;
}

START_TEST(time_encloses)
{
	struct answer *answer = total(1000, 1000, 1000, 1);

	answer = count(EXIT_LEAF_CYCLES, 0, 0, 1000, 1000, 1);
	answer->read.eax = answer->read.ebx = 0;
	answer->read.ecx = 5000000;
	answer->ns_before = answer->ns_after = 4900000;
	judge(VERDICT_BALANCED);
	ck_assert_uint_eq(balance.timed, 1);
	balance_free(&balance);
	books.answers.answer[1].ns_before = 5100000;
	judge_rule(VERDICT_DISCREPANCY, RULE_TIME);
}
END_TEST

static struct answer *cycles(uint64_t kernel, uint64_t ns, uint32_t vcpus)
{
	struct answer *answer = count(EXIT_LEAF_CYCLES, 0, 0, 0, 0, vcpus);

	answer->read.eax = answer->read.ebx = 0;
	answer->read.ecx = kernel;
	answer->ns = 1000000000;
	answer->ns_before = answer->ns_after = ns;
	return answer;
}

/*
 * With several vCPUs, times are judged only if KVM books an exit's time before
 * the observer does.  In old books, which have no @started_ns, it did not.
 */
START_TEST(time_of_several_vcpus)
{
	total(1000, 1000, 1000, 1);
	cycles(4000000, 5000000, 4);
	judge(VERDICT_BALANCED);
	ck_assert_uint_eq(balance.timed, 0);
	balance_free(&balance);
	books.started_ns = 1;
	judge_rule(VERDICT_DISCREPANCY, RULE_TIME);
}
END_TEST

START_TEST(time_is_no_more_than_passed)
{
	total(1000, 1000, 1000, 1);
	cycles(2001000000, 5, 2);
	books.started_ns = 1;
	judge(VERDICT_BALANCED);
	balance_free(&balance);
	books.answers.answer[1].read.ecx += 2000000;
	judge_rule(VERDICT_DISCREPANCY, RULE_TIME_HIGH);
}
END_TEST

/*
 * With one vCPU and a late observer, both reads include the time before it
 * began.
 */
START_TEST(time_when_late)
{
	books.ledger.vm[0].vcpu[0].prior_exits = 500;
	total(600, 100, 100, 1);
	total(700, 200, 200, 1);
	cycles(900000000, 1000000, 1);
	cycles(901000000, 2000000, 1);
	judge(VERDICT_BALANCED);
	ck_assert_uint_eq(balance.timed, 1);
	balance_free(&balance);
	cycles(901900000, 3000000, 1);
	judge_rule(VERDICT_DISCREPANCY, RULE_TIME);
}
END_TEST

/*
 * There are two series of reads.  The report is about the first one, or about
 * neither.
 */
START_TEST(report_is_matched)
{
	struct guest_read reads[2];

	count(EXIT_LEAF_REASON_EXITS, IOIO, 7, 7, 7, 1);
	total(1000, 1000, 1000, 1);
	count(EXIT_LEAF_REASON_EXITS, IOIO, 9, 9, 9, 1);
	total(2000, 2000, 2000, 1);
	memset(reads, 0, sizeof(reads));
	reads[0].read = books.answers.answer[_i ? 2 : 0].read;
	reads[1].read = books.answers.answer[_i ? 3 : 1].read;
	report(2, reads);
	judge(VERDICT_BALANCED);
	ck_assert_uint_eq(balance.told, 2);
	ck_assert_uint_eq(balance.match[0], _i ? 2 : 0);
	balance_free(&balance);
	books.report.read[0].read.eax++;
	judge_rule(VERDICT_DISCREPANCY, RULE_GUEST);
}
END_TEST

/* A difference is shown in the leaf's unit: exits, cycles or registers. */
START_TEST(report_differs)
{
	static const struct {
		uint32_t leaf;
		const char *text;
		uint64_t low, kernel;
	} row[] = {
		{ EXIT_LEAF_EXITS,
		  "total exits: the guest reports 6, KVM answered 7", 6, 7 },
		{ EXIT_LEAF_CYCLES,
		  "total time: the guest reports 4,000 cycles, KVM answered 5,000 cycles",
		  4000, 5000 },
		{ EXIT_LEAF_REASON_CYCLES,
		  "time for 0x07b IOIO: the guest reports 4,000 cycles, KVM answered 5,000 cycles",
		  4000, 5000 },
		{ EXIT_LEAF_INFO,
		  "leaf 0x4ffffffb, ECX 123: the guest reports EAX:EBX:ECX:EDX 00000006:00000000:00000fa0:00000000, KVM answered 00000007:00000000:00001388:00000000",
		  0, 0 },
	};
	struct guest_read read = {
		.has_executed = row[_i].leaf != EXIT_LEAF_EXITS, .executed = 9
	};
	struct answer *answer;
	char line[256];

	total(1000, 1000, 1000, 1);
	answer = count(row[_i].leaf, IOIO, 7, 7, 7, 1);
	answer->ns_before = answer->ns_after = 1;
	answer->read.ecx = 5000;
	read.read = answer->read;
	read.read.eax = 6;
	read.read.ecx = 4000;
	report(1, &read);
	ck_assert_int_eq(balance_books(&books, &balance), 0);
	for (size_t i = 0; i < balance.nr; i++) {
		const struct finding *finding = &balance.finding[i];

		ck_assert_int_ne(finding->rule, RULE_EXECUTED);
		if (finding->rule != RULE_GUEST)
			continue;
		render_finding(&books, finding, line, sizeof(line));
		ck_assert_str_eq(line, row[_i].text);
		ck_assert_uint_eq(finding->low, row[_i].low);
		ck_assert_uint_eq(finding->kernel, row[_i].kernel);
		ck_assert_uint_eq(finding->said.ecx, 4000);
		ck_assert_uint_eq(finding->answered.eax, 7);
		return;
	}
	ck_abort_msg("not found");
}
END_TEST

/* The number is the same, but another register differs: show the registers. */
START_TEST(report_differs_in_a_register)
{
	struct guest_read read = { 0 };
	char line[256];

	read.read = total(1000, 1000, 1000, 1)->read;
	read.read.edx = 1;
	report(1, &read);
	judge_rule(VERDICT_DISCREPANCY, RULE_GUEST);
	render_finding(&books, &balance.finding[0], line, sizeof(line));
	ck_assert_ptr_nonnull(
		strstr(line, ":00000001, KVM answered 000003e8:"));
}
END_TEST

START_TEST(report_of_another_run)
{
	struct guest_read read = { .read = { .leaf = EXIT_LEAF_REASON_EXITS,
					     .index = CPUID } };

	total(1000, 1000, 1000, 1);
	report(1, &read);
	judge_rule(VERDICT_INCONCLUSIVE, RULE_UNSEEN);
}
END_TEST

/* A report that cannot be read cannot be compared with KVM's answers. */
START_TEST(report_that_cannot_be_read)
{
	total(1000, 1000, 1000, 1);
	judge(VERDICT_BALANCED);
	balance_free(&balance);
	books.report_missing = true;
	judge_rule(VERDICT_INCONCLUSIVE, RULE_UNREPORTED);
	balance_free(&balance);
	/* A wrong count is a discrepancy even without the report. */
	total(999, 1000, 1000, 1);
	judge_rule(VERDICT_DISCREPANCY, RULE_KERNEL_LOW);
}
END_TEST

START_TEST(report_of_nothing)
{
	total(1000, 1000, 1000, 1);
	books.has_report = true;
	judge_rule(VERDICT_INCONCLUSIVE, RULE_UNSEEN);
}
END_TEST

/* KVM gave the guest no answer, so the report is right to have no reads. */
START_TEST(report_of_no_answer)
{
	total(0, 0, 0, 1)->found = false;
	books.leaves_on = true;
	books.has_report = true;
	judge_rule(VERDICT_DISCREPANCY, RULE_HIDDEN);
	ck_assert_uint_eq(balance.nr, 1);
}
END_TEST

/* RULE_UNSEEN is shown only if discrepancies leave room for it. */
START_TEST(unseen_takes_no_place)
{
	struct guest_read read = { .read = { .leaf = EXIT_LEAF_REASON_EXITS,
					     .index = CPUID } };

	for (uint64_t i = 0; i < BALANCE_FINDINGS + (uint64_t)_i; i++)
		total(1000 + i, 1001 + i, 1001 + i, 1);
	report(1, &read);
	judge_rule(VERDICT_DISCREPANCY, RULE_KERNEL_LOW);
	ck_assert_uint_eq(balance.nr, BALANCE_FINDINGS);
	ck_assert_int_eq(balance.finding[BALANCE_FINDINGS - 1].rule,
			 _i < 0 ? RULE_UNSEEN : RULE_KERNEL_LOW);
}
END_TEST

/* If BPF lost an exit and a report was not seen, KVM is not blamed. */
START_TEST(unseen_and_incomplete)
{
	struct guest_read read = { .read = { .leaf = EXIT_LEAF_REASON_EXITS,
					     .index = CPUID } };

	total(1000, 999, 999, 1);
	report(1, &read);
	books.ledger.losses.no_slot = 1;
	judge_rule(VERDICT_INCONCLUSIVE, RULE_INCOMPLETE);
	ck_assert_int_eq(balance.finding[1].rule, RULE_UNSEEN);
}
END_TEST

/* A guest reads in a loop, and not all of its answers can be kept. */
START_TEST(no_room_for_all)
{
	for (uint64_t i = 0; i < ANSWERS_MAX + 3; i++)
		total(1000 + i, 1000 + i, 1000 + i, 1);
	ck_assert_uint_eq(books.answers.nr, ANSWERS_MAX);
	ck_assert_uint_eq(books.answers.dropped, 3);
	judge_rule(VERDICT_INCONCLUSIVE, RULE_INCOMPLETE);
	balance_free(&balance);
	/* A discrepancy is found, whichever book has less. */
	books.answers.nr = 2;
	books.answers.answer[0].read.eax--;
	judge_rule(VERDICT_DISCREPANCY, RULE_KERNEL_LOW);
	balance_free(&balance);
	books.answers.answer[0].read.eax += 2;
	judge_rule(VERDICT_DISCREPANCY, RULE_KERNEL_HIGH);
}
END_TEST

START_TEST(no_room_for_reports)
{
	for (int i = 0; i < REPORTS_MAX + 3; i++) {
		struct guest_report one = { .nr = 1 };

		one.read = calloc(1, sizeof(*one.read));
		ck_assert_ptr_nonnull(one.read);
		ck_assert_int_eq(books_add_report(&books, &one), 0);
	}
	ck_assert_uint_eq(books.nr_earlier + 1, REPORTS_MAX);
	ck_assert_uint_eq(books.answers.dropped, 3);
	books_drop_reports(&books);
	ck_assert_uint_eq(books.nr_reported, 0);
}
END_TEST

/* All reads ask the same question, and the report's last read has no answer. */
START_TEST(a_report_made_to_take_time)
{
	enum { READS = 50000 };
	struct guest_read *read = calloc(READS, sizeof(*read));

	ck_assert_ptr_nonnull(read);
	for (uint64_t i = 0; i < 300000; i++) {
		total(1000, 1000, 1000, 2);
		books.answers.answer[i].vcpu_id = i & 1;
	}
	for (size_t i = 0; i < READS; i++)
		read[i].read = books.answers.answer[0].read;
	read[READS - 1].read.leaf = EXIT_LEAF_CYCLES;
	report(READS, read);
	free(read);
	judge(VERDICT_INCONCLUSIVE);
	ck_assert_uint_eq(balance.unseen, 1);
}
END_TEST

/* Two vCPUs read alternately, and the report's first reads occur twice. */
START_TEST(report_among_others)
{
	static const uint64_t kernel[] = { 5, 5, 5, 6, 5, 7, 9 };
	struct guest_read reads[3];

	for (size_t i = 0; i < 7; i++) {
		total(kernel[i], kernel[i], kernel[i], 2)->vcpu_id = 1;
		total(1000 + i, 1000 + i, 1000 + i, 2);
	}
	memset(reads, 0, sizeof(reads));
	for (size_t i = 0; i < 3; i++)
		reads[i].read = books.answers.answer[2 * i + 2].read;
	report(3, reads); /* 5, 5, 6 */
	ck_assert_int_eq(balance_reports(&books, &balance), 0);
	ck_assert_ptr_nonnull(balance.match);
	for (size_t i = 0; i < 3; i++)
		ck_assert_uint_eq(balance.match[i], 2 * i + 2);
	ck_assert_uint_eq(balance.discrepancies, 0);
}
END_TEST

/* The time in userspace is part of the exits' time in both books. */
START_TEST(user_time_is_a_part)
{
	static const struct {
		uint64_t kernel, bpf, missed_entries;
		enum verdict verdict;
	} row[] = {
		{ 5000000, 5000000, 0, VERDICT_BALANCED },
		{ 5000000, 4990000, 0, VERDICT_DISCREPANCY },
		{ 4999999, 4999999, 0, VERDICT_DISCREPANCY },
		{ 5000000, 4990000, 1, VERDICT_INCONCLUSIVE },
		{ 4999999, 4990000, 1, VERDICT_DISCREPANCY },
	};
	struct guest_read read = { .has_userspace = true,
				   .userspace = 5000000 };
	struct answer *answer;

	total(1000, 1000, 1000, 1);
	answer = count(EXIT_LEAF_REASON_CYCLES, IOIO, 0, 1000, 1000, 1);
	answer->read.ecx = row[_i].kernel;
	answer->ns_before = row[_i].bpf;
	read.read = answer->read;
	report(1, &read);
	books.ledger.vm[0].vcpu[0].missed_entries = row[_i].missed_entries;
	judge(row[_i].verdict);
	if (row[_i].verdict == VERDICT_DISCREPANCY)
		ck_assert_str_eq(rule_name(balance.finding[0].rule),
				 "user-time");
}
END_TEST

START_TEST(executed_is_the_truth)
{
	struct guest_read read = { .has_executed = true, .executed = 7 };

	count(EXIT_LEAF_REASON_EXITS, IOIO, 7, 7, 7, 1);
	read.read = books.answers.answer[0].read;
	report(1, &read);
	judge(VERDICT_BALANCED);
	ck_assert_uint_eq(balance.executed, 1);
	balance_free(&balance);
	/* Both books agree, but the guest caused another number of exits. */
	books.report.read[0].executed = 8;
	judge_rule(VERDICT_DISCREPANCY, RULE_EXECUTED);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("balance of times and reports");
	TCase *tcase = tcase_create("rules");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, time_of_several_vcpus);
	tcase_add_test(tcase, time_is_no_more_than_passed);
	tcase_add_test(tcase, time_when_late);
	tcase_add_test(tcase, time_encloses);
	tcase_add_loop_test(tcase, report_is_matched, 0, 2);
	tcase_add_loop_test(tcase, report_differs, 0, 4);
	tcase_add_test(tcase, report_differs_in_a_register);
	tcase_add_test(tcase, report_of_another_run);
	tcase_add_test(tcase, report_that_cannot_be_read);
	tcase_add_test(tcase, report_of_nothing);
	tcase_add_test(tcase, report_of_no_answer);
	tcase_add_loop_test(tcase, unseen_takes_no_place, -1, 2);
	tcase_add_test(tcase, unseen_and_incomplete);
	tcase_add_test(tcase, no_room_for_all);
	tcase_add_test(tcase, no_room_for_reports);
	tcase_add_test(tcase, a_report_made_to_take_time);
	tcase_add_test(tcase, report_among_others);
	tcase_add_test(tcase, executed_is_the_truth);
	tcase_add_loop_test(tcase, user_time_is_a_part, 0, 5);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
