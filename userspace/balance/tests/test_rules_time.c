// SPDX-License-Identifier: GPL-2.0-only
/* Tests the rules on times, each at its bound and one further. */
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

static void late(void)
{
	books.ledger.vm[0].vcpu[0].prior_exits = 500;
}

static struct answer *cycles(uint64_t kernel, uint64_t ns, uint32_t vcpus)
{
	struct answer *answer = count(EXIT_LEAF_CYCLES, 0, 0, 0, 0, vcpus);

	answer->read.ecx = (uint32_t)kernel;
	answer->read.ebx = kernel >> 32;
	answer->ns = answer->ns_before = ns;
	return answer;
}

static void apply(const struct answer *answer)
{
	ck_assert_int_eq(rules_apply(&rules, &books, answer, &balance), 0);
}

static const struct finding *found(enum rule rule)
{
	ck_assert_uint_eq(balance.nr, 1);
	ck_assert_str_eq(rule_name(balance.finding[0].rule), rule_name(rule));
	ck_assert_uint_eq(balance.finding[0].vm, 1);
	return &balance.finding[0];
}

/* KVM's time must not be less, except for the difference of two clocks. */
START_TEST(time_is_no_less)
{
	const struct finding *finding;

	apply(cycles(999, 1000, 1)); /* 0.1 % less: allowed */
	ck_assert_uint_eq(balance.nr, 0);
	ck_assert_uint_eq(balance.timed, 1);
	books.tsc_khz = 2000000;
	apply(cycles(1997, 1000, 1));
	finding = found(RULE_TIME);
	ck_assert_uint_eq(finding->kernel, 998);
	ck_assert_uint_eq(finding->low, 1000);
	ck_assert_uint_eq(finding->high, 1000);
	ck_assert_uint_eq(balance.timed, 2);
}
END_TEST

/* KVM reports that cycles are missing; this is not a fault. */
START_TEST(what_kvm_dropped_is_not_judged)
{
	struct answer *answer = cycles(10, 1000, 1);

	answer->read.edx = EXIT_LEAF_DROPPED;
	apply(answer);
	answer->read.leaf = EXIT_LEAF_REASON_CYCLES;
	answer->read.index = CPUID;
	apply(answer);
	rules_user_time(&books, answer, 500, &balance);
	ck_assert_uint_eq(balance.nr, 0);
	ck_assert_uint_eq(balance.timed, 0);
	ck_assert_uint_eq(balance.gaps, 2);
	/* It is no fault either if leaf INFO has the number of these exits. */
	answer->read = (struct leaf_read){
		.leaf = EXIT_LEAF_INFO, .index = 2, .eax = 7, .ebx = 1
	};
	apply(answer);
	ck_assert_uint_eq(balance.nr, 0);
	ck_assert_uint_eq(balance.dropped, 0x100000007);
	/* An unknown flag is a fault. */
	answer = cycles(1000, 1000, 1);
	answer->read.edx = EXIT_LEAF_DROPPED | ~EXIT_LEAF_GAPS >> 1;
	apply(answer);
	found(RULE_REGISTERS);
}
END_TEST

/* All exits are counted, so the counts are judged. */
START_TEST(counts_are_judged_where_time_was_dropped)
{
	struct answer *answer = total(4, 5, 5, 1);

	answer->read.edx = EXIT_LEAF_DROPPED;
	apply(answer);
	found(RULE_KERNEL_LOW);
	ck_assert_uint_eq(balance.counts, 1);
	ck_assert_uint_eq(balance.gaps, 0);
}
END_TEST

/* Counts for which the host had no memory are not a fault either. */
START_TEST(what_was_not_counted_is_not_judged)
{
	struct answer *answer = total(4, 5, 5, 1);

	answer->read.edx = EXIT_LEAF_UNCOUNTED;
	judge_rule(VERDICT_INCONCLUSIVE, RULE_UNCOUNTED);
	ck_assert_uint_eq(balance.uncounted, 1);
	ck_assert_uint_eq(balance.checked, 0);
	ck_assert_uint_eq(balance.counts, 0);
	ck_assert_uint_eq(balance.gaps, 0);
}
END_TEST

/*
 * A guest reads only times, and all answers have the flag EXIT_LEAF_UNCOUNTED:
 * the verdict is inconclusive for that reason, even if they also have
 * EXIT_LEAF_DROPPED.
 */
