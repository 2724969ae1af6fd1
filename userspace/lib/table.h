/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lines of tables: cells of a given width in a terminal's columns, with a space
 * between each two.
 *
 * printf() is not used, as it pads by bytes instead of columns, and would take
 * ten times as long.
 */
#ifndef EXITLEDGER_TABLE_H
#define EXITLEDGER_TABLE_H

#include <stdio.h>

#include "lib/format.h"

#define TABLE_WIDTH 80

struct table_line {
	char s[1024];
	size_t length;
};

/**
 * table_left - append a cell that is aligned to the left
 * @width: of the cell; 0: as wide as the text, for the last cell of a line
 * @text: must be safe (safe_text.h); is cut at its end if it is too wide
 */
void table_left(struct table_line *line, size_t width, const char *text);

/**
 * table_right - append a cell that is aligned to the right
 * @width: of the cell, without the space before it
 * @text: in ASCII.  It is not cut if it is too wide, as it may be a number: use
 *	format_count_in() and similar functions.
 */
void table_right(struct table_line *line, size_t width, const char *text);

/**
 * table_number - table_right() for a formatted number, whose length is known
 */
void table_number(struct table_line *line, size_t width, struct text number);

/** table_room - the columns that are left for one more cell, but at least
 * @least */
size_t table_room(const struct table_line *line, size_t least);

/** table_end - write the line without trailing spaces, and begin a new one */
void table_end(struct table_line *line, FILE *out);

#endif /* EXITLEDGER_TABLE_H */
