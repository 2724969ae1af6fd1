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
	struct text text;

	text.length = snprintf(text.s, sizeof(text.s), sign ? "%+.*f" : "%.*f",
			       fabs(value) < 99.95 ? 1 : 0, value);
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
