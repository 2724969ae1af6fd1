/* SPDX-License-Identifier: GPL-2.0-only */
/* Which of the words that there are may have been meant by one that is not. */
#ifndef EXITLEDGER_NEAR_H
#define EXITLEDGER_NEAR_H

#include <stddef.h>

#define NEAR_WORDS 4 /* suggested at most */
#define NEAR_LENGTH 64 /* words from this length on are never suggested */

struct near {
	const char *word[NEAR_WORDS]; /* the nearest first; not copied */
	unsigned int distance[NEAR_WORDS];
	size_t nr;
};

/**
 * near_add - suggest a word if it is like the one that was typed
 * @near: zeroed at first
 * @typed: shorter than NEAR_LENGTH
 * @word: one that there is; suggested if at most two letters differ, or if
 *	  @typed is a part of it
 */
void near_add(struct near *near, const char *typed, const char *word);

/** near_list - "A, B or C"; "" if there is none; cut to @size */
void near_list(const struct near *near, const char *prefix, char *list,
	       size_t size);

#endif /* EXITLEDGER_NEAR_H */
