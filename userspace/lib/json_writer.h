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
};

/*
 * @name: of the member, plain ASCII without anything to be escaped; NULL in an
 * array, or for the document.  A failure to write shows in ferror(out).
 */
void json_put_open(struct json_writer *json, const char *name, char bracket);
void json_put_close(struct json_writer *json, char bracket);
void json_put_uint(struct json_writer *json, const char *name, uint64_t value);
void json_put_bool(struct json_writer *json, const char *name, bool value);

/** json_put_real - a number with six decimals; not below 0, and finite */
void json_put_real(struct json_writer *json, const char *name, double value);

/**
 * json_put_string - a string with its quotes
 * @in_html: without "<"
 *
 * Bytes that are no UTF-8 become U+FFFD.  What is no safe_text.h is escaped, so
 * that programs get it as it is and terminals don't.
 */
void json_put_string(const char *text, bool in_html, FILE *out);

/**
 * json_put_document - what another library has made of a document
 *
 * The same: what is no safe_text.h in its strings is escaped.  It must be
 * UTF-8, and have no line ends between its values.
 */
void json_put_document(const char *text, FILE *out);

/** json_put_text - the same as a member */
void json_put_text(struct json_writer *json, const char *name,
		   const char *value);

#endif /* EXITLEDGER_JSON_WRITER_H */
