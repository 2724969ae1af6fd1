// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/host.h"
#include "lib/format.h"
#include "lib/html.h"
#include "lib/safe_text.h"
#include "lib/version.h"
#include "report/page/page_files.h"
#include "report/page/render_page_private.h"
#include "run/run_words.h"

int page_name(struct page *page)
{
	const char *name = strrchr(page->path, '/');

	html_put(name && name[1] ? name + 1 : page->path, page->out);
	return 0;
}

int page_about(struct page *page)
{
	const struct run_info *info = page->report->info;
	char hypervisor[64] = "";

	fprintf(page->out, "Recorded %s for %s&nbsp;s, every %s, on Linux ",
		run_words_date(info).s,
		format_decimal(page->report->seconds, 1).s,
		format_ns(info->interval_ns).s);
	html_put(info->kernel, page->out);
	fputs(", ", page->out);
	html_put(info->vendor, page->out);
	fputs(".", page->out);
	if (info->hypervisor[0]) {
		host_describe_hypervisor(safe_text(info->hypervisor).s,
					 hypervisor, sizeof(hypervisor));
		fputs(" The host is ", page->out);
		html_put(hypervisor, page->out);
		fputs(".", page->out);
	}
	if (info->thrown_intervals) {
		fputs(" Earlier: ", page->out);
		html_put(run_words_thrown(info).text, page->out);
		fputs(".", page->out);
	}
	if (!info->ended_ns)
		fprintf(page->out, " <span class=\"bad\">%s</span>",
			info->snapshot_at ?
				"This is a snapshot; the recording had not ended." :
				"The recording goes on, or was cut off.");
	return 0;
}

/* The placeholders of the template, such as {{name}}, and their values. */
/* clang-format off */
static const struct {
	const char *name;
	int (*put)(struct page *page);
} parts[] = {
	{ "name", page_name },
	{ "about", page_about },
	{ "figures", page_figures },
	{ "answers", page_answers },
	{ "advice", page_advice },
	{ "charts", page_charts },
	{ "phases", page_phases },
	{ "changes", page_changes },
	{ "reasons", page_reasons },
	{ "keys", page_keys },
	{ "slows", page_slows },
	{ "vms", page_vms },
	{ "vcpus", page_vcpus },
	{ "marks", page_marks },
	{ "losses", page_losses },
	{ "environment", page_environment },
	{ "data", page_data },
};
/* clang-format on */

static int put_part(void *context, const char *name)
{
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (!strcmp(parts[i].name, name))
			return parts[i].put(context);
	}
	return -EINVAL;
}

/* The files that all pages contain. */
static const struct {
	const char *name;
	const char *text;
} texts[] = {
	{ "version", EXITLEDGER_VERSION },   { "style", page_style },
	{ "style-hash", page_style_hash },   { "script", page_script },
	{ "script-hash", page_script_hash },
};

static const char *text_of(const char *name)
{
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (!strcmp(texts[i].name, name))
			return texts[i].text;
	}
	return NULL;
}

int page_template(const char *text, int (*put)(void *context, const char *name),
		  void *context, FILE *out)
{
	const char *begin, *end;
	char name[32];
	int r = 0;

	while (!r && (begin = strstr(text, "{{")) &&
	       (end = strstr(begin, "}}"))) {
		fwrite(text, 1, begin - text, out);
		snprintf(name, sizeof(name), "%.*s", (int)(end - begin - 2),
			 begin + 2);
		if (text_of(name))
			fputs(text_of(name), out);
		else
			r = put(context, name);
		text = end + 2;
	}
	fputs(text, out);
	return r;
}

size_t page_color(const struct page *page, uint32_t reason)
{
	for (size_t i = 0; i < page->nr_drawn; i++) {
		if (page->drawn[i] == reason)
			return i;
	}
	return PAGE_LINES;
}

