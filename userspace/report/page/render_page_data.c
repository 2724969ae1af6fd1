// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "ledger/reason_text.h"
#include "lib/format.h"
#include "lib/html.h"
#include "lib/json_writer.h"
#include "report/page/render_page_private.h"
#include "run/run_words.h"

/*
 * The most marks that are drawn of each kind: people's, guests', and the
 * recorder's.
 */
#define MARKS_DRAWN 500

static double length_of_point(const struct page *page)
{
	return page->report->timeline.merged *
	       (page->report->info->interval_ns / 1e9);
}

/* Is there idle time of the guests, which can be shown or hidden? */
static bool draws_idle(const struct page *page)
{
	for (size_t i = 0; page->has & NEEDS_TIME && i < page->nr_drawn; i++) {
		if (row_is_idle(page->report->info->isa, page->drawn[i]) &&
		    run_timeline_line(&page->report->timeline, page->drawn[i]))
			return true;
	}
	return false;
}

static void put_chart(struct page *page, const char *field, const char *caption)
{
	fprintf(page->out,
		"<figure>\n<figcaption>%s</figcaption>\n"
		"<div class=\"chart %s\" tabindex=\"0\" role=\"group\" aria-label=\"%s: a chart; all figures are in the tables. Arrow keys move, + and - zoom, Escape shows all.\"></div>\n"
		"</figure>\n",
		caption, field, caption);
}

int page_charts(struct page *page)
{
	const struct run_timeline *timeline = &page->report->timeline;
	FILE *out = page->out;

	if (!page->group.nr_reasons) {
		fputs("<p>No exits were recorded.</p>\n", out);
		return 0;
	}
	fputs("<noscript><p>The charts need JavaScript; all figures are in the tables, too.</p></noscript>\n"
	      "<div class=\"drawing\">\n",
	      out);
	put_chart(page, "exits", "Exits per second, by reason");
	if (page->has & NEEDS_TIME)
		put_chart(
			page, "ns",
			"Time in exits, in seconds per second, of all vCPUs together");
	fputs("<div class=\"tools\"><p class=\"said\" aria-live=\"polite\"></p>\n",
	      out);
	if (draws_idle(page))
		fputs("<label><input type=\"checkbox\" class=\"idle\"> with HLT's time, the guests' idleness</label>\n",
		      out);
	fputs("<span><button type=\"button\" class=\"in\">Zoom in</button>\n"
	      "<button type=\"button\" class=\"out\">Zoom out</button>\n"
	      "<button type=\"button\" class=\"whole\">Show all</button></span></div>\n"
	      "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Legend\"><table class=\"legend\"></table></div>\n",
	      out);
	fprintf(out,
		"<p class=\"note\">Drag to zoom, double-click to see all. A point is the sum of %s",
		timeline->merged == 1 ? "one interval" :
					format_count(timeline->merged).s);
	if (timeline->merged > 1)
		fputs(" intervals", out);
	fprintf(out,
		", %s. The time of an exit counts where it ends.</p>\n</div>\n",
		format_ns(length_of_point(page) * 1e9).s);
	return 0;
}

static void put_marks(struct page *page, struct json_writer *json)
{
	const struct run_marks *marks = page->report->marks;
	size_t drawn[RUN_RANKS] = { 0 };

	json_put_open(json, "marks", '[');
	for (size_t i = 0; i < marks->nr; i++) {
		const struct run_mark *mark = &marks->mark[i];
		enum run_mark_rank rank = run_mark_rank(mark);

		if (!run_report_has_mark(page->report, page->filter, mark) ||
		    drawn[rank]++ >= MARKS_DRAWN)
			continue;
		json_put_open(json, NULL, '{');
		json_put_real(json, "at",
			      run_words_seconds(page->report->info,
						mark->at_ns));
		json_put_text(json, "text", run_words_mark_text(mark).text);
		json_put_bool(json, "user", rank > RUN_RANK_AUTOMATIC);
		json_put_close(json, '}');
	}
	json_put_close(json, ']');
}

static void put_changes(struct page *page, struct json_writer *json)
{
	const struct run_changes *changes = &page->report->changes;
	double enough = run_changes_clear(changes, PAGE_CHANGES);
	size_t shown = 0;

	json_put_open(json, "changes", '[');
	for (size_t i = 0; i < changes->nr && shown < PAGE_CHANGES; i++) {
		const struct run_change *change = &changes->change[i];

		if (change->clear < enough)
			continue;
		json_put_open(json, NULL, '{');
		json_put_real(json, "at",
			      run_words_seconds(page->report->info,
						change->at_ns));
		json_put_text(json, "by",
			      format_change(change->before, change->after).s);
		json_put_close(json, '}');
		shown++;
	}
	json_put_close(json, ']');
}

