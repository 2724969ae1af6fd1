// SPDX-License-Identifier: GPL-2.0-only
#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "bench/render_bench_words.h"

const char *bench_unit_words(const struct bench *bench)
{
	static const char *const names[BENCH_UNITS] = {
		[BENCH_CYCLES] = "TSC CYCLES",
		[BENCH_INSTRUCTIONS] = "INSTRUCTIONS",
		[BENCH_NS] = "NS",
	};

	return names[bench->unit];
}

struct text bench_number(double value, bool sign)
{
	double size = fabs(value);
	const char *thousand = "";
	struct text text;

	if (size >= 99999500)
		thousand = "M";
	else if (size >= 99999.5)
		thousand = "k";
	if (*thousand)
		value /= *thousand == 'M' ? 1e6 : 1e3;
	text.length = snprintf(text.s, sizeof(text.s),
			       sign ? "%+.*f%s" : "%.*f%s",
			       size < 99.95 ? 1 : 0, value, thousand);
	return text;
}

struct text bench_interval(struct stats_interval interval, bool sign)
{
	struct text text = { "none", 4 };

	if (isinf(interval.low))
		return text;
	text.length = snprintf(text.s, sizeof(text.s), "%.17s to %.17s",
			       bench_number(interval.low, sign).s,
			       bench_number(interval.high, sign).s);
	return text;
}

const char *bench_title(const struct bench *bench, size_t row)
{
	return row == BENCH_BASE && bench->unit != BENCH_NS ?
		       "nothing: an exit in all" :
		       bench->row[row].title;
}

const char *bench_mark(const struct bench_result *result, size_t kind,
		       size_t row)
{
	const struct bench_cell *cell = bench_cell(result, kind, row);

	if (!cell->measured || row == BENCH_BASE)
		return "";
	if (bench_missed(cell))
		return "!";
	if (bench_is_short(result, kind, row))
		return "<";
	if (cell->noise)
		return "~";
	return row == BENCH_NULL ? "?" : "";
}

const struct bench_meaning bench_marks[BENCH_MARKS] = {
	{ '~', "cannot be told from nothing, or from the same once more" },
	{ '!', "has not counted as many exits as there were" },
	{ '<', "has fewer laps than nothing has" },
	{ '?', "is off, by more than 0.5 %: less than that is not told" },
};

bool bench_mark_seen(const struct bench_result *result, char mark)
{
	const size_t nr = result->bench->nr_rows;
	bool seen = false;

	for (size_t i = 0; i < result->bench->nr_kinds * nr; i++)
		seen |= *bench_mark(result, i / nr, i % nr) == mark;
	return seen;
}

void bench_put(FILE *out, size_t indent, const char *fmt, ...)
{
	char text[2048], *at = text;
	size_t column = 0;
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	while (*at) {
		size_t spaces = strspn(at, " ");
		size_t length = strcspn(at + spaces, " ");

		if (column > indent && column + spaces + length > BENCH_LINE) {
			fprintf(out, "\n%*s", (int)indent, "");
			column = indent;
			at += spaces;
			spaces = 0;
		}
		/* A word that no line has room for is broken, too. */
		if (column + spaces + length > BENCH_LINE)
			length = BENCH_LINE - column - spaces;
		fwrite(at, 1, spaces + length, out);
		column += spaces + length;
		at += spaces + length;
	}
	fputc('\n', out);
}
