// SPDX-License-Identifier: GPL-2.0-only
#include <math.h>
#include <string.h>

#include "format.h"
#include "bench/render_bench.h"

/* Kinds side by side in 80 columns, beside a title. */
enum { TITLE = 28, COLUMN = 7, COLUMNS = (80 - TITLE) / COLUMN };

const char *render_bench_unit(const struct bench *bench)
{
	static const char *const names[BENCH_UNITS] = {
		[BENCH_CYCLES] = "TSC CYCLES",
		[BENCH_INSTRUCTIONS] = "INSTRUCTIONS",
		[BENCH_NS] = "NS",
	};

	return names[bench->unit];
}

/* Three digits or more have no decimals. */
static struct text number(double value, bool sign)
{
	struct text text;

	text.length = snprintf(text.s, sizeof(text.s), sign ? "%+.*f" : "%.*f",
			       fabs(value) < 99.95 ? 1 : 0, value);
	return text;
}

/* The first row's number is not what it adds. */
static const char *title_of(const struct bench *bench, size_t row)
{
	return row == BENCH_BASE && bench->unit != BENCH_NS ?
		       "nothing: an exit in all" :
		       bench->row[row].title;
}

/* --- what it is of --- */

static void show_host(const struct bench *bench, FILE *out)
{
	fprintf(out, "host     Linux %s, %s%s%s; mitigations %s\n",
		bench->kernel, bench->vendor[0] ? bench->vendor : "no KVM",
		bench->hypervisor[0] ? ", on " : "", bench->hypervisor,
		bench->mitigations);
	fprintf(out, "         %s\n", bench->cpu);
	fprintf(out, "date     %.10s, exitledger %s\n", bench->date,
		bench->version);
}

static void show_clock(const struct bench *bench, FILE *out)
{
	switch (bench->unit) {
	case BENCH_INSTRUCTIONS:
		fputs("clock    instructions: an emulator's TSC that counts them\n",
		      out);
		break;
	case BENCH_NS:
		fputs("clock    ns, by the kernel's own statistics of BPF programs\n",
		      out);
		break;
	default:
		fprintf(out, "clock    TSC cycles, %s MHz, %s\n",
			format_count(bench->khz / 1000).s,
			bench->invariant ? "invariant" :
					   "NOT invariant: it varies");
		if (!strcmp(bench->hypervisor, "TCG"))
			fputs("         an emulator's, which say nothing of any processor\n",
			      out);
	}
}

static void show_load(const struct bench *bench, FILE *out)
{
	if (bench->unit == BENCH_NS)
		fprintf(out,
			"load     BPF_PROG_TEST_RUN: the programs' bodies alone; no exit happened,\n"
			"         and what calling them costs is not in it; %u rounds\n",
			bench->rounds);
	else
		fprintf(out,
			"load     microguest on CPU %u: %u rounds of %u laps, and %u to warm up\n",
			bench->cpu_nr, bench->rounds, bench->laps,
			bench->warm_up);
	if (bench->interrupted)
		fputs("         interrupted: the last round is not complete\n",
		      out);
}

/* --- all kinds side by side --- */

static void show_summary_cell(const struct bench_result *result, size_t kind,
			      size_t row, FILE *out)
{
	const struct bench_cell *cell = bench_cell(result, kind, row);
	const char *mark = "";

	if (!cell->measured) {
		fprintf(out, "%*s", COLUMN, "-");
		return;
	}
	if (row == BENCH_BASE) {
		fprintf(out, "%*s", COLUMN, number(cell->level.value, false).s);
		return;
	}
	if (bench_missed(cell))
		mark = "!";
	else if (row == BENCH_NULL && !cell->noise)
		mark = "?";
	else if (cell->noise)
		mark = "~";
	fprintf(out, "%*s%s", COLUMN - (int)strlen(mark),
		number(cell->added.value, true).s, mark);
}

static void show_summary(const struct bench_result *result, size_t first,
			 FILE *out)
{
	const struct bench *bench = result->bench;
	size_t end = first + COLUMNS < bench->nr_kinds ? first + COLUMNS :
							 bench->nr_kinds;

	fprintf(out, "\n%s ADDED PER EXIT\n%-*s", render_bench_unit(bench),
		TITLE, "");
	for (size_t kind = first; kind < end; kind++)
		fprintf(out, "%*.*s", COLUMN, COLUMN - 1,
			bench->kind[kind].name);
	fputc('\n', out);
	for (size_t row = 0; row < bench->nr_rows; row++) {
		fprintf(out, "%-*s", TITLE, title_of(bench, row));
		for (size_t kind = first; kind < end; kind++)
			show_summary_cell(result, kind, row, out);
		fputc('\n', out);
	}
}

