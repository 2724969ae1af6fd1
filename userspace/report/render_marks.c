// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/format.h"
#include "lib/safe_text.h"
#include "lib/table.h"
#include "lib/text_width.h"
#include "report/render_marks.h"
#include "run/run_schema.h"
#include "run/run_words.h"

#define MARKS_SHOWN 100
#define TEXT_WIDTH 30

/*
 * Both ends of a long text are shown, and the VM's name gets the rest of the
 * line.
 */
static struct safe_text text_of(const struct run_total *total, bool name)
{
	const struct ledger_vm *vm = total->vm;
	struct safe_text text = { "reset" }, both;
	size_t width;

	if (strcmp(total->mark->kind, RUN_MARK_RESET))
		text = safe_short(total->mark->text,
				  name ? TEXT_WIDTH / 2 : TEXT_WIDTH);
	if (!name)
		return text;
	width = TEXT_WIDTH - 2 - text_width(text.s);
	snprintf(both.s, sizeof(both.s), "%.255s: %.255s",
		 safe_name(vm->name, vm->pid, width).s, text.s);
	return both;
}

static void render_row(const struct run_report *report,
		       const struct run_total *total, FILE *out)
{
	const struct run_mark *mark = total->mark;
	const struct text none = { "-", 1 };
	struct table_line line = { .length = 0 };
	bool name = !strcmp(mark->kind, RUN_MARK_RESET) ||
		    report->known->nr_vms > 1;

	table_number(
		&line, 9,
		format_decimal_in(run_words_seconds(report->info, mark->at_ns),
				  2, 9));
	table_left(&line, 0, "");
	table_left(&line, TEXT_WIDTH, text_of(total, name).s);
	table_number(&line, 14,
		     mark->has_kernel ?
			     format_count_in(mark->kernel_exits, 14) :
			     none);
	table_number(&line, 14, format_count_in(mark->bpf_exits, 14));
	table_number(&line, 6,
		     total->judged ?
			     format_difference_in(total->difference, 6) :
			     none);
	if (total->judged && !total->allowed)
		table_left(&line, 0, "!");
	table_end(&line, out);
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

/* Set @seen for each mark that names a phase in the text. */
static void see_phases(const struct run_report *report, bool seen[])
{
	struct run_limit limit;

	/* Without exits there are no phases, and a single one has no name. */
	if (!report->exits || report->nr_phases == 1)
		return;
	run_limit_phases(&limit, report, RENDER_PHASES);
	for (size_t i = 0; i < report->nr_phases; i++) {
		const struct run_mark *mark = report->phase[i].mark;

		if (run_limit_take(&limit, mark) && mark)
			seen[mark - report->marks->mark] = true;
	}
}

static void render_totals(const struct run_report *report,
			  const struct run_totals *totals, bool seen[],
			  FILE *out)
{
	size_t nr[RUN_RANKS] = { 0 };
	struct run_limit limit;

	for (size_t i = 0; i < totals->nr; i++)
		nr[run_mark_rank(totals->total[i].mark)]++;
	run_limit_init(&limit, nr, MARKS_SHOWN);
	if (totals->nr)
		fprintf(out, "\n%9s  %-*s %14s %14s %6s\n", "SECONDS",
			TEXT_WIDTH, "MARK", "KVM'S TOTAL", "BPF'S TOTAL",
			"DIFF");
	for (size_t i = 0; i < totals->nr; i++) {
		const struct run_mark *mark = totals->total[i].mark;

		if (!run_limit_take(&limit, mark))
			continue;
		seen[mark - report->marks->mark] = true;
		render_row(report, &totals->total[i], out);
	}
	if (totals->nr > MARKS_SHOWN)
		fprintf(out, "and %zu more\n", totals->nr - MARKS_SHOWN);
	if (totals->judged)
		fputs("books    ", out);
	render_marks_words(totals, out);
}

/* Is this a person's or a guest's mark that neither table shows? */
static bool is_unseen(const struct run_report *report,
		      const struct filter *filter, const struct run_mark *mark,
		      const bool seen[])
{
	return run_mark_rank(mark) > RUN_RANK_AUTOMATIC &&
	       !seen[mark - report->marks->mark] &&
	       run_report_has_mark(report, filter, mark);
}

static void render_unseen(const struct run_report *report,
			  const struct filter *filter, const bool seen[],
			  FILE *out)
{
	const struct run_marks *marks = report->marks;
	size_t nr[RUN_RANKS] = { 0 }, all = 0;
	struct run_limit limit;

	for (size_t i = 0; i < marks->nr; i++) {
		if (!is_unseen(report, filter, &marks->mark[i], seen))
			continue;
		nr[run_mark_rank(&marks->mark[i])]++;
		all++;
	}
	run_limit_init(&limit, nr, MARKS_SHOWN);
	if (all)
		fprintf(out, "\n%9s  %s\n", "SECONDS", "MARKS BESIDE THESE");
	for (size_t i = 0; i < marks->nr; i++) {
		const struct run_mark *mark = &marks->mark[i];
		struct why text = run_words_mark_text(mark);

		if (!is_unseen(report, filter, mark, seen) ||
		    !run_limit_take(&limit, mark))
			continue;
		fprintf(out, "%9s  %s\n",
			format_decimal(
				run_words_seconds(report->info, mark->at_ns), 2)
				.s,
			safe_short(text.text, 69).s);
	}
	if (all > MARKS_SHOWN)
		fprintf(out, "and %zu more\n", all - MARKS_SHOWN);
}

int render_marks(const struct run_report *report, const struct filter *filter,
		 FILE *out)
{
	bool *seen = calloc(report->marks->nr + 1, sizeof(*seen));
	struct run_totals totals;
	int r;

	if (!seen)
		return -ENOMEM;
	r = run_totals(report, filter, &totals);
	if (!r) {
		see_phases(report, seen);
		render_totals(report, &totals, seen, out);
		render_unseen(report, filter, seen, out);
	}
	run_totals_free(&totals);
	free(seen);
	return r;
}
