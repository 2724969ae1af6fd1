// SPDX-License-Identifier: GPL-2.0-only
/* Several benchmarks: merged, or compared with each other. */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "bench/render_bench.h"
#include "made_bench.h"
#include "tests/tap.h"

START_TEST(two_become_one)
{
	struct bench to, from;
	struct bench_result result;

	make_up(&to);
	make_up(&from);
	ck_assert_int_eq(bench_merge(&to, &from), -EINVAL);
	strcpy(from.kind[0].name, "out");
	strcpy(from.kind[1].name, "mmio");
	strcpy(from.vendor, "kvm_intel");
	ck_assert_int_eq(bench_merge(&to, &from), -EINVAL);
	strcpy(from.vendor, "kvm_amd");
	from.cpu_nr++;
	ck_assert_int_eq(bench_merge(&to, &from), -EINVAL);
	from.cpu_nr--;
	from.row[5].state = BENCH_FAILED;
	find(&from, 1, 3, 2)->counted++;
	ck_assert_int_eq(bench_merge(&to, &from), 0);
	ck_assert_uint_eq(to.nr_kinds, 4);
	ck_assert_int_eq(to.row[5].state, BENCH_FAILED);
	ck_assert_int_eq(bench_result_init(&to, &result), 0);
	ck_assert_double_eq(bench_cell(&result, 3, 3)->added.value, costs[3]);
	ck_assert_int_eq(bench_missed(bench_cell(&result, 3, 3)), 1);
	ck_assert_int_eq(bench_missed(bench_cell(&result, 1, 3)), 0);
	bench_result_free(&result);
	bench_free(&from);
	bench_free(&to);
}
END_TEST

/*
 * An earlier and a later benchmark, which are alike until a test changes one.
 */
struct two {
	struct bench bench[2];
	struct bench_result result[2];
	struct bench_comparison comparison;
	struct why why;
};

static void make_two(struct two *two)
{
	memset(two, 0, sizeof(*two));
	make_up(&two->bench[0]);
	make_up(&two->bench[1]);
}

/* Compare the two: @way 0 is from the first to the second, 1 the reverse. */
static int compare_two(struct two *two, int way)
{
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(
			bench_result_init(&two->bench[i], &two->result[i]), 0);
	return bench_compare(&two->result[way], &two->result[!way],
			     &two->comparison, &two->why);
}

static void forget_results(struct two *two)
{
	bench_comparison_free(&two->comparison);
	for (int i = 0; i < 2; i++)
		bench_result_free(&two->result[i]);
}

static void free_two(struct two *two)
{
	forget_results(two);
	for (int i = 0; i < 2; i++)
		bench_free(&two->bench[i]);
}

static char *render_two(struct two *two)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	render_bench_changes(&two->comparison, out);
	fclose(out);
	check_width(text);
	return text;
}

START_TEST(changes_of_benchmarks)
{
	struct two two;
	char *text;

	make_two(&two);
	shift(&two.bench[1], 0, 3, 20);
	ck_assert_int_eq(compare_two(&two, 0), 0);
	ck_assert_uint_eq(two.comparison.nr, 12);
	ck_assert_uint_eq(two.comparison.nr_lone, 0);
	for (size_t i = 0; i < two.comparison.nr; i++) {
		const struct bench_change *at = &two.comparison.change[i];
		bool dearer = at->kind == 0 && at->row == 3;

		ck_assert_double_eq(at->change.value, dearer ? 20 : 0);
		ck_assert_double_eq(at->now - at->then, at->change.value);
		ck_assert_int_eq(at->noise, !dearer);
	}
	ck_assert(bench_is_worse(&two.comparison));
	text = render_two(&two);
	check_has(text, "together 95 %, over 12 changes");
	ck_assert_ptr_null(strstr(text, "differ"));
	free(text);
	free_two(&two);
}
END_TEST

/*
 * All columns of a change come from one estimate, which uses means, although
 * the cost in a single benchmark is a median.
 */
