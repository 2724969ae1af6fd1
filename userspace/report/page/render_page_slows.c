// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>

#include "ledger/keys.h"
#include "ledger/reason_text.h"
#include "lib/format.h"
#include "lib/html.h"
#include "lib/safe_text.h"
#include "report/page/render_page_private.h"
#include "run/run_words.h"

#define SLOWS_SHOWN 100

/* Are there keys of a known kind?  Others have no text. */
static bool has_keys(const struct page *page, enum ledger_key_kind *kind)
{
	return !key_kind_parse(page->report->info->by, kind);
}

static void put_slow(struct page *page, const struct ledger_slow *slow)
{
	const struct run_report *report = page->report;
	const struct ledger_vm *vm = ledger_find_vm(report->known, slow->vm);
	enum ledger_key_kind kind;

	fprintf(page->out, "<tr><th scope=\"row\">%s</th>",
		format_decimal(run_words_seconds(report->info, slow->at_ns), 3)
			.s);
	fputs("<td class=\"text\"><bdi>", page->out);
	html_put(safe_text(vm ? vm->name : "?").s, page->out);
	fputs("</bdi></td>", page->out);
	page_cell(page, format_plain(slow->vcpu_id).s);
	page_cell_text(page,
		       exit_reason_text(report->info->isa, slow->reason).s);
	if (has_keys(page, &kind))
		page_cell_text(page, slow->has_key ?
					     key_text(kind, slow->key).s :
					     "-");
	page_cell(page, format_ns(slow->times.ns).s);
	if (page->has & NEEDS_OFF_CPU) {
		page_cell(page, format_ns(slow->times.preempted_ns).s);
		page_cell(page, format_ns(slow->times.blocked_ns).s);
	}
	fputs("</tr>\n", page->out);
}

static void put_table(struct page *page)
{
	const struct run_slows *slows = &page->report->slows;
	const char *heads[9] = { "SECONDS", "<VM", "VCPU", "<EXIT REASON" };
	enum ledger_key_kind kind;
	size_t nr = 4;

	if (has_keys(page, &kind))
		heads[nr++] = "<KEY";
	heads[nr++] = "TIME";
	if (page->has & NEEDS_OFF_CPU) {
		heads[nr++] = "PREEMPT";
		heads[nr++] = "BLOCKED";
	}
	page_table_begin(page, "slow", heads);
	for (size_t i = 0; i < slows->nr && i < SLOWS_SHOWN; i++)
		put_slow(page, &slows->slow[i]);
	page_table_end(page);
	if (slows->count > SLOWS_SHOWN)
		fprintf(page->out,
			"<p class=\"note\">And %s more, none of them slower.</p>\n",
			format_count(slows->count - SLOWS_SHOWN).s);
}

/* Write the slow exits, if they were recorded. */
int page_slows(struct page *page)
{
	const struct run_info *info = page->report->info;
	const struct run_slows *slows = &page->report->slows;

	if (!slows->count && !info->slower_than_ns)
		return 0;
	fputs("<section aria-labelledby=\"slow\">\n<h2 id=\"slow\">Slow exits</h2>\n",
	      page->out);
	fprintf(page->out, "<p>%s exits",
		slows->count ? format_count(slows->count).s : "No");
	if (info->slower_than_ns)
		fprintf(page->out, " took longer than %s%s",
			format_ns(info->slower_than_ns).s,
			info->slow_hlt ? ", HLT among them" : "");
	fputs(slows->count ? "; the slowest first.</p>\n" : ".</p>\n",
	      page->out);
	if (slows->count)
		put_table(page);
	fputs("</section>\n", page->out);
	return 0;
}
