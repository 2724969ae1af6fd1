/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EXITLEDGER_JSON_SAVE_H
#define EXITLEDGER_JSON_SAVE_H

#include <jansson.h>
#include <stdio.h>

#include "lib/msg.h"

/**
 * json_text - a new reference to a string, or NULL: no memory
 *
 * Bytes that are no UTF-8, of which there can be no JSON, become U+FFFD.
 */
json_t *json_text(const char *text);

/** json_text_or_null - the same, null if it is empty */
json_t *json_text_or_null(const char *text);

/**
 * json_write - write a document without line ends, as json_put_string() does
 *
 * 0, -ENOMEM, or another -errno: it cannot be written.
 */
int json_write(const json_t *json, FILE *out);

/**
 * json_save - write a document, to a file as a whole or not at all
 * @json: NULL counts as out of memory
 * @path: "-" for standard output, where a newline ends it
 *
 * 0, or -errno with @why filled in.
 */
int json_save(const json_t *json, const char *path, struct why *why);

#endif /* EXITLEDGER_JSON_SAVE_H */
