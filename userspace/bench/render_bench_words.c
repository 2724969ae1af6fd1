// SPDX-License-Identifier: GPL-2.0-only
#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "bench/render_bench_words.h"
#include "lib/safe_text.h"
#include "lib/text_width.h"

const char *bench_unit_words(const struct bench *bench)
{
	static const char *const names[BENCH_UNITS] = {
		[BENCH_CYCLES] = "TSC CYCLES",
		[BENCH_INSTRUCTIONS] = "INSTRUCTIONS",
		[BENCH_NS] = "NS",
	};

	return names[bench->unit];
}

/*
 * Format a number with a unit (k, M, G ...), with three digits or as many as
 * fit.
 */
static struct text short_number(double value, const char *sign, size_t width)
{
	static const char units[] = "kMGTPEZY";
	double size = fabs(value) / 1e3;
	struct text text = { "", 0 };
	size_t i = 0;

	while (size >= 999.5 && units[i + 1]) {
		size /= 1e3;
		i++;
	}
	for (int decimals = size < 9.995 ? 2 : size < 99.95; decimals >= 0;
	     decimals--) {
		text.length = snprintf(text.s, sizeof(text.s), "%s%.*f%c", sign,
				       decimals, size, units[i]);
		if (text.length <= width)
			break;
	}
	return text;
}

struct text bench_number_in(double value, bool sign, size_t width)
{
	double size = fabs(value);
	struct text text = { "", 0 };

	if (size < 99999.5)
		text.length = snprintf(text.s, sizeof(text.s),
				       sign ? "%+.*f" : "%.*f",
				       size < 99.95 ? 1 : 0, value);
	if (text.length && text.length <= width)
		return text;
	return short_number(value, value < 0 ? "-" : sign ? "+" : "", width);
}

struct text bench_number(double value, bool sign)
{
	return bench_number_in(value, sign, BENCH_NUMBER);
}

struct text bench_percent_in(double percent, size_t width)
{
	struct text text = { "", 0 };

	if (fabs(percent) >= 999.5) {
		text.length = snprintf(text.s, sizeof(text.s), "%s999 %%",
				       percent < 0 ? "<-" : ">");
		return text;
	}
	for (int decimals = fabs(percent) < 99.95; decimals >= 0; decimals--) {
		text.length = snprintf(text.s, sizeof(text.s), "%.*f %%",
				       decimals, percent);
		if (text.length <= width)
			break;
	}
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
	{ '?', "is off by more than 0.5 %: smaller differences mean nothing" },
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
	char raw[2048], text[sizeof(raw)], word[sizeof(raw)], *at = text;
	size_t column = 0;
	va_list args;

	va_start(args, fmt);
	vsnprintf(raw, sizeof(raw), fmt, args);
	va_end(args);
	safe_copy(raw, sizeof(raw), text, sizeof(text));
	while (*at) {
		size_t spaces = strspn(at, " "), bytes, width;

		bytes = strcspn(at + spaces, " ");
		memcpy(word, at + spaces, bytes);
		word[bytes] = '\0';
		width = text_width(word);
		if (column > indent && column + spaces + width > BENCH_LINE) {
			fprintf(out, "\n%*s", (int)indent, "");
			column = indent;
			at += spaces;
			spaces = 0;
		}
		/* A word that is too long for any line is broken, too. */
		bytes = text_width_cut(word, BENCH_LINE - column - spaces);
		word[bytes] = '\0';
		fprintf(out, "%*s%s", (int)spaces, "", word);
		column += spaces + text_width(word);
		at += spaces + bytes;
	}
	fputc('\n', out);
}
