// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "format.h"
#include "run/render_marks.h"
#include "run/replay.h"
#include "run/run_schema.h"
#include "utf8.h"

#define MARKS_SHOWN 100
#define TEXT_WIDTH 30

static void render_row(const struct run_report *report,
		       const struct run_total *total, FILE *out)
{
	const struct run_mark *mark = total->mark;
	bool reset = !strcmp(mark->kind, RUN_MARK_RESET);
	bool name = reset || report->known->nr_vms > 1;
	char text[160];

	snprintf(text, sizeof(text), "%s%s%s",
		 name ? format_name(total->vm->name).s : "", name ? ": " : "",
		 reset ? "reset" : format_name(mark->text).s);
	text[utf8_cut(text, TEXT_WIDTH)] = '\0';
	fprintf(out, "%9s  %-*s %14s %14s %6s%s\n",
		format_decimal(replay_seconds(report->info, mark->at_ns), 2).s,
		(int)(TEXT_WIDTH + strlen(text) - utf8_characters(text)), text,
		mark->has_kernel ? format_count(mark->kernel_exits).s : "-",
		format_count(mark->bpf_exits).s,
		total->judged ? format_difference(total->difference).s : "-",
		total->judged && !total->allowed ? " !" : "");
}

void render_marks_words(const struct run_totals *totals, FILE *out)
{
	if (totals->wrong)
		fprintf(out, "%zu of %zu totals (!) are not what BPF counted\n",
			totals->wrong, totals->judged);
	else if (totals->judged)
		fprintf(out,
			"KVM's total is what BPF counted: at %zu of %zu marks exactly%s\n",
			totals->exact, totals->judged,
			totals->exact < totals->judged ?
				",\n         at the others within their vCPUs' exits meanwhile" :
				"");
	if (totals->late)
		fputs("         of VMs that were running before: since their first mark\n",
		      out);
}

int render_marks(const struct run_report *report, const struct filter *filter,
		 FILE *out)
{
	struct run_totals totals;
	int r = run_totals(report, filter, &totals);

	if (!r && totals.nr)
		fprintf(out, "\n%9s  %-*s %14s %14s %6s\n", "SECONDS",
			TEXT_WIDTH, "MARK", "KVM'S TOTAL", "BPF'S TOTAL",
			"DIFF");
	for (size_t i = 0; i < totals.nr && i < MARKS_SHOWN; i++)
		render_row(report, &totals.total[i], out);
	if (totals.nr > MARKS_SHOWN)
		fprintf(out, "and %zu more\n", totals.nr - MARKS_SHOWN);
	if (totals.judged)
		fputs("books    ", out);
	render_marks_words(&totals, out);
	run_totals_free(&totals);
	return r;
}