START_TEST(columns_agree)
{
	struct two two;

	make_two(&two);
	for (int i = 0; i < 2; i++) {
		two.bench[i].rounds = 6;
		for (unsigned int kind = 0; kind < 2; kind++) {
			for (unsigned int n = 0; n < 18; n++)
				add_run(&two.bench[i], kind, n / 3, 3 + n % 3,
					2000 + costs[n / 3]);
		}
	}
	find(&two.bench[1], 0, 3, 5)->lap[1] += 12000;
	find(&two.bench[1], 0, 3, 5)->lap[2] += 12000;
	ck_assert_int_eq(compare_two(&two, 0), 0);
	ck_assert_double_eq(bench_cell(&two.result[1], 0, 3)->added.value, 350);
	for (size_t i = 0; i < two.comparison.nr; i++) {
		const struct bench_change *at = &two.comparison.change[i];

		ck_assert_double_eq_tol(at->now - at->then, at->change.value,
					1e-9);
	}
	free_two(&two);
}
END_TEST

/*
 * If BENCH_NULL is off in one of two benchmarks, that is no change, whichever
 * benchmark is the earlier one.
 */
START_TEST(a_null_that_is_off)
{
	struct two two;

	make_two(&two);
	shift(&two.bench[0], 0, BENCH_NULL, -10);
	for (int way = 0; way < 2; way++) {
		ck_assert_int_eq(compare_two(&two, way), 0);
		for (size_t i = 0; i < two.comparison.nr; i++)
			ck_assert(two.comparison.change[i].noise);
		ck_assert(!bench_is_worse(&two.comparison));
		forget_results(&two);
	}
	free_two(&two);
}
END_TEST

START_TEST(not_to_be_compared)
{
	struct two two;

	make_two(&two);
	two.bench[0].unit = BENCH_CYCLES;
	ck_assert_int_eq(compare_two(&two, 0), -EINVAL);
	check_has(two.why.text, "one is in cycles, the other in instructions");
	forget_results(&two);
	two.bench[0].unit = BENCH_INSTRUCTIONS;
	strcpy(two.bench[0].vendor, "kvm_intel");
	ck_assert_int_eq(compare_two(&two, 0), -EINVAL);
	check_has(two.why.text,
		  "one was measured with kvm_intel, the other with kvm_amd");
	forget_results(&two);
	strcpy(two.bench[0].vendor, "kvm_amd");
	two.bench[0].kind[0].exits = 2;
	two.bench[0].kind[1].reason++;
	ck_assert_int_eq(compare_two(&two, 0), -EINVAL);
	check_has(two.why.text, "they have no kind in common; \"cpuid\"");
	forget_results(&two);
	strcpy(two.bench[0].kind[0].name, "out");
	strcpy(two.bench[0].kind[1].name, "mmio");
	ck_assert_int_eq(compare_two(&two, 0), -ENODATA);
	free_two(&two);
}
END_TEST

/* Whatever is not compared is listed. */
START_TEST(what_is_not_in_both)
{
	struct two two;
	char *text;

	make_two(&two);
	two.bench[0].kind[0].exits = 2;
	strcpy(two.bench[0].row[5].name, "other");
	ck_assert_int_eq(compare_two(&two, 0), 0);
	ck_assert_uint_eq(two.comparison.nr, 5);
	ck_assert(!bench_is_worse(&two.comparison));
	text = render_two(&two);
	check_has(text, "\nnot compared, as the reason or the exits per "
			"operation differ: cpuid\n");
	check_has(text, "\nconfigurations in OLD alone: other\n");
	check_has(text, "\nconfigurations in NEW alone: bpftrace_hist\n");
	free(text);
	forget_results(&two);
	two.bench[0].kind[0].exits = 1;
	strcpy(two.bench[0].kind[1].name, "pic");
	ck_assert_int_eq(compare_two(&two, 0), 0);
	text = render_two(&two);
	check_has(text, "\nkinds of exits in OLD alone: pic\n");
	check_has(text, "\nkinds of exits in NEW alone: hlt\n");
	free(text);
	free_two(&two);
}
END_TEST

/*
 * A configuration that is not measured any more has become worse; one that is
 * measured again has not.
 */
