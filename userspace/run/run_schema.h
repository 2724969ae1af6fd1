/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tables of a recorded run, and the names that the writer and the reader
 * share.
 */
#ifndef EXITLEDGER_RUN_SCHEMA_H
#define EXITLEDGER_RUN_SCHEMA_H

#include <sqlite3.h>

#include "ledger/ledger.h"
#include "lib/msg.h"

#define RUN_APPLICATION_ID 0x45784c67 /* "ExLg" */
/* The version of the schema: PRAGMA user_version. */
#define RUN_VERSION 2
/*
 * The version of runs in which the steps of a series may be several intervals.
 */
#define RUN_VERSION_MERGED 3
#define RUN_SET_VERSION_MERGED "PRAGMA user_version = 3"
/*
 * The version of runs whose first intervals were thrown away.  Steps of a
 * series may be several intervals here, too.
 */
#define RUN_VERSION_THROWN 4
#define RUN_SET_VERSION_THROWN "PRAGMA user_version = 4"

/* Kinds of marks: the column "kind" of the table "mark". */
#define RUN_MARK_USER "user"
#define RUN_MARK_CREATED "created"
#define RUN_MARK_RUNNING "running" /* the VM was running when recording began */
#define RUN_MARK_FIRST_EXIT "first-exit"
#define RUN_MARK_FIRST_IO "first-io"
#define RUN_MARK_ENDED "ended"
#define RUN_MARK_RESET "reset"
#define RUN_MARK_GUEST "guest" /* set by the guest itself */

/** run_sql_error - set @why to SQLite's last error; returns -errno */
int run_sql_error(sqlite3 *db, const char *path, struct why *why);

/** run_schema_create - make the tables; returns a result code of SQLite */
int run_schema_create(sqlite3 *db);

/**
 * run_schema_check - is this a run, of a version that we know?
 *
 * Also compares the definitions of its tables with ours, but does not look into
 * the tables.  Returns 0, or -errno with @why.
 */
int run_schema_check(sqlite3 *db, const char *path, struct why *why);

/**
 * run_sql_number - get the first column of a query's first row, or 0 if there
 * is no row; returns false if SQLite failed
 */
bool run_sql_number(sqlite3 *db, const char *sql, int64_t *number);

/*
 * The losses that do not belong to a vCPU, in the order of struct
 * ledger_losses.
 */
struct run_loss {
	const char *name; /* as in render_losses.c */
	size_t offset; /* in struct ledger_losses */
};

#define RUN_LOSSES 15
extern const struct run_loss run_losses[RUN_LOSSES];

/** run_loss - the count of a kind of loss */
uint64_t *run_loss(struct ledger_losses *losses, size_t kind);

#endif /* EXITLEDGER_RUN_SCHEMA_H */
