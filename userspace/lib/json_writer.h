/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writes JSON to a stream, value by value.  An interval of a large host has a
 * quarter of a million values: building a tree of them first would take many
 * times as long as everything else.
 */
#ifndef EXITLEDGER_JSON_WRITER_H
#define EXITLEDGER_JSON_WRITER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct json_writer {
	FILE *out;
	bool comma; /* true if the next value needs a comma before it */
	bool in_html; /* in strings, escape "<", which may begin "</script>" */
	bool escape_letters; /* in strings, write "\n", not "\u000a" */
};

/*
 * @name is the member's name.  It must be ASCII without characters that need an
 * escape.  It is NULL for an element of an array, and for the document itself.
 * These functions report no errors: call ferror(out) at the end.
 */
void json_put_open(struct json_writer *json, const char *name, char bracket);
void json_put_close(struct json_writer *json, char bracket);
void json_put_uint(struct json_writer *json, const char *name, uint64_t value);
void json_put_int(struct json_writer *json, const char *name, int64_t value);
void json_put_bool(struct json_writer *json, const char *name, bool value);
void json_put_null(struct json_writer *json, const char *name);

/** json_put_newline - begin a line; a value must follow */
void json_put_newline(struct json_writer *json);

/** json_put_real - a finite number of at least 0, with six decimals */
void json_put_real(struct json_writer *json, const char *name, double value);

/** json_put_exact - a finite number, with all digits that restore it exactly */
void json_put_exact(struct json_writer *json, const char *name, double value);

/**
 * json_put_text - a string
 *
 * Bytes that are not UTF-8 become U+FFFD.  Characters that are not safe (see
 * safe_text.h) are escaped, so that programs get them, but no terminal does.
 */
void json_put_text(struct json_writer *json, const char *name,
		   const char *value);

/** json_put_text_or_null - as json_put_text(), but null for an empty string */
void json_put_text_or_null(struct json_writer *json, const char *name,
			   const char *value);

#endif /* EXITLEDGER_JSON_WRITER_H */
