// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "format.h"
#include "reasons.h"

struct text format_count(uint64_t count)
{
	char digits[24];
	struct text text;
	size_t length, out = 0;

	length = snprintf(digits, sizeof(digits), "%" PRIu64, count);
	for (size_t i = 0; i < length; i++) {
		if (i && (length - i) % 3 == 0)
			text.s[out++] = ',';
		text.s[out++] = digits[i];
	}
	text.s[out] = '\0';
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
	size_t i = 0;

	while (i < 3 && ns < unit[i].ns)
		i++;
	ns /= unit[i].ns;
	snprintf(text.s, sizeof(text.s), "%.*f %s",
		 ns < 10  ? 2 :
		 ns < 100 ? 1 :
			    0,
		 ns, unit[i].name);
	return text;
}

struct text format_share(uint64_t part, uint64_t whole)
{
	struct text text = { "-" };

	if (whole)
		snprintf(text.s, sizeof(text.s), "%.1f %%",
			 100.0 * part / whole);
	return text;
}

struct text format_reason(uint32_t isa, uint32_t reason)
{
	const struct exit_reason *known = exit_reason_find(isa, reason);
	struct text text;

	if (known)
		snprintf(text.s, sizeof(text.s), "0x%03" PRIx32 " %.24s",
			 reason, known->name);
	else
		snprintf(text.s, sizeof(text.s), "UNKNOWN(0x%" PRIx32 ")",
			 reason);
	return text;
}
