// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/duration.h"

/* The limit is low enough that a sum of a few times does not overflow. */
#define MOST (36500.0 * DURATION_DAY)

static const struct {
	const char *name;
	uint64_t ns;
} units[] = {
	{ "d", DURATION_DAY },
	{ "h", DURATION_HOUR },
	{ "m", 60000000000ull },
	{ "s", DURATION_SECOND },
	{ "ms", DURATION_MS },
	{ "us", 1000 },
	{ "ns", 1 },
	{ "", DURATION_SECOND },
};

#define NR_UNITS (sizeof(units) / sizeof(units[0]))

int duration_parse(const char *text, uint64_t *ns)
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
		value *= (double)units[i].ns;
		if (!(value <= MOST))
			return -ERANGE;
		/* Round: 1.001ms has no exact binary fraction. */
		*ns = (uint64_t)(value + 0.5);
		return !*ns && value > 0 ? -ERANGE : 0;
	}
	return -EINVAL;
}

struct duration_text duration_text(uint64_t ns)
{
	struct duration_text text = { "0" };

	for (size_t i = 0; ns && i < NR_UNITS; i++) {
		if (ns % units[i].ns)
			continue;
		snprintf(text.s, sizeof(text.s), "%" PRIu64 "%s",
			 ns / units[i].ns, units[i].name);
		break;
	}
	return text;
}
