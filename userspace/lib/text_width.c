// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "lib/text_width.h"
#include "lib/utf8.h"

#define W(first, last, columns) { first, last, columns },
static const struct width_row {
	uint32_t first, last, columns;
} rows[] = {
#include "lib/text_width.def"
};
#undef W

unsigned int text_width_of(uint32_t code)
{
	size_t low = 0, high = sizeof(rows) / sizeof(rows[0]);

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (code > rows[middle].last)
			low = middle + 1;
		else if (code < rows[middle].first)
			high = middle;
		else
			return rows[middle].columns;
	}
	return 1;
}

/*
 * Returns the number of bytes of a text's first character, and sets @columns to
 * its width.
 */
static size_t next(const char *text, size_t *columns)
{
	uint32_t code;
	size_t length;

	*columns = 1;
	if ((unsigned char)*text < 0x80)
		return 1;
	length = utf8_decode(text, strnlen(text, 4), &code);
	if (!length)
		return 1;
	*columns = text_width_of(code);
	return length;
}

size_t text_width(const char *text)
{
	size_t width = 0, columns;

	while (*text) {
		text += next(text, &columns);
		width += columns;
	}
	return width;
}

size_t text_width_cut(const char *text, size_t columns)
{
	size_t bytes = 0, used = 0, more;

	while (text[bytes]) {
		size_t length = next(text + bytes, &more);

		if (used + more > columns)
			break;
		used += more;
		bytes += length;
	}
	return bytes;
}
