/* SPDX-License-Identifier: GPL-2.0-only */
/* Opens a recorded run as it is at the moment, for reading only. */
#ifndef EXITLEDGER_RUN_SNAPSHOT_H
#define EXITLEDGER_RUN_SNAPSHOT_H

#include <sqlite3.h>
#include <stdbool.h>

#include "lib/msg.h"

/**
 * run_snapshot_open - open a run as it is now, to read it
 * @path: "-" for standard input, which is copied to a temporary file
 *
 * If the run may still be recorded, a copy of it is opened.  Otherwise whoever
 * holds the file open would keep the recorder from ever emptying the
 * write-ahead log.
 */
int run_snapshot_open(const char *path, sqlite3 **db, struct why *why);

/**
 * run_snapshot_alone - open a run in WAL mode that has no log, read-only
 * @only_ended: refuse a run that was not ended; otherwise only one that is
 * empty
 *
 * No file is made beside it.
 */
int run_snapshot_alone(const char *path, bool only_ended, sqlite3 **db,
		       struct why *why);

#endif /* EXITLEDGER_RUN_SNAPSHOT_H */
