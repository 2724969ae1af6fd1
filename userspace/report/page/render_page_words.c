// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>

#include "ledger/reason_text.h"
#include "ledger/render_losses.h"
#include "lib/format.h"
#include "lib/html.h"
#include "lib/safe_text.h"
#include "report/page/render_page_private.h"
#include "report/render_marks.h"
#include "run/run_cells.h"
#include "run/run_words.h"

#define PHASES_SHOWN 200
#define MARKS_SHOWN 500
#define EXTREMES 5 /* most and least frequent reasons that are named */

static struct text rate_of(const struct run_rates *rates)
{
	return format_count(rates->seconds > 0 ? rates->exits / rates->seconds :
						 0);
}

static void put_figure(struct page *page, const char *name, const char *value,
		       const char *more)
{
	fprintf(page->out,
		"<div><dt>%s</dt><dd class=\"big\">%s</dd><dd class=\"small\">%s</dd></div>\n",
		name, value, more);
}

static uint64_t count_losses(const struct run_report *report)
{
	struct loss list[LOSSES_MAX];
	size_t nr = render_losses_list(&report->total, list);
	uint64_t count = 0;

	for (size_t i = 0; i < nr; i++)
		count += list[i].count;
	return count;
}

static void put_figures_of_vms(struct page *page)
{
	const size_t vcpus = page->report->nr_vcpus;
	char more[64];

	snprintf(more, sizeof(more), "%s vCPU%s", format_count(vcpus).s,
		 vcpus == 1 ? "" : "s");
	put_figure(page, "VMs", format_count(page->report->nr_vms).s, more);
}

int page_figures(struct page *page)
{
	const struct run_report *report = page->report;
	const struct run_rates *rates = &report->rates;
	const uint64_t lost = count_losses(report);
	char value[64], more[128];

	fputs("<dl class=\"figures\">\n", page->out);
	snprintf(more, sizeof(more), "of %s reasons",
		 format_count(page->group.nr_reasons).s);
	put_figure(page, "Exits", format_count(report->exits).s, more);
	snprintf(value, sizeof(value), "%s /s", rate_of(rates).s);
	snprintf(more, sizeof(more), "%s to %s in an interval",
		 format_count(rates->min).s, format_count(rates->max).s);
	put_figure(page, "Mean rate", value, more);
	snprintf(more, sizeof(more), "CV %s, by chance %s",
		 format_percent(rates->cv).s, format_percent(rates->chance).s);
	put_figure(page, "The rate", run_rates_word(rates), more);
	if (page->has & NEEDS_TIME) {
		snprintf(more, sizeof(more), "%s without HLT",
			 page->group.work.times.ns == report->ns ?
				 "all of it" :
				 format_ns(page->group.work.times.ns).s);
		put_figure(page, "Time in exits", format_ns(report->ns).s,
			   more);
	}
	put_figures_of_vms(page);
	put_figure(page, "Not booked", lost ? format_count(lost).s : "nothing",
		   lost ? "see below" : "each exit that was seen is booked");
	fputs("</dl>\n", page->out);
	return 0;
}

static void put_answer(struct page *page, size_t nth, const struct row *row,
		       const char *value)
{
	fprintf(page->out, "%s<span class=\"one\">%s (%s)</span>",
		nth ? ", " : "",
		exit_reason_text(page->group.vm->isa, row->reason).s, value);
}

/* Write the phase with the highest rate, among those that can be judged. */
static void put_busiest(struct page *page)
{
	const struct run_report *report = page->report;
	const struct run_phase *most = NULL;
	double highest = 0;

	for (size_t i = 0; i < report->nr_phases; i++) {
		const struct run_rates *rates = &report->phase[i].rates;
		double rate =
			rates->seconds > 0 ? rates->exits / rates->seconds : 0;

		if (rates->intervals >= RUN_INTERVALS_MIN && rate > highest) {
			most = &report->phase[i];
			highest = rate;
		}
	}
	if (!most || report->nr_phases == 1)
		return;
	fputs("<dt>Busiest phase</dt><dd>from <bdi>", page->out);
	if (most->mark)
		html_put(run_words_mark(report->info, most->mark).text,
			 page->out);
	else
		fputs("the start", page->out);
	fprintf(page->out, "</bdi> (%s exits/s)</dd>\n",
		rate_of(&most->rates).s);
}

