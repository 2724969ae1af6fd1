// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "ledger/reason_text.h"
#include "lib/format.h"
#include "lib/html.h"
#include "report/page/page_files.h"
#include "report/page/render_page_private.h"

#define ROWS_SHOWN 300

struct pages {
	struct page page[2];
	const struct run_comparison *compared;
	FILE *out;
};

static void put_reason(struct pages *pages, const struct run_compared *row)
{
	const uint32_t isa = pages->compared->run[0]->info->isa;

	if (row->kind == ROW_REASON)
		fputs(exit_reason_text(isa, row->reason).s, pages->out);
	else
		fputs(row->kind == ROW_WORK ? "total without HLT" : "total",
		      pages->out);
}

/*
 * List the rows whose rate (or time, if @time is true) has this verdict: B has
 * more, or B has less.
 */
static void put_changed(struct pages *pages, bool time,
			enum run_verdict verdict, const char *title)
{
	const struct run_comparison *compared = pages->compared;
	size_t nr = 0;

	for (size_t i = 0; i < compared->nr; i++) {
		const struct run_compared *row = &compared->row[i];
		const struct run_difference *difference = time ? &row->time :
								 &row->rate;

		if (difference->verdict != verdict || nr++ >= ROWS_SHOWN)
			continue;
		if (nr == 1)
			fprintf(pages->out, "<dt>%s</dt><dd>", title);
		fprintf(pages->out, "%s<span class=\"one\">",
			nr > 1 ? ", " : "");
		put_reason(pages, row);
		if (isinf(difference->ratio))
			fputs(" (from none)</span>", pages->out);
		else
			fprintf(pages->out, " (&times; %s)</span>",
				format_ratio(difference->ratio).s);
	}
	if (nr)
		fputs("</dd>\n", pages->out);
}

static int put_all_changed(struct pages *pages)
{
	const struct run_comparison *compared = pages->compared;
	size_t changed = 0;

	for (size_t i = 0; i < compared->nr; i++)
		changed += (compared->row[i].rate.verdict >= RUN_LESS) +
			   (compared->row[i].time.verdict >= RUN_LESS);
	if (!changed)
		fputs("<p>No rate, and no time, as far as can be told.</p>\n",
		      pages->out);
	fputs("<dl class=\"answers\">\n", pages->out);
	put_changed(pages, false, RUN_MORE, "More exits per second");
	put_changed(pages, false, RUN_LESS, "Fewer exits per second");
	put_changed(pages, true, RUN_MORE, "Exits take longer");
	put_changed(pages, true, RUN_LESS, "Exits take less long");
	fprintf(pages->out,
		"</dl>\n<p class=\"note\">The intervals in the tables hold all together with %.0f&nbsp;%% confidence (%s comparisons). Same: to within 10&nbsp;%%; can't tell: more, less or the same, as far as is known.</p>\n",
		100 * RUN_COMPARE_LEVEL, format_count(compared->tests).s);
	return 0;
}

static int put_notes(struct pages *pages)
{
	const struct run_comparison *compared = pages->compared;

	if (!compared->nr_notes)
		return 0;
	fputs("<h3>What else is not the same</h3>\n<ul>\n", pages->out);
	for (size_t i = 0; i < compared->nr_notes; i++) {
		fputs("<li>", pages->out);
		html_put(compared->note[i].text, pages->out);
		fputs("</li>\n", pages->out);
	}
	fputs("</ul>\n", pages->out);
	return 0;
}

static struct text value_of(double value, bool time)
{
	const struct text none = { "-", 1 };

	if (!time)
		return format_rate(value);
	return value > 0 ? format_ns(value) : none;
}

/* Write the beginning of a row, up to the name of its reason. */
static void put_head(struct pages *pages, const struct run_compared *row)
{
	fprintf(pages->out, "<tr%s><th scope=\"row\">",
		row->kind == ROW_REASON ? "" : " class=\"sum\"");
	if (row->kind == ROW_REASON) {
		size_t color = page_color(&pages->page[0], row->reason);

		fprintf(pages->out, "<i class=\"key s%zu\"></i>",
			color < PAGE_LINES ? color : PAGE_LINES - 1);
	}
	put_reason(pages, row);
	fputs("</th>", pages->out);
}

static void put_row(struct pages *pages, const struct run_compared *row,
		    bool time)
{
	const struct run_difference *difference = time ? &row->time :
							 &row->rate;
	const bool known = difference->verdict > RUN_TOO_FEW;
	const bool changed = difference->verdict >= RUN_LESS;
	struct page *page = &pages->page[0];
	char interval[96] = "";

	put_head(pages, row);
	fprintf(pages->out, "<td class=\"text%s\">%s</td>",
		changed ? " changed" : "",
		run_verdict_word(difference->verdict));
	for (int i = 0; i < 2; i++)
		page_cell(page, value_of(difference->value[i], time).s);
	if (known)
		snprintf(interval, sizeof(interval), "%s .. %s",
			 format_ratio(difference->low).s,
			 format_ratio(difference->high).s);
	page_cell(page, known ? format_ratio(difference->ratio).s : "-");
	page_cell(page, interval);
	fputs("</tr>\n", pages->out);
}