/* --- each by itself --- */

static struct text counted_text(const struct bench_cell *cell)
{
	struct text text = { "", 0 };
	int64_t missed = bench_missed(cell);

	if (cell->has_counted && !missed && cell->at_least)
		return (struct text){ "at least", 8 };
	if (cell->has_counted && !missed)
		return (struct text){ "exact", 5 };
	return cell->has_counted && cell->expected ? format_difference(missed) :
						     text;
}

static struct text interval_text(struct stats_interval interval, bool sign)
{
	struct text text = { "none", 4 };

	if (isinf(interval.low))
		return text;
	text.length = snprintf(text.s, sizeof(text.s), "%.17s to %.17s",
			       number(interval.low, sign).s,
			       number(interval.high, sign).s);
	return text;
}

static void show_cell(const struct bench_result *result, size_t kind,
		      size_t row, FILE *out)
{
	const struct bench_cell *cell = bench_cell(result, kind, row);
	const struct bench_cell *base = bench_cell(result, kind, BENCH_BASE);
	bool first = row == BENCH_BASE;
	struct stats_interval shown = first ? cell->level : cell->added;
	struct text percent = { "", 0 };

	if (!first && !cell->noise)
		snprintf(percent.s, sizeof(percent.s), "%.1f %%",
			 100 * cell->added.value / base->level.value);
	if (!first && cell->noise)
		strcpy(percent.s, "noise");
	fprintf(out, "%-*s%8s%18s%9s%6zu%10s\n", TITLE,
		title_of(result->bench, row), number(shown.value, !first).s,
		interval_text(shown, !first).s, percent.s, cell->outliers,
		counted_text(cell).s);
}

static void show_kind(const struct bench_result *result, size_t nr, FILE *out)
{
	const struct bench *bench = result->bench;
	const struct bench_kind *kind = &bench->kind[nr];
	const struct bench_cell *base = bench_cell(result, nr, BENCH_BASE);

	fprintf(out, "\n%s: %s", kind->name, kind->what);
	if (kind->exits > 1)
		fprintf(out, "; %u exits each, per exit", kind->exits);
	/* Of a file with fewer rounds than others that it was put together
	 * with. */
	if (base->laps != (size_t)bench->rounds * bench->laps)
		fprintf(out, "; %zu laps", base->laps);
	fprintf(out, "\n%-*s%8s%18s%9s%6s%10s\n", TITLE, "", "ADDED",
		"95 % INTERVAL", "SHARE", "FAR", "COUNTED");
	for (size_t row = 0; row < bench->nr_rows; row++) {
		if (bench_cell(result, nr, row)->measured)
			show_cell(result, nr, row, out);
	}
}

/* --- what else there is to say --- */

/* What was measured is then less sure than its intervals say. */
static void show_nulls(const struct bench_result *result, FILE *out)
{
	for (size_t kind = 0; kind < result->bench->nr_kinds; kind++) {
		const struct bench_cell *null =
			bench_cell(result, kind, BENCH_NULL);

		if (null->measured && !null->noise)
			fprintf(out,
				"%s: the null is off by %s: differences below %s are not told\n",
				result->bench->kind[kind].name,
				number(null->added.value, true).s,
				number(stats_reach(null->added), false).s);
	}
}

/* Which they are. */
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
	const struct bench *bench = result->bench;
	bool noise = false, missed = false;

	for (size_t i = 0; i < bench->nr_kinds * bench->nr_rows; i++) {
		const struct bench_cell *cell = &result->cell[i];

		if (!cell->measured || i % bench->nr_rows == BENCH_BASE)
			continue;
		noise |= cell->noise && !bench_missed(cell);
		missed |= bench_missed(cell) != 0;
	}
	if (noise)
		fputs("~ cannot be told from nothing, or from the same once more\n",
		      out);
	if (missed)
		fputs("! has not counted as many exits as there were: see COUNTED\n",
		      out);
	show_nulls(result, out);
	show_intervals(bench, out);
}

/* Those that are not there, and those that lost something. */
static void show_rows(const struct bench *bench, FILE *out)
{
	bool any = false;

	for (size_t row = 0; row < bench->nr_rows; row++) {
		const struct bench_row *at = &bench->row[row];

		if (at->state == BENCH_MEASURED)
			continue;
		fprintf(out, "%s%s: %s: %s\n", any ? "" : "\n", at->title,
			bench_state_name(at->state), at->why);
		any = true;
	}
}