int page_answers(struct page *page)
{
	struct row_group *group = &page->group;
	const size_t nr = group->nr_reasons;
	const size_t least = nr > 2 * EXTREMES ? nr - EXTREMES : EXTREMES;

	if (!nr)
		return 0;
	fputs("<dl class=\"answers\">\n<dt>Most frequent</dt><dd>", page->out);
	for (size_t i = 0; i < nr && i < EXTREMES; i++)
		put_answer(page, i, &group->reason[i],
			   format_count(group->reason[i].times.exits).s);
	if (nr > EXTREMES)
		fputs("</dd>\n<dt>Least frequent</dt><dd>", page->out);
	for (size_t i = nr; i-- > least;)
		put_answer(page, i + 1 < nr, &group->reason[i],
			   format_count(group->reason[i].times.exits).s);
	if (page->has & NEEDS_TIME) {
		fputs("</dd>\n<dt>Most time</dt><dd>", page->out);
		rows_sort_group(group, COLUMN_TIME);
		for (size_t i = 0; i < nr && i < EXTREMES; i++)
			put_answer(page, i, &group->reason[i],
				   format_share(group->reason[i].times.ns,
						group->total.times.ns)
					   .s);
		rows_sort_group(group, COLUMN_EXITS);
	}
	fputs("</dd>\n", page->out);
	put_busiest(page);
	fputs("</dl>\n", page->out);
	return 0;
}

static void put_rates(struct page *page, const struct run_rates *rates)
{
	page_cell(page, format_decimal(rates->seconds, 2).s);
	page_cell(page, format_count(rates->exits).s);
	page_cell(page, format_share(rates->exits, page->report->exits).s);
	page_cell(page, rate_of(rates).s);
	page_cell(page, format_count(rates->min).s);
	page_cell(page, format_count(rates->max).s);
	page_cell(page, format_percent(rates->cv).s);
	page_cell(page, format_percent(rates->chance).s);
	page_cell_text(page, run_rates_word(rates));
	fputs("</tr>\n", page->out);
}

static void put_phase(struct page *page, const struct run_phase *phase)
{
	const struct run_info *info = page->report->info;
	double from = run_words_seconds(info, phase->begin_ns);

	fprintf(page->out,
		"<tr data-from=\"%.6f\" data-to=\"%.6f\"><th scope=\"row\" class=\"text\">%s s <bdi>",
		from, run_words_seconds(info, phase->end_ns),
		format_decimal(from, 2).s);
	html_put(phase->mark ? run_words_mark_text(phase->mark).text :
			       "the start",
		 page->out);
	fputs("</bdi>", page->out);
	if (phase->more)
		fprintf(page->out, ", and %s more",
			format_count(phase->more).s);
	fputs("</th>", page->out);
	put_rates(page, &phase->rates);
}

/* Write the table's row for the whole run as a sentence. */
static void put_stability(struct page *page)
{
	const struct run_rates *rates = &page->report->rates;

	fprintf(page->out,
		"<p>On average there were %s exits per second; interval by interval (%s) between %s and %s. The rate's coefficient of variation is %s, where exits that come independently of each other at a constant rate would have %s: <strong>%s</strong>.</p>\n",
		rate_of(rates).s, format_ns(page->report->info->interval_ns).s,
		format_count(rates->min).s, format_count(rates->max).s,
		format_percent(rates->cv).s, format_percent(rates->chance).s,
		run_rates_word(rates));
}

int page_phases(struct page *page)
{
	static const char *const heads[] = {
		"<FROM",   "SECONDS",	"EXITS",   "SHARE",
		"EXITS/S", "LOWEST",	"HIGHEST", "CV",
		"CHANCE",  "<THE RATE", NULL,
	};
	const struct run_report *report = page->report;
	struct run_limit limit;

	if (!report->exits) {
		fputs("<p>No exits were recorded.</p>\n", page->out);
		return 0;
	}
	put_stability(page);
	page_table_begin(page, "stability", heads);
	run_limit_phases(&limit, report, PHASES_SHOWN);
	for (size_t i = 0; report->nr_phases > 1 && i < report->nr_phases;
	     i++) {
		if (run_limit_take(&limit, report->phase[i].mark))
			put_phase(page, &report->phase[i]);
	}
	fputs("<tr class=\"sum\"><th scope=\"row\" class=\"text\">the whole run</th>",
	      page->out);
	put_rates(page, &report->rates);
	page_table_end(page);
	if (report->nr_phases > PHASES_SHOWN)
		fprintf(page->out,
			"<p class=\"note\">And %s phases more.</p>\n",
			format_count(report->nr_phases - PHASES_SHOWN).s);
	fputs("<p class=\"note\">Phases lie between marks; with more than one VM, only between resets and marks that someone has set. The words say how much the rate varies beyond chance: steady below 10&nbsp;%, fairly steady below 30&nbsp;%, varies below 100&nbsp;%, else in bursts.</p>\n",
	      page->out);
	return 0;
}

static void put_change(struct page *page, const struct run_change *change)
{
	fprintf(page->out, "<tr><th scope=\"row\">%s</th>",
		format_decimal(
			run_words_seconds(page->report->info, change->at_ns), 2)
			.s);
	page_cell(page, format_rate(change->before).s);
	page_cell(page, format_rate(change->after).s);
	page_cell(page, format_change(change->before, change->after).s);
	page_cell(page, change->chance < 0.001 ?
				"< 0.1 %" :
				format_percent(change->chance).s);
	fputs("</tr>\n", page->out);
}

