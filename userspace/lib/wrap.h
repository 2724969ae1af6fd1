/* SPDX-License-Identifier: GPL-2.0-only */
/* Sentences in lines of a terminal's width. */
#ifndef EXITLEDGER_WRAP_H
#define EXITLEDGER_WRAP_H

#include <stddef.h>
#include <stdio.h>

/**
 * wrap_text - write a text in as many lines of TABLE_WIDTH as it takes
 * @text: safe to be shown
 * @indent: the column that the line is at, and that the next ones begin at
 *
 * A word that no line has room for is broken.  The last line is ended.
 */
void wrap_text(const char *text, size_t indent, FILE *out);

#endif /* EXITLEDGER_WRAP_H */
