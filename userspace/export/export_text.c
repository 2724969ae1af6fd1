// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "export/export_text.h"
#include "lib/format.h"
#include "lib/utf8.h"

#define FIRST 256 /* bytes of the first allocation */
#define NS_PER_S 1000000000u
#define DECIMALS 9

static bool make_room(struct export_text *text, size_t more)
{
	size_t room = text->room ? text->room : FIRST;
	char *grown;

	if (text->failed)
		return false;
	if (text->room - text->length >= more)
		return true;
	while (room - text->length < more)
		room *= 2;
	grown = realloc(text->s, room);
	if (!grown) {
		text->failed = true;
		return false;
	}
	text->s = grown;
	text->room = room;
	return true;
}

void export_text_bytes(struct export_text *text, const char *bytes,
		       size_t length)
{
	if (!length || !make_room(text, length))
		return;
	memcpy(text->s + text->length, bytes, length);
	text->length += length;
}

void export_text_put(struct export_text *text, const char *string)
{
	export_text_bytes(text, string, strlen(string));
}

void export_text_number(struct export_text *text, uint64_t number)
{
	struct text plain = format_plain(number);

	export_text_bytes(text, plain.s, plain.length);
}

void export_text_seconds(struct export_text *text, uint64_t ns)
{
	char decimals[DECIMALS + 1] = ".";
	size_t length = DECIMALS + 1;
	uint64_t rest = ns % NS_PER_S;

	export_text_number(text, ns / NS_PER_S);
	if (!rest)
		return;
	for (size_t i = DECIMALS; i; i--) {
		decimals[i] = '0' + rest % 10;
		rest /= 10;
	}
	while (decimals[length - 1] == '0')
		length--;
	export_text_bytes(text, decimals, length);
}

/* Append the comma, the name and the opening quote of a label. */
static void begin_label(struct export_text *text, const char *name)
{
	if (text->length && text->s[text->length - 1] != '{')
		export_text_bytes(text, ",", 1);
	export_text_put(text, name);
	export_text_bytes(text, "=\"", 2);
}

void export_text_label(struct export_text *text, const char *name,
		       const char *value)
{
	begin_label(text, name);
	while (*value) {
		size_t length = utf8_length(value);

		if (*value == '\n') {
			export_text_bytes(text, "\\n", 2);
		} else if (!length) {
			export_text_put(text, "\xef\xbf\xbd");
			length = 1;
		} else {
			if (*value == '\\' || *value == '"')
				export_text_bytes(text, "\\", 1);
			export_text_bytes(text, value, length);
		}
		value += length;
	}
	export_text_bytes(text, "\"", 1);
}

void export_text_label_number(struct export_text *text, const char *name,
			      uint64_t value)
{
	begin_label(text, name);
	export_text_number(text, value);
	export_text_bytes(text, "\"", 1);
}

void export_text_free(struct export_text *text)
{
	free(text->s);
	*text = (struct export_text){ .s = NULL };
}
