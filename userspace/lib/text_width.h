/* SPDX-License-Identifier: GPL-2.0-only */
/* How many columns of a terminal a text takes, independent of the locale. */
#ifndef EXITLEDGER_TEXT_WIDTH_H
#define EXITLEDGER_TEXT_WIDTH_H

#include <stddef.h>
#include <stdint.h>

/** text_width_of - columns of a character: 0 (combining), 1, or 2 (wide) */
unsigned int text_width_of(uint32_t code);

/** text_width - columns of a string; a byte that is not UTF-8 counts as one */
size_t text_width(const char *text);

/**
 * text_width_cut - the number of bytes of a string that fit into @columns
 *
 * Characters are counted as a whole, together with the combining characters
 * that follow them.
 */
size_t text_width_cut(const char *text, size_t columns);

#endif /* EXITLEDGER_TEXT_WIDTH_H */
