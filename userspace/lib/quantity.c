// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/quantity.h"

struct unit {
	const char *name; /* NULL ends a list */
	uint64_t value;
};

/* The largest unit comes first. */
static const struct unit times[] = {
	{ "d", DURATION_DAY },
	{ "h", DURATION_HOUR },
	{ "m", 60000000000ull },
	{ "s", DURATION_SECOND },
	{ "ms", DURATION_MS },
	{ "us", 1000 },
	{ "ns", 1 },
	{ "", DURATION_SECOND },
	{ NULL, 0 },
};

static const struct unit sizes[] = {
	{ "T", SIZE_TIB }, { "G", 1ull << 30 }, { "M", SIZE_MIB },
	{ "K", SIZE_KIB }, { "", 1 },		{ NULL, 0 },
};

/* The limits are low enough that a sum of a few quantities does not overflow. */
#define LONGEST (36500.0 * DURATION_DAY)
#define LARGEST (1024.0 * SIZE_TIB)

static int parse(const char *text, const struct unit *unit, double most,
		 uint64_t *quantity)
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
	while (unit->name && strcmp(end, unit->name) != 0)
		unit++;
	if (!unit->name)
		return -EINVAL;
	value *= (double)unit->value;
	if (!(value <= most))
		return -ERANGE;
	/* Round: 1.001ms has no exact binary fraction. */
	*quantity = (uint64_t)(value + 0.5);
	return !*quantity && value > 0 ? -ERANGE : 0;
}

static struct quantity_text text_of(uint64_t quantity, const struct unit *unit)
{
	struct quantity_text text = { "0" };

	while (unit->name && quantity % unit->value)
		unit++;
	if (quantity && unit->name)
		snprintf(text.s, sizeof(text.s), "%" PRIu64 "%s",
			 quantity / unit->value, unit->name);
	return text;
}

int duration_parse(const char *text, uint64_t *ns)
{
	return parse(text, times, LONGEST, ns);
}

int size_parse(const char *text, uint64_t *bytes)
{
	return parse(text, sizes, LARGEST, bytes);
}

struct quantity_text duration_text(uint64_t ns)
{
	return text_of(ns, times);
}

struct quantity_text size_text(uint64_t bytes)
{
	return text_of(bytes, sizes);
}