START_TEST(times_that_are_not_counted_are_not_judged)
{
	struct answer *answer = cycles(10, 1000, 1);

	answer->read.edx = EXIT_LEAF_UNCOUNTED | (_i ? EXIT_LEAF_DROPPED : 0);
	judge_rule(VERDICT_INCONCLUSIVE, RULE_UNCOUNTED);
	ck_assert_uint_eq(balance.uncounted, 1);
	ck_assert_uint_eq(balance.gaps, 0);
	ck_assert_uint_eq(balance.timed, 0);
}
END_TEST

/* Times alone give no verdict; if KVM dropped some, that is the reason. */
START_TEST(times_alone_are_no_verdict)
{
	struct answer *answer = cycles(1000, 1000, 1);

	judge_rule(VERDICT_INCONCLUSIVE, RULE_NO_COUNT);
	ck_assert_uint_eq(balance.timed, 1);
	answer->read.edx = EXIT_LEAF_DROPPED;
	judge_rule(VERDICT_INCONCLUSIVE, RULE_GAPS);
	ck_assert_uint_eq(balance.gaps, 1);
	ck_assert_uint_eq(balance.uncounted, 0);
}
END_TEST

/*
 * The time of a late VM is judged since its last read, and the time of another
 * VM since the start.
 */
START_TEST(time_since_the_last_read)
{
	const struct finding *finding;

	if (_i)
		late();
	books.tsc_khz = 2000000;
	apply(cycles(10000, 3000, 1));
	ck_assert_uint_eq(balance.timed, _i ? 0 : 1);
	apply(cycles(12000, 4000, 1));
	ck_assert_uint_eq(balance.nr, 0);
	ck_assert_uint_eq(balance.timed, _i ? 1 : 2);
	ck_assert_uint_eq(rules.base[0].cycles, _i ? 12000 : 0);
	ck_assert_uint_eq(rules.base[0].ns, _i ? 4000 : 0);
	apply(cycles(13000, _i ? 5000 : 7000, 1));
	finding = found(RULE_TIME);
	ck_assert_uint_eq(finding->kernel, 6500);
	ck_assert_uint_eq(finding->low, 7000);
	ck_assert_uint_eq(finding->high, 7000);
	/* A time that is wrong is not kept for later reads. */
	ck_assert_uint_eq(rules.base[0].cycles, _i ? 12000 : 0);
}
END_TEST

/* If KVM's time goes back, the difference is negative. */
START_TEST(time_goes_back)
{
	late();
	apply(cycles(10000, 3000, 1));
	apply(cycles(9000, 3000, 1));
	ck_assert_uint_eq(found(RULE_TIME)->kernel, 9000);
}
END_TEST

/* If the rates of the parts are known, they are used. */
START_TEST(rates_of_the_parts)
{
	books.tsc_khz_low = _i ? 999999 : 1;
	books.tsc_khz = 1e6;
	apply(cycles(_i ? 999 : 1, 1000, 1));
	ck_assert_uint_eq(balance.nr, 0);
	books.tsc_khz_low = 0;
	books.tsc_khz = 1;
	apply(cycles(1, 1000, 1));
	ck_assert_uint_eq(balance.nr, 0);
}
END_TEST

/* With several vCPUs, only VMs that were seen from their start are judged. */
START_TEST(which_are_held)
{
	static const struct {
		uint32_t vcpus;
		bool late, started;
		size_t timed;
		bool host;
	} row[] = {
		{ 1, false, false, 2, false }, { 1, false, true, 2, false },
		{ 1, true, false, 1, false },  { 1, true, true, 1, false },
		{ 2, false, false, 0, false }, { 2, false, true, 2, false },
		{ 2, true, true, 0, false },   { 2, true, false, 0, false },
		{ 1, false, false, 0, true },  { 1, false, true, 2, true },
		{ 1, true, false, 0, true },   { 1, true, true, 0, true },
		{ 2, false, true, 2, true },   { 2, true, true, 0, true },
	};

	if (row[_i].late)
		late();
	books.started_ns = row[_i].started;
	for (int i = 1; i <= 2; i++) {
		struct answer *answer =
			cycles(1000 * i, 1000 * i, row[_i].vcpus);

		answer->ns += 1000;
		answer->host = row[_i].host;
		apply(answer);
		ck_assert_uint_eq(balance.nr, 0);
	}
	ck_assert_uint_eq(balance.timed, row[_i].timed);
}
END_TEST

START_TEST(which_are_timed)
{
	static const struct {
		int before, after;
		double khz;
	} row[] = { { 2, 2, 1e6 }, { 1, 2, 1e6 }, { 2, 1, 1e6 }, { 2, 2, 0 },
		    { 2, 2, 0.5 }, { 3, 3, 1e6 }, { 1, 3, 1e6 } };

	books.host.exit_stats = row[_i].before;
	books.exit_stats_after = row[_i].after;
	books.tsc_khz = row[_i].khz;
	apply(cycles(1000, 1000, 1));
	ck_assert_uint_eq(balance.timed, _i == 0 || _i == 4 || _i == 5);
}
END_TEST