static int put_table(struct pages *pages, bool time)
{
	const struct run_comparison *compared = pages->compared;
	/* Put the verdict where narrow windows show it, too. */
	const char *heads[] = { "EXIT REASON", "<B IS",	   "A", "B",
				"B / A",       "INTERVAL", NULL };
	struct page *page = &pages->page[0];
	size_t left = 0, shown = 0;

	if (time && !compared->times) {
		fputs("<p>Not both runs have times.</p>\n", pages->out);
		return 0;
	}
	page_table_begin(page, time ? "times" : "rates", heads);
	for (size_t i = 0; i < compared->nr; i++) {
		if (compared->row[i].kind == ROW_REASON &&
		    shown++ >= ROWS_SHOWN)
			left++;
		else
			put_row(pages, &compared->row[i], time);
	}
	page_table_end(page);
	if (left)
		fprintf(pages->out, "<p class=\"note\">And %s more.</p>\n",
			format_count(left).s);
	return 0;
}

/*
 * For work that is always the same, such as a boot, counts tell more than
 * rates.
 */
static int put_counts(struct pages *pages)
{
	static const char *const heads[] = { "EXIT REASON", "A", "B", "B / A",
					     NULL };
	const struct run_comparison *compared = pages->compared;
	struct page *page = &pages->page[0];
	size_t shown = 0;

	page_table_begin(page, "exits", heads);
	for (size_t i = 0; i < compared->nr; i++) {
		const struct run_compared *row = &compared->row[i];
		double ratio = (double)row->exits[1] / row->exits[0];

		if (row->kind == ROW_REASON && shown++ >= ROWS_SHOWN)
			continue;
		put_head(pages, row);
		page_cell(page, format_count(row->exits[0]).s);
		page_cell(page, format_count(row->exits[1]).s);
		page_cell(page, row->exits[0] || row->exits[1] ?
					format_ratio(ratio).s :
					"-");
		fputs("</tr>\n", pages->out);
	}
	page_table_end(page);
	return 0;
}

/* Write a percentile of both runs, and how it changed. */
static void put_percentile(struct page *page, const uint64_t ns[2])
{
	for (int i = 0; i < 2; i++)
		page_cell(page, ns[i] ? format_ns(ns[i]).s : "-");
	page_cell(page,
		  ns[0] && ns[1] ? format_ratio((double)ns[1] / ns[0]).s : "-");
}

static int put_percentiles(struct pages *pages)
{
	static const char *const heads[] = { "EXIT REASON", "P50 A", "P50 B",
					     "B / A",	    "P99 A", "P99 B",
					     "B / A",	    NULL };
	const struct run_comparison *compared = pages->compared;
	struct page *page = &pages->page[0];
	size_t shown = 0;

	if (!compared->times)
		return 0;
	fputs("<section aria-labelledby=\"percentiles\">\n<h2 id=\"percentiles\">Percentiles of that time</h2>\n",
	      pages->out);
	page_table_begin(page, "percentiles", heads);
	for (size_t i = 0; i < compared->nr; i++) {
		const struct run_compared *row = &compared->row[i];

		if (row->kind == ROW_REASON && shown++ >= ROWS_SHOWN)
			continue;
		put_head(pages, row);
		put_percentile(page, row->p50);
		put_percentile(page, row->p99);
		fputs("</tr>\n", page->out);
	}
	page_table_end(page);
	fputs("<p class=\"note\">5&nbsp;% off at most. How much of their difference is chance is not known.</p>\n</section>\n",
	      pages->out);
	return 0;
}

static int put_rates(struct pages *pages)
{
	return put_table(pages, false);
}

static int put_times(struct pages *pages)
{
	return put_table(pages, true);
}

static int put_run(struct page *page)
{
	int r;

	fputs("<p>", page->out);
	page_about(page);
	fputs("</p>\n", page->out);
	r = page_figures(page);
	if (!r)
		r = page_charts(page);
	fputs("<h3>What was not booked</h3>\n", page->out);
	if (!r)
		r = page_losses(page);
	fputs("<h3>How it was recorded</h3>\n", page->out);
	if (!r)
		r = page_environment(page);
	fputs("<script type=\"application/json\" class=\"data\">", page->out);
	if (!r)
		r = page_data(page);
	fputs("</script>\n", page->out);
	return r;
}

static int put_part(void *context, const char *name)
{
	struct pages *pages = context;

	if (!strcmp(name, "name-a"))
		return page_name(&pages->page[0]);
	if (!strcmp(name, "name-b"))
		return page_name(&pages->page[1]);
	if (!strcmp(name, "changed"))
		return put_all_changed(pages);
	if (!strcmp(name, "notes"))
		return put_notes(pages);
	if (!strcmp(name, "counts"))
		return put_counts(pages);
	if (!strcmp(name, "rates"))
		return put_rates(pages);
	if (!strcmp(name, "times"))
		return put_times(pages);
	if (!strcmp(name, "percentiles"))
		return put_percentiles(pages);
	if (!strcmp(name, "run-a"))
		return put_run(&pages->page[0]);
	if (!strcmp(name, "run-b"))
		return put_run(&pages->page[1]);
	return -EINVAL;
}

int render_compare_page(const char *const path[2],
			const struct run_comparison *compared,
			const struct filter *filter, FILE *out)
{
	struct pages pages = { .compared = compared, .out = out };
	int r = 0;

	for (int i = 0; i < 2; i++)
		pages.page[i] = (struct page){ .path = path[i],
					       .report = compared->run[i],
					       .filter = filter,
					       .out = out };
	for (int i = 0; !r && i < 2; i++)
		r = page_begin(&pages.page[i]);
	/*
	 * Both runs share their colours, unless their processors are of two
	 * vendors, which have different reasons.
	 */
	if (!r && compared->by_reason)
		page_choose(pages.page, 2);
	for (int i = 0; !r && !compared->by_reason && i < 2; i++)
		page_choose(&pages.page[i], 1);
	if (!r)
		r = page_template(page_compare_html, put_part, &pages, out);
	for (int i = 0; i < 2; i++)
		page_end(&pages.page[i]);
	return r;
}
