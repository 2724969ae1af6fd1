// SPDX-License-Identifier: GPL-2.0-only
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "format.h"
#include "reasons.h"

/* printf takes ten times as long, and a large host has 100,000 numbers a look. */
static size_t put_digits(char out[20], uint64_t number)
{
	size_t length = 1, at;

	for (uint64_t rest = number; rest >= 10; rest /= 10)
		length++;
	for (at = length; at--; number /= 10)
		out[at] = '0' + number % 10;
	return length;
}

struct text format_count(uint64_t count)
{
	char digits[20];
	struct text text;
	size_t length, out = 0;

	length = put_digits(digits, count);
	for (size_t i = 0; i < length; i++) {
		if (i && (length - i) % 3 == 0)
			text.s[out++] = ',';
		text.s[out++] = digits[i];
	}
	text.s[out] = '\0';
	return text;
}

struct text format_plain(uint64_t number)
{
	struct text text;

	text.s[put_digits(text.s, number)] = '\0';
	return text;
}

struct text format_decimal(double number, unsigned int decimals)
{
	static const unsigned int scales[] = { 1,     10,     100,    1000,
					       10000, 100000, 1000000 };
	unsigned int scale = scales[decimals];
	struct text text;
	uint64_t scaled;
	size_t length;

	if (!(number >= 0 && number < 1e12)) {
		snprintf(text.s, sizeof(text.s), "%.*f", (int)decimals, number);
		return text;
	}
	scaled = llround(number * scale);
	length = put_digits(text.s, scaled / scale);
	if (decimals) {
		text.s[length++] = '.';
		for (unsigned int i = 1; i <= decimals; i++)
			text.s[length++] =
				'0' + scaled / scales[decimals - i] % 10;
	}
	text.s[length] = '\0';
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
	return text;
}

struct text format_ns(double ns)
{
	static const struct {
		double ns;
		const char *name;
	} unit[] = { { 1e9, "s" }, { 1e6, "ms" }, { 1e3, "us" }, { 1, "ns" } };
	struct text text;
	size_t i = 0, length;

	while (i < 3 && ns < unit[i].ns)
		i++;
	ns /= unit[i].ns;
	text = format_decimal(ns, ns < 10 ? 2 : ns < 100 ? 1 : 0);
	length = strlen(text.s);
	text.s[length] = ' ';
	strcpy(text.s + length + 1, unit[i].name);
	return text;
}

struct text format_share(uint64_t part, uint64_t whole)
{
	struct text text = { "-" };

	return whole ? format_percent((double)part / whole) : text;
}

struct text format_percent(double share)
{
	struct text text = format_decimal(100 * share, share < 10 ? 1 : 0);

	strcat(text.s, " %");
	return text;
}

/* "0x" and so many digits at least; returns how long that is. */
static size_t put_hex(char *out, uint32_t number, size_t digits)
{
	size_t length = 2;

	while (digits < 8 && number >> (4 * digits))
		digits++;
	out[0] = '0';
	out[1] = 'x';
	while (digits--)
		out[length++] = "0123456789abcdef"[number >> (4 * digits) & 15];
	return length;
}

struct text format_reason(uint32_t isa, uint32_t reason)
{
	const struct exit_reason *known = exit_reason_find(isa, reason);
	struct text text;
	size_t length;

	if (!known) {
		strcpy(text.s, "UNKNOWN(");
		length = 8 + put_hex(text.s + 8, reason, 1);
		strcpy(text.s + length, ")");
		return text;
	}
	length = put_hex(text.s, reason, 3);
	text.s[length++] = ' ';
	for (size_t i = 0; i < 24 && known->name[i]; i++)
		text.s[length++] = known->name[i];
	text.s[length] = '\0';
	return text;
}

struct name format_name(const char *bytes)
{
	struct name name;
	size_t i;

	for (i = 0; i < sizeof(name.s) - 1 && bytes[i]; i++)
		name.s[i] = (unsigned char)bytes[i] < ' ' || bytes[i] == 127 ?
				    '?' :
				    bytes[i];
	name.s[i] = '\0';
	return name;
}
