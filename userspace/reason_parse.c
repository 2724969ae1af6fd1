// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reason_parse.h"
#include "reasons.h"

#define NAME 64
#define NEAR 4 /* names suggested */
#define NEAR_EDITS 2 /* … with so many letters wrong */

/* As the tables have it: upper case, underscores; cut to NAME. */
static void normalize(const char *text, char name[NAME])
{
	size_t i;

	for (i = 0; i < NAME - 1 && text[i]; i++)
		name[i] = text[i] == '-' ? '_' :
					   toupper((unsigned char)text[i]);
	name[i] = '\0';
}

/* Levenshtein's distance: letters to be changed, added or left out. */
static unsigned int edits(const char *a, const char *b)
{
	unsigned int row[NAME + 1];
	size_t length = strlen(b);

	for (size_t j = 0; j <= length; j++)
		row[j] = j;
	for (size_t i = 0; a[i]; i++) {
		unsigned int diagonal = row[0];

		row[0] = i + 1;
		for (size_t j = 0; j < length; j++) {
			unsigned int best = diagonal + (a[i] != b[j]);

			diagonal = row[j + 1];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (diagonal + 1 < best)
				best = diagonal + 1;
			row[j + 1] = best;
		}
	}
	return row[length];
}

/* How far a name is from what was typed; above NEAR_EDITS: too far. */
static unsigned int distance(const char *typed, const char *name)
{
	unsigned int changes;

	if (strlen(name) >= NAME)
		return NEAR_EDITS + 1;
	changes = edits(typed, name);
	/* One of two letters wrong is no likeness. */
	if (changes <= NEAR_EDITS && 2 * changes < strlen(typed))
		return changes;
	if (strlen(typed) >= 2 && strstr(name, typed))
		return NEAR_EDITS;
	return NEAR_EDITS + 1;
}

struct near {
	const char *name[NEAR];
	unsigned int distance[NEAR];
	size_t nr;
};

static void near_add(struct near *near, const char *name, unsigned int far)
{
	size_t at = near->nr;

	for (size_t i = 0; i < near->nr; i++) {
		if (!strcmp(near->name[i], name))
			return;
	}
	while (at && near->distance[at - 1] > far)
		at--;
	if (at == NEAR)
		return;
	if (near->nr < NEAR)
		near->nr++;
	for (size_t i = near->nr - 1; i > at; i--) {
		near->name[i] = near->name[i - 1];
		near->distance[i] = near->distance[i - 1];
	}
	near->name[at] = name;
	near->distance[at] = far;
}

static bool find(uint32_t isa, const char *name, uint32_t *reason,
		 struct near *near)
{
	const struct exit_reason *known;
	size_t nr;

	known = exit_reasons(isa, &nr);
	for (size_t i = 0; i < nr; i++) {
		unsigned int far = distance(name, known[i].name);

		if (!strcmp(known[i].name, name)) {
			*reason = known[i].code;
			return true;
		}
		if (far <= NEAR_EDITS)
			near_add(near, known[i].name, far);
	}
	return false;
}

static int unknown(uint32_t isa, const char *text, const struct near *near,
		   struct why *why)
{
	char names[256] = "";
	size_t length = 0;

	for (size_t i = 0; i < near->nr; i++)
		length += snprintf(names + length, sizeof(names) - length,
				   "%s%s",
				   i == 0	    ? "" :
				   i + 1 < near->nr ? ", " :
						      " or ",
				   near->name[i]);
	return why_set(why, EINVAL, "there is no exit reason '%s'%s%s; %s%s%s",
		       text, isa ? " in the table of " : "",
		       isa ? exit_isa_name(isa) : "",
		       near->nr ?
			       "did you mean " :
			       "give a name as the table shows it, or a number",
		       names, near->nr ? "?" : "");
}

int reason_parse(uint32_t isa, const char *text, uint32_t *reason,
		 struct why *why)
{
	struct near near = { .nr = 0 };
	unsigned long long number;
	char name[NAME];
	char *end;

	if (isdigit((unsigned char)*text)) {
		errno = 0;
		number = strtoull(text, &end, 0);
		if (!errno && !*end && number <= UINT32_MAX) {
			*reason = number;
			return 0;
		}
	}
	normalize(text, name);
	if (isa ? find(isa, name, reason, &near) :
		  find(EXIT_ISA_SVM, name, reason, &near) ||
			    find(EXIT_ISA_VMX, name, reason, &near))
		return 0;
	return unknown(isa, text, &near, why);
}
