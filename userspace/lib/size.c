// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/size.h"

#define MOST (1024.0 * SIZE_TIB)

static const struct {
	const char *name;
	uint64_t bytes;
} units[] = {
	{ "T", SIZE_TIB }, { "G", 1ull << 30 }, { "M", SIZE_MIB },
	{ "K", SIZE_KIB }, { "", 1 },
};

#define NR_UNITS (sizeof(units) / sizeof(units[0]))

int size_parse(const char *text, uint64_t *bytes)
{
	/* strtod() would also accept "inf", "-1", "0x10" and "1e3". */
	const size_t length = strspn(text, "0123456789.");
	double value;
	char *end;

	if (!isdigit((unsigned char)*text))
		return -EINVAL;
	value = strtod(text, &end);
	if (end != text + length)
		return -EINVAL;
	for (size_t i = 0; i < NR_UNITS; i++) {
		if (strcmp(end, units[i].name))
			continue;
		value *= (double)units[i].bytes;
		if (!(value <= MOST))
			return -ERANGE;
		*bytes = (uint64_t)(value + 0.5);
		return !*bytes && value > 0 ? -ERANGE : 0;
	}
	return -EINVAL;
}

struct size_text size_text(uint64_t bytes)
{
	struct size_text text = { "0" };

	for (size_t i = 0; bytes && i < NR_UNITS; i++) {
		if (bytes % units[i].bytes)
			continue;
		snprintf(text.s, sizeof(text.s), "%" PRIu64 "%s",
			 bytes / units[i].bytes, units[i].name);
		break;
	}
	return text;
}
