// SPDX-License-Identifier: GPL-2.0-only
/* Benchmarks as plain data: results, and how they are shown. */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench_config.h"
#include "bench/bench_json.h"
#include "bench/render_bench.h"
#include "bench/render_bench_words.h"
#include "made_bench.h"
#include "tests/json_tree.h"
#include "tests/tap.h"

START_TEST(results_are_per_exit)
{
	struct bench_result result;
	struct bench bench;

	make_up(&bench);
	ck_assert_int_eq(bench_result_init(&bench, &result), 0);
	for (size_t kind = 0; kind < 2; kind++) {
		for (size_t row = 0; row < 6; row++) {
			const struct bench_cell *cell =
				bench_cell(&result, kind, row);

			ck_assert(cell->measured);
			ck_assert_double_eq(cell->added.value, costs[row]);
			ck_assert_double_eq(cell->level.value,
					    2001.5 + costs[row]);
			ck_assert_int_eq(cell->noise, row < 2);
			ck_assert_uint_eq(cell->laps, 12);
			ck_assert_int_eq(bench_missed(cell), 0);
		}
		ck_assert(!bench_cell(&result, kind, 6)->measured);
	}
	ck_assert_double_eq(bench_sum(&result, 3), 700);
	bench_result_free(&result);
	bench_free(&bench);
}
END_TEST

/*
 * If BENCH_NULL differs from BENCH_BASE by too much, it is off, and costs up to
 * that difference are noise.  The sign of the difference does not matter.
 */
START_TEST(null_may_be_off)
{
	struct bench_result result;
	struct bench bench;

	make_up(&bench);
	shift(&bench, 0, BENCH_NULL, -9);
	ck_assert_int_eq(bench_result_init(&bench, &result), 0);
	ck_assert(bench_cell(&result, 0, BENCH_NULL)->noise); /* < 0.5 % */
	bench_result_free(&result);
	shift(&bench, 0, BENCH_NULL, -26);
	ck_assert_int_eq(bench_result_init(&bench, &result), 0);
	ck_assert(!bench_cell(&result, 0, BENCH_NULL)->noise);
	/*
	 * A cost of 30 is noise, as the null differs by 35; that the null is
	 * lower does not matter.
	 */
	ck_assert(bench_cell(&result, 0, 2)->noise);
	ck_assert(!bench_cell(&result, 0, 3)->noise);
	bench_result_free(&result);
	bench_free(&bench);
}
END_TEST

START_TEST(cheapest_has_missed_nothing)
{
	const unsigned int gives = GIVES_COUNT | GIVES_REASON | GIVES_TIME;
	struct bench_result result;
	struct bench bench;

	make_up(&bench);
	ck_assert_int_eq(bench_result_init(&bench, &result), 0);
	ck_assert_int_eq(bench_cheapest(&result, gives, BENCH_ANYONES), 2);
	ck_assert_int_eq(bench_cheapest(&result, gives, BENCH_UNPATCHED), 3);
	ck_assert_int_eq(bench_cheapest(&result, gives, BENCH_OTHERS), 4);
	ck_assert_int_eq(bench_cheapest(&result, gives | GIVES_HISTOGRAM,
					BENCH_ANYONES),
			 -1);
	bench_result_free(&result);
	find(&bench, 1, 4, 2)->counted--;
	ck_assert_int_eq(bench_result_init(&bench, &result), 0);
	ck_assert_int_eq(bench_missed(bench_cell(&result, 1, 4)), -1);
	ck_assert_int_eq(bench_cheapest(&result, gives, BENCH_OTHERS), 5);
	bench_result_free(&result);
	bench_free(&bench);
}
END_TEST

START_TEST(own_cost_by_the_clocks)
{
	struct bench_result result;
	struct bench_own own;
	struct bench bench;

	make_up(&bench);
	strcpy(bench.row[3].name, "both");
	for (unsigned int i = 0; i < 3; i++) {
		struct bench_run *without = find(&bench, 0, 2, i);
		struct bench_run *with = find(&bench, 0, 3, i);

		without->has_kvm_time = true;
		without->kvm_time = 1000 + i;
		with->has_kvm_time = true;
		with->kvm_time = 1322 + i;
		with->has_bpf_time = i > 0;
		with->bpf_time = 1100;
	}
	ck_assert_int_eq(bench_result_init(&bench, &result), 0);
	ck_assert(bench_own(&result, 0, &own));
	ck_assert_double_eq(own.outside, 1323 - 1100);
	ck_assert_double_eq(own.inside, 1100 - 1001);
	ck_assert_double_eq(own.sum, 322);
	ck_assert_double_eq(own.added, costs[3] - costs[2]);
	ck_assert(!bench_own(&result, 1, &own));
	ck_assert(bench_own_apart(&result).kind == 0);
	ck_assert_double_eq(bench_own_apart(&result).value, 2 / 320.0);
	bench_result_free(&result);
	bench_free(&bench);
}
END_TEST

