// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/format.h"
#include "lib/json_writer.h"
#include "lib/safe_text.h"
#include "lib/utf8.h"

/* A comma, a name and a value, which are written with one call for speed. */
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

void json_put_int(struct json_writer *json, const char *name, int64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, value);
	begin(json, name, text);
}

void json_put_bool(struct json_writer *json, const char *name, bool value)
{
	begin(json, name, value ? "true" : "false");
}

void json_put_null(struct json_writer *json, const char *name)
{
	begin(json, name, "null");
}

void json_put_newline(struct json_writer *json)
{
	fputs_unlocked(json->comma ? ",\n" : "\n", json->out);
	json->comma = false;
}

void json_put_real(struct json_writer *json, const char *name, double value)
{
	begin(json, name, format_decimal(value, 6).s);
}

void json_put_exact(struct json_writer *json, const char *name, double value)
{
	char text[40], *exponent;

	snprintf(text, sizeof(text), "%.17g", value);
	exponent = strchr(text, 'e');
	/* Without a point or an exponent, it would be read as an integer. */
	if (!exponent && !strchr(text, '.'))
		strcat(text, ".0");
	/* Shorten the exponent: "e300" and "e-5", not "e+300" and "e-05". */
	if (exponent)
		sprintf(exponent + 1, "%d", atoi(exponent + 1));
	begin(json, name, text);
}

/* JSON's escapes have 16 bits: a higher code point needs two surrogates. */
static void put_escape(struct json_writer *json, uint32_t code)
{
	static const char letters[0x20] = {
		['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n',
		['\f'] = 'f', ['\r'] = 'r',
	};

	if (json->escape_letters && code < sizeof(letters) && letters[code]) {
		fprintf(json->out, "\\%c", letters[code]);
		return;
	}
	if (code > 0xffff) {
		fprintf(json->out, "\\u%04x", 0xd7c0 + (code >> 10));
		code = 0xdc00 | (code & 0x3ff);
	}
	fprintf(json->out, "\\u%04x", code);
}

static void put_string(struct json_writer *json, const char *text)
{
	FILE *out = json->out;

	putc_unlocked('"', out);
	while (*text) {
		uint32_t code = 0;
		size_t length = utf8_decode(text, strnlen(text, 4), &code);

		if (!length) {
			fputs_unlocked("\xef\xbf\xbd", out);
			length = 1;
		} else if (!safe_code(code) || (code == '<' && json->in_html)) {
			put_escape(json, code);
		} else {
			if (code == '"' || code == '\\')
				putc_unlocked('\\', out);
			fwrite_unlocked(text, 1, length, out);
		}
		text += length;
	}
	putc_unlocked('"', out);
}

void json_put_text(struct json_writer *json, const char *name,
		   const char *value)
{
	begin(json, name, "");
	put_string(json, value);
}

void json_put_text_or_null(struct json_writer *json, const char *name,
			   const char *value)
{
	if (*value)
		json_put_text(json, name, value);
	else
		json_put_null(json, name);
}
