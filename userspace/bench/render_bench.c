// SPDX-License-Identifier: GPL-2.0-only
#include <math.h>
#include <string.h>

#include "bench/render_bench.h"
#include "bench/render_bench_words.h"
#include "lib/safe_text.h"
#include "lib/table.h"
#include "lib/text_width.h"

/* The number of kinds that fit side by side into 80 columns, beside a title. */
enum { COLUMN = 7, COLUMNS = (BENCH_LINE - BENCH_TITLE) / COLUMN };

/* --- the host, the clock and the load --- */

static void show_host(const struct bench *bench, FILE *out)
{
	bench_put(out, 9, "host     Linux %s, %s%s%s; mitigations %s",
		  bench->kernel, bench->vendor[0] ? bench->vendor : "no KVM",
		  bench->hypervisor[0] ? ", on " : "", bench->hypervisor,
		  bench->mitigations);
	fprintf(out, "         %s\n", safe_text(bench->cpu).s);
	bench_put(out, 9, "date     %.10s, exitledger %s", bench->date,
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
			fputs("         an emulator's cycles, which say nothing about real processors\n",
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

static void show_summary_cell(struct table_line *line,
			      const struct bench_result *result, size_t kind,
			      size_t row)
{
	const struct bench_cell *cell = bench_cell(result, kind, row);
	const char *mark = bench_mark(result, kind, row);
	const size_t room = COLUMN - 1 - strlen(mark);
	char text[64] = "-";

	if (cell->measured && row == BENCH_BASE)
		snprintf(text, sizeof(text), "%s",
			 bench_number_in(cell->level.value, false, room).s);
	else if (cell->measured)
		snprintf(text, sizeof(text), "%s%s",
			 bench_number_in(cell->added.value, true, room).s,
			 mark);
	table_right(line, COLUMN - 1, text);
}

/*
 * Get a kind's name, cut at its end; or cut in its middle, if another kind's
 * name would then look the same.
 */
static struct safe_text kind_head(const struct bench *bench, size_t nr)
{
	const size_t width = COLUMN - 1;
	struct safe_text head = safe_text(bench->kind[nr].name);
	size_t bytes = text_width_cut(head.s, width);

	for (size_t i = 0; i < bench->nr_kinds; i++) {
		if (i != nr &&
		    !strncmp(bench->kind[i].name, bench->kind[nr].name, bytes))
			return safe_short(bench->kind[nr].name, width);
	}
	head.s[bytes] = '\0';
	return head;
}

static void show_summary(const struct bench_result *result, size_t first,
			 FILE *out)
{
	const struct bench *bench = result->bench;
	size_t end = first + COLUMNS < bench->nr_kinds ? first + COLUMNS :
							 bench->nr_kinds;
	struct table_line line = { .length = 0 };

	fprintf(out, "\n%s ADDED PER EXIT\n", bench_unit_words(bench));
	table_left(&line, BENCH_TITLE, "");
	for (size_t kind = first; kind < end; kind++)
		table_right(&line, COLUMN - 1, kind_head(bench, kind).s);
	table_end(&line, out);
	for (size_t row = 0; row < bench->nr_rows; row++) {
		table_left(&line, BENCH_TITLE,
			   safe_text(bench_title(bench, row)).s);
		for (size_t kind = first; kind < end; kind++)
			show_summary_cell(&line, result, kind, row);
		table_end(&line, out);
	}
}

/* --- a table for each kind --- */

/*
 * The widths of the columns, each with the space before it.  With a column for
 * ns, there is less room for the others.
 */
struct columns {
	size_t added, ns, interval, share, far, counted;
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
			      const struct bench_cell *base, size_t width)
{
	if (cell->noise)
		return (struct text){ "noise", 5 };
	return bench_percent_in(100 * cell->added.value / base->level.value,
				width);
}

static struct text far_text(const struct bench_cell *cell)
{
	return cell->outliers > 999 ? (struct text){ ">1k", 3 } :
				      format_plain(cell->outliers);
}

static void show_cell(const struct bench_result *result, size_t kind,
		      size_t row, FILE *out)
{
	const struct bench_cell *cell = bench_cell(result, kind, row);
	const struct bench_cell *base = bench_cell(result, kind, BENCH_BASE);
	const struct columns columns = columns_of(result->bench);
	bool first = row == BENCH_BASE;
	struct stats_interval shown = first ? cell->level : cell->added;
	struct table_line line = { .length = 0 };
	char counted[48];

	table_left(&line, BENCH_TITLE,
		   safe_text(bench_title(result->bench, row)).s);
	table_number(&line, columns.added - 1,
		     bench_number(shown.value, !first));
	if (columns.ns)
		table_number(&line, columns.ns - 1,
			     bench_number(bench_ns(result->bench, shown.value),
					  !first));
	table_number(&line, columns.interval - 1,
		     bench_interval(shown, !first));
	table_right(&line, columns.share - 1,
		    first ? "" : share_text(cell, base, columns.share - 1).s);
	table_number(&line, columns.far - 1, far_text(cell));
	/* The mark stands to the right of the column, not in it. */
	snprintf(counted, sizeof(counted), "%*s%s", (int)columns.counted - 1,
		 counted_text(cell).s,
		 bench_is_short(result, kind, row) ? "<" : "");
	table_right(&line, 0, counted);
	table_end(&line, out);
}

static void show_heading(const struct bench_result *result, size_t nr,
			 FILE *out)
{
	const struct bench *bench = result->bench;
	const struct bench_kind *kind = &bench->kind[nr];
	const struct bench_cell *base = bench_cell(result, nr, BENCH_BASE);
	const struct columns columns = columns_of(bench);
	struct table_line line = { .length = 0 };
	char exits[64] = "", laps[64] = "";

	if (kind->exits > 1)
		snprintf(exits, sizeof(exits), "; %u exits each, per exit",
			 kind->exits);
	/* A kind from a file with fewer rounds than the other files has fewer
	 * laps. */
	if (base->laps != (size_t)bench->rounds * bench->laps)
		snprintf(laps, sizeof(laps), "; %zu laps", base->laps);
	fputc('\n', out);
	bench_put(out, 2, "%s: %s%s%s", kind->name, kind->what, exits, laps);
	table_left(&line, BENCH_TITLE, "");
	table_right(&line, columns.added - 1, "ADDED");
	if (columns.ns)
		table_right(&line, columns.ns - 1, "NS");
	table_right(&line, columns.interval - 1, "95 % INTERVAL");
	table_right(&line, columns.share - 1, "SHARE");
	table_right(&line, columns.far - 1, "FAR");
	table_right(&line, columns.counted - 1, "COUNTED");
	table_end(&line, out);
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
