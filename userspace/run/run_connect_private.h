/* SPDX-License-Identifier: GPL-2.0-only */
/* What the ways to open a run share. */
#ifndef EXITLEDGER_RUN_CONNECT_PRIVATE_H
#define EXITLEDGER_RUN_CONNECT_PRIVATE_H

#include <stdbool.h>

#include "run/run_connect.h"

#define RUN_PATH 4096

/**
 * run_file_check - is it a file that can be a run's, and all of it?
 * @wal: filled in: some of it may be in a write-ahead log
 */
int run_file_check(const char *path, bool *wal, struct why *why);

/**
 * run_database_open - open a database, whatever it is
 * @file: its name
 * @path: what it is called in messages
 * @flags: SQLITE_OPEN_…; with SQLITE_OPEN_URI @file is a URI
 */
int run_database_open(const char *file, const char *path, int flags,
		      sqlite3 **db, struct why *why);

/** run_database_failed - close it if @r is a failure; returns @r */
int run_database_failed(sqlite3 **db, int r);

#endif /* EXITLEDGER_RUN_CONNECT_PRIVATE_H */
