/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EXITLEDGER_OUTPUT_H
#define EXITLEDGER_OUTPUT_H

#include <stdio.h>

#include "lib/msg.h"

/**
 * output_flush - flush standard output, and report errors of earlier writes
 *
 * Returns 0, or -errno with @why filled in; -EPIPE if the reader has gone.
 */
int output_flush(struct why *why);

/**
 * output_save - write a file, which is replaced as a whole, or standard output
 * @path: "-" for standard output, which is flushed
 * @put: writes the content; returns 0 or -ENOMEM
 * @from: passed on to @put
 *
 * Returns 0, or -errno with @why filled in; the old file is then unchanged.
 */
int output_save(const char *path, int (*put)(const void *from, FILE *out),
		const void *from, struct why *why);

#endif /* EXITLEDGER_OUTPUT_H */
