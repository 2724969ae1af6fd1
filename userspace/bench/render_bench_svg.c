// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench_save.h"
#include "bench/render_bench.h"
#include "bench/render_bench_words.h"
#include "lib/html.h"
#include "lib/output.h"
#include "lib/text_width.h"

/* Sizes in pixels.  There is a panel per kind, with a bar per configuration. */
enum {
	WIDTH = 860,
	MARGIN = 16,
	LEFT = 220, /* where bars begin */
	RIGHT = 150, /* room behind the longest bar, for its number */
	HEAD = 30, /* a panel's heading */
	BAR = 18,
	GAP = 12, /* between panels */
	LINE = 17, /* of text */
	LETTERS = 128, /* the most columns in a line of text */
};

/*
 * The colours are legible on white and on black.  There are no CSS variables,
 * as not all viewers know them.
 */
static const char style[] =
	"<style>\n"
	"text{font:12px system-ui,sans-serif;fill:#1f2328}"
	".paper{fill:#fff}.soft{fill:#59636e}.head{font-weight:600}"
	".title{font-size:16px;font-weight:600}.end{text-anchor:end}"
	".axis{stroke:#d1d9e0}.whisker{stroke:#1f2328;fill:none}"
	".ours{fill:#1a7f37}.kvm{fill:#0969da}.other{fill:#bf8700}"
	".null{fill:#818b98}\n"
	"@media(prefers-color-scheme:dark){text{fill:#f0f6fc}"
	".paper{fill:#0d1117}.soft{fill:#9198a1}.axis{stroke:#3d444d}"
	".whisker{stroke:#f0f6fc}.ours{fill:#3fb950}.kvm{fill:#4493f8}"
	".other{fill:#d29922}.null{fill:#656c76}}\n"
	"</style>\n";

/* A picture is drawn from top to bottom. */
struct picture {
	const struct bench_result *result;
	const struct bench *bench;
	double most; /* the largest value that is shown */
	double y; /* the height of what is drawn so far */
	FILE *out;
};

static void put_label(const struct picture *picture, double x, double y,
		      const char *class, const char *text)
{
	fprintf(picture->out, "<text x=\"%.1f\" y=\"%.1f\" class=\"%s\">", x, y,
		class);
	html_put(text, picture->out);
	fputs("</text>\n", picture->out);
}

/* Draw a line of text, cut to LETTERS columns. */
static void put_line(struct picture *picture, const char *text)
{
	char line[512];

	snprintf(line, sizeof(line), "%.*s", (int)text_width_cut(text, LETTERS),
		 text);
	picture->y += LINE;
	put_label(picture, MARGIN, picture->y, "soft", line);
}

/* --- the title --- */

static void put_host(struct picture *picture)
{
	const struct bench *bench = picture->bench;
	char line[512];

	snprintf(line, sizeof(line),
		 "%s%sLinux %s, %s%s%s; mitigations %s; %.10s", bench->cpu,
		 bench->cpu[0] ? "; " : "", bench->kernel,
		 bench->vendor[0] ? bench->vendor : "no KVM",
		 bench->hypervisor[0] ? ", on " : "", bench->hypervisor,
		 bench->mitigations, bench->date);
	put_line(picture, line);
}

static void put_clock(struct picture *picture)
{
	const struct bench *bench = picture->bench;
	char clock[128], line[512];

	if (bench->unit == BENCH_CYCLES)
		snprintf(clock, sizeof(clock), "TSC of %s MHz, %s",
			 format_count((bench->khz + 500) / 1000).s,
			 bench->invariant ? "invariant" : "NOT invariant");
	else if (bench->unit == BENCH_INSTRUCTIONS)
		strcpy(clock, "an emulator's TSC, which counts instructions");
	else
		strcpy(clock,
		       "BPF_PROG_TEST_RUN: no exit happened, and calling the programs is not in it");
	snprintf(line, sizeof(line), "%s; %s of %u round%s, %s", clock,
		 bench->rounds < STATS_BOOTSTRAP ? "means" : "medians",
		 bench->rounds, bench->rounds > 1 ? "s" : "",
		 bench->rounds > 1 ? "95 % intervals" : "without an interval");
	put_line(picture, line);
}

