// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "lib/format.h"
#include "lib/json_writer.h"
#include "lib/safe_text.h"
#include "lib/utf8.h"

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

/* As JSON escapes it: a code point beyond 16 bits is two surrogates. */
static void put_escape(uint32_t code, FILE *out)
{
	if (code > 0xffff) {
		fprintf(out, "\\u%04x", 0xd7c0 + (code >> 10));
		code = 0xdc00 | (code & 0x3ff);
	}
	fprintf(out, "\\u%04x", code);
}

void json_put_string(const char *text, bool in_html, FILE *out)
{
	putc_unlocked('"', out);
	while (*text) {
		uint32_t code = 0;
		size_t length = utf8_decode(text, strnlen(text, 4), &code);

		if (!length) {
			fputs_unlocked("\xef\xbf\xbd", out);
			length = 1;
		} else if (!safe_code(code) || (code == '<' && in_html)) {
			put_escape(code, out);
		} else {
			if (code == '"' || code == '\\')
				putc_unlocked('\\', out);
			fwrite_unlocked(text, 1, length, out);
		}
		text += length;
	}
	putc_unlocked('"', out);
}

void json_put_document(const char *text, FILE *out)
{
	while (*text) {
		size_t length = safe_character(text, strnlen(text, 4));
		uint32_t code = 0;

		if (length) {
			fwrite_unlocked(text, 1, length, out);
		} else {
			length = utf8_decode(text, strnlen(text, 4), &code);
			put_escape(length ? code : 0xfffd, out);
		}
		text += length ? length : 1;
	}
}

void json_put_text(struct json_writer *json, const char *name,
		   const char *value)
{
	begin(json, name, "");
	json_put_string(value, json->in_html, json->out);
}
