// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "format.h"
#include "render_losses.h"
#include "run/render_run_compare.h"
#include "run/replay.h"

#define LINE_WIDTH 80
#define NAME_WIDTH 8
#define REASON_WIDTH 22

static const char *const letter[2] = { "A", "B" };

static void render_run(const char *name, const char *path,
		       const struct run_report *run, FILE *out)
{
	const struct run_info *info = run->info;
	struct loss list[LOSSES_MAX];
	size_t nr = render_losses_list(&run->total, list);

	fprintf(out, "%-8s %s\n", name, path);
	fprintf(out, "         %s, %s s, Linux %s, %s\n", replay_date(info).s,
		format_decimal(run->seconds, 1).s, format_name(info->kernel).s,
		format_name(info->vendor).s);
	if (info->command[0])
		fprintf(out, "         command %s\n",
			format_name(info->command).s);
	fprintf(out, "         %s exits, %s%s\n", format_count(run->exits).s,
		info->count_only ? "no times" : format_ns(run->ns).s,
		info->ended_ns ? "" :
				 "; the recording goes on, or was cut off");
	for (size_t i = 0; i < nr; i++) {
		if (list[i].count)
			fprintf(out, "         lost %s %s\n",
				format_count(list[i].count).s, list[i].text);
	}
}

static struct text value_text(double value, bool time)
{
	struct text none = { .s = "-" };

	if (time)
		return value > 0 ? format_ns(value) : none;
	return format_rate(value);
}

static struct text name_of(const struct run_compared *row, uint32_t isa)
{
	struct text name = { .s = "total" };

	if (row->kind == ROW_WORK)
		strcpy(name.s, "total without HLT");
	return row->kind == ROW_REASON ? format_reason(isa, row->reason) : name;
}

static void render_difference(const struct run_compared *row, uint32_t isa,
			      bool time, FILE *out)
{
	const struct run_difference *difference = time ? &row->time :
							 &row->rate;
	char interval[96] = "";
	bool known = difference->verdict > RUN_TOO_FEW;

	if (known)
		snprintf(interval, sizeof(interval), "%s .. %s",
			 format_ratio(difference->low).s,
			 format_ratio(difference->high).s);
	fprintf(out, "%-*.*s %10s %10s %7s %15s  %s\n", REASON_WIDTH,
		REASON_WIDTH, name_of(row, isa).s,
		value_text(difference->value[0], time).s,
		value_text(difference->value[1], time).s,
		known ? format_ratio(difference->ratio).s : "-", interval,
		run_verdict_word(difference->verdict));
}

/* Lines of words, behind a name. */
static void render_words(const char *name, const char *text, FILE *out)
{
	size_t column = NAME_WIDTH;

	fprintf(out, "%-*s", NAME_WIDTH, name);
	while (*text) {
		size_t length = strcspn(text, " ");

		if (column > NAME_WIDTH && column + 1 + length > LINE_WIDTH) {
			fprintf(out, "\n%*s", NAME_WIDTH, "");
			column = NAME_WIDTH;
		}
		fprintf(out, " %.*s", (int)length, text);
		column += 1 + length;
		text += length + strspn(text + length, " ");
	}
	fputc('\n', out);
}

/* Of work that is always the same, such as a boot, they tell more than rates. */
static void render_counts(const struct run_comparison *compared, FILE *out)
{
	uint32_t isa = compared->run[0]->info->isa;

	fprintf(out, "\n%-*s %18s %18s %15s\n", REASON_WIDTH, "EXITS",
		letter[0], letter[1], "B / A");
	for (size_t i = 0; i < compared->nr; i++) {
		const struct run_compared *row = &compared->row[i];
		double ratio = (double)row->exits[1] / row->exits[0];

		fprintf(out, "%-*.*s %18s %18s %15s\n", REASON_WIDTH,
			REASON_WIDTH, name_of(row, isa).s,
			format_count(row->exits[0]).s,
			format_count(row->exits[1]).s,
			row->exits[0] || row->exits[1] ? format_ratio(ratio).s :
							 "-");
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

/* A percentile of both runs, and what it became. */
static void render_percentile(const uint64_t ns[2], FILE *out)
{
	for (int i = 0; i < 2; i++)
		fprintf(out, " %9s", ns[i] ? format_ns(ns[i]).s : "-");
	fprintf(out, " %8s",
		ns[0] && ns[1] ? format_ratio((double)ns[1] / ns[0]).s : "-");
}

static void render_percentiles(const struct run_comparison *compared, FILE *out)
{
	uint32_t isa = compared->run[0]->info->isa;

	fprintf(out, "\n%-*s %9s %9s %8s %9s %9s %8s\n", REASON_WIDTH,
		"PERCENTILES OF IT", "P50 A", "P50 B", "B / A", "P99 A",
		"P99 B", "B / A");
	for (size_t i = 0; i < compared->nr; i++) {
		const struct run_compared *row = &compared->row[i];

		fprintf(out, "%-*.*s", REASON_WIDTH, REASON_WIDTH,
			name_of(row, isa).s);
		render_percentile(row->p50, out);
		render_percentile(row->p99, out);
		fputc('\n', out);
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