static void put_title(struct picture *picture)
{
	char line[128];

	if (picture->bench->unit == BENCH_NS)
		strcpy(line,
		       "The observer's programs by themselves: their bodies only, in ns, with no exit");
	else
		snprintf(line, sizeof(line),
			 "What counting a VM exit adds, in %s%s",
			 picture->bench->unit == BENCH_CYCLES ? "TSC " : "",
			 bench_unit_name(picture->bench->unit));
	picture->y += 28;
	put_label(picture, MARGIN, picture->y, "title", line);
	picture->y += 4;
	put_host(picture);
	put_clock(picture);
}

/* --- the colours --- */

static const struct colour {
	const char *class, *meaning;
} colours[] = {
	{ "null", "nothing, once more" },
	{ "kvm", "ours, takes our patch to KVM" },
	{ "ours", "ours, on any KVM" },
	{ "other", "other programs" },
};
enum { NULL_COLOUR, KVM_COLOUR, OURS_COLOUR, OTHER_COLOUR, COLOURS };

static int colour_of(const struct bench *bench, size_t row)
{
	if (row == BENCH_NULL)
		return NULL_COLOUR;
	if (bench->row[row].patch)
		return KVM_COLOUR;
	return bench->row[row].ours ? OURS_COLOUR : OTHER_COLOUR;
}

static bool is_shown(const struct bench_result *result, size_t row)
{
	bool shown = false;

	for (size_t kind = 0; kind < result->bench->nr_kinds; kind++)
		shown |= bench_cell(result, kind, row)->measured;
	return shown;
}

/* Draw the legend of the colours that are used. */
static void put_colours(struct picture *picture)
{
	bool used[COLOURS] = { false };
	double x = MARGIN;

	for (size_t row = BENCH_NULL; row < picture->bench->nr_rows; row++) {
		if (is_shown(picture->result, row))
			used[colour_of(picture->bench, row)] = true;
	}
	picture->y += LINE + 6;
	for (int i = 0; i < COLOURS; i++) {
		if (!used[i])
			continue;
		fprintf(picture->out,
			"<rect x=\"%.1f\" y=\"%.1f\" width=\"12\" height=\"12\" class=\"%s\"/>\n",
			x, picture->y - 10, colours[i].class);
		put_label(picture, x + 18, picture->y, "key",
			  colours[i].meaning);
		x += 46 + 6.5 * (double)strlen(colours[i].meaning);
	}
	picture->y += GAP;
}

/* --- the bars --- */

static double at(const struct picture *picture, double value)
{
	value = fmin(fmax(value, 0), picture->most);
	return LEFT + value / picture->most * (WIDTH - LEFT - RIGHT);
}

/*
 * Draw no end stroke for an end of the interval that lies outside of the
 * picture.
 */
static void put_whisker(const struct picture *picture,
			struct stats_interval added, double y)
{
	if (isinf(added.low))
		return;
	fprintf(picture->out, "<path d=\"M%.1f %.1f", at(picture, added.low),
		y + 6.5);
	if (added.low >= 0)
		fputs("v6m0 -3", picture->out);
	else
		fputs("m0 3", picture->out);
	fprintf(picture->out, "H%.1f", at(picture, added.high));
	if (added.high <= picture->most)
		fputs("m0 -3v6", picture->out);
	fputs("\" class=\"whisker\"/>\n", picture->out);
}

static void put_bar(struct picture *picture, size_t kind, size_t row)
{
	const struct bench_cell *cell = bench_cell(picture->result, kind, row);
	const struct stats_interval added = cell->added;
	double end = at(picture, isinf(added.high) ? added.value : added.high);
	double ns = bench_ns(picture->bench, added.value), y = picture->y;
	char label[128], in_ns[64] = "";

	put_label(picture, LEFT - 8, y + 13, "end",
		  picture->bench->row[row].title);
	fprintf(picture->out,
		"<rect x=\"%d\" y=\"%.1f\" width=\"%.1f\" height=\"%d\" class=\"%s\"/>\n",
		LEFT, y + 3, at(picture, added.value) - LEFT, BAR - 5,
		colours[colour_of(picture->bench, row)].class);
	put_whisker(picture, added, y);
	if (!isnan(ns))
		snprintf(in_ns, sizeof(in_ns), " (%s ns)",
			 bench_number(ns, true).s);
	snprintf(label, sizeof(label), "%s%s %s",
		 bench_number(added.value, true).s, in_ns,
		 bench_mark(picture->result, kind, row));
	put_label(picture, end + 6, y + 13, "soft", label);
	picture->y += BAR;
}

