// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "lib/table.h"
#include "lib/text_width.h"

static size_t room(const struct table_line *line)
{
	/* Reserve one byte for the newline. */
	return sizeof(line->s) - 1 - line->length;
}

static void put(struct table_line *line, const char *text, size_t length)
{
	if (length > room(line))
		length = room(line);
	memcpy(line->s + line->length, text, length);
	line->length += length;
}

static void put_spaces(struct table_line *line, size_t length)
{
	if (length > room(line))
		length = room(line);
	memset(line->s + line->length, ' ', length);
	line->length += length;
}

/* Put a space before a cell, unless it is the first. */
static void separate(struct table_line *line)
{
	if (line->length)
		put_spaces(line, 1);
}

void table_left(struct table_line *line, size_t width, const char *text)
{
	size_t length = width ? text_width_cut(text, width) : strlen(text);
	size_t used;

	separate(line);
	put(line, text, length);
	if (!width)
		return;
	/* If a wide character was cut off, a column is left empty. */
	used = text_width(text) - text_width(text + length);
	put_spaces(line, width - used);
}

void table_right(struct table_line *line, size_t width, const char *text)
{
	size_t length = strlen(text);

	separate(line);
	put_spaces(line, length < width ? width - length : 0);
	put(line, text, length);
}

void table_number(struct table_line *line, size_t width, struct text number)
{
	separate(line);
	put_spaces(line, number.length < width ? width - number.length : 0);
	put(line, number.s, number.length);
}

size_t table_room(const struct table_line *line, size_t least)
{
	struct table_line copy = *line;
	size_t used;

	copy.s[copy.length] = '\0';
	used = text_width(copy.s) + 1;
	return used + least > TABLE_WIDTH ? least : TABLE_WIDTH - used;
}

void table_end(struct table_line *line, FILE *out)
{
	while (line->length && line->s[line->length - 1] == ' ')
		line->length--;
	line->s[line->length++] = '\n';
	fwrite_unlocked(line->s, 1, line->length, out);
	line->length = 0;
}
