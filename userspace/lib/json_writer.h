/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * JSON to a stream, value by value.  A large host's interval has a quarter of a
 * million values: making a tree of them first takes many times as long as all
 * the rest.  It knows the syntax and nothing else.
 */
#ifndef EXITLEDGER_JSON_WRITER_H
#define EXITLEDGER_JSON_WRITER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct json_writer {
	FILE *out;
	bool comma; /* before the next value */
	bool in_html; /* texts have no "<", nor what ends a line in scripts */
	bool escape_letters; /* in texts, a newline is "\n", not "\u000a" */
};

/*
 * @name: of the member, plain ASCII without anything to be escaped; NULL in an
 * array, or for the document.  A failure to write shows in ferror(out).
 */
void json_put_open(struct json_writer *json, const char *name, char bracket);
void json_put_close(struct json_writer *json, char bracket);
void json_put_uint(struct json_writer *json, const char *name, uint64_t value);
void json_put_int(struct json_writer *json, const char *name, int64_t value);
void json_put_bool(struct json_writer *json, const char *name, bool value);
void json_put_null(struct json_writer *json, const char *name);

/** json_put_newline - begin a line with the next value, which must follow */
void json_put_newline(struct json_writer *json);

/** json_put_real - a number with six decimals; not below 0, and finite */
void json_put_real(struct json_writer *json, const char *name, double value);

/** json_put_exact - a finite number with all digits, to be read back as it was */
void json_put_exact(struct json_writer *json, const char *name, double value);

/**
 * json_put_text - a string
 *
 * Bytes that are no UTF-8 become U+FFFD.  Characters that are not safe by
 * safe_text.h are escaped: programs read them as they are, and terminals never
 * see them.
 */
void json_put_text(struct json_writer *json, const char *name,
		   const char *value);

/** json_put_text_or_null - the same, null if it is empty */
void json_put_text_or_null(struct json_writer *json, const char *name,
			   const char *value);

#endif /* EXITLEDGER_JSON_WRITER_H */