/* The time cannot exceed the time since the observer began, on all vCPUs. */
START_TEST(no_more_than_has_passed)
{
	const struct finding *finding;
	struct answer *answer;

	books.started_ns = 1000;
	answer = cycles(66066, 0, 2);
	answer->ns = 1000 + 33000;
	apply(answer); /* 0.1 % more: allowed */
	ck_assert_uint_eq(balance.nr, 0);
	books.tsc_khz = 2000000;
	answer->read.ecx = 132133;
	apply(answer);
	finding = found(RULE_TIME_HIGH);
	ck_assert_uint_eq(finding->kernel, 66066);
	ck_assert_uint_eq(finding->high, 66000);
	ck_assert_uint_eq(finding->low, 0);
	/* The highest measured rate is used. */
	books.tsc_khz_high = 2000100;
	apply(answer);
	books.tsc_khz_high = 0.5;
	answer->read.ecx = 1000;
	apply(answer);
	ck_assert_uint_eq(balance.nr, 2);
	books.tsc_khz_high = 0;
	answer->read.ecx = 132133;
	/* The start is unknown; then the VM is late. */
	books.started_ns = 0;
	apply(answer);
	books.started_ns = 1000;
	late();
	apply(answer);
	ck_assert_uint_eq(balance.nr, 2);
}
END_TEST

/* --- the VMM's part --- */

static struct answer *part(uint64_t kernel, uint64_t ns, bool of_reason)
{
	struct answer *answer = cycles(kernel, ns, 1);

	if (of_reason)
		answer->read.leaf = EXIT_LEAF_REASON_CYCLES;
	return answer;
}

START_TEST(user_time_is_in_both)
{
	const struct finding *finding;

	books.tsc_khz = 2000000;
	rules_user_time(&books, part(2000, 999, _i), 2000, &balance);
	ck_assert_uint_eq(balance.nr, 0);
	rules_user_time(&books, part(2000, 998, _i), 2000, &balance);
	finding = found(RULE_USER_TIME);
	ck_assert_uint_eq(finding->kernel, 1000);
	ck_assert_uint_eq(finding->low, 1000);
	ck_assert_uint_eq(finding->high, 998);
	rules_user_time(&books, part(1998, 1000, _i), 2000, &balance);
	ck_assert_uint_eq(balance.nr, 2);
	ck_assert_uint_eq(balance.finding[1].kernel, 999);
	ck_assert_uint_eq(balance.finding[1].low, 1000);
	ck_assert_uint_eq(balance.finding[1].high, 1000);
}
END_TEST

/* Reads that are not judged are not compared with the VMM's part. */
START_TEST(user_time_of_none)
{
	struct answer *answer = cycles(1, 1, 1);

	switch (_i) {
	case 0:
		answer->found = false;
		break;
	case 1:
		answer->paired = false;
		break;
	case 2:
		late();
		break;
	case 3:
		answer->read.leaf = EXIT_LEAF_EXITS;
		break;
	case 4:
		books.host.exit_stats = 1;
		break;
	}
	rules_user_time(&books, answer, 1000, &balance);
	ck_assert_uint_eq(balance.nr, _i == 5);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("rules on times");
	TCase *tcase = tcase_create("rules");

	tcase_add_checked_fixture(tcase, begin, end);
	tcase_add_test(tcase, time_is_no_less);
	tcase_add_test(tcase, what_kvm_dropped_is_not_judged);
	tcase_add_test(tcase, what_was_not_counted_is_not_judged);
	tcase_add_loop_test(tcase, times_that_are_not_counted_are_not_judged, 0,
			    2);
	tcase_add_test(tcase, times_alone_are_no_verdict);
	tcase_add_test(tcase, counts_are_judged_where_time_was_dropped);
	tcase_add_loop_test(tcase, time_since_the_last_read, 0, 2);
	tcase_add_test(tcase, time_goes_back);
	tcase_add_loop_test(tcase, rates_of_the_parts, 0, 2);
	tcase_add_loop_test(tcase, which_are_held, 0, 14);
	tcase_add_loop_test(tcase, which_are_timed, 0, 7);
	tcase_add_test(tcase, no_more_than_has_passed);
	tcase_add_loop_test(tcase, user_time_is_in_both, 0, 2);
	tcase_add_loop_test(tcase, user_time_of_none, 0, 6);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
