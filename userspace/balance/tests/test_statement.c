// SPDX-License-Identifier: GPL-2.0-only
/* Tests that the table agrees with the verdict. */
#include <stdlib.h>

#include "balance/cost.h"
#include "balance/statement.h"
#include "compare/render_compare.h"
#include "compare/render_watch.h"
#include "judged.h"
#include "tests/json_tree.h"

static struct statement statement;

static void state(void)
{
	ck_assert_int_eq(statement_make(&books, &balance, 1, &statement), 0);
}

static void end(void)
{
	statement_free(&statement);
	teardown();
}

static struct answer *cycles(uint64_t kernel, uint64_t ns, uint64_t exits,
			     uint32_t vcpus, uint32_t outside)
{
	struct answer *answer =
		count(EXIT_LEAF_CYCLES, 0, 0, exits, exits, vcpus);

	answer->read.ecx = (uint32_t)kernel;
	answer->read.ebx = kernel >> 32;
	answer->ns_before = answer->ns_after = ns;
	answer->outside = outside;
	return answer;
}

static void late(void)
{
	books.ledger.vm[0].vcpu[0].prior_exits = 500;
}

/* vCPUs outside of the guest are not ahead, for the rule and for the table. */
START_TEST(difference_is_the_rules)
{
	static const int64_t difference[] = { 2, 1, 0 };

	total(1002, 1000, 1000, 4)->outside = 4 - _i;
	judge(_i < 2 ? VERDICT_DISCREPANCY : VERDICT_BALANCED);
	state();
	ck_assert_int_eq(statement.total.difference, difference[_i]);
	ck_assert_uint_eq(statement.total.kernel, 1002);
	ck_assert_uint_eq(statement.reconciled, 1000);
}
END_TEST

START_TEST(low_is_negative)
{
	total(990, 1000, 1000, 4);
	state();
	ck_assert_int_eq(statement.total.difference, -10);
	ck_assert_uint_eq(statement.reconciled, 990);
}
END_TEST

/* The difference is limited to the range of its type. */
START_TEST(as_low_as_can_be)
{
	total(1ull << 63, 1000, 1000, 4);
	judge_rule(VERDICT_DISCREPANCY, RULE_KERNEL_LOW);
	state();
	ck_assert_int_eq(statement.total.difference, INT64_MIN);
}
END_TEST

/* For a late VM, the table has only exits since the first read. */
START_TEST(late_is_since_the_first_read)
{
	late();
	total(600, 100, 100, 1);
	total(50600 - (_i ? 700 : 0), 50100, 50100, 1);
	judge(_i ? VERDICT_DISCREPANCY : VERDICT_BALANCED);
	state();
	ck_assert(statement.late);
	ck_assert_uint_eq(statement.total.kernel, 50000 - (_i ? 700 : 0));
	ck_assert_uint_eq(statement.total.kernel_first, 600);
	ck_assert_uint_eq(statement.total.bpf, 50000);
	ck_assert_int_eq(statement.total.difference, _i ? -700 : 0);
	ck_assert_uint_eq(statement.reconciled, 50000 - (_i ? 700 : 0));
}
END_TEST

START_TEST(late_and_once_is_nothing)
{
	late();
	books.started_ns = 10;
	total(500, 0, 0, 1); /* before the start: not judged */
	total(600, 100, 100, 1)->ns = 11;
	judge(VERDICT_INCONCLUSIVE);
	state();
	ck_assert_uint_eq(statement.total.kernel, 0);
	ck_assert_uint_eq(statement.reconciled, 0);
	ck_assert_int_eq(statement.total.difference, 0);
}
END_TEST

/* The difference is relative to all earlier reads, not only the first one. */
START_TEST(late_interval_is_the_rules)
{
	late();
	total(600, 100, 100, 3); /* 498 to 500 before */
	total(702, 200, 202, 3); /* 498 to 502 */
	total(800, 302, 302, 3); /* 496 to 498 */
	total(901 + _i, 400, 400, 3); /* 499 and more */
	judge(VERDICT_DISCREPANCY);
	state();
	ck_assert_int_eq(statement.total.difference, 1 + _i);
	ck_assert_int_eq(balance.finding[0].kernel - balance.finding[0].high,
			 1 + _i);
}
END_TEST

/*
 * Each reason counts from its own first read.  With a report, the counts are
 * those of its reads.
 */
