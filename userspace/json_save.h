/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EXITLEDGER_JSON_SAVE_H
#define EXITLEDGER_JSON_SAVE_H

#include <jansson.h>

#include "msg.h"

/**
 * json_save - write a document, to a file as a whole or not at all
 * @json: NULL counts as out of memory
 * @path: "-" for standard output, where a newline ends it
 *
 * 0, or -errno with @why filled in.
 */
int json_save(const json_t *json, const char *path, struct why *why);

#endif /* EXITLEDGER_JSON_SAVE_H */