static void put_numbers(const struct page *page, struct json_writer *json,
			const struct run_line *line)
{
	const size_t nr = page->report->timeline.nr;

	json_put_open(json, "exits", '[');
	for (size_t i = 0; i < nr; i++)
		json_put_uint(json, NULL, line->exits[i]);
	json_put_close(json, ']');
	json_put_open(json, "ns", '[');
	for (size_t i = 0; page->has & NEEDS_TIME && i < nr; i++)
		json_put_uint(json, NULL, line->ns[i]);
	json_put_close(json, ']');
}

static void put_line(const struct page *page, struct json_writer *json,
		     const char *name, bool idle, bool others, size_t color,
		     const struct run_line *line)
{
	json_put_open(json, NULL, '{');
	json_put_text(json, "name", name);
	json_put_bool(json, "idle", idle);
	json_put_bool(json, "others", others);
	json_put_uint(json, "color", color);
	put_numbers(page, json, line);
	json_put_close(json, '}');
}

static void add_line(struct run_line *to, const struct run_line *line)
{
	for (size_t i = 0; line->exits && i < RUN_POINTS; i++) {
		to->exits[i] += line->exits[i];
		to->ns[i] += line->ns[i];
	}
}

/* Does the reason have a line of its own? */
static bool is_drawn(const struct page *page, uint32_t reason)
{
	return page_color(page, reason) < PAGE_LINES &&
	       run_timeline_line(&page->report->timeline, reason);
}

static size_t count_others(const struct page *page)
{
	size_t nr = 0;

	for (size_t i = 0; i < page->group.nr_reasons; i++)
		nr += !is_drawn(page, page->group.reason[i].reason);
	return nr;
}

/* Write all reasons without a colour of their own as one line. */
static void put_others(const struct page *page, struct json_writer *json)
{
	static uint64_t exits[RUN_POINTS], ns[RUN_POINTS];
	const struct run_timeline *timeline = &page->report->timeline;
	struct run_line others = { .exits = exits, .ns = ns };
	char name[64];

	memset(exits, 0, sizeof(exits));
	memset(ns, 0, sizeof(ns));
	for (size_t i = 0; i < timeline->nr_lines; i++) {
		const struct run_line *line = &timeline->line[i];

		if (!is_drawn(page, line->reason))
			add_line(&others, line);
	}
	add_line(&others, &timeline->rest);
	snprintf(name, sizeof(name), "%s others",
		 format_count(count_others(page)).s);
	put_line(page, json, name, false, true, PAGE_LINES - 1, &others);
}

static void put_lines(const struct page *page, struct json_writer *json)
{
	const struct run_timeline *timeline = &page->report->timeline;
	const uint32_t isa = page->report->info->isa;

	json_put_open(json, "lines", '[');
	for (size_t i = 0; i < page->nr_drawn; i++) {
		if (is_drawn(page, page->drawn[i]))
			put_line(page, json,
				 exit_reason_text(isa, page->drawn[i]).s,
				 row_is_idle(isa, page->drawn[i]), false, i,
				 run_timeline_line(timeline, page->drawn[i]));
	}
	if (count_others(page))
		put_others(page, json);
	json_put_close(json, ']');
}

int page_data(struct page *page)
{
	const struct run_timeline *timeline = &page->report->timeline;
	const struct run_info *info = page->report->info;
	struct json_writer json = { .out = page->out, .in_html = true };

	json_put_open(&json, NULL, '{');
	json_put_text(&json, "name", page->path);
	json_put_bool(&json, "times", page->has & NEEDS_TIME);
	json_put_real(&json, "point", length_of_point(page));
	json_put_open(&json, "begin", '[');
	for (size_t i = 0; i < timeline->nr; i++)
		json_put_real(&json, NULL,
			      run_words_seconds(info, timeline->begin_ns[i]));
	json_put_close(&json, ']');
	json_put_real(&json, "end", run_words_seconds(info, timeline->end_ns));
	put_lines(page, &json);
	put_marks(page, &json);
	put_changes(page, &json);
	json_put_close(&json, '}');
	return 0;
}
