// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "host/host.h"
#include "lib/format.h"
#include "lib/html.h"
#include "lib/safe_text.h"
#include "report/page/render_page_private.h"
#include "run/run_cells.h"
#include "run/run_words.h"

static void put_fact(struct page *page, const char *name, const char *value)
{
	fprintf(page->out, "<dt>%s</dt><dd>", name);
	html_put(value, page->out);
	fputs("</dd>\n", page->out);
}

static void put_time(struct page *page)
{
	const struct run_info *info = page->report->info;
	char text[256];

	snprintf(text, sizeof(text), "%s, %s s, every %s",
		 run_words_date(info).s,
		 format_decimal(page->report->seconds, 2).s,
		 format_ns(info->interval_ns).s);
	put_fact(page, "Recorded", text);
	put_fact(page, "End",
		 info->ended_ns ? "regular" : run_words_end(info).text);
	if (info->thrown_intervals)
		put_fact(page, "Earlier", run_words_thrown(info).text);
}

static void put_host(struct page *page)
{
	const struct run_info *info = page->report->info;
	char text[256];

	snprintf(text, sizeof(text), "Linux %.64s, %.64s",
		 safe_text(info->kernel).s, safe_text(info->vendor).s);
	put_fact(page, "Host", text);
	if (info->hypervisor[0]) {
		host_describe_hypervisor(safe_text(info->hypervisor).s, text,
					 sizeof(text));
		put_fact(page, "The host is", text);
	}
	if (info->cpu[0])
		put_fact(page, "CPU", info->cpu);
}

static void put_observed(struct page *page)
{
	const struct run_info *info = page->report->info;
	char text[256];

	if (info->kernel_book)
		put_fact(page, "Counted by", run_words_book(info).text);
	else
		put_fact(page, "BPF attached by", info->attach);
	snprintf(text, sizeof(text), "%s%s%s%s%.16s",
		 info->count_only ? "counts alone" : "counts and times",
		 info->fast ? ", exits by the fast path" : "",
		 info->off_cpu ? ", time off the processor" : "",
		 info->by[0] ? ", by " : "",
		 info->by[0] ? safe_text(info->by).s : "");
	put_fact(page, "Observed", text);
	if (info->slower_than_ns) {
		snprintf(text, sizeof(text), "those longer than %s%s",
			 format_ns(info->slower_than_ns).s,
			 info->slow_hlt ? ", HLT among them" : "");
		put_fact(page, "Slow exits", text);
	}
}

static void put_filters(struct page *page)
{
	char shown[1024];

	if (page->report->info->shown[0])
		put_fact(page, "Recorded only", page->report->info->shown);
	filter_describe(page->filter, shown, sizeof(shown));
	if (shown[0])
		put_fact(page, "This page only", shown);
}

/* Write whether the intervals add up to the book's own sums. */
static void put_check(struct page *page)
{
	const struct run_info *info = page->report->info;
	const struct filter all = { .nr_vms = 0 };
	uint64_t exits, ns;
	char text[256];

	run_cells_sum(&page->report->total, &all, &exits, &ns);
	if (!info->ended_ns || !info->bpf_exits)
		return;
	exits += info->thrown_exits;
	ns += info->thrown_ns;
	snprintf(text, sizeof(text), "the book's own sums differ: %s exits, %s",
		 format_count(info->bpf_exits).s, format_ns(info->bpf_ns).s);
	put_fact(
		page, "Checked",
		exits != info->bpf_exits || ns != info->bpf_ns ?
			text :
		info->thrown_intervals ?
			"the intervals and what was thrown away add up to the book's own sums" :
			"the intervals add up to the book's own sums");
}

int page_environment(struct page *page)
{
	const struct run_info *info = page->report->info;

	fputs("<dl class=\"facts\">\n", page->out);
	put_fact(page, "Run", page->path);
	put_time(page);
	put_host(page);
	put_observed(page);
	put_filters(page);
	if (info->command[0]) {
		put_fact(page, "Command", info->command);
		put_fact(page, "Its exit status",
			 info->ended_ns ? format_plain(info->command_status).s :
					  "not known: its end was not seen");
	}
	put_fact(page, "Recorded by exitledger", info->program);
	put_check(page);
	fputs("</dl>\n", page->out);
	return 0;
}
