/* SPDX-License-Identifier: GPL-2.0-only */
/* The database that a recorded run is: the file, its write-ahead log, SQLite. */
#ifndef EXITLEDGER_RUN_DATABASE_H
#define EXITLEDGER_RUN_DATABASE_H

#include <stdbool.h>
#include <stdint.h>

#include <sqlite3.h>

#include "lib/msg.h"

#define RUN_BUSY_MS 5000 /* how long to wait for the locks of others */
#define RUN_PATH 4096
#define RUN_URI (3 * RUN_PATH + 32) /* it may make %XX of any byte */

/**
 * run_file_check - can a file be that of a run, and is it complete?
 * @name: of the file
 * @path: the name of the run in messages
 * @wal: filled in: a part of it may be in a write-ahead log
 */
int run_file_check(const char *name, const char *path, bool *wal,
		   struct why *why);

/**
 * run_database_open - open a database, whatever it contains
 * @file: its name
 * @path: the name of the run in messages
 * @flags: SQLITE_OPEN_…; with SQLITE_OPEN_URI @file is a URI
 */
int run_database_open(const char *file, const char *path, int flags,
		      sqlite3 **db, struct why *why);

/**
 * run_wal_name - the name of a run's write-ahead log
 *
 * It is beside the file itself, not beside a link to it.
 */
void run_wal_name(const char *path, char name[RUN_PATH + 8]);

/** run_wal_size - the size of the write-ahead log, or -1: there is none */
int64_t run_wal_size(const char *path);

/** run_database_failed - close the database if @r is a failure; returns @r */
int run_database_failed(sqlite3 **db, int r);

/** run_remove - delete the file, and the files that SQLite keeps beside it */
void run_remove(const char *path);

#endif /* EXITLEDGER_RUN_DATABASE_H */
