// SPDX-License-Identifier: GPL-2.0-only
#include <math.h>
#include <string.h>

#include "bench/render_bench.h"
#include "bench/render_bench_words.h"
#include "html.h"

/* In pixels: a panel per kind, a bar per configuration. */
enum {
	WIDTH = 820,
	LEFT = 230, /* where bars begin */
	RIGHT = 110, /* room behind the longest, for its number */
	TOP = 64,
	HEAD = 30, /* a panel's heading */
	BAR = 18,
	GAP = 14, /* between panels */
	FOOT = 28,
};

/* Legible on white and on black; without variables, which not all viewers know.
 */
static const char style[] =
	"<style>\n"
	"text{font:12px system-ui,sans-serif;fill:#1f2328}"
	".paper{fill:#fff}.soft{fill:#59636e}.head{font-weight:600}"
	".title{font-size:16px;font-weight:600}.end{text-anchor:end}"
	".axis{stroke:#d1d9e0}.whisker{stroke:#1f2328;fill:none}"
	".ours{fill:#1a7f37}.kvm{fill:#0969da}.other{fill:#bf8700}\n"
	"@media(prefers-color-scheme:dark){text{fill:#f0f6fc}"
	".paper{fill:#0d1117}.soft{fill:#9198a1}.axis{stroke:#3d444d}"
	".whisker{stroke:#f0f6fc}.ours{fill:#3fb950}.kvm{fill:#4493f8}"
	".other{fill:#d29922}}\n"
	"</style>\n";

static void put_label(double x, double y, const char *class, const char *text,
		      FILE *out)
{
	fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" class=\"%s\">", x, y, class);
	html_put(text, out);
	fputs("</text>\n", out);
}

/* The rows that have a bar: all but what they are compared with. */
static size_t count_bars(const struct bench_result *result, size_t kind)
{
	size_t nr = 0;

	for (size_t row = BENCH_NULL; row < result->bench->nr_rows; row++)
		nr += bench_cell(result, kind, row)->measured;
	return nr;
}

static int height_of(const struct bench_result *result)
{
	int height = TOP + FOOT;

	for (size_t kind = 0; kind < result->bench->nr_kinds; kind++)
		height += HEAD + GAP + BAR * (int)count_bars(result, kind);
	return height;
}

static double longest(const struct bench_result *result)
{
	const struct bench *bench = result->bench;
	double most = 1;

	for (size_t i = 0; i < bench->nr_kinds * bench->nr_rows; i++) {
		const struct bench_cell *cell = &result->cell[i];

		if (cell->measured && isfinite(cell->added.high))
			most = fmax(most, cell->added.high);
		if (cell->measured)
			most = fmax(most, cell->added.value);
	}
	return most;
}

static const char *class_of(const struct bench_row *row)
{
	if (row->patch)
		return "kvm";
	return row->ours ? "ours" : "other";
}

static double at(double value, double most)
{
	return LEFT + fmax(value, 0) / most * (WIDTH - LEFT - RIGHT);
}

static void put_bar(const struct bench_result *result, size_t kind, size_t nr,
		    double most, double y, FILE *out)
{
	const struct bench_row *row = &result->bench->row[nr];
	const struct bench_cell *cell = bench_cell(result, kind, nr);
	bool whole = isfinite(cell->added.high);
	double low = at(cell->added.low, most);
	double high = at(whole ? cell->added.high : cell->added.value, most);
	char label[64];

	put_label(LEFT - 8, y + 13, "end", row->title, out);
	fprintf(out,
		"<rect x=\"%d\" y=\"%.1f\" width=\"%.1f\" height=\"%d\" class=\"%s\"/>\n",
		LEFT, y + 3, at(cell->added.value, most) - LEFT, BAR - 5,
		class_of(row));
	if (whole)
		fprintf(out,
			"<path d=\"M%.1f %.1fv6m0 -3H%.1fm0 -3v6\" class=\"whisker\"/>\n",
			low, y + 6.5, high);
	snprintf(label, sizeof(label), "%+.*f %s",
		 fabs(cell->added.value) < 99.95 ? 1 : 0, cell->added.value,
		 bench_mark(result, kind, nr));
	put_label(high + 6, y + 13, "soft", label, out);
}

static double put_panel(const struct bench_result *result, size_t nr,
			double most, double y, FILE *out)
{
	const struct bench *bench = result->bench;
	const struct bench_cell *base = bench_cell(result, nr, BENCH_BASE);
	char head[160];

	snprintf(head, sizeof(head), "%s: %.0f %s without any",
		 bench->kind[nr].what, base->measured ? base->level.value : 0,
		 bench_unit_name(bench->unit));
	put_label(16, y + 18, "head", head, out);
	y += HEAD;
	fprintf(out, "<path d=\"M%d %.1fv%zu\" class=\"axis\"/>\n", LEFT, y,
		BAR * count_bars(result, nr));
	for (size_t row = BENCH_NULL; row < bench->nr_rows; row++) {
		const struct bench_cell *cell = bench_cell(result, nr, row);

		if (!cell->measured)
			continue;
		put_bar(result, nr, row, most, y, out);
		y += BAR;
	}
	return y + GAP;
}

void render_bench_svg(const struct bench_result *result, FILE *out)
{
	const struct bench *bench = result->bench;
	int height = height_of(result);
	double most = longest(result), y = TOP;
	char line[256];

	fprintf(out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" role=\"img\">\n",
		WIDTH, height, WIDTH, height);
	fputs("<!-- SPDX-License-Identifier: GPL-2.0-only -->\n", out);
	fputs(style, out);
	fprintf(out, "<rect width=\"%d\" height=\"%d\" class=\"paper\"/>\n",
		WIDTH, height);
	snprintf(line, sizeof(line), "What counting a VM exit adds, in %s",
		 bench_unit_name(bench->unit));
	put_label(16, 28, "title", line, out);
	snprintf(line, sizeof(line), "Linux %s, %s, %.10s; %s", bench->kernel,
		 bench->vendor, bench->date,
		 bench->rounds > 1 ? "95 % intervals" : "a single round");
	put_label(16, 48, "soft", line, out);
	for (size_t kind = 0; kind < bench->nr_kinds; kind++)
		y = put_panel(result, kind, most, y, out);
	put_label(16, height - 12, "soft",
		  "blue: takes our patch to KVM; green: ours, on any KVM; "
		  "~ cannot be told from nothing; ! missed or lost exits",
		  out);
	fputs("</svg>\n", out);
}
