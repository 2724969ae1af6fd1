/* SPDX-License-Identifier: GPL-2.0-only */
/* The tables of a recorded run, and what its makers and readers share. */
#ifndef EXITLEDGER_RUN_SCHEMA_H
#define EXITLEDGER_RUN_SCHEMA_H

#include <sqlite3.h>

#include "ledger.h"
#include "msg.h"

#define RUN_APPLICATION_ID 0x45784c67 /* "ExLg" */
#define RUN_VERSION 2 /* of the schema: PRAGMA user_version */

/* Kinds of marks: table mark, column kind. */
#define RUN_MARK_USER "user"
#define RUN_MARK_CREATED "created"
#define RUN_MARK_RUNNING "running" /* it was when recording began */
#define RUN_MARK_FIRST_EXIT "first-exit"
#define RUN_MARK_FIRST_IO "first-io"
#define RUN_MARK_ENDED "ended"
#define RUN_MARK_RESET "reset"
#define RUN_MARK_GUEST "guest" /* set by the guest itself */

/** run_sql_error - what SQLite says of a run; returns -errno */
int run_sql_error(sqlite3 *db, const char *path, struct why *why);

/** run_schema_create - make the tables; a result code of SQLite */
int run_schema_create(sqlite3 *db);

/**
 * run_connect - open a run that there is
 * @flags: SQLITE_OPEN_READONLY or _READWRITE
 * @db: to be closed with sqlite3_close, or NULL after a failure
 *
 * Its tables are ours when this returns 0; what is in them is not checked.
 * Else -errno with @why filled in.
 */
int run_connect(const char *path, int flags, sqlite3 **db, struct why *why);

/**
 * run_connect_new - the same for a new, empty file
 *
 * -EEXIST if there is one already.
 */
int run_connect_new(const char *path, sqlite3 **db, struct why *why);

/* The losses that are not a vCPU's, in the order of their names. */
struct run_loss {
	const char *name; /* as in render_losses.c */
	size_t offset; /* in struct ledger_losses */
};

#define RUN_LOSSES 9
extern const struct run_loss run_losses[RUN_LOSSES];

/** run_loss - a count of a kind */
uint64_t *run_loss(struct ledger_losses *losses, size_t kind);

#endif /* EXITLEDGER_RUN_SCHEMA_H */
