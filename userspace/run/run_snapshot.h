/* SPDX-License-Identifier: GPL-2.0-only */
/* A recorded run as it is at a moment, to be read only. */
#ifndef EXITLEDGER_RUN_SNAPSHOT_H
#define EXITLEDGER_RUN_SNAPSHOT_H

#include <sqlite3.h>
#include <stdbool.h>

#include "lib/msg.h"

/**
 * run_snapshot_open - open a run as it is now, to read it
 *
 * @path: "-" for standard input, which is copied to a temporary file
 *
 * Of one that may be being recorded it is a copy: who holds the file open keeps
 * the recorder from ever emptying the write-ahead log.
 */
int run_snapshot_open(const char *path, sqlite3 **db, struct why *why);

/**
 * run_snapshot_alone - open a run in WAL mode that has no log, read-only
 * @only_ended: refuse one that was not ended; else only if nothing is in it
 *
 * Nothing is made beside it.
 */
int run_snapshot_alone(const char *path, bool only_ended, sqlite3 **db,
		       struct why *why);

#endif /* EXITLEDGER_RUN_SNAPSHOT_H */