static void put_panel_head(struct picture *picture, size_t kind)
{
	const struct bench *bench = picture->bench;
	const struct bench_cell *base =
		bench_cell(picture->result, kind, BENCH_BASE);
	double ns = bench_ns(bench, base->level.value);
	char head[256], in_ns[64] = "";

	if (!isnan(ns))
		snprintf(in_ns, sizeof(in_ns), " (%s ns)",
			 bench_number(ns, false).s);
	snprintf(head, sizeof(head), "%s: %s %s%s with %s",
		 bench->kind[kind].what,
		 bench_number(base->level.value, false).s,
		 bench_unit_name(bench->unit), in_ns,
		 bench->row[BENCH_BASE].title);
	put_label(picture, MARGIN, picture->y + 18, "head",
		  base->measured ? head : bench->kind[kind].what);
	picture->y += HEAD;
}

static void put_panel(struct picture *picture, size_t kind)
{
	double top;

	put_panel_head(picture, kind);
	top = picture->y;
	for (size_t row = BENCH_NULL; row < picture->bench->nr_rows; row++) {
		if (bench_cell(picture->result, kind, row)->measured)
			put_bar(picture, kind, row);
	}
	fprintf(picture->out, "<path d=\"M%d %.1fV%.1f\" class=\"axis\"/>\n",
		LEFT, top, picture->y);
	picture->y += GAP;
}

/*
 * Get the largest value to show.  With few rounds, whiskers may be much longer
 * than all bars: they are cut at 115 % of the longest bar.
 */
static double longest(const struct bench_result *result)
{
	const struct bench *bench = result->bench;
	double value = 0, high = 0;

	for (size_t i = 0; i < bench->nr_kinds * bench->nr_rows; i++) {
		const struct bench_cell *cell = &result->cell[i];

		if (!cell->measured || i % bench->nr_rows == BENCH_BASE)
			continue;
		value = fmax(value, cell->added.value);
		if (isfinite(cell->added.high))
			high = fmax(high, cell->added.high);
	}
	return fmax(1, fmax(value, fmin(high, 1.15 * value)));
}

/* --- the notes below --- */

static void put_marks(struct picture *picture)
{
	char line[128];

	for (int i = 0; i < BENCH_MARKS; i++) {
		if (!bench_mark_seen(picture->result, bench_marks[i].mark))
			continue;
		snprintf(line, sizeof(line), "%c  %s", bench_marks[i].mark,
			 bench_marks[i].meaning);
		put_line(picture, line);
	}
}

/* List the configurations without bars, or without bars for some kinds. */
static void put_missing(struct picture *picture)
{
	char line[512];

	for (size_t i = 0; i < picture->bench->nr_rows; i++) {
		const struct bench_row *row = &picture->bench->row[i];

		if (row->state == BENCH_MEASURED)
			continue;
		snprintf(line, sizeof(line), "%s: %s%s%s", row->title,
			 bench_state_name(row->state), row->why[0] ? ": " : "",
			 row->why);
		put_line(picture, line);
	}
}

/* Draw the whole picture.  Only afterwards is its height known. */
static void put_all(struct picture *picture)
{
	put_title(picture);
	put_colours(picture);
	for (size_t kind = 0; kind < picture->bench->nr_kinds; kind++)
		put_panel(picture, kind);
	picture->y -= GAP / 2.0;
	put_marks(picture);
	put_missing(picture);
	picture->y += MARGIN;
}

int render_bench_svg(const struct bench_result *result, FILE *out)
{
	struct picture picture = { .result = result,
				   .bench = result->bench,
				   .most = longest(result) };
	char *text = NULL;
	size_t size;

	picture.out = open_memstream(&text, &size);
	if (!picture.out)
		return -ENOMEM;
	put_all(&picture);
	if (fclose(picture.out)) {
		free(text);
		return -ENOMEM;
	}
	fprintf(out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%.0f\" viewBox=\"0 0 %d %.0f\" role=\"img\">\n",
		WIDTH, picture.y, WIDTH, picture.y);
	fputs("<!-- SPDX-License-Identifier: GPL-2.0-only -->\n", out);
	fputs(style, out);
	fprintf(out, "<rect width=\"%d\" height=\"%.0f\" class=\"paper\"/>\n",
		WIDTH, picture.y);
	fputs(text, out);
	fputs("</svg>\n", out);
	free(text);
	return 0;
}

static int put_svg(const void *result, FILE *out)
{
	return render_bench_svg(result, out);
}

int bench_svg_save(const struct bench_result *result, const char *path,
		   struct why *why)
{
	return output_save(path, put_svg, result, why);
}
