// SPDX-License-Identifier: GPL-2.0-only
#include <math.h>
#include <string.h>

#include "bench/render_bench.h"
#include "bench/render_bench_words.h"

/* Kinds side by side in 80 columns, beside a title. */
enum { COLUMN = 7, COLUMNS = (BENCH_LINE - BENCH_TITLE) / COLUMN };

/* --- what it is of --- */

static void show_host(const struct bench *bench, FILE *out)
{
	bench_put(out, 9, "host     Linux %s, %s%s%s; mitigations %s",
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
			format_count((bench->khz + 500) / 1000).s,
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
	const char *mark = bench_mark(result, kind, row);

	if (!cell->measured) {
		fprintf(out, "%*s", COLUMN, "-");
		return;
	}
	if (row == BENCH_BASE) {
		fprintf(out, "%*s", COLUMN,
			bench_number(cell->level.value, false).s);
		return;
	}
	fprintf(out, "%*s%s", COLUMN - (int)strlen(mark),
		bench_number(cell->added.value, true).s, mark);
}

static void show_summary(const struct bench_result *result, size_t first,
			 FILE *out)
{
	const struct bench *bench = result->bench;
	size_t end = first + COLUMNS < bench->nr_kinds ? first + COLUMNS :
							 bench->nr_kinds;

	fprintf(out, "\n%s ADDED PER EXIT\n%-*s", bench_unit_words(bench),
		BENCH_TITLE, "");
	for (size_t kind = first; kind < end; kind++)
		fprintf(out, "%*.*s", COLUMN, COLUMN - 1,
			bench->kind[kind].name);
	fputc('\n', out);
	for (size_t row = 0; row < bench->nr_rows; row++) {
		fprintf(out, "%-*s", BENCH_TITLE, bench_title(bench, row));
		for (size_t kind = first; kind < end; kind++)
			show_summary_cell(result, kind, row, out);
		fputc('\n', out);
	}
}

/* --- each by itself --- */

/* The columns' widths; with ns, there is less room for the others. */
struct columns {
	int added, ns, interval, share, far, counted;
};

static struct columns columns_of(const struct bench *bench)
{
	if (isnan(bench_ns(bench, 0)))
		return (struct columns){ 8, 0, 18, 9, 6, 10 };
	return (struct columns){ 7, 7, 17, 7, 4, 9 };
}

static struct text counted_text(const struct bench_cell *cell)
{
	struct text text = { "", 0 };
	int64_t missed = bench_missed(cell);

	if (!cell->has_counted)
		return text;
	if (!missed && cell->at_least)
		return (struct text){ "at least", 8 };
	if (!missed)
		return (struct text){ "exact", 5 };
	if (cell->expected)
		text = format_difference(missed);
	return text.length > 8 ? bench_number((double)missed, true) : text;
}

static struct text share_text(const struct bench_cell *cell,
			      const struct bench_cell *base)
{
	struct text text = { "noise", 5 };
	double percent = 100 * cell->added.value / base->level.value;

	if (!cell->noise)
		text.length = snprintf(text.s, sizeof(text.s), "%.*f %%",
				       fabs(percent) < 99.95 ? 1 : 0, percent);
	return text;
}

static void show_cell(const struct bench_result *result, size_t kind,
		      size_t row, FILE *out)
{
	const struct bench_cell *cell = bench_cell(result, kind, row);
	const struct bench_cell *base = bench_cell(result, kind, BENCH_BASE);
	const struct columns columns = columns_of(result->bench);
	bool first = row == BENCH_BASE;
	struct stats_interval shown = first ? cell->level : cell->added;

	fprintf(out, "%-*s%*s", BENCH_TITLE, bench_title(result->bench, row),
		columns.added, bench_number(shown.value, !first).s);
	if (columns.ns)
		fprintf(out, "%*s", columns.ns,
			bench_number(bench_ns(result->bench, shown.value),
				     !first)
				.s);
	fprintf(out, "%*s%*s%*zu%*s%s\n", columns.interval,
		bench_interval(shown, !first).s, columns.share,
		first ? "" : share_text(cell, base).s, columns.far,
		cell->outliers, columns.counted, counted_text(cell).s,
		bench_is_short(result, kind, row) ? "<" : "");
}

static void show_heading(const struct bench_result *result, size_t nr,
			 FILE *out)
{
	const struct bench *bench = result->bench;
	const struct bench_kind *kind = &bench->kind[nr];
	const struct bench_cell *base = bench_cell(result, nr, BENCH_BASE);
	const struct columns columns = columns_of(bench);
	char exits[64] = "", laps[64] = "";

	if (kind->exits > 1)
		snprintf(exits, sizeof(exits), "; %u exits each, per exit",
			 kind->exits);
	/* Of a file with fewer rounds than others that it was put together
	 * with. */
	if (base->laps != (size_t)bench->rounds * bench->laps)
		snprintf(laps, sizeof(laps), "; %zu laps", base->laps);
	fputc('\n', out);
	bench_put(out, 2, "%s: %s%s%s", kind->name, kind->what, exits, laps);
	fprintf(out, "%-*s%*s", BENCH_TITLE, "", columns.added, "ADDED");
	if (columns.ns)
		fprintf(out, "%*s", columns.ns, "NS");
	fprintf(out, "%*s%*s%*s%*s\n", columns.interval, "95 % INTERVAL",
		columns.share, "SHARE", columns.far, "FAR", columns.counted,
		"COUNTED");
}

static void show_kind(const struct bench_result *result, size_t nr, FILE *out)
{
	show_heading(result, nr, out);
	for (size_t row = 0; row < result->bench->nr_rows; row++) {
		if (bench_cell(result, nr, row)->measured)
			show_cell(result, nr, row, out);
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
	render_bench_notes(result, out);
	for (size_t kind = 0; kind < bench->nr_kinds; kind++)
		show_kind(result, kind, out);
	render_bench_versions(bench, out);
}
