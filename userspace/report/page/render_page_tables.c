// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/keys.h"
#include "ledger/reason_text.h"
#include "ledger/reasons.h"
#include "lib/format.h"
#include "lib/html.h"
#include "lib/safe_text.h"
#include "report/page/render_page_private.h"

/* The most rows of each table; the others are only counted. */
#define REASONS_SHOWN 300
#define KEYS_SHOWN 50
#define VMS_SHOWN 100
#define VCPUS_SHOWN 200

static bool has_column(const struct page *page, enum column_id id)
{
	return !(columns[id].needs & ~page->has);
}

void page_table_begin(struct page *page, const char *label,
		      const char *const heads[])
{
	fprintf(page->out,
		"<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-labelledby=\"%s\"><table>\n<thead><tr>",
		label);
	for (size_t i = 0; heads[i]; i++) {
		bool text = heads[i][0] == '<';

		fprintf(page->out, "<th scope=\"col\"%s>%s</th>",
			text ? " class=\"text\"" : "", heads[i] + text);
	}
	fputs("</tr></thead>\n<tbody>\n", page->out);
}

void page_table_end(struct page *page)
{
	fputs("</tbody>\n</table></div>\n", page->out);
}

void page_cell(struct page *page, const char *text)
{
	fputs("<td>", page->out);
	html_put(text, page->out);
	fputs("</td>", page->out);
}

void page_cell_text(struct page *page, const char *text)
{
	fputs("<td class=\"text\">", page->out);
	html_put(text, page->out);
	fputs("</td>", page->out);
}

/* Write how many rows are not shown, and how much they have. */
static void put_more(struct page *page, size_t more, uint64_t exits)
{
	if (more)
		fprintf(page->out,
			"<p class=\"note\">And %s more, with %s exits.</p>\n",
			format_count(more).s, format_count(exits).s);
}

static void put_reason_name(struct page *page, const struct row *row)
{
	const uint32_t isa = page->group.vm->isa;
	const struct exit_reason *known = exit_reason_find(isa, row->reason);
	size_t color = page_color(page, row->reason);

	fputs("<th scope=\"row\">", page->out);
	if (color < PAGE_LINES)
		fprintf(page->out, "<i class=\"key s%zu\"></i>", color);
	else
		fprintf(page->out, "<i class=\"key s%d\"></i>", PAGE_LINES - 1);
	html_put(exit_reason_text(isa, row->reason).s, page->out);
	if (known) {
		fputs("<span class=\"what\">", page->out);
		html_put(known->description, page->out);
		fputs("</span>", page->out);
	}
	fputs("</th>", page->out);
}

static void put_bar(struct page *page, uint64_t part, uint64_t whole)
{
	double share = whole ? (double)part / whole : 0;

	fprintf(page->out,
		"<svg class=\"bar\" viewBox=\"0 0 60 8\" preserveAspectRatio=\"none\" aria-hidden=\"true\"><rect width=\"%.2f\" height=\"8\"/></svg>",
		60 * share);
}

static void put_reason_values(struct page *page, const struct row *row)
{
	const struct column_list *list = &columns_by_use[USE_PAGE];

	for (size_t i = 0; i < list->nr; i++) {
		enum column_id id = list->id[i];

		if (!has_column(page, id))
			continue;
		fprintf(page->out, "<td>%s", column_text(id, row).s);
		if (id == COLUMN_SHARE)
			put_bar(page, row->times.exits, row->all_exits);
		fputs("</td>", page->out);
		if (id != COLUMN_TIME)
			continue;
		fprintf(page->out, "<td>%s",
			format_share(row->times.ns, page->group.total.times.ns)
				.s);
		put_bar(page, row->times.ns, page->group.total.times.ns);
		fputs("</td>", page->out);
	}
	fputs("</tr>\n", page->out);
}

static void put_sum(struct page *page, const char *name, const struct row *row)
{
	fprintf(page->out, "<tr class=\"sum\"><th scope=\"row\">%s</th>", name);
	put_reason_values(page, row);
}

int page_reasons(struct page *page)
{
	const struct row_group *group = &page->group;
	const struct column_list *list = &columns_by_use[USE_PAGE];
	const char *heads[NR_COLUMNS + 3] = { "EXIT REASON" };
	uint64_t exits = 0;
	size_t nr = 1;

	for (size_t i = 0; i < list->nr; i++) {
		if (!has_column(page, list->id[i]))
			continue;
		heads[nr++] = columns[list->id[i]].header;
		if (list->id[i] == COLUMN_TIME)
			heads[nr++] = "OF ALL TIME";
	}
	page_table_begin(page, "reasons", heads);
	for (size_t i = 0; i < group->nr_reasons; i++) {
		if (i >= REASONS_SHOWN) {
			exits += group->reason[i].times.exits;
			continue;
		}
		fputs("<tr>", page->out);
		put_reason_name(page, &group->reason[i]);
		put_reason_values(page, &group->reason[i]);
	}
	put_sum(page, "total", &group->total);
	if (group->work.times.exits != group->total.times.exits)
		put_sum(page, "total without HLT", &group->work);
	page_table_end(page);
	put_more(page,
		 group->nr_reasons > REASONS_SHOWN ?
			 group->nr_reasons - REASONS_SHOWN :
			 0,
		 exits);
	return 0;
}