/* The largest of all spreads is found, with its kind and row. */
START_TEST(repeatability)
{
	struct bench_result result;
	struct bench_largest most;
	struct bench bench;

	make_up(&bench);
	find(&bench, 1, 3, 2)->lap[1] += 24 * 400;
	find(&bench, 1, 3, 2)->lap[2] += 24 * 400;
	shift(&bench, 1, BENCH_NULL, -3);
	ck_assert_int_eq(bench_result_init(&bench, &result), 0);
	most = bench_spread(&result);
	ck_assert(most.known && most.kind == 1 && most.row == 3);
	/*
	 * The laps of that round are 2350, 2375, 2376 and 2353, whose median is
	 * 2364.  The medians of the other rounds are less by 12.5.
	 */
	ck_assert_double_eq_tol(most.value, 12.5 / 2355.67, 1e-5);
	most = bench_null(&result);
	ck_assert(most.known && most.kind == 1 && most.row == BENCH_NULL);
	ck_assert_double_eq(most.value, 3 / 2001.5);
	ck_assert(!bench_own_apart(&result).known);
	bench_result_free(&result);
	bench.rounds = 1;
	ck_assert_int_eq(bench_result_init(&bench, &result), 0);
	ck_assert(!bench_spread(&result).known);
	bench_result_free(&result);
	bench_free(&bench);
}
END_TEST

/*
 * For first touches of memory, more exits than expected are right, and fewer
 * are not.
 */
START_TEST(at_least_so_many)
{
	struct bench_result result;
	struct bench bench;

	make_up(&bench);
	find(&bench, 0, 3, 0)->counted += 9;
	find(&bench, 1, 3, 0)->counted -= 1;
	for (unsigned int i = 0; i < 6; i++)
		find(&bench, i / 3, 3, i % 3)->at_least = true;
	ck_assert_int_eq(bench_result_init(&bench, &result), 0);
	ck_assert_int_eq(bench_missed(bench_cell(&result, 0, 3)), 0);
	ck_assert_int_eq(bench_missed(bench_cell(&result, 1, 3)), -1);
	bench_result_free(&result);
	bench_free(&bench);
}
END_TEST

static int cheapest_of_all(struct bench *bench, unsigned int gives)
{
	struct bench_result result;
	int cheapest;

	ck_assert_int_eq(bench_result_init(bench, &result), 0);
	cheapest = bench_cheapest(&result, gives, BENCH_ANYONES);
	bench_result_free(&result);
	return cheapest;
}

/* A loss in one run is not made up for by a surplus in another. */
START_TEST(counts_do_not_cancel_out)
{
	const unsigned int gives = GIVES_COUNT | GIVES_REASON | GIVES_TIME;
	struct bench_result result;
	struct bench bench;

	make_up(&bench);
	find(&bench, 0, 3, 0)->counted -= 500;
	find(&bench, 0, 3, 1)->counted += 500;
	find(&bench, 1, 3, 0)->counted -= 50;
	find(&bench, 1, 3, 1)->counted += 60;
	find(&bench, 1, 3, 1)->at_least = true;
	for (unsigned int i = 0; i < 6; i++)
		find(&bench, i / 3, 4, i % 3)->has_counted = false;
	ck_assert_int_eq(bench_result_init(&bench, &result), 0);
	ck_assert_int_eq(bench_missed(bench_cell(&result, 0, 3)), -500);
	ck_assert_int_eq(bench_missed(bench_cell(&result, 1, 3)), -50);
	ck_assert_int_eq(bench_cheapest(&result, gives, BENCH_UNPATCHED), -1);
	/* A row without counts, of another tool or ours, is not known to be
	 * complete. */
	ck_assert_int_eq(bench_cheapest(&result, gives, BENCH_OTHERS), 5);
	bench_result_free(&result);
	ck_assert_int_eq(cheapest_of_all(&bench, gives), 2);
	find(&bench, 1, 2, 0)->has_counted = false;
	find(&bench, 1, 2, 1)->has_counted = false;
	find(&bench, 1, 2, 2)->has_counted = false;
	ck_assert_int_eq(cheapest_of_all(&bench, gives), 5);
	/* Neither is a row that has failed known to be complete. */
	bench.row[5].state = BENCH_FAILED;
	ck_assert_int_eq(cheapest_of_all(&bench, gives), -1);
	ck_assert_int_eq(bench_result_init(&bench, &result), 0);
	bench_result_free(&result);
	bench_free(&bench);
}
END_TEST

