/* SPDX-License-Identifier: GPL-2.0-only */
/* Copies a run as it is now, even while it is being recorded. */
#ifndef EXITLEDGER_RUN_COPY_H
#define EXITLEDGER_RUN_COPY_H

#include <stdint.h>

#include "lib/msg.h"

/**
 * run_copy - copy a run into a new file
 * @path: the run; also a part of it may be in a write-ahead log
 * @to: the new file, a single file; it is there completely, or not at all
 * @at: the time, in seconds since 1970: a copy of a run that has not been ended
 *	says that it is of this time
 *
 * Returns 0, or -errno with @why; -EEXIST if there is a file @to.
 */
int run_copy(const char *path, const char *to, uint64_t at, struct why *why);

#endif /* EXITLEDGER_RUN_COPY_H */
