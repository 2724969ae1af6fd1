// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "lib/safe_text.h"
#include "lib/text_width.h"
#include "lib/utf8.h"

#define CUT ".."
#define LINE 80 /* columns of a terminal */

/*
 * Control characters, line and paragraph separators, and the characters with
 * Unicode's property Default_Ignorable_Code_Point.
 */
static const struct {
	uint32_t first, last;
} unsafe[] = {
	{ 0x0, 0x1f }, /* C0 */
	{ 0x7f, 0x9f }, /* DEL, C1 */
	{ 0xad, 0xad }, /* soft hyphen */
	{ 0x34f, 0x34f }, /* combining grapheme joiner */
	{ 0x61c, 0x61c }, /* Arabic letter mark */
	{ 0x115f, 0x1160 }, /* Hangul fillers */
	{ 0x17b4, 0x17b5 }, /* inherent vowels */
	{ 0x180b, 0x180f }, /* Mongolian selectors */
	{ 0x200b, 0x200f }, /* zero width, direction marks */
	{ 0x2028, 0x202e }, /* line ends, direction overrides */
	{ 0x2060, 0x206f }, /* word joiner, isolates */
	{ 0x2800, 0x2800 }, /* blank pattern */
	{ 0x3164, 0x3164 }, /* Hangul filler */
	{ 0xfdd0, 0xfdef }, /* noncharacters */
	{ 0xfe00, 0xfe0f }, /* variation selectors */
	{ 0xfeff, 0xfeff }, /* byte order mark */
	{ 0xffa0, 0xffa0 }, /* Hangul filler */
	{ 0xfff0, 0xfffb }, /* annotation */
	{ 0xfffe, 0xffff }, /* noncharacters */
	{ 0x1bca0, 0x1bca3 }, /* shorthand controls */
	{ 0x1d173, 0x1d17a }, /* musical controls */
	{ 0xe0000, 0xe0fff }, /* tags, more selectors */
};

bool safe_code(uint32_t code)
{
	for (size_t i = 0; i < sizeof(unsafe) / sizeof(unsafe[0]); i++) {
		if (code < unsafe[i].first)
			break;
		if (code <= unsafe[i].last)
			return false;
	}
	/* The last two code points of each plane are noncharacters, too. */
	return (code & 0xfffe) != 0xfffe;
}

size_t safe_character(const char *text, size_t size)
{
	uint32_t code = 0;
	size_t length;

	if (size && *text >= ' ' && *text < 0x7f)
		return 1;
	length = utf8_decode(text, size, &code);
	return length && safe_code(code) ? length : 0;
}

/*
 * Returns how many bytes a '?' replaces: a character, or one byte that is not
 * UTF-8.
 */
static size_t unsafe_length(const char *text, size_t size)
{
	uint32_t code;
	size_t length = utf8_decode(text, size, &code);

	return length ? length : 1;
}

bool safe_is_line(const char *text)
{
	while (*text) {
		size_t length = safe_character(text, strnlen(text, 4));

		if (!length)
			return false;
		text += length;
	}
	return true;
}

size_t safe_copy(const char *from, size_t length, char *to, size_t size)
{
	const char *end = from + strnlen(from, length);
	size_t out = 0;

	while (from < end) {
		const size_t n = safe_character(from, end - from);
		/* Read the text before it is overwritten: @to may be @from. */
		const size_t all = n ? n : unsafe_length(from, end - from);

		if (out + (n ? n : 1) >= size)
			break;
		if (n)
			memmove(to + out, from, n);
		else
			to[out] = '?';
		out += n ? n : 1;
		from += all;
	}
	to[out] = '\0';
	return out;
}

struct safe_text safe_text(const char *text)
{
	struct safe_text safe;

	safe.s[0] = '\0';
	safe_copy(text, SIZE_MAX, safe.s, sizeof(safe.s));
	return safe;
}

void safe_put(const char *text, FILE *out)
{
	while (*text) {
		size_t size = strnlen(text, 4);
		size_t length = safe_character(text, size);

		if (length)
			fwrite(text, 1, length, out);
		else
			fputc('?', out);
		text += length ? length : unsafe_length(text, size);
	}
}

/* Cut the middle out of a text; keep 2/5 of the columns at its start. */
static void cut_middle(char *text, size_t columns)
{
	const size_t kept = columns - strlen(CUT);
	size_t width = text_width(text), head, tail;

	if (width <= columns)
		return;
	head = text_width_cut(text, kept * 2 / 5);
	/* Cut wide characters as a whole: the end may be a column shorter. */
	tail = text_width_cut(text, width - (kept - kept * 2 / 5));
	while (text[tail] && text_width(text + tail) > kept - kept * 2 / 5)
		tail += utf8_length(text + tail);
	memmove(text + head + strlen(CUT), text + tail,
		strlen(text + tail) + 1);
	memcpy(text + head, CUT, sizeof(CUT) - 1);
}

struct safe_text safe_short(const char *text, size_t columns)
{
	struct safe_text safe = safe_text(text);

	cut_middle(safe.s, columns);
	return safe;
}

void safe_title(const char *before, const char *name, const char *after,
		FILE *out)
{
	const size_t indent = text_width(before);
	struct safe_text safe = safe_short(name, LINE - indent);

	if (indent + text_width(safe.s) + 2 + text_width(after) <= LINE)
		fprintf(out, "%s%s, %s\n", before, safe.s, after);
	else
		fprintf(out, "%s%s,\n%*s%s\n", before,
			safe_short(name, LINE - indent - 1).s, (int)indent, "",
			after);
}

struct safe_text safe_name(const char *name, uint32_t pid, size_t columns)
{
	struct safe_text safe;
	char number[16];
	size_t length;

	safe.s[0] = '\0';
	safe_copy(name, SIZE_MAX, safe.s, sizeof(safe.s) - sizeof(number));
	if (text_width(safe.s) <= columns)
		return safe;
	length = snprintf(number, sizeof(number), "#%u", pid);
	if (columns < length + 4)
		safe.s[0] = '\0';
	else
		cut_middle(safe.s, columns - length);
	strcat(safe.s, number);
	return safe;
}
