// SPDX-License-Identifier: GPL-2.0-only
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/format.h"

/* Append @more.  Callers fill at most half of the text, so it always fits. */
static void append(struct text *text, const char *more)
{
	while (*more)
		text->s[text->length++] = *more++;
	text->s[text->length] = '\0';
}

/*
 * printf() would take ten times as long; for a large host 100,000 numbers are
 * shown at once.
 */
static size_t put_digits(char out[20], uint64_t number)
{
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = '0' + number % 10;
		number /= 10;
	} while (number);
	memcpy(out, digits + at, sizeof(digits) - at);
	return sizeof(digits) - at;
}

struct text format_count(uint64_t count)
{
	char digits[28];
	size_t at = sizeof(digits), group = 0;
	struct text text;

	do {
		if (group++ == 3) {
			digits[--at] = ',';
			group = 1;
		}
		digits[--at] = '0' + count % 10;
		count /= 10;
	} while (count);
	text.length = sizeof(digits) - at;
	memcpy(text.s, digits + at, text.length);
	text.s[text.length] = '\0';
	return text;
}

struct text format_plain(uint64_t number)
{
	struct text text;

	text.length = put_digits(text.s, number);
	text.s[text.length] = '\0';
	return text;
}

struct text format_decimal(double number, unsigned int decimals)
{
	static const unsigned int scales[] = { 1,     10,     100,    1000,
					       10000, 100000, 1000000 };
	char digits[28];
	size_t at = sizeof(digits);
	struct text text;
	uint64_t scaled;

	if (!(number >= 0 && number < 1e12)) {
		snprintf(text.s, sizeof(text.s), "%.*f", (int)decimals, number);
		text.length = strlen(text.s);
		return text;
	}
	scaled = llround(number * scales[decimals]);
	for (size_t place = 0; scaled || place <= decimals; place++) {
		if (decimals && place == decimals)
			digits[--at] = '.';
		digits[--at] = '0' + scaled % 10;
		scaled /= 10;
	}
	text.length = sizeof(digits) - at;
	memcpy(text.s, digits + at, text.length);
	text.s[text.length] = '\0';
	return text;
}

struct text format_difference(int64_t difference)
{
	uint64_t size = difference < 0 ? -(uint64_t)difference :
					 (uint64_t)difference;
	struct text count = format_count(size), text;

	snprintf(text.s, sizeof(text.s), "%s%.30s",
		 !size		? "" :
		 difference < 0 ? "-" :
				  "+",
		 count.s);
	text.length = strlen(text.s);
	return text;
}

struct text format_ns(double ns)
{
	static const struct {
		double ns;
		const char *name;
	} unit[] = {
		{ 1e9, " s" }, { 1e6, " ms" }, { 1e3, " us" }, { 1, " ns" }
	};
	struct text text;
	size_t i = 0;

	while (i < 3 && ns < unit[i].ns)
		i++;
	ns /= unit[i].ns;
	text = format_decimal(ns, ns < 10 ? 2 : ns < 100 ? 1 : 0);
	append(&text, unit[i].name);
	return text;
}

struct text format_share(uint64_t part, uint64_t whole)
{
	const struct text text = { "-", 1 };

	return whole ? format_percent((double)part / whole) : text;
}

struct text format_percent(double share)
{
	struct text text = format_decimal(100 * share, share < 10 ? 1 : 0);

	append(&text, " %");
	return text;
}

struct text format_rate(double rate)
{
	return rate < 100 ? format_decimal(rate, 1) :
			    format_count((uint64_t)(rate + 0.5));
}

struct text format_ratio(double ratio)
{
	if (isinf(ratio))
		return (struct text){ "inf", 3 };
	if (ratio >= 9999.5)
		return (struct text){ "> 9999", 6 };
	return format_decimal(ratio, ratio < 10 ? 3 : ratio < 100 ? 1 : 0);
}

struct text format_change(double before, double after)
{
	struct text text = { "from none", 9 };
	double more = after / before - 1;

	if (!(before > 0))
		return text;
	text = format_percent(fabs(more));
	memmove(text.s + 1, text.s, ++text.length);
	text.s[0] = more < 0 ? '-' : '+';
	return text;
}

/*
 * Write three digits with @sign before them, and after them a suffix such as
 * "M" and @unit.
 */
static struct text format_short(double number, const char *sign,
				const char *unit)
{
	static const char units[] = "kMGTPEZY";
	struct text text = { "", 0 }, digits;
	size_t i = 0;

	number /= 1e3;
	/* 999.5 and more would be rounded to four digits. */
	while (number >= 999.5 && units[i + 1]) {
		number /= 1e3;
		i++;
	}
	digits = format_decimal(number, number < 9.995 ? 2 :
					number < 99.95 ? 1 :
							 0);
	append(&text, sign);
	append(&text, digits.s);
	append(&text, (char[]){ units[i], '\0' });
	append(&text, unit);
	return text;
}

struct text format_count_in(uint64_t count, size_t width)
{
	struct text text = format_count(count);

	return text.length > width ? format_short(count, "", "") : text;
}

struct text format_plain_in(uint64_t number, size_t width)
{
	struct text text = format_plain(number);

	return text.length > width ? format_short(number, "", "") : text;
}

struct text format_difference_in(int64_t difference, size_t width)
{
	struct text text = format_difference(difference);

	return text.length > width ?
		       format_short(fabs((double)difference),
				    difference < 0 ? "-" : "+", "") :
		       text;
}

struct text format_ns_in(double ns, size_t width)
{
	struct text text = format_ns(ns);

	return text.length > width ? format_short(ns / 1e9, "", " s") : text;
}

struct text format_decimal_in(double number, unsigned int decimals,
			      size_t width)
{
	struct text text = format_decimal(number, decimals);

	while (text.length > width && decimals)
		text = format_decimal(number, --decimals);
	return text.length > width ? format_short(number, "", "") : text;
}

struct text format_percent_in(double share, size_t width)
{
	struct text text = format_percent(share);

	return text.length > width ? format_short(100 * share, "", " %") : text;
}

struct text format_share_in(uint64_t part, uint64_t whole, size_t width)
{
	return whole ? format_percent_in((double)part / whole, width) :
		       format_share(part, whole);
}

struct text format_rate_in(double rate, size_t width)
{
	struct text text = format_rate(rate);

	return text.length > width ? format_short(rate, "", "") : text;
}

struct text format_change_in(double before, double after, size_t width)
{
	struct text text = format_change(before, after);
	double more = after / before - 1;

	return text.length > width ? format_short(100 * fabs(more),
						  more < 0 ? "-" : "+", " %") :
				     text;
}
