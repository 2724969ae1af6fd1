// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "lib/utf8.h"

/* Ranges of the first and of the second byte; further bytes are 80 to bf. */
static const struct utf8_row {
	uint8_t first, last, low, high, length;
} rows[] = {
	{ 0x01, 0x7f, 0, 0, 1 },       { 0xc2, 0xdf, 0x80, 0xbf, 2 },
	{ 0xe0, 0xe0, 0xa0, 0xbf, 3 }, { 0xe1, 0xec, 0x80, 0xbf, 3 },
	{ 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 },
	{ 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 },
	{ 0xf4, 0xf4, 0x80, 0x8f, 4 },
};

static const struct utf8_row *find_row(uint8_t byte)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (byte >= rows[i].first && byte <= rows[i].last)
			return &rows[i];
	}
	return NULL;
}

size_t utf8_decode(const char *text, size_t size, uint32_t *code)
{
	const uint8_t *byte = (const uint8_t *)text;
	const struct utf8_row *row = size ? find_row(byte[0]) : NULL;

	if (!row || row->length > size)
		return 0;
	/* A single byte has 7 bits of the code; the first of n has 7 - n. */
	*code = row->length == 1 ? byte[0] : byte[0] & (0x7f >> row->length);
	for (size_t i = 1; i < row->length; i++) {
		uint8_t low = i == 1 ? row->low : 0x80;
		uint8_t high = i == 1 ? row->high : 0xbf;

		if (byte[i] < low || byte[i] > high)
			return 0;
		*code = *code << 6 | (byte[i] & 0x3f);
	}
	return row->length;
}

size_t utf8_length(const char *text)
{
	uint32_t code;

	return utf8_decode(text, strnlen(text, 4), &code);
}
