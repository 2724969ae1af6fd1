/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EXITLEDGER_OUTPUT_H
#define EXITLEDGER_OUTPUT_H

#include <stdio.h>

#include "lib/msg.h"

/**
 * output_flush - is all that was written to standard output so far there?
 *
 * 0, or -errno with @why filled in; -EPIPE if nobody reads any more.
 */
int output_flush(struct why *why);

/**
 * output_save - write a file as a whole or not at all, or standard output
 * @path: "-" for standard output, which is flushed
 * @put: writes it: 0 or -ENOMEM
 *
 * 0, or -errno with @why filled in.
 */
int output_save(const char *path, int (*put)(const void *from, FILE *out),
		const void *from, struct why *why);

#endif /* EXITLEDGER_OUTPUT_H */
