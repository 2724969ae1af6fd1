// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "lib/table.h"
#include "lib/text_width.h"
#include "lib/wrap.h"

/*
 * Returns the number of bytes of the next word, or of the part of it that fits
 * into a line.
 */
static size_t next_word(const char *text, size_t columns)
{
	const size_t length = strcspn(text, " ");
	const size_t fits = text_width_cut(text, columns);

	return length < fits ? length : fits;
}

void wrap_text(const char *text, size_t indent, FILE *out)
{
	size_t column = indent;

	while (*text) {
		const size_t bytes = next_word(text, TABLE_WIDTH - indent);
		const size_t width =
			text_width(text) - text_width(text + bytes);

		if (column > indent && column + 1 + width > TABLE_WIDTH) {
			fprintf(out, "\n%*s", (int)indent, "");
			column = indent;
		} else if (column > indent) {
			fputc(' ', out);
			column++;
		}
		fwrite(text, 1, bytes, out);
		column += width;
		text += bytes;
		text += *text == ' ';
	}
	fputc('\n', out);
}
