/* SPDX-License-Identifier: GPL-2.0-only */
/* The files of a recorded run: an SQLite database, and its write-ahead log. */
#ifndef EXITLEDGER_RUN_DATABASE_H
#define EXITLEDGER_RUN_DATABASE_H

#include <stdbool.h>
#include <stdint.h>

#include <sqlite3.h>

#include "lib/msg.h"

#define RUN_BUSY_MS 5000 /* how long to wait for other programs' locks */
#define RUN_PATH 4096
/* A URI, in which every byte may become %XX. */
#define RUN_URI (3 * RUN_PATH + 32)

/**
 * run_file_check - can a file be that of a run, and is it complete?
 * @name: the file's name
 * @path: the run's name in messages
 * @wal: set to whether a part of the run may be in a write-ahead log
 *
 * Returns 0, or -errno with @why.
 */
int run_file_check(const char *name, const char *path, bool *wal,
		   struct why *why);

/**
 * run_database_open - open a database, whatever it contains
 * @file: the file's name, or a URI if @flags has SQLITE_OPEN_URI
 * @path: the run's name in messages
 * @flags: SQLITE_OPEN_...
 */
int run_database_open(const char *file, const char *path, int flags,
		      sqlite3 **db, struct why *why);

/**
 * run_wal_name - get the name of a run's write-ahead log
 *
 * If @path is a symbolic link, the log is beside the link's target.
 */
void run_wal_name(const char *path, char name[RUN_PATH + 8]);

/** run_wal_size - the size of the write-ahead log, or -1 if there is none */
int64_t run_wal_size(const char *path);

/** run_database_failed - close the database if @r is a failure; returns @r */
int run_database_failed(sqlite3 **db, int r);

/** run_remove - delete the file, and the files that SQLite keeps beside it */
void run_remove(const char *path);

#endif /* EXITLEDGER_RUN_DATABASE_H */
