// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "lib/near.h"

#define EDITS 2 /* the number of letters that may be wrong */

/*
 * Returns the Levenshtein distance: how many letters to change, insert or
 * delete.
 */
static unsigned int edits(const char *a, const char *b)
{
	unsigned int row[NEAR_LENGTH + 1];
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

/*
 * Returns how different two words are.  If the result is above EDITS, they are
 * not similar.
 */
static unsigned int distance(const char *typed, const char *word)
{
	unsigned int changes;

	if (strlen(word) >= NEAR_LENGTH)
		return EDITS + 1;
	changes = edits(typed, word);
	/* More than half of the letters that were typed must be right. */
	if (changes <= EDITS && 2 * changes < strlen(typed))
		return changes;
	if (strlen(typed) >= 2 && strstr(word, typed))
		return EDITS;
	return EDITS + 1;
}

void near_add(struct near *near, const char *typed, const char *word)
{
	const unsigned int far = distance(typed, word);
	size_t at = near->nr;

	if (far > EDITS)
		return;
	for (size_t i = 0; i < near->nr; i++) {
		if (!strcmp(near->word[i], word))
			return;
	}
	while (at && near->distance[at - 1] > far)
		at--;
	if (at == NEAR_WORDS)
		return;
	if (near->nr < NEAR_WORDS)
		near->nr++;
	for (size_t i = near->nr - 1; i > at; i--) {
		near->word[i] = near->word[i - 1];
		near->distance[i] = near->distance[i - 1];
	}
	near->word[at] = word;
	near->distance[at] = far;
}

void near_list(const struct near *near, const char *prefix, char *list,
	       size_t size)
{
	size_t length = 0;

	list[0] = '\0';
	for (size_t i = 0; i < near->nr && length < size; i++)
		length += snprintf(list + length, size - length, "%s%s%s",
				   i == 0	    ? "" :
				   i + 1 < near->nr ? ", " :
						      " or ",
				   prefix, near->word[i]);
}