/* --- rendering --- */

static void render_svg(const struct bench_result *result, FILE *out)
{
	ck_assert_int_eq(render_bench_svg(result, out), 0);
}

static char *render(void (*how)(const struct bench_result *, FILE *),
		    struct bench *bench)
{
	struct bench_result result;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	ck_assert_int_eq(bench_result_init(bench, &result), 0);
	how(&result, out);
	fclose(out);
	bench_result_free(&result);
	return text;
}

START_TEST(text_says_it)
{
	struct bench bench;
	char *text;

	make_up(&bench);
	find(&bench, 0, 4, 0)->counted -= 1234;
	text = render(render_bench_text, &bench);
	check_width(text);
	check_has(text, "INSTRUCTIONS ADDED PER EXIT\n");
	check_has(text, "nothing: an exit in all        2002   2002\n");
	check_has(text, "again                         +0.0~  +0.0~\n");
	check_has(text, "time_raw                       +350   +350\n");
	check_has(text, "trace_cmd                     +300!   +300\n");
	check_has(text, "-1,234\n");
	check_has(text, "perf <stat>: not installed: no perf in PATH\n");
	check_has(text, "4 exits each, per exit");
	check_has(text, "! has not counted");
	free(text);
	find(&bench, 0, 3, 2)->round = bench.rounds;
	text = render(render_bench_text, &bench);
	check_width(text);
	check_has(text, "time_raw                      +350<   +350\n");
	check_has(text, "exact<\n");
	check_has(text, "\n< has fewer laps than nothing has\n");
	free(text);
	/* If another tool is cheaper than ours, the text says so. */
	find(&bench, 0, 4, 0)->counted += 1234;
	text = render(render_bench_text, &bench);
	check_has(text, "Here trace_cmd costs less than ours.\n");
	free(text);
	bench_free(&bench);
}
END_TEST

START_TEST(text_says_that_the_null_is_off)
{
	struct bench bench;
	char *text;

	make_up(&bench);
	shift(&bench, 1, BENCH_NULL, -35);
	text = render(render_bench_text, &bench);
	check_width(text);
	check_has(text, "again                         +0.0~ -35.0?\n");
	check_has(
		text,
		"\n  hlt: the null is off by -35.0: differences below 35.0 mean nothing\n");
	free(text);
	bench_free(&bench);
}
END_TEST

/* However long a program's output is, lines have at most 80 columns. */
START_TEST(long_words_are_broken)
{
	struct bench bench;
	char *text;

	for (size_t i = 0; i < bench_nr_configs; i++)
		ck_assert_uint_le(strlen(bench_configs[i].title), BENCH_TITLE);
	make_up(&bench);
	memset(bench.kernel, 'k', sizeof(bench.kernel) - 1);
	memset(bench.row[6].why, 'x', sizeof(bench.row[6].why) - 1);
	memset(bench.kind[0].what, 'y', sizeof(bench.kind[0].what) - 1);
	memset(bench.kind[1].what, ' ', sizeof(bench.kind[1].what) - 1);
	find(&bench, 1, 3, 1)->counted += 123456789;
	bench.rounds = 4;
	text = render(render_bench_text, &bench);
	check_width(text);
	check_has(text, "+123M\n");
	free(text);
	bench_free(&bench);
}
END_TEST

START_TEST(clocks_are_named)
{
	struct bench bench;
	char *text;

	make_up(&bench);
	bench.unit = BENCH_CYCLES;
	bench.khz = 2400000;
	text = render(render_bench_text, &bench);
	check_has(text, "TSC CYCLES ADDED PER EXIT");
	check_has(text, "2,400 MHz, NOT invariant");
	/* If the TSC varies, the length of a cycle is unknown. */
	ck_assert_ptr_null(strstr(text, " NS "));
	free(text);
	bench.invariant = true;
	strcpy(bench.hypervisor, "TCG");
	text = render(render_bench_text, &bench);
	check_has(text, "2,400 MHz, invariant");
	check_width(text);
	check_has(text, "        ADDED     NS    95 % INTERVAL  SHARE FAR");
	check_has(text, "nothing: an exit in all        2002    834");
	check_has(text, "kernel_time                   +30.0  +12.5");
	check_has(
		text,
		"an emulator's cycles, which say nothing about real processors");
	free(text);
	bench_free(&bench);
}
END_TEST

