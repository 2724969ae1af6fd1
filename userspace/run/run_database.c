// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "run/bytes.h"
#include "run/run_database.h"
#include "run/run_schema.h"

int run_database_open(const char *file, const char *path, int flags,
		      sqlite3 **db, struct why *why)
{
	char full[RUN_URI];
	/*
	 * SQLite gives some names a special meaning: "", ":memory:", "file:…".
	 */
	bool relative = *file != '/' && !(flags & SQLITE_OPEN_URI);
	int r;

	*db = NULL;
	if (snprintf(full, sizeof(full), "%s%s", relative ? "./" : "", file) >=
	    (int)sizeof(full))
		return why_set(why, ENAMETOOLONG, "%s: the name is too long",
			       path);
	r = sqlite3_open_v2(full, db, flags, NULL);
	if (r != SQLITE_OK)
		return run_sql_error(*db, path, why);
	sqlite3_busy_timeout(*db, RUN_BUSY_MS);
	/* The file may come from someone else: do not let it run code. */
	sqlite3_db_config(*db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(*db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_limit(*db, SQLITE_LIMIT_LENGTH, BYTES_MAX);
	r = sqlite3_exec(*db, "PRAGMA cell_size_check = on", NULL, NULL, NULL);
	return r == SQLITE_OK ? 0 : run_sql_error(*db, path, why);
}

int run_database_failed(sqlite3 **db, int r)
{
	if (r) {
		sqlite3_close(*db);
		*db = NULL;
	}
	return r;
}

static uint32_t big_endian(const uint8_t *at, unsigned int size)
{
	uint32_t number = 0;

	while (size--)
		number = number << 8 | *at++;
	return number;
}

/*
 * SQLite notices a truncated file only when it needs the missing part.  The
 * header (https://www.sqlite.org/fileformat.html, 1.3) has the file's size.
 * This is not checked if the rest may be in a write-ahead log.
 */
static int check_header(const char *path, const uint8_t header[100],
			uint64_t there, bool *wal, struct why *why)
{
	uint64_t page = big_endian(header + 16, 2);
	uint64_t size = big_endian(header + 28, 4) * (page == 1 ? 65536 : page);

	if (memcmp(header, "SQLite format 3", 16))
		return 0;
	*wal = header[18] == 2 || header[19] == 2;
	if (header[18] != 1 || size <= there)
		return 0;
	return why_set(why, EINVAL,
		       "%s: is damaged: it was cut off: %" PRIu64 " of %" PRIu64
		       " bytes are there",
		       path, there, size);
}

int run_file_check(const char *name, const char *path, bool *wal,
		   struct why *why)
{
	uint8_t header[100];
	struct stat is;
	FILE *file;
	int r = 0;

	*wal = false;
	if (stat(name, &is))
		return why_set(why, errno, "%s: %s", path, strerror(errno));
	/* Do not open a pipe: this would wait until someone writes to it. */
	if (!S_ISREG(is.st_mode))
		return why_set(why, EINVAL, "%s: is no regular file", path);
	file = fopen(name, "re");
	if (!file)
		return why_set(why, errno, "%s: %s", path, strerror(errno));
	if (fread(header, sizeof(header), 1, file) == 1 &&
	    !fstat(fileno(file), &is))
		r = check_header(path, header, is.st_size, wal, why);
	fclose(file);
	return r;
}

void run_wal_name(const char *path, char name[RUN_PATH + 8])
{
	char file[RUN_PATH]; /* realpath() needs PATH_MAX bytes */

	snprintf(name, RUN_PATH + 8, "%s-wal",
		 realpath(path, file) ? file : path);
}

int64_t run_wal_size(const char *path)
{
	char name[RUN_PATH + 8];
	struct stat is;

	run_wal_name(path, name);
	return stat(name, &is) ? -1 : is.st_size;
}

void run_remove(const char *path)
{
	static const char *const files[] = { "", "-wal", "-shm", "-journal" };
	char name[RUN_PATH];

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (snprintf(name, sizeof(name), "%s%s", path, files[i]) <
		    (int)sizeof(name))
			unlink(name);
	}
}