START_TEST(late_lines)
{
	struct guest_read *read = calloc(1, sizeof(*read));

	late();
	count(EXIT_LEAF_REASON_EXITS, CPUID, 40, 4, 4, 1);
	count(EXIT_LEAF_REASON_EXITS, IOIO, 9, 0, 0, 1);
	count(EXIT_LEAF_REASON_EXITS, CPUID, 50, 14, 14, 1);
	count(EXIT_LEAF_REASON_EXITS, IOIO, 9, 0, 0, 1);
	total(600, 100, 100, 1);
	total(700, 200, 200, 1);
	ck_assert_ptr_nonnull(read);
	books.report.read = read;
	if (_i) {
		read->read = books.answers.answer[2].read;
		books.report.nr = 1;
		books.has_report = true;
	}
	judge(VERDICT_BALANCED);
	state();
	ck_assert_uint_eq(statement.nr, 1);
	ck_assert_uint_eq(statement.line[0].reason, CPUID);
	ck_assert_uint_eq(statement.line[0].kernel, 10);
	ck_assert_uint_eq(statement.line[0].bpf, 10);
	ck_assert_int_eq(statement.has_guest, _i);
	ck_assert_uint_eq(statement.line[0].guest, _i ? 10 : 0);
	if (!_i)
		ck_assert_uint_eq(statement.rest.kernel, 90);
}
END_TEST

START_TEST(undefined_is_no_difference)
{
	total(700, 700, 700, 1);
	count(EXIT_LEAF_REASON_EXITS, _i ? IOIO : 0xabcd, 0, 3, 3, 1)->read.edx =
		EXIT_LEAF_UNDEFINED;
	judge(_i ? VERDICT_DISCREPANCY : VERDICT_BALANCED);
	state();
	ck_assert_int_eq(statement.line[0].difference, _i ? -3 : 0);
}
END_TEST

static double cost(void)
{
	return cost_per_exit(&statement.total.cost, books.tsc_khz);
}

/* Both reads include the time before the start, even hours in HLT. */
START_TEST(cost_when_late)
{
	const uint64_t hour = 3600ull * 1000000000;

	late();
	total(600, 100, 100, 1);
	cycles(hour + 10000, 10000, 100, 1, 1);
	state();
	ck_assert(!statement.total.has_cycles);
	statement_free(&statement);
	cycles(hour + 40000, 30000, 200, 1, 1);
	total(700, 200, 200, 1);
	state();
	ck_assert(statement.total.has_cycles);
	ck_assert_uint_eq(statement.total.kernel_cycles, 30000);
	ck_assert_uint_eq(statement.total.ns_then, 20000);
	ck_assert_double_eq_tol(cost(), 100, 1e-6);
}
END_TEST

/* If another vCPU is not outside of the guest, one book may be ahead. */
START_TEST(cost_of_several_vcpus)
{
	struct answer *answer;

	if (_i & 1)
		late();
	cycles(0, 0, 0, 2, 2);
	cycles(40000, 30000, 100, 2, 2);
	/* The vCPU is in HLT for an hour, which BPF books at the next exit. */
	answer = cycles(1ull << 42, 30000, 100, 2, _i & 2 ? 2 : 1);
	answer->ns_before -= _i & 2 ? 5 : 0;
	total(700, 700, 700, 2);
	state();
	ck_assert_uint_eq(statement.total.cost.exits, 100);
	ck_assert_double_eq_tol(cost(), 100, 1e-6);
	ck_assert_uint_eq(statement.total.kernel_cycles, 40000);
}
END_TEST

START_TEST(no_cost_of_several_vcpus)
{
	cycles(1ull << 42, 30000, 100, 2, 1);
	total(700, 700, 700, 2);
	state();
	/* Both times are shown, but the cost is unknown. */
	ck_assert(statement.total.has_cycles);
	ck_assert(!statement.total.cost.known);
}
END_TEST

/* If a vCPU was in an exit when the observer began, only KVM has that exit. */
START_TEST(cost_when_a_vcpu_is_new)
{
	late();
	cycles(10000, 10000, 100, 1, 1);
	cycles(1ull << 42, 20000, 200, 2, 2);
	cycles((1ull << 42) + 20000, 30000, 300, 2, 2);
	total(700, 700, 700, 2);
	state();
	ck_assert_uint_eq(statement.total.cost.exits, 100);
	ck_assert_double_eq_tol(cost(), 100, 1e-6);
}
END_TEST

/* With compare --watch, VMs come and go, and numbers start again. */
START_TEST(cost_of_many_vms)
{
	struct cost_vms vms = { 0 };
	struct answer answer = *cycles(3000, 1000, 10, 1, 1);
	struct cost early, sum;

	for (int vm = 1; vm <= 1000; vm++) {
		books.ledger.vm[0].number = answer.vm = vm;
		ck_assert_int_eq(cost_vms_take(&vms, &books, &answer), 0);
		cost_vms_forget(&vms, vm);
		ck_assert_uint_eq(vms.nr, 0);
	}
	ck_assert_uint_le(vms.room, 16);
	early = cost_vms_sum(&vms);
	ck_assert_uint_eq(early.exits, 10000);
	ck_assert_double_eq_tol(cost_per_exit(&early, books.tsc_khz), 200,
				1e-6);
	late();
	ck_assert_int_eq(cost_vms_take(&vms, &books, &answer), 0);
	cost_vms_restart(&vms);
	ck_assert_int_eq(cost_vms_take(&vms, &books, &answer), 0);
	sum = cost_vms_sum(&vms);
	sum = cost_since(&sum, &early);
	ck_assert(!sum.known);
	answer.read.ecx += 400;
	answer.ns_after += 100;
	answer.exits_after += 3;
	ck_assert_int_eq(cost_vms_take(&vms, &books, &answer), 0);
	answer.read.leaf = EXIT_LEAF_REASON_CYCLES;
	ck_assert_int_eq(cost_vms_take(&vms, &books, &answer), 0);
	sum = cost_vms_sum(&vms);
	sum = cost_since(&sum, &early);
	ck_assert_uint_eq(sum.exits, 3);
	ck_assert_double_eq_tol(cost_per_exit(&sum, books.tsc_khz), 100, 1e-6);
	cost_vms_free(&vms);
}
END_TEST