/* A single round has no interval, and none is invented anywhere. */
START_TEST(one_round_tells_nothing)
{
	struct bench_result result;
	struct bench bench;
	json_t *json, *cell;
	char *text;

	make_up(&bench);
	bench.rounds = 1;
	text = render(render_bench_text, &bench);
	check_width(text);
	check_has(text, "a single round has no intervals");
	check_has(text, "time_raw                      +350~  +350~\n");
	ck_assert_ptr_null(strstr(text, "inf"));
	free(text);
	text = render(render_svg, &bench);
	ck_assert_ptr_null(strstr(text, "inf "));
	ck_assert_ptr_null(strstr(text, "class=\"whisker\""));
	free(text);
	ck_assert_int_eq(bench_result_init(&bench, &result), 0);
	json = JSON_TREE(to, bench_json(&to, &result));
	cell = json_array_get(json_object_get(json, "results"), 3);
	cell = json_object_get(cell, "added");
	ck_assert_double_eq(json_real_value(json_object_get(cell, "value")),
			    350);
	ck_assert(json_is_null(json_object_get(cell, "low")));
	json_decref(json);
	bench_result_free(&result);
	bench_free(&bench);
}
END_TEST

START_TEST(picture_is_whole)
{
	struct bench bench;
	char *text;
	int bars = 0;

	make_up(&bench);
	text = render(render_svg, &bench);
	check_has(text, "<svg xmlns=");
	check_has(text, "prefers-color-scheme:dark");
	check_has(text, "</svg>\n");
	ck_assert_ptr_null(strstr(text, "href"));
	for (const char *at = text; (at = strstr(at, "class=\"whisker\""));
	     at++)
		bars++;
	ck_assert_int_eq(bars, 2 * 5);
	/* Each colour that is used is named, and so is each row without a
	 * bar. */
	check_has(text, "class=\"key\">ours, on any KVM<");
	check_has(text, "class=\"key\">ours, takes our patch to KVM<");
	check_has(text, "class=\"key\">other programs<");
	check_has(text, "class=\"key\">nothing, once more<");
	check_has(text, "perf &lt;stat&gt;: not installed: no perf in PATH");
	check_has(text, "mitigations off; 2026-01-02");
	free(text);
	strcpy(bench.row[3].title, "a<b&c");
	text = render(render_svg, &bench);
	check_has(text, "a&lt;b&amp;c");
	free(text);
	bench_free(&bench);
}
END_TEST

START_TEST(picture_of_a_unit)
{
	struct bench bench;
	char *text;

	make_up(&bench);
	bench.unit = BENCH_CYCLES;
	bench.khz = 2400000;
	bench.invariant = true;
	strcpy(bench.cpu, "AMD EPYC 7543");
	text = render(render_svg, &bench);
	check_has(text, "What counting a VM exit adds, in TSC cycles<");
	check_has(text, ">AMD EPYC 7543; Linux 6.1.0");
	check_has(text, ">TSC of 2,400 MHz, invariant");
	check_has(text, ">+30.0 (+12.5 ns) <");
	free(text);
	bench.unit = BENCH_NS;
	text = render(render_svg, &bench);
	check_has(text, "bodies only, in ns, with no exit");
	ck_assert_ptr_null(strstr(text, "VM exit"));
	free(text);
	bench_free(&bench);
}
END_TEST

static Suite *suite(void)
{
	Suite *suite = suite_create("bench");
	TCase *tcase = tcase_create("bench");

	tcase_add_test(tcase, results_are_per_exit);
	tcase_add_test(tcase, null_may_be_off);
	tcase_add_test(tcase, cheapest_has_missed_nothing);
	tcase_add_test(tcase, own_cost_by_the_clocks);
	tcase_add_test(tcase, repeatability);
	tcase_add_test(tcase, at_least_so_many);
	tcase_add_test(tcase, counts_do_not_cancel_out);
	tcase_add_test(tcase, text_says_it);
	tcase_add_test(tcase, text_says_that_the_null_is_off);
	tcase_add_test(tcase, long_words_are_broken);
	tcase_add_test(tcase, clocks_are_named);
	tcase_add_test(tcase, one_round_tells_nothing);
	tcase_add_test(tcase, picture_of_a_unit);
	tcase_add_test(tcase, picture_is_whole);
	suite_add_tcase(suite, tcase);
	return suite;
}

int main(void)
{
	return tap_run(suite());
}
