/* SPDX-License-Identifier: GPL-2.0-only */
/* Breaks text into lines of a terminal's width. */
#ifndef EXITLEDGER_WRAP_H
#define EXITLEDGER_WRAP_H

#include <stddef.h>
#include <stdio.h>

/**
 * wrap_text - write a text in lines of at most TABLE_WIDTH columns
 * @text: must be safe (safe_text.h)
 * @indent: the column at which the first line continues, and at which the other
 *	lines begin
 *
 * A word that is longer than a line is broken.  The last line gets a newline.
 */
void wrap_text(const char *text, size_t indent, FILE *out);

#endif /* EXITLEDGER_WRAP_H */
