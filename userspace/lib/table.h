/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lines of tables: cells in columns of a terminal's width, always with a space
 * between two of them.
 *
 * A line is made here and not by printf, which counts bytes where a terminal
 * counts columns, and takes ten times as long.
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
 * table_left - a cell at the left of its column
 * @width: of the column; 0: as wide as the text, at the end of a line
 * @text: safe to be shown; cut at its end if it is too wide
 */
void table_left(struct table_line *line, size_t width, const char *text);

/**
 * table_right - a cell at the right of its column
 * @width: of the column, without the space before it
 * @text: ASCII.  A text that is wider than its column is not cut, as it may be
 * a number: use format_count_in() and its like.
 */
void table_right(struct table_line *line, size_t width, const char *text);

/** table_number - the same of a number, whose length is known */
void table_number(struct table_line *line, size_t width, struct text number);

/** table_room - how many columns are left for one more cell, at least @least */
size_t table_room(const struct table_line *line, size_t least);

/** table_end - write the line without spaces at its end; it is empty then */
void table_end(struct table_line *line, FILE *out);

#endif /* EXITLEDGER_TABLE_H */
