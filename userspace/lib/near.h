/* SPDX-License-Identifier: GPL-2.0-only */
/* Finds the known words that are similar to a mistyped one. */
#ifndef EXITLEDGER_NEAR_H
#define EXITLEDGER_NEAR_H

#include <stddef.h>

#define NEAR_WORDS 4 /* the most words that are suggested */
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
 * @word: is added if it differs in at most two letters, and in less than half
 *	of @typed's; or if it contains @typed, which then has at least two
 *	letters
 */
void near_add(struct near *near, const char *typed, const char *word);

/** near_list - write "A, B or C", each with @prefix, cut to @size; "": none */
void near_list(const struct near *near, const char *prefix, char *list,
	       size_t size);

#endif /* EXITLEDGER_NEAR_H */
