// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "format.h"
#include "json_writer.h"
#include "utf8.h"

/* A comma, a name and a number: written at once, for there are so many. */
struct piece {
	char s[128];
	size_t length;
};

static void piece_add(struct piece *piece, const char *text)
{
	size_t length = strlen(text);

	if (length > sizeof(piece->s) - piece->length)
		length = sizeof(piece->s) - piece->length;
	memcpy(piece->s + piece->length, text, length);
	piece->length += length;
}

static void begin(struct json_writer *json, const char *name, const char *value)
{
	struct piece piece = { .length = 0 };

	if (json->comma)
		piece_add(&piece, ",");
	json->comma = true;
	if (name) {
		piece_add(&piece, "\"");
		piece_add(&piece, name);
		piece_add(&piece, "\":");
	}
	piece_add(&piece, value);
	fwrite_unlocked(piece.s, 1, piece.length, json->out);
}

void json_put_open(struct json_writer *json, const char *name, char bracket)
{
	begin(json, name, (char[]){ bracket, '\0' });
	json->comma = false;
}

void json_put_close(struct json_writer *json, char bracket)
{
	putc_unlocked(bracket, json->out);
	json->comma = true;
}

void json_put_uint(struct json_writer *json, const char *name, uint64_t value)
{
	begin(json, name, format_plain(value).s);
}

void json_put_bool(struct json_writer *json, const char *name, bool value)
{
	begin(json, name, value ? "true" : "false");
}

void json_put_real(struct json_writer *json, const char *name, double value)
{
	begin(json, name, format_decimal(value, 6).s);
}

/* U+2028 and U+2029 end lines. */
static bool ends_line(const char *text, size_t length)
{
	return length == 3 && (!memcmp(text, "\xe2\x80\xa8", 3) ||
			       !memcmp(text, "\xe2\x80\xa9", 3));
}

static void put_escaped(const struct json_writer *json, const char *text,
			size_t length)
{
	FILE *out = json->out;

	if (json->in_html && ends_line(text, length)) {
		fprintf(out, "\\u202%x", text[2] & 15);
		return;
	}
	for (size_t i = 0; i < length; i++) {
		unsigned char byte = text[i];

		if (byte == '"' || byte == '\\')
			putc_unlocked('\\', out);
		if (byte < ' ' || (byte == '<' && json->in_html))
			fprintf(out, "\\u%04x", byte);
		else
			putc_unlocked(byte, out);
	}
}

void json_put_text(struct json_writer *json, const char *name,
		   const char *value)
{
	begin(json, name, "\"");
	while (*value) {
		size_t length = utf8_length(value);

		if (length)
			put_escaped(json, value, length);
		else
			fputs_unlocked("\xef\xbf\xbd", json->out);
		value += length ? length : 1;
	}
	putc_unlocked('"', json->out);
}
