// SPDX-License-Identifier: GPL-2.0-only
#include "format.h"
#include "json_writer.h"
#include "utf8.h"

static void begin(struct json_writer *json, const char *name)
{
	if (json->comma)
		putc_unlocked(',', json->out);
	json->comma = true;
	if (name) {
		putc_unlocked('"', json->out);
		fputs_unlocked(name, json->out);
		fputs_unlocked("\":", json->out);
	}
}

void json_put_open(struct json_writer *json, const char *name, char bracket)
{
	begin(json, name);
	putc_unlocked(bracket, json->out);
	json->comma = false;
}

void json_put_close(struct json_writer *json, char bracket)
{
	putc_unlocked(bracket, json->out);
	json->comma = true;
}

void json_put_uint(struct json_writer *json, const char *name, uint64_t value)
{
	begin(json, name);
	fputs_unlocked(format_plain(value).s, json->out);
}

void json_put_bool(struct json_writer *json, const char *name, bool value)
{
	begin(json, name);
	fputs_unlocked(value ? "true" : "false", json->out);
}

void json_put_real(struct json_writer *json, const char *name, double value)
{
	begin(json, name);
	fputs_unlocked(format_decimal(value, 6).s, json->out);
}

static void put_escaped(FILE *out, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		unsigned char byte = text[i];

		if (byte == '"' || byte == '\\')
			putc_unlocked('\\', out);
		if (byte < ' ')
			fprintf(out, "\\u%04x", byte);
		else
			putc_unlocked(byte, out);
	}
}

void json_put_text(struct json_writer *json, const char *name,
		   const char *value)
{
	begin(json, name);
	putc_unlocked('"', json->out);
	while (*value) {
		size_t length = utf8_length(value);

		if (length)
			put_escaped(json->out, value, length);
		else
			fputs_unlocked("\xef\xbf\xbd", json->out);
		value += length ? length : 1;
	}
	putc_unlocked('"', json->out);
}
