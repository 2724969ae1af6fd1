/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EXITLEDGER_JSON_SAVE_H
#define EXITLEDGER_JSON_SAVE_H

#include "lib/json_writer.h"
#include "lib/msg.h"

/**
 * json_save - write a document, to a file as a whole or not at all
 * @path: "-" for standard output, where a newline ends it
 * @put: writes the document: 0 or -ENOMEM
 *
 * 0, or -errno with @why filled in.
 */
int json_save(const char *path,
	      int (*put)(struct json_writer *json, const void *from),
	      const void *from, struct why *why);

#endif /* EXITLEDGER_JSON_SAVE_H */