static void show_own(const struct bench_result *result, FILE *out)
{
	const struct bench *bench = result->bench;
	struct bench_own own;
	bool any = false;

	for (size_t kind = 0; kind < bench->nr_kinds; kind++) {
		if (!bench_own(result, kind, &own))
			continue;
		if (!any)
			fprintf(out,
				"\nWhat the observer costs, by KVM's clock and BPF's, and by the laps:\n"
				"%-*s%15s%10s%9s%9s%8s\n",
				TITLE, "", "KVM'S - BPF'S", "IN BPF'S", "SUM",
				"LAPS", "APART");
		any = true;
		fprintf(out, "%-*s%15s%10s%9s%9s%6.1f %%\n", TITLE,
			bench->kind[kind].name, number(own.outside, false).s,
			number(own.inside, true).s, number(own.sum, false).s,
			number(own.added, false).s,
			100 * (own.sum - own.added) / own.added);
	}
}

/* The same configuration, from round to round. */
static void show_spread(const struct bench_result *result, FILE *out)
{
	const struct bench *bench = result->bench;
	const struct bench_cell *most = NULL;
	size_t at = 0;

	for (size_t i = 0; i < bench->nr_kinds * bench->nr_rows; i++) {
		const struct bench_cell *cell = &result->cell[i];

		if (!cell->measured ||
		    (most && cell->spread / cell->level.value <=
				     most->spread / most->level.value))
			continue;
		most = cell;
		at = i;
	}
	if (most && bench->rounds > 1)
		fprintf(out,
			"\nFrom round to round the same differs by %.2f %% at most: %s, %s\n",
			100 * most->spread / most->level.value,
			bench->row[at % bench->nr_rows].name,
			bench->kind[at / bench->nr_rows].name);
}

static void show_one(const struct bench_result *result, const char *whose,
		     int row, FILE *out)
{
	const struct bench *bench = result->bench;

	if (row < 0)
		fprintf(out, "  %-26s%s\n", whose, "none that saw all exits");
	else
		fprintf(out, "  %-26s%-30s%8s\n", whose, bench->row[row].title,
			number(bench_sum(result, row) / (double)bench->nr_kinds,
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
			result->bench->row[others].title);
}

static void show_versions(const struct bench *bench, FILE *out)
{
	fputc('\n', out);
	for (size_t row = 0; row < bench->nr_rows; row++) {
		const struct bench_row *at = &bench->row[row];
		bool seen = !at->version[0];

		for (size_t i = 0; i < row; i++)
			seen |= !strcmp(bench->row[i].version, at->version);
		if (!seen)
			fprintf(out, "%s%s\n", "with     ", at->version);
	}
}

void render_bench_text(const struct bench_result *result, FILE *out)
{
	const struct bench *bench = result->bench;

	show_host(bench, out);
	show_clock(bench, out);
	show_load(bench, out);
	for (size_t kind = 0; kind < bench->nr_kinds; kind += COLUMNS)
		show_summary(result, kind, out);
	show_marks(result, out);
	show_rows(bench, out);
	show_cheapest(result, out);
	show_own(result, out);
	show_spread(result, out);
	for (size_t kind = 0; kind < bench->nr_kinds; kind++)
		show_kind(result, kind, out);
	show_versions(bench, out);
}

/* --- changes --- */

static void show_file(const char *name, const struct bench *bench, FILE *out)
{
	fprintf(out, "%-9s%.10s, exitledger %s, Linux %s%s%s\n", name,
		bench->date, bench->version, bench->kernel,
		bench->vendor[0] ? ", " : "", bench->vendor);
}

void render_bench_changes(const struct bench_result *then,
			  const struct bench_result *now,
			  const struct bench_change *change, size_t nr,
			  FILE *out)
{
	const struct bench *bench = now->bench;

	show_file("old", then->bench, out);
	show_file("new", bench, out);
	for (size_t i = 0; i < nr; i++) {
		const struct bench_change *at = &change[i];

		if (!i || at->kind != change[i - 1].kind)
			fprintf(out, "\n%s: %s\n%-*s%9s%9s%9s%18s\n",
				bench->kind[at->kind].name,
				render_bench_unit(bench), TITLE, "", "OLD",
				"NEW", "CHANGE", "95 % INTERVAL");
		fprintf(out, "%-*s%9s%9s%9s%18s%s\n", TITLE,
			title_of(bench, at->row),
			number(at->then.value, at->row != BENCH_BASE).s,
			number(at->now.value, at->row != BENCH_BASE).s,
			number(at->change.value, true).s,
			interval_text(at->change, true).s,
			at->noise ? " noise" : "");
	}
}