int page_changes(struct page *page)
{
	static const char *const heads[] = { "SECONDS", "EXITS/S BEFORE",
					     "AFTER",	"BY",
					     "CHANCE",	NULL };
	const struct run_changes *changes = &page->report->changes;
	double enough = run_changes_clear(changes, PAGE_CHANGES);
	size_t shown = 0;

	if (!changes->nr) {
		fputs(page->report->rates.intervals < RUN_POINTS_MIN ?
			      "<p>Too few intervals to say.</p>\n" :
			      "<p>Nowhere, as far as can be told.</p>\n",
		      page->out);
		return 0;
	}
	page_table_begin(page, "changes", heads);
	for (size_t i = 0; i < changes->nr && shown < PAGE_CHANGES; i++) {
		if (changes->change[i].clear < enough)
			continue;
		put_change(page, &changes->change[i]);
		shown++;
	}
	page_table_end(page);
	if (changes->nr > shown)
		fprintf(page->out,
			"<p class=\"note\">And at %s more, less clearly.</p>\n",
			format_count(changes->nr - shown).s);
	fputs("<p class=\"note\">The charts show changes as dashed lines. Chance: an upper bound of the probability of a change as clear as this in a run with only one level. Bursts are left out.</p>\n",
	      page->out);
	return 0;
}

static const char *name_of(const struct page *page, uint64_t number)
{
	const struct ledger_vm *vm =
		ledger_find_vm(page->report->known, number);

	return vm ? vm->name : "";
}

/* Write how many exits a VM had had at a mark, if the mark has the counts. */
static void put_total(struct page *page, const struct run_total *total)
{
	const struct run_mark *mark = total ? total->mark : NULL;
	struct text text = { "", 0 };

	page_cell(page, mark && mark->has_kernel ?
				format_count(mark->kernel_exits).s :
				"");
	page_cell(page, mark ? format_count(mark->bpf_exits).s : "");
	if (total && total->judged)
		snprintf(text.s, sizeof(text.s), "%.30s%s",
			 format_difference(total->difference).s,
			 total->allowed ? "" : " !");
	page_cell(page, text.s);
}

static void put_mark(struct page *page, const struct run_mark *mark,
		     const struct run_totals *totals)
{
	fprintf(page->out, "<tr><th scope=\"row\">%s</th>",
		format_decimal(
			run_words_seconds(page->report->info, mark->at_ns), 2)
			.s);
	page_cell_text(page, run_words_mark_text(mark).text);
	page_cell_text(page,
		       mark->vm ? safe_text(name_of(page, mark->vm)).s : "-");
	if (totals->nr)
		put_total(page, run_total_of(totals, mark));
	fputs("</tr>\n", page->out);
}

/* Show the marks that pass the filter; returns their number. */
static size_t put_all_marks(struct page *page, const struct run_totals *totals)
{
	const char *heads[] = { "SECONDS",     "<MARK",	      "<VM",
				"KVM'S TOTAL", "BPF'S TOTAL", "DIFFERENCE",
				NULL };
	const struct run_marks *marks = page->report->marks;
	size_t nr[RUN_RANKS] = { 0 }, all = 0;
	struct run_limit limit;

	for (size_t i = 0; i < marks->nr; i++) {
		if (!run_report_has_mark(page->report, page->filter,
					 &marks->mark[i]))
			continue;
		nr[run_mark_rank(&marks->mark[i])]++;
		all++;
	}
	if (!all)
		return 0;
	if (!totals->nr)
		heads[3] = NULL;
	page_table_begin(page, "marks", heads);
	run_limit_init(&limit, nr, MARKS_SHOWN);
	for (size_t i = 0; i < marks->nr; i++) {
		const struct run_mark *mark = &marks->mark[i];

		if (run_report_has_mark(page->report, page->filter, mark) &&
		    run_limit_take(&limit, mark))
			put_mark(page, mark, totals);
	}
	page_table_end(page);
	return all;
}

int page_marks(struct page *page)
{
	struct run_totals totals;
	size_t nr;

	if (run_totals(page->report, page->filter, &totals))
		return -ENOMEM;
	nr = put_all_marks(page, &totals);
	if (!nr)
		fputs("<p>There are none.</p>\n", page->out);
	if (nr > MARKS_SHOWN)
		fprintf(page->out, "<p class=\"note\">And %s more.</p>\n",
			format_count(nr - MARKS_SHOWN).s);
	if (totals.judged) {
		fputs("<p class=\"note\">", page->out);
		render_marks_words(&totals, page->out);
		fputs("</p>\n", page->out);
	}
	run_totals_free(&totals);
	return 0;
}

int page_losses(struct page *page)
{
	struct loss list[LOSSES_MAX];
	size_t nr = render_losses_list(&page->report->total, list);

	if (!count_losses(page->report)) {
		fputs("<p>Nothing: each exit that was seen is booked.</p>\n",
		      page->out);
		return 0;
	}
	fputs("<ul>\n", page->out);
	for (size_t i = 0; i < nr; i++) {
		if (list[i].count)
			fprintf(page->out, "<li>%s %s</li>\n",
				format_count(list[i].count).s, list[i].text);
	}
	fputs("</ul>\n", page->out);
	return 0;
}
