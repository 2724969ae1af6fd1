/* SPDX-License-Identifier: GPL-2.0-only */
/* Opens a recorded run as it is at this moment, for reading only. */
#ifndef EXITLEDGER_RUN_SNAPSHOT_H
#define EXITLEDGER_RUN_SNAPSHOT_H

#include <sqlite3.h>
#include <stdbool.h>

#include "lib/msg.h"

/**
 * run_snapshot_open - open a run as it is now, to read it
 * @path: "-" for standard input, which is copied to a temporary file
 *
 * A run that may still be recorded is copied, and the copy is opened.
 * Otherwise a reader that keeps the file open would prevent the recorder from
 * emptying the write-ahead log.  Returns 0, or -errno with @why.
 */
int run_snapshot_open(const char *path, sqlite3 **db, struct why *why);

/**
 * run_snapshot_alone - open a run in WAL mode that has no log, read-only
 * @only_ended: refuse every run that was not ended; if false, refuse only a
 *	run that was not ended and has no intervals
 *
 * No file is created beside it.  Returns 0, or -errno with @why.
 */
int run_snapshot_alone(const char *path, bool only_ended, sqlite3 **db,
		       struct why *why);

#endif /* EXITLEDGER_RUN_SNAPSHOT_H */
