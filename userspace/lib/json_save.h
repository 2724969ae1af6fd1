/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EXITLEDGER_JSON_SAVE_H
#define EXITLEDGER_JSON_SAVE_H

#include "lib/json_writer.h"
#include "lib/msg.h"

/**
 * json_save - write a document to a file, which is replaced as a whole
 * @path: "-" for standard output, where a newline is added
 * @put: writes the document; returns 0 or -ENOMEM
 * @from: passed on to @put
 *
 * Returns 0, or -errno with @why filled in; the old file is then unchanged.
 */
int json_save(const char *path,
	      int (*put)(struct json_writer *json, const void *from),
	      const void *from, struct why *why);

#endif /* EXITLEDGER_JSON_SAVE_H */