START_TEST(lost_and_gained)
{
	struct two two;
	char *text;

	make_two(&two);
	forget(&two.bench[1], 0, 4);
	ck_assert_int_eq(compare_two(&two, 0), 0);
	ck_assert(bench_is_worse(&two.comparison));
	text = render_two(&two);
	check_has(text, "! trace_cmd, cpuid: measured in OLD, not in NEW\n");
	free(text);
	forget_results(&two);
	ck_assert_int_eq(compare_two(&two, 1), 0);
	ck_assert(!bench_is_worse(&two.comparison));
	text = render_two(&two);
	check_has(text, "\ntrace_cmd, cpuid: measured in NEW, not in OLD\n");
	free(text);
	forget_results(&two);
	forget(&two.bench[1], 1, 4);
	two.bench[1].row[4].state = BENCH_FAILED;
	strcpy(two.bench[1].row[4].why, "no space left on the whole device");
	ck_assert_int_eq(compare_two(&two, 0), 0);
	ck_assert_uint_eq(two.comparison.nr_lone, 1);
	text = render_two(&two);
	check_has(text, "! trace_cmd: measured in OLD, not in NEW: failed: no "
			"space left on the whole\n  device\n");
	free(text);
	free_two(&two);
}
END_TEST

START_TEST(counts_that_were_exact)
{
	struct two two;
	char *text;

	make_two(&two);
	find(&two.bench[1], 0, 4, 1)->counted--;
	ck_assert_int_eq(compare_two(&two, 0), 0);
	ck_assert(bench_is_worse(&two.comparison));
	text = render_two(&two);
	check_has(text, " noise!\n");
	check_has(text, "\n! counted all exits in OLD, and not in NEW\n");
	free(text);
	forget_results(&two);
	ck_assert_int_eq(compare_two(&two, 1), 0);
	ck_assert(!bench_is_worse(&two.comparison));
	free_two(&two);
}
END_TEST

START_TEST(hosts_that_differ)
{
	struct two two;
	char *text;

	make_two(&two);
	strcpy(two.bench[1].cpu, "AMD EPYC 7543 32-Core Processor");
	strcpy(two.bench[1].mitigations, "auto");
	strcpy(two.bench[1].kernel, "6.12.0");
	strcpy(two.bench[1].hypervisor, "TCG");
	two.bench[1].khz = 2795000;
	two.bench[1].laps = 5;
	for (int i = 4; i < 6; i++) {
		strcpy(two.bench[0].row[i].version, "perf 6.1");
		strcpy(two.bench[1].row[i].version, "perf 6.12");
	}
	ck_assert_int_eq(compare_two(&two, 0), 0);
	text = render_two(&two);
	check_has(text, "\ndiffer   CPU: none; now AMD EPYC 7543");
	check_has(text, "\n         mitigations: off; now auto\n");
	check_has(text, "\n         kernel: 6.1.0; now 6.12.0\n");
	check_has(text, "\n         hypervisor: none; now TCG\n");
	check_has(text, "\n         TSC, MHz: 1,000; now 2,795\n");
	check_has(text, "\n         laps: 4; now 5\n");
	check_has(text, "\n         trace_cmd: perf 6.1; now perf 6.12\n");
	ck_assert_ptr_null(strstr(text, "bpftrace_hist: perf"));
	ck_assert_ptr_null(strstr(text, "rounds:"));
	free(text);
	free_two(&two);
}
END_TEST

static Suite *suite(void)
{
	Suite *suite = suite_create("bench_changes");
	TCase *tcase = tcase_create("bench_changes");

	tcase_add_test(tcase, two_become_one);
	tcase_add_test(tcase, changes_of_benchmarks);
	tcase_add_test(tcase, columns_agree);
	tcase_add_test(tcase, a_null_that_is_off);
	tcase_add_test(tcase, not_to_be_compared);
	tcase_add_test(tcase, what_is_not_in_both);
	tcase_add_test(tcase, lost_and_gained);
	tcase_add_test(tcase, counts_that_were_exact);
	tcase_add_test(tcase, hosts_that_differ);
	suite_add_tcase(suite, tcase);
	return suite;
}

int main(void)
{
	return tap_run(suite());
}
