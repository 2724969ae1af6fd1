// SPDX-License-Identifier: GPL-2.0-only
/* The notes below a benchmark's tables. */
#include <string.h>

#include "bench/render_bench.h"
#include "bench/render_bench_words.h"
#include "lib/safe_text.h"
#include "lib/table.h"

/*
 * Warn if BENCH_NULL differs too much from BENCH_BASE: results are then less
 * certain than their intervals say.
 */
static void show_nulls(const struct bench_result *result, FILE *out)
{
	for (size_t kind = 0; kind < result->bench->nr_kinds; kind++) {
		const struct bench_cell *null =
			bench_cell(result, kind, BENCH_NULL);

		if (null->measured && !null->noise)
			bench_put(
				out, 2,
				"  %s: the null is off by %s: differences below %s mean nothing",
				result->bench->kind[kind].name,
				bench_number(null->added.value, true).s,
				bench_number(stats_reach(null->added), false).s);
	}
}

/* Say how values and their intervals are computed. */
static void show_intervals(const struct bench *bench, FILE *out)
{
	if (bench->rounds < 2)
		fputs("a single round has no intervals, so that it tells nothing from noise\n",
		      out);
	else if (bench->rounds < STATS_BOOTSTRAP)
		fprintf(out,
			"means of %u rounds, with Student's intervals: few rounds, wide intervals\n",
			bench->rounds);
	else
		fprintf(out,
			"medians of %u rounds, with a bootstrap's intervals\n",
			bench->rounds);
}

static void show_marks(const struct bench_result *result, FILE *out)
{
	for (int i = 0; i < BENCH_MARKS; i++) {
		if (bench_mark_seen(result, bench_marks[i].mark))
			fprintf(out, "%c %s\n", bench_marks[i].mark,
				bench_marks[i].meaning);
	}
	show_nulls(result, out);
	show_intervals(result->bench, out);
}

/* Print the configurations that are not available, or that have failed. */
static void show_rows(const struct bench *bench, FILE *out)
{
	bool any = false;

	for (size_t row = 0; row < bench->nr_rows; row++) {
		const struct bench_row *at = &bench->row[row];

		if (at->state == BENCH_MEASURED)
			continue;
		if (!any)
			fputc('\n', out);
		bench_put(out, 2, "%s: %s: %s", at->title,
			  bench_state_name(at->state), at->why);
		any = true;
	}
}

static void show_own(const struct bench_result *result, FILE *out)
{
	const struct bench *bench = result->bench;
	const struct bench_largest apart = bench_own_apart(result);
	struct table_line line = { .length = 0 };
	struct bench_own own;
	bool any = false;

	for (size_t kind = 0; kind < bench->nr_kinds; kind++) {
		if (!bench_own(result, kind, &own))
			continue;
		if (!any)
			fprintf(out,
				"\nWhat the observer costs, by KVM's clock and BPF's, and by the laps:\n"
				"%-*s%15s%10s%9s%9s%8s\n",
				BENCH_TITLE, "", "KVM'S - BPF'S", "IN BPF'S",
				"SUM", "LAPS", "APART");
		any = true;
		table_left(&line, BENCH_TITLE,
			   safe_text(bench->kind[kind].name).s);
		table_number(&line, 14, bench_number(own.outside, false));
		table_number(&line, 9, bench_number(own.inside, true));
		table_number(&line, 8, bench_number(own.sum, false));
		table_number(&line, 8, bench_number(own.added, false));
		table_number(&line, 7,
			     bench_percent_in(100 * (own.sum - own.added) /
						      own.added,
					      7));
		table_end(&line, out);
	}
	if (apart.known)
		bench_put(out, 2, "They are %.1f %% apart at most: %s",
			  100 * apart.value, bench->kind[apart.kind].name);
}

/* Print how much repeated measurements differ. */
static void show_repeat(const struct bench_result *result, FILE *out)
{
	const struct bench *bench = result->bench;
	struct bench_largest spread = bench_spread(result);
	struct bench_largest null = bench_null(result);

	if (spread.known || null.known)
		fputc('\n', out);
	if (spread.known)
		bench_put(
			out, 2,
			"From round to round the same differs by %.2f %% at most: %s, %s",
			100 * spread.value, bench->row[spread.row].name,
			bench->kind[spread.kind].name);
	if (null.known)
		bench_put(out, 2,
			  "The same once more differs by %.2f %% at most: %s",
			  100 * null.value, bench->kind[null.kind].name);
}

static void show_one(const struct bench_result *result, const char *whose,
		     int row, FILE *out)
{
	const struct bench *bench = result->bench;

	if (row < 0)
		fprintf(out, "  %-26s%s\n", whose, "none that saw all exits");
	else
		fprintf(out, "  %-26s%-30s%8s\n", whose,
			safe_text(bench->row[row].title).s,
			bench_number(bench_sum(result, row) /
					     (double)bench->nr_kinds,
				     true)
				.s);
}

static void show_cheapest(const struct bench_result *result, FILE *out)
{
	const unsigned int gives = GIVES_COUNT | GIVES_REASON | GIVES_TIME;
	int any = bench_cheapest(result, gives, BENCH_ANYONES);
	int ours = bench_cheapest(result, gives, BENCH_UNPATCHED);
	int others = bench_cheapest(result, gives, BENCH_OTHERS);

	if (any < 0 || result->bench->unit == BENCH_NS)
		return;
	fputs("\nThe least for counts and times by reason, on average over the kinds:\n",
	      out);
	show_one(result, "of all", any, out);
	show_one(result, "for any KVM, ours", ours, out);
	show_one(result, "for any KVM, others'", others, out);
	if (others >= 0 && ours >= 0 &&
	    bench_sum(result, others) < bench_sum(result, ours))
		fprintf(out, "  Here %s costs less than ours.\n",
			safe_text(result->bench->row[others].title).s);
}

void render_bench_versions(const struct bench *bench, FILE *out)
{
	fputc('\n', out);
	for (size_t row = 0; row < bench->nr_rows; row++) {
		const struct bench_row *at = &bench->row[row];
		bool seen = !at->version[0];

		for (size_t i = 0; i < row; i++)
			seen |= !strcmp(bench->row[i].version, at->version);
		if (!seen)
			fprintf(out, "with     %s\n", safe_text(at->version).s);
	}
}

void render_bench_notes(const struct bench_result *result, FILE *out)
{
	show_marks(result, out);
	show_rows(result->bench, out);
	show_cheapest(result, out);
	show_own(result, out);
	show_repeat(result, out);
}
