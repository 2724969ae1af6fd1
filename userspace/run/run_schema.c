// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "lib/safe_text.h"
#include "run/run_schema.h"

/* The tables of a run: exitledger-run(5) describes them. */
static const struct {
	const char *name;
	const char *sql;
} tables[] = {
	{ "meta",
	  "CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID" },
	{ "vm",
	  "CREATE TABLE vm (number INTEGER PRIMARY KEY, pid INTEGER, isa INTEGER, name TEXT, seen_ns INTEGER, ended_ns INTEGER)" },
	{ "vcpu",
	  "CREATE TABLE vcpu (vm INTEGER, id INTEGER, seen_ns INTEGER, tid INTEGER, prior_exits INTEGER, gone_ns INTEGER, PRIMARY KEY (vm, id, seen_ns)) WITHOUT ROWID" },
	{ "reason",
	  "CREATE TABLE reason (isa INTEGER, code INTEGER, name TEXT, description TEXT, PRIMARY KEY (isa, code)) WITHOUT ROWID" },
	{ "interval",
	  "CREATE TABLE interval (n INTEGER PRIMARY KEY, begin_ns INTEGER, end_ns INTEGER, cells BLOB)" },
	{ "chunk",
	  "CREATE TABLE chunk (first INTEGER PRIMARY KEY, last INTEGER, begin_ns INTEGER, end_ns INTEGER, series_size INTEGER, series BLOB, cells_size INTEGER, cells BLOB)" },
	{ "mark",
	  "CREATE TABLE mark (id INTEGER PRIMARY KEY, at_ns INTEGER, kind TEXT, vm INTEGER, text TEXT, vcpu INTEGER, vcpus INTEGER, kernel_exits INTEGER, bpf_exits INTEGER, bpf_before INTEGER)" },
	{ "loss",
	  "CREATE TABLE loss (n INTEGER, name TEXT, count INTEGER, PRIMARY KEY (n, name)) WITHOUT ROWID" },
	{ "slow",
	  "CREATE TABLE slow (id INTEGER PRIMARY KEY, n INTEGER, at_ns INTEGER, vm INTEGER, vcpu INTEGER, tid INTEGER, reason INTEGER, key INTEGER, ns INTEGER, preempted_ns INTEGER, blocked_ns INTEGER)" },
	{ "slow_n", "CREATE INDEX slow_n ON slow (n)" },
};

#define NR_TABLES (sizeof(tables) / sizeof(tables[0]))

const struct run_loss run_losses[RUN_LOSSES] = {
	{ "no_slot", offsetof(struct ledger_losses, no_slot) },
	{ "no_vm", offsetof(struct ledger_losses, no_vm) },
	{ "answers", offsetof(struct ledger_losses, answers) },
	{ "unreadable", offsetof(struct ledger_losses, unreadable) },
	{ "recursion", offsetof(struct ledger_losses, recursion) },
	{ "no_span", offsetof(struct ledger_losses, no_span) },
	{ "no_key", offsetof(struct ledger_losses, no_key) },
	{ "slow", offsetof(struct ledger_losses, slow) },
	{ "marks", offsetof(struct ledger_losses, marks) },
	{ "no_thread", offsetof(struct ledger_losses, no_thread) },
	{ "shared", offsetof(struct ledger_losses, shared) },
	{ "no_end", offsetof(struct ledger_losses, no_end) },
	{ "negative", offsetof(struct ledger_losses, negative) },
	{ "unread", offsetof(struct ledger_losses, unread) },
	{ "uncounted", offsetof(struct ledger_losses, uncounted) },
};

_Static_assert(sizeof(struct ledger_losses) == RUN_LOSSES * sizeof(uint64_t),
	       "a kind of loss is not recorded");

uint64_t *run_loss(struct ledger_losses *losses, size_t kind)
{
	return (uint64_t *)((char *)losses + run_losses[kind].offset);
}

/* SQLite's messages may contain names from the file, which can be any bytes. */
static struct why clean(const char *message)
{
	struct why line = { "" };

	safe_copy(message, 200, line.text, sizeof(line.text));
	return line;
}

/*
 * Was there no room for the file, or for its log?  SQLite has the last error of
 * each file.  Its own last error may be from a later call.
 */
static const char *no_room(sqlite3 *db)
{
	int errors[3] = { sqlite3_system_errno(db) };
	sqlite3_file *log = NULL;

	sqlite3_file_control(db, "main", SQLITE_FCNTL_LAST_ERRNO, &errors[1]);
	sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
	if (log && log->pMethods)
		log->pMethods->xFileControl(log, SQLITE_FCNTL_LAST_ERRNO,
					    &errors[2]);
	for (size_t i = 0; i < 3; i++) {
		if (errors[i] == EFBIG)
			return "the file is as large as it may be";
		if (errors[i] == EDQUOT)
			return "the disk quota is used up";
		if (errors[i] == ENOSPC)
			return "the disk is full";
	}
	return NULL;
}

