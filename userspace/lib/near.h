/* SPDX-License-Identifier: GPL-2.0-only */
/* Finds the known words that are similar to a mistyped one. */
#ifndef EXITLEDGER_NEAR_H
#define EXITLEDGER_NEAR_H

#include <stddef.h>

#define NEAR_WORDS 4 /* suggested at most */
#define NEAR_LENGTH 64 /* words from this length on are never suggested */

struct near {
	const char *word[NEAR_WORDS]; /* the most similar first; not copied */
	unsigned int distance[NEAR_WORDS];
	size_t nr;
};

/**
 * near_add - add a known word if it is similar to the one that was typed
 * @near: must be zeroed before the first call
 * @typed: must be shorter than NEAR_LENGTH
 * @word: is added if at most two letters differ, or if it contains @typed
 */
void near_add(struct near *near, const char *typed, const char *word);

/** near_list - @prefix and "A, B or C", cut to @size; "" if there is no word */
void near_list(const struct near *near, const char *prefix, char *list,
	       size_t size);

#endif /* EXITLEDGER_NEAR_H */