/*
 * Returns the share of a chart that a reason fills: of the chart of exits, or
 * of that of times, whichever is larger.  Times are without the guests'
 * idleness, beside which all others would be tiny; only the idle reason's own
 * share is of all time.
 */
static double weight_of(const struct page *page, const struct row *row)
{
	const struct row_group *group = &page->group;
	double exits =
		(double)row->times.exits / (group->total.times.exits + 1.0);
	double time = (double)row->times.ns / (group->work.times.ns + 1.0);

	if (row_is_idle(group->vm->isa, row->reason))
		time = (double)row->times.ns / (group->total.times.ns + 1.0);
	return exits > time ? exits : time;
}

struct candidate {
	uint32_t reason;
	uint64_t exits;
	double weight;
};

/* Find the next reason that any of the pages has, ascending. */
static bool next_candidate(const struct page *pages, size_t nr, size_t at[],
			   struct candidate *next)
{
	bool any = false;

	*next = (struct candidate){ .reason = UINT32_MAX };
	for (size_t i = 0; i < nr; i++) {
		const struct row_group *group = &pages[i].group;

		any |= at[i] < group->nr_reasons;
		if (at[i] < group->nr_reasons &&
		    group->reason[at[i]].reason < next->reason)
			next->reason = group->reason[at[i]].reason;
	}
	for (size_t i = 0; i < nr; i++) {
		const struct row_group *group = &pages[i].group;
		const struct row *row = &group->reason[at[i]];

		if (at[i] == group->nr_reasons || row->reason != next->reason)
			continue;
		next->exits += row->times.exits;
		next->weight = fmax(next->weight, weight_of(&pages[i], row));
		at[i]++;
	}
	return any;
}

static int by_exits(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->exits != y->exits)
		return x->exits < y->exits ? 1 : -1;
	return x->reason < y->reason ? -1 : x->reason > y->reason;
}

void page_choose(struct page *pages, size_t nr)
{
	struct candidate best[PAGE_LINES] = { 0 }, next;
	size_t at[2] = { 0 }, kept = 0, all = 0;

	/* Choose the reasons that fill most of the charts. */
	for (; next_candidate(pages, nr, at, &next); all++) {
		size_t place = kept;

		while (place && best[place - 1].weight < next.weight)
			place--;
		if (place == PAGE_LINES)
			continue;
		kept += kept < PAGE_LINES;
		memmove(&best[place + 1], &best[place],
			(kept - place - 1) * sizeof(best[0]));
		best[place] = next;
	}
	/* The last colour is for all other reasons together. */
	kept -= all > PAGE_LINES;
	qsort(best, kept, sizeof(best[0]), by_exits);
	for (size_t i = 0; i < nr; i++) {
		for (size_t j = 0; j < kept; j++)
			pages[i].drawn[j] = best[j].reason;
		pages[i].nr_drawn = kept;
		rows_sort_group(&pages[i].group, COLUMN_EXITS);
	}
}

int page_begin(struct page *page)
{
	const struct run_info *info = page->report->info;
	const struct filter reasons = { .reasons = page->filter->reasons };
	int r = run_report_merge(page->report, page->filter, &page->merged);

	if (!r)
		r = rows_group(&page->merged, &page->merged.vm[0], NULL,
			       &reasons, page->report->seconds, &page->group);
	if (r < 0 || rows_group_complete(&page->group))
		return -ENOMEM;
	page->has = run_report_observed(info);
	return 0;
}

void page_end(struct page *page)
{
	rows_group_free(&page->group);
	ledger_free(&page->merged);
}

int render_page(const char *path, const struct run_report *report,
		const struct filter *filter, FILE *out)
{
	struct page page = {
		.path = path, .report = report, .filter = filter, .out = out
	};
	int r = page_begin(&page);

	if (!r) {
		page_choose(&page, 1);
		r = page_template(page_html, put_part, &page, out);
	}
	page_end(&page);
	return r;
}