/* A line of compare --watch has up to 80 columns; its cost may be unknown. */
START_TEST(watch_line)
{
	struct watch_sample sample = {
		.vms = 999,
		.exits = 1000000000,
		.reads = 100000,
		.checked = 100000,
		.cost = { .cycles = 30000,
			  .ns = 20000,
			  .exits = 80,
			  .known = _i > 0 },
		.books = &books,
		.balance = &balance,
	};
	char *text;
	size_t size;
	json_t *json;
	FILE *out = open_memstream(&text, &size);

	if (_i == 2) /* the difference is due to the clocks: show no cost */
		sample.cost.ns = 40000;
	render_watch_text(&sample, out);
	fclose(out);
	ck_assert_uint_le(strlen(text), 80 + 1);
	ck_assert_int_eq(!!strstr(text, " 125 ns BALANCED"), _i == 1);
	ck_assert_int_eq(!!strstr(text, " - BALANCED"), _i != 1);
	free(text);
	json = JSON_TREE(to, render_watch_json(&sample, to.out));
	ck_assert_int_eq(!!json_object_get(json, "observer_ns_per_exit"),
			 _i > 0);
	json_decref(json);
	state();
}
END_TEST

static void result_json(struct json_writer *json)
{
	json_put_open(json, NULL, '{');
	ck_assert_int_eq(render_compare_json(json, &books, &balance), 0);
	json_put_close(json, '}');
}

/* The JSON is for programs: lab/jobs/soak.py adds these numbers up. */
START_TEST(json_has_what_was_reconciled)
{
	json_t *json, *made, *sums;

	if (_i)
		late();
	total(600, _i ? 100 : 600, _i ? 100 : 600, 1);
	total(800, _i ? 300 : 800, _i ? 300 : 800, 1);
	judge(VERDICT_BALANCED);
	json = JSON_TREE(to, result_json(&to));
	made = json_object_get(json_object_get(json, "result"), "statements");
	made = json_array_get(made, 0);
	sums = json_object_get(made, "total");
	ck_assert_int_eq(
		json_integer_value(json_object_get(made, "reconciled")),
		_i ? 200 : 800);
	ck_assert_int_eq(json_integer_value(json_object_get(sums, "kernel")),
			 _i ? 200 : 800);
	ck_assert_int_eq(
		json_integer_value(json_object_get(sums, "kernel_first")),
		_i ? 600 : 0);
	ck_assert_int_eq(
		json_integer_value(json_object_get(sums, "difference")), 0);
	json_decref(json);
	state();
}
END_TEST

/* If the guest read after its report, use the times of the report. */
START_TEST(time_of_the_report)
{
	struct guest_read read = { 0 };

	cycles(1000, 900, 10, 1, 1);
	read.read = books.answers.answer[0].read;
	cycles(5000, 4500, 50, 1, 1);
	books.report.read = &read;
	books.report.nr = 1;
	books.has_report = true;
	ck_assert_int_eq(balance_books(&books, &balance), 0);
	state();
	books.report.read = NULL;
	books.report.nr = 0;
	ck_assert(statement.total.has_cycles);
	ck_assert_uint_eq(statement.total.kernel_cycles, 1000);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("statement");
	TCase *tcase = tcase_create("statement");

	tcase_add_checked_fixture(tcase, setup, end);
	tcase_add_loop_test(tcase, difference_is_the_rules, 0, 3);
	tcase_add_test(tcase, low_is_negative);
	tcase_add_test(tcase, as_low_as_can_be);
	tcase_add_loop_test(tcase, late_is_since_the_first_read, 0, 2);
	tcase_add_test(tcase, late_and_once_is_nothing);
	tcase_add_loop_test(tcase, late_interval_is_the_rules, 0, 2);
	tcase_add_loop_test(tcase, late_lines, 0, 2);
	tcase_add_loop_test(tcase, undefined_is_no_difference, 0, 2);
	tcase_add_loop_test(tcase, json_has_what_was_reconciled, 0, 2);
	tcase_add_test(tcase, cost_when_late);
	tcase_add_loop_test(tcase, cost_of_several_vcpus, 0, 4);
	tcase_add_test(tcase, no_cost_of_several_vcpus);
	tcase_add_test(tcase, cost_when_a_vcpu_is_new);
	tcase_add_test(tcase, cost_of_many_vms);
	tcase_add_test(tcase, time_of_the_report);
	tcase_add_loop_test(tcase, watch_line, 0, 3);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
