/* SPDX-License-Identifier: GPL-2.0-only */
/* The database that a recorded run is: the file, its write-ahead log, SQLite. */
#ifndef EXITLEDGER_RUN_DATABASE_H
#define EXITLEDGER_RUN_DATABASE_H

#include <stdbool.h>
#include <stdint.h>

#include <sqlite3.h>

#include "lib/msg.h"

#define RUN_BUSY_MS 5000 /* how long others' locks are waited for */
#define RUN_PATH 4096
#define RUN_URI (3 * RUN_PATH + 32) /* of any byte it may make %XX */

/**
 * run_file_check - is it a file that can be a run's, and all of it?
 * @name: the file's
 * @path: what it is called in messages
 * @wal: filled in: some of it may be in a write-ahead log
 */
int run_file_check(const char *name, const char *path, bool *wal,
		   struct why *why);

/**
 * run_database_open - open a database, whatever it is
 * @file: its name
 * @path: what it is called in messages
 * @flags: SQLITE_OPEN_…; with SQLITE_OPEN_URI @file is a URI
 */
int run_database_open(const char *file, const char *path, int flags,
		      sqlite3 **db, struct why *why);

/**
 * run_wal_name - what its write-ahead log is called
 *
 * It is beside the file, not beside a link to it.
 */
void run_wal_name(const char *path, char name[RUN_PATH + 8]);

/** run_wal_size - the length of its write-ahead log, or -1: there is none */
int64_t run_wal_size(const char *path);

/** run_database_failed - close it if @r is a failure; returns @r */
int run_database_failed(sqlite3 **db, int r);

/** run_remove - delete the file, and the files that SQLite keeps beside it */
void run_remove(const char *path);

#endif /* EXITLEDGER_RUN_DATABASE_H */
