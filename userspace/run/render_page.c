// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "format.h"
#include "html.h"
#include "host.h"
#include "run/page_files.h"
#include "run/render_page_private.h"
#include "run/replay.h"

#ifndef EXITLEDGER_VERSION
#define EXITLEDGER_VERSION "0.1"
#endif

static int put_name(struct page *page)
{
	const char *name = strrchr(page->path, '/');

	html_put(name && name[1] ? name + 1 : page->path, page->out);
	return 0;
}

static int put_about(struct page *page)
{
	const struct run_info *info = page->report->info;
	char hypervisor[64] = "";

	fprintf(page->out, "Recorded %s for %s&nbsp;s, every %s, on Linux ",
		replay_date(info).s, format_decimal(page->report->seconds, 1).s,
		format_ns(info->interval_ns).s);
	html_put(info->kernel, page->out);
	fputs(", ", page->out);
	html_put(info->vendor, page->out);
	fputs(".", page->out);
	if (info->hypervisor[0]) {
		host_describe_hypervisor(format_name(info->hypervisor).s,
					 hypervisor, sizeof(hypervisor));
		fputs(" The host is ", page->out);
		html_put(hypervisor, page->out);
		fputs(".", page->out);
	}
	if (!info->ended_ns)
		fputs(" <span class=\"bad\">The recording goes on, or was cut off.</span>",
		      page->out);
	return 0;
}

static int put_version(struct page *page)
{
	html_put(EXITLEDGER_VERSION, page->out);
	return 0;
}

static int put_style(struct page *page)
{
	fputs(page_style, page->out);
	return 0;
}

static int put_style_hash(struct page *page)
{
	fputs(page_style_hash, page->out);
	return 0;
}

static int put_script(struct page *page)
{
	fputs(page_script, page->out);
	return 0;
}

static int put_script_hash(struct page *page)
{
	fputs(page_script_hash, page->out);
	return 0;
}

/* What stands for what in the template, as {{name}}. */
/* clang-format off */
static const struct {
	const char *name;
	int (*put)(struct page *page);
} parts[] = {
	{ "name", put_name },
	{ "about", put_about },
	{ "figures", page_figures },
	{ "answers", page_answers },
	{ "charts", page_charts },
	{ "phases", page_phases },
	{ "changes", page_changes },
	{ "reasons", page_reasons },
	{ "vms", page_vms },
	{ "vcpus", page_vcpus },
	{ "marks", page_marks },
	{ "losses", page_losses },
	{ "environment", page_environment },
	{ "data", page_data },
	{ "version", put_version },
	{ "style", put_style },
	{ "style-hash", put_style_hash },
	{ "script", put_script },
	{ "script-hash", put_script_hash },
};
/* clang-format on */

static int put_part(struct page *page, const char *name, size_t length)
{
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (strlen(parts[i].name) == length &&
		    !memcmp(parts[i].name, name, length))
			return parts[i].put(page);
	}
	return -EINVAL;
}

static int put_template(struct page *page)
{
	const char *at = page_html, *begin, *end;
	int r = 0;

	while (!r && (begin = strstr(at, "{{")) &&
	       (end = strstr(begin, "}}"))) {
		fwrite(at, 1, begin - at, page->out);
		r = put_part(page, begin + 2, end - begin - 2);
		at = end + 2;
	}
	fputs(at, page->out);
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
 * How much of a chart a reason fills, of whichever chart it fills more.  The
 * guests' idleness would leave no time to the others.
 */
static double weight_of(const struct page *page, const struct row *row)
{
	const struct row_group *group = &page->group;
	double exits = (double)row->exits / (group->total.exits + 1.0);
	double time = (double)row->ns / (group->work.ns + 1.0);

	if (row_is_idle(group->vm->isa, row->reason))
		time = (double)row->ns / (group->total.ns + 1.0);
	return exits > time ? exits : time;
}

/* The reasons that fill most of the charts, in the order of their exits. */
static void choose_drawn(struct page *page)
{
	const struct row_group *group = &page->group;
	size_t room = group->nr_reasons > PAGE_LINES ? PAGE_LINES - 1 :
						       PAGE_LINES;
	double weights[PAGE_LINES]; /* the largest, descending */
	size_t nr = 0;

	for (size_t i = 0; i < group->nr_reasons; i++) {
		double weight = weight_of(page, &group->reason[i]);
		size_t at = nr;

		while (at && weights[at - 1] < weight)
			at--;
		if (at == room)
			continue;
		nr += nr < room;
		memmove(&weights[at + 1], &weights[at],
			(nr - at - 1) * sizeof(weights[0]));
		weights[at] = weight;
	}
	for (size_t i = 0; i < group->nr_reasons && page->nr_drawn < nr; i++) {
		const struct row *row = &group->reason[i];

		if (weight_of(page, row) >= weights[nr - 1] &&
		    run_timeline_line(&page->report->timeline, row->reason))
			page->drawn[page->nr_drawn++] = row->reason;
	}
}

static int begin(struct page *page)
{
	const struct run_info *info = page->report->info;
	const struct filter reasons = { .reasons = page->filter->reasons };
	int r = run_report_merge(page->report, page->filter, &page->merged);

	if (!r)
		r = rows_group(&page->merged, &page->merged.vm[0], NULL,
			       &reasons, page->report->seconds, &page->group);
	if (r < 0 || rows_group_complete(&page->group))
		return -ENOMEM;
	rows_sort_group(&page->group, COLUMN_EXITS);
	page->has = (info->count_only ? 0 : NEEDS_TIME) |
		    (info->fast ? NEEDS_FAST : 0) |
		    (info->off_cpu ? NEEDS_OFF_CPU : 0);
	choose_drawn(page);
	return 0;
}

int render_page(const char *path, const struct run_report *report,
		const struct filter *filter, FILE *out)
{
	struct page page = {
		.path = path, .report = report, .filter = filter, .out = out
	};
	int r = begin(&page);

	if (!r)
		r = put_template(&page);
	rows_group_free(&page.group);
	ledger_free(&page.merged);
	return r;
}