int run_sql_error(sqlite3 *db, const char *path, struct why *why)
{
	static const struct {
		int sql;
		int error;
		const char *what;
	} known[] = {
		{ SQLITE_NOMEM, ENOMEM, "out of memory" },
		{ SQLITE_FULL, ENOSPC, "the disk is full" },
		{ SQLITE_NOTADB, EINVAL, "is no run of exitledger record" },
		{ SQLITE_CORRUPT, EINVAL, "is damaged" },
		{ SQLITE_TOOBIG, EINVAL, "is damaged" },
		{ SQLITE_BUSY, EBUSY, "another program has it locked" },
		{ SQLITE_READONLY, EACCES, "cannot be written" },
		{ SQLITE_CANTOPEN, EACCES, "cannot be opened" },
	};
	int code = sqlite3_errcode(db) & 0xff;
	const char *room = code == SQLITE_IOERR ? no_room(db) : NULL;

	if (room)
		return why_set(why, ENOSPC, "%s: %s", path, room);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (known[i].sql == code)
			return why_set(why, known[i].error, "%s: %s (%s)", path,
				       known[i].what,
				       clean(sqlite3_errmsg(db)).text);
	}
	return why_set(why, EIO, "%s: %s", path,
		       clean(sqlite3_errmsg(db)).text);
}

int run_schema_create(sqlite3 *db)
{
	char sql[64];
	int r;

	snprintf(sql, sizeof(sql), "PRAGMA application_id = %d",
		 RUN_APPLICATION_ID);
	r = sqlite3_exec(db, sql, NULL, NULL, NULL);
	snprintf(sql, sizeof(sql), "PRAGMA user_version = %d", RUN_VERSION);
	if (r == SQLITE_OK)
		r = sqlite3_exec(db, sql, NULL, NULL, NULL);
	for (size_t i = 0; r == SQLITE_OK && i < NR_TABLES; i++)
		r = sqlite3_exec(db, tables[i].sql, NULL, NULL, NULL);
	return r;
}

bool run_sql_number(sqlite3 *db, const char *sql, int64_t *number)
{
	sqlite3_stmt *statement;
	int r;

	if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
		return false;
	r = sqlite3_step(statement);
	*number = r == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
	return sqlite3_finalize(statement) == SQLITE_OK;
}

/*
 * The tables must be defined exactly as ours: a view or a trigger in place of a
 * table could do anything.
 */
static int check_tables(sqlite3 *db, const char *path, struct why *why)
{
	sqlite3_stmt *get;
	int r = 0;

	if (sqlite3_prepare_v2(db,
			       "SELECT sql FROM sqlite_schema WHERE name = ?",
			       -1, &get, NULL) != SQLITE_OK)
		return run_sql_error(db, path, why);
	for (size_t i = 0; !r && i < NR_TABLES; i++) {
		const char *sql;
		int step;

		sqlite3_bind_text(get, 1, tables[i].name, -1, SQLITE_STATIC);
		step = sqlite3_step(get);
		sql = step == SQLITE_ROW ?
			      (const char *)sqlite3_column_text(get, 0) :
			      NULL;
		if (step != SQLITE_ROW && step != SQLITE_DONE)
			r = run_sql_error(db, path, why);
		else if (!sql || strcmp(sql, tables[i].sql))
			r = why_set(why, EINVAL,
				    "%s: is damaged: its table %s is %s", path,
				    tables[i].name,
				    sql ? "another" : "missing");
		sqlite3_reset(get);
	}
	sqlite3_finalize(get);
	return r;
}

int run_schema_check(sqlite3 *db, const char *path, struct why *why)
{
	int64_t id, version;

	if (!run_sql_number(db, "PRAGMA application_id", &id) ||
	    !run_sql_number(db, "PRAGMA user_version", &version))
		return run_sql_error(db, path, why);
	if (id != RUN_APPLICATION_ID)
		return why_set(why, EINVAL,
			       "%s: is no run of exitledger record", path);
	if (version < RUN_VERSION || version > RUN_VERSION_THROWN)
		return why_set(why, EINVAL,
			       "%s: its version is %" PRId64
			       "; this program knows %d to %d%s",
			       path, version, RUN_VERSION, RUN_VERSION_THROWN,
			       version > RUN_VERSION_THROWN ?
				       ": take a newer one" :
				       "");
	return check_tables(db, path, why);
}
