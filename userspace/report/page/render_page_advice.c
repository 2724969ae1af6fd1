// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>

#include "advise/advise_words.h"
#include "lib/html.h"
#include "report/page/render_page_private.h"
#include "report/run_advice.h"

static void paragraph(struct page *page, const char *what, const char *text)
{
	fprintf(page->out, "<dt>%s</dt><dd>", what);
	html_put(text, page->out);
	fputs("</dd>\n", page->out);
}

static void put_found(struct page *page, const struct advice *advice,
		      const struct advise_verdict *verdict)
{
	const struct advise_rule *rule = verdict->rule;
	const struct advise_finding *first = &verdict->finding[0];

	fputs("<h3>", page->out);
	html_put(rule->title, page->out);
	fputs("</h3>\n<dl class=\"facts\">\n", page->out);
	paragraph(page, "Seen", advise_words_seen(advice, verdict, first).s);
	paragraph(page, "Usually", rule->usual);
	paragraph(page, "Change", rule->change);
	paragraph(page, "Check", advise_words_check(advice, verdict, first).s);
	paragraph(page, "Bounds", advise_words_bounds(rule).s);
	paragraph(page, "Why these", rule->threshold);
	paragraph(page, "Sources", rule->sources);
	fputs("</dl>\n", page->out);
	if (verdict->nr > 1)
		fprintf(page->out,
			"<p class=\"note\">The same was seen of %zu more VM%s, less clearly.</p>\n",
			verdict->nr - 1, verdict->nr == 2 ? "" : "s");
}

static void put_all(struct page *page, const struct advice *advice)
{
	fputs("<section aria-labelledby=\"advice\">\n<h2 id=\"advice\">Advice</h2>\n",
	      page->out);
	fprintf(page->out,
		"<p>Of the rules of exitledger advise, %zu found something, %zu found nothing, and %zu could not be judged by what was recorded.</p>\n",
		advice->count[ADVISE_FOUND], advice->count[ADVISE_SILENT],
		advice->count[ADVISE_UNJUDGED]);
	for (size_t i = 0; i < advice->nr; i++) {
		if (advice->verdict[i].state == ADVISE_FOUND)
			put_found(page, advice, &advice->verdict[i]);
	}
	fputs("</section>\n", page->out);
}

/* Write the advice, if any rule could be judged. */
int page_advice(struct page *page)
{
	struct run_advice advice;
	int r = run_advice(page->report, page->filter, &advice);

	if (!r && advice.advice.count[ADVISE_FOUND] +
			  advice.advice.count[ADVISE_SILENT])
		put_all(page, &advice.advice);
	run_advice_free(&advice);
	return r ? -ENOMEM : 0;
}
