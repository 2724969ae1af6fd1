// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "ledger/reason_text.h"
#include "ledger/render_losses.h"
#include "lib/format.h"
#include "lib/safe_text.h"
#include "lib/table.h"
#include "lib/text_width.h"
#include "report/render_run_compare.h"
#include "run/run_words.h"

#define LINE_WIDTH TABLE_WIDTH
#define NAME_WIDTH 8
#define REASON_WIDTH 22
#define VALUE_WIDTH 10

static const char *const letter[2] = { "A", "B" };

static void render_run(const char *name, const char *path,
		       const struct run_report *run, FILE *out)
{
	const struct run_info *info = run->info;
	struct loss list[LOSSES_MAX];
	size_t nr = render_losses_list(&run->total, list);

	fprintf(out, "%-8s ", name);
	safe_put(path, out);
	fputc('\n', out);
	fprintf(out, "         %s, %s s, Linux %s, %s\n",
		run_words_date(info).s, format_decimal(run->seconds, 1).s,
		safe_text(info->kernel).s, safe_text(info->vendor).s);
	if (info->command[0])
		fprintf(out, "         command %s\n",
			safe_text(info->command).s);
	fprintf(out, "         %s exits, %s%s%s\n", format_count(run->exits).s,
		info->count_only ? "no times" : format_ns(run->ns).s,
		info->ended_ns ? "" : "; ", run_words_end(info).text);
	for (size_t i = 0; i < nr; i++) {
		if (list[i].count)
			fprintf(out, "         lost %s %s\n",
				format_count(list[i].count).s, list[i].text);
	}
}

static struct text value_text(double value, bool time)
{
	const struct text none = { "-", 1 };

	if (time)
		return value > 0 ? format_ns_in(value, VALUE_WIDTH) : none;
	return format_rate_in(value, VALUE_WIDTH);
}

static struct text name_of(const struct run_compared *row, uint32_t isa)
{
	struct text name = { .s = "total" };

	if (row->kind == ROW_WORK)
		strcpy(name.s, "total without HLT");
	return row->kind == ROW_REASON ? exit_reason_text(isa, row->reason) :
					 name;
}

static void render_difference(const struct run_compared *row, uint32_t isa,
			      bool time, FILE *out)
{
	const struct run_difference *difference = time ? &row->time :
							 &row->rate;
	const struct text none = { "-", 1 };
	struct table_line line = { .length = 0 };
	char interval[96] = "";
	bool known = difference->verdict > RUN_TOO_FEW;

	if (known)
		snprintf(interval, sizeof(interval), "%s .. %s",
			 format_ratio(difference->low).s,
			 format_ratio(difference->high).s);
	if (strlen(interval) > 15)
		snprintf(interval, sizeof(interval), "%s..%s",
			 format_ratio(difference->low).s,
			 format_ratio(difference->high).s);
	table_left(&line, REASON_WIDTH, name_of(row, isa).s);
	for (int i = 0; i < 2; i++)
		table_number(&line, VALUE_WIDTH,
			     value_text(difference->value[i], time));
	table_number(&line, 7, known ? format_ratio(difference->ratio) : none);
	table_right(&line, 15, interval);
	table_left(&line, 0, "");
	table_left(&line, 0, run_verdict_word(difference->verdict));
	table_end(&line, out);
}

/* Write words behind a name, in as many lines as they need. */
static void render_words(const char *name, const char *text, FILE *out)
{
	size_t column = NAME_WIDTH;

	fprintf(out, "%-*s", NAME_WIDTH, name);
	while (*text) {
		size_t length = strcspn(text, " ");
		struct safe_text word;
		size_t width;

		safe_copy(text, length, word.s, sizeof(word.s));
		word = safe_short(word.s, LINE_WIDTH - NAME_WIDTH - 1);
		width = text_width(word.s);
		if (column > NAME_WIDTH && column + 1 + width > LINE_WIDTH) {
			fprintf(out, "\n%*s", NAME_WIDTH, "");
			column = NAME_WIDTH;
		}
		fprintf(out, " %s", word.s);
		column += 1 + width;
		text += length + strspn(text + length, " ");
	}
	fputc('\n', out);
}

/*
 * For work that is always the same, such as a boot, counts tell more than
 * rates.
 */
static void render_counts(const struct run_comparison *compared, FILE *out)
{
	uint32_t isa = compared->run[0]->info->isa;

	fprintf(out, "\n%-*s %18s %18s %15s\n", REASON_WIDTH, "EXITS",
		letter[0], letter[1], "B / A");
	for (size_t i = 0; i < compared->nr; i++) {
		const struct run_compared *row = &compared->row[i];
		double ratio = (double)row->exits[1] / row->exits[0];

		struct table_line line = { .length = 0 };

		table_left(&line, REASON_WIDTH, name_of(row, isa).s);
		for (int run = 0; run < 2; run++)
			table_number(&line, 18,
				     format_count_in(row->exits[run], 18));
		table_right(&line, 15,
			    row->exits[0] || row->exits[1] ?
				    format_ratio(ratio).s :
				    "-");
		table_end(&line, out);
	}
}

static void render_table(const struct run_comparison *compared, bool time,
			 FILE *out)
{
	uint32_t isa = compared->run[0]->info->isa;

	fprintf(out, "\n%-*s %10s %10s %7s %15s  %s\n", REASON_WIDTH,
		time ? "TIME OF AN EXIT" : "EXITS PER SECOND", letter[0],
		letter[1], "B / A", "INTERVAL", "B IS");
	for (size_t i = 0; i < compared->nr; i++)
		render_difference(&compared->row[i], isa, time, out);
}

/* Write a percentile of both runs, and the ratio of the two. */
static void render_percentile(struct table_line *line, const uint64_t ns[2])
{
	for (int i = 0; i < 2; i++)
		table_right(line, 9, ns[i] ? format_ns_in(ns[i], 9).s : "-");
	table_right(line, 8,
		    ns[0] && ns[1] ? format_ratio((double)ns[1] / ns[0]).s :
				     "-");
}

static void render_percentiles(const struct run_comparison *compared, FILE *out)
{
	uint32_t isa = compared->run[0]->info->isa;

	fprintf(out, "\n%-*s %9s %9s %8s %9s %9s %8s\n", REASON_WIDTH,
		"PERCENTILES OF IT", "P50 A", "P50 B", "B / A", "P99 A",
		"P99 B", "B / A");
	for (size_t i = 0; i < compared->nr; i++) {
		const struct run_compared *row = &compared->row[i];
		struct table_line line = { .length = 0 };

		table_left(&line, REASON_WIDTH, name_of(row, isa).s);
		render_percentile(&line, row->p50);
		render_percentile(&line, row->p99);
		table_end(&line, out);
	}
}

void render_run_compare_text(const char *const path[2],
			     const struct run_comparison *compared, FILE *out)
{
	for (int i = 0; i < 2; i++)
		render_run(letter[i], path[i], compared->run[i], out);
	for (size_t i = 0; i < compared->nr_notes; i++)
		render_words(i ? "" : "unlike", compared->note[i].text, out);
	render_counts(compared, out);
	render_table(compared, false, out);
	if (compared->times) {
		render_table(compared, true, out);
		render_percentiles(compared, out);
	}
	fprintf(out,
		"\nThe intervals hold all together with %.0f %% confidence (%zu comparisons).\n"
		"same: to within 10 %%; can't tell: more, less or the same, as far as is known.\n",
		100 * RUN_COMPARE_LEVEL, compared->tests);
}
