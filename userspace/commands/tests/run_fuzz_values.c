// SPDX-License-Identifier: GPL-2.0-only
/*
 * Changed bytes in a file seldom make another value that SQLite accepts, as the
 * length of a value is stored elsewhere.  So this file changes values by SQL.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run_fuzz_random.h"
#include "run_fuzz_values.h"

#define CHANGES 3
#define COLUMNS 80

static sqlite3 *db;

/* The columns of all tables. */
static struct {
	char table[16], name[16];
} column[COLUMNS];
static size_t nr_columns;

static void sql(const char *text)
{
	const int r = sqlite3_exec(db, text, NULL, NULL, NULL);

	/* A row's number must be an integer; SQLite refuses other values. */
	if (r != SQLITE_OK && r != SQLITE_MISMATCH) {
		fprintf(stderr, "%s: %s\n", text, sqlite3_errmsg(db));
		abort();
	}
}

static void find_columns(void)
{
	sqlite3_stmt *get;

	if (sqlite3_prepare_v2(
		    db,
		    "SELECT s.name, c.name FROM sqlite_schema s, pragma_table_info(s.name) c WHERE s.type = 'table'",
		    -1, &get, NULL) != SQLITE_OK)
		abort();
	while (sqlite3_step(get) == SQLITE_ROW) {
		if (nr_columns == COLUMNS)
			abort();
		snprintf(column[nr_columns].table, sizeof(column->table), "%s",
			 sqlite3_column_text(get, 0));
		snprintf(column[nr_columns].name, sizeof(column->name), "%s",
			 sqlite3_column_text(get, 1));
		nr_columns++;
	}
	sqlite3_finalize(get);
}

void run_fuzz_values_open(const uint8_t *data, size_t size)
{
	sqlite3 *from;
	sqlite3_backup *backup;
	uint8_t *copy = sqlite3_malloc64(size);

	if (!copy || sqlite3_open(":memory:", &from) != SQLITE_OK ||
	    sqlite3_open(":memory:", &db) != SQLITE_OK)
		abort();
	memcpy(copy, data, size);
	if (sqlite3_deserialize(from, "main", copy, size, size,
				SQLITE_DESERIALIZE_FREEONCLOSE) != SQLITE_OK)
		abort();
	/*
	 * sqlite3_serialize() does not work within a transaction on a
	 * deserialized database, so copy the database.
	 */
	backup = sqlite3_backup_init(db, "main", from, "main");
	if (!backup || sqlite3_backup_step(backup, -1) != SQLITE_DONE ||
	    sqlite3_backup_finish(backup) != SQLITE_OK)
		abort();
	sqlite3_close(from);
	find_columns();
}

/* Replacements for a value v: other types, other sizes, and neighbours. */
static const char *const others[] = {
	"NULL",
	"-1",
	"0",
	"1",
	"(1 << 31) - 1",
	"1 << 31",
	"(1 << 32) - 1",
	"1 << 32",
	"1 << 50",
	"9223372036854775807",
	"-9223372036854775807 - 1",
	"1.5",
	"9e999",
	"''",
	"'x'",
	"x'00ff'",
	"hex(zeroblob(200))",
	"zeroblob(2000)",
	"v + 1",
	"v - 1",
	"2 * v",
	"v / 2",
	"-v",
	"CAST(v AS TEXT)",
	"CAST(v AS BLOB)",
	"v || char(10)",
	"v || v",
	"substr(v, 2)",
	"substr(v, 1, length(v) - 1)",
};

/* Pick a row and a column; change all rows that have the same value there. */
static void change(void)
{
	const char *other = others[any(sizeof(others) / sizeof(others[0]))];
	const size_t at = any(nr_columns);
	const char *table = column[at].table, *name = column[at].name;
	char text[400];

	snprintf(
		text, sizeof(text),
		"UPDATE OR IGNORE %s SET \"%s\" = (SELECT %s FROM (SELECT %s.\"%s\" AS v)) WHERE \"%s\" IS (SELECT \"%s\" FROM %s LIMIT 1 OFFSET %u %% (SELECT count(*) FROM %s))",
		table, name, other, table, name, name, name, table,
		(unsigned int)any(1 << 16), table);
	sql(text);
}

uint8_t *run_fuzz_values(size_t *size)
{
	sqlite3_int64 length;
	uint8_t *data;

	sql("BEGIN");
	for (size_t nr = 1 + any(CHANGES); nr; nr--)
		change();
	data = sqlite3_serialize(db, "main", &length, 0);
	if (!data)
		abort();
	sql("ROLLBACK");
	*size = length;
	return data;
}

void run_fuzz_values_close(void)
{
	sqlite3_close(db);
}