static int by_exits(const void *a, const void *b)
{
	return column_compare(COLUMN_EXITS, a, b);
}

static void put_key(struct page *page, enum ledger_key_kind kind,
		    const struct row *row)
{
	const struct column_list *list = &columns_by_use[USE_REPORT_KEYS];

	fputs("<tr><th scope=\"row\">", page->out);
	html_put(key_text(kind, row->key).s, page->out);
	fputs("</th>", page->out);
	page_cell_text(page,
		       exit_reason_text(page->group.vm->isa, row->reason).s);
	for (size_t i = 0; i < list->nr; i++) {
		if (has_column(page, list->id[i]))
			page_cell(page, column_text(list->id[i], row).s);
	}
	fputs("</tr>\n", page->out);
}

/* Write the further keys, if the run has any. */
int page_keys(struct page *page)
{
	struct row_group *group = &page->group;
	const struct column_list *list = &columns_by_use[USE_REPORT_KEYS];
	const char *heads[NR_COLUMNS + 3] = { "KEY", "<EXIT REASON" };
	enum ledger_key_kind kind;
	uint64_t exits = 0;
	size_t nr = 2;

	if (!group->nr_keys || key_kind_parse(page->report->info->by, &kind))
		return 0;
	for (size_t i = 0; i < list->nr; i++) {
		if (has_column(page, list->id[i]))
			heads[nr++] = columns[list->id[i]].header;
	}
	qsort(group->key, group->nr_keys, sizeof(*group->key), by_exits);
	fputs("<section aria-labelledby=\"keys\">\n<h2 id=\"keys\">What exits were about</h2>\n",
	      page->out);
	page_table_begin(page, "keys", heads);
	for (size_t i = 0; i < group->nr_keys; i++) {
		if (i < KEYS_SHOWN)
			put_key(page, kind, &group->key[i]);
		else
			exits += group->key[i].times.exits;
	}
	page_table_end(page);
	put_more(page,
		 group->nr_keys > KEYS_SHOWN ? group->nr_keys - KEYS_SHOWN : 0,
		 exits);
	fputs("</section>\n", page->out);
	return 0;
}

/* Write the cells that the tables of VMs and of vCPUs have in common. */
static void put_group(struct page *page, const struct row_group *group)
{
	page_cell(page, column_text(COLUMN_EXITS, &group->total).s);
	page_cell(
		page,
		format_share(group->total.times.exits, page->report->exits).s);
	page_cell(page, column_text(COLUMN_PER_SECOND, &group->total).s);
	if (has_column(page, COLUMN_TIME)) {
		page_cell(page, column_text(COLUMN_TIME, &group->total).s);
		page_cell(page, column_text(COLUMN_TIME, &group->work).s);
	}
	page_cell_text(page, group->nr_reasons ?
				     exit_reason_text(group->vm->isa,
						      group->reason->reason)
					     .s :
				     "-");
	fputs("</tr>\n", page->out);
}

static void put_vm(struct page *page, const struct row_group *group)
{
	fputs("<tr><th scope=\"row\"><bdi>", page->out);
	html_put(safe_text(group->vm->name).s, page->out);
	fputs("</bdi>", page->out);
	if (group->ended && !group->vcpu)
		fputs(" (ended)", page->out);
	fputs("</th>", page->out);
	if (group->vcpu)
		page_cell(page, format_plain(group->vcpu->id).s);
	else
		page_cell(page, format_plain(group->vm->pid).s);
	if (!group->vcpu)
		page_cell(page, format_count(group->vcpus).s);
	put_group(page, group);
}

static int put_vms(struct page *page, bool by_vcpu, size_t shown)
{
	const char *heads[] = { "VM",
				by_vcpu ? "VCPU" : "PID",
				"VCPUS",
				"EXITS",
				"SHARE",
				"PER SECOND",
				"TIME",
				"WITHOUT HLT",
				"<MOST FREQUENT",
				NULL };
	struct rows rows;
	uint64_t exits = 0;
	size_t nr = 0;

	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		if ((by_vcpu && i == 2) ||
		    (!has_column(page, COLUMN_TIME) && (i == 6 || i == 7)))
			continue;
		heads[nr++] = heads[i];
	}
	if (rows_build(&page->report->total, page->filter, by_vcpu,
		       page->report->seconds, &rows))
		return -ENOMEM;
	rows_sort(&rows, COLUMN_EXITS);
	page_table_begin(page, by_vcpu ? "vcpus" : "vms", heads);
	for (size_t i = 0; i < rows.nr; i++) {
		if (i < shown)
			put_vm(page, &rows.group[i]);
		else
			exits += rows.group[i].total.times.exits;
	}
	page_table_end(page);
	put_more(page, rows.nr > shown ? rows.nr - shown : 0, exits);
	rows_free(&rows);
	return 0;
}

int page_vms(struct page *page)
{
	return put_vms(page, false, VMS_SHOWN);
}

int page_vcpus(struct page *page)
{
	return put_vms(page, true, VCPUS_SHOWN);
}
