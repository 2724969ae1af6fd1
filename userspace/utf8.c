// SPDX-License-Identifier: GPL-2.0-only
#include <stdint.h>

#include "utf8.h"

size_t utf8_length(const char *text)
{
	/* First byte, and what the second may be; the others are 80 to bf. */
	static const struct {
		uint8_t first, last, low, high, length;
	} row[] = {
		{ 0x01, 0x7f, 0, 0, 1 },       { 0xc2, 0xdf, 0x80, 0xbf, 2 },
		{ 0xe0, 0xe0, 0xa0, 0xbf, 3 }, { 0xe1, 0xec, 0x80, 0xbf, 3 },
		{ 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 },
		{ 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 },
		{ 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};
	const uint8_t *byte = (const uint8_t *)text;

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		if (byte[0] < row[i].first || byte[0] > row[i].last)
			continue;
		for (size_t j = 1; j < row[i].length; j++) {
			uint8_t low = j == 1 ? row[i].low : 0x80;
			uint8_t high = j == 1 ? row[i].high : 0xbf;

			if (byte[j] < low || byte[j] > high)
				return 0;
		}
		return row[i].length;
	}
	return 0;
}

size_t utf8_cut(const char *text, size_t characters)
{
	size_t bytes = 0;

	for (; characters && text[bytes]; characters--) {
		size_t length = utf8_length(text + bytes);

		bytes += length ? length : 1;
	}
	return bytes;
}

size_t utf8_characters(const char *text)
{
	size_t nr = 0;

	while (*text) {
		size_t length = utf8_length(text);

		text += length ? length : 1;
		nr++;
	}
	return nr;
}

bool utf8_is_line(const char *text)
{
	for (size_t length; *text; text += length) {
		length = utf8_length(text);
		if (!length || (unsigned char)*text < ' ' || *text == 127)
			return false;
	}
	return true;
}
