// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "run/run_connect.h"
#include "run/run_database.h"
#include "run/run_schema.h"
#include "run/run_snapshot.h"

int run_connect(const char *path, sqlite3 **db, struct why *why)
{
	bool wal;
	int r;

	*db = NULL;
	if (access(path, R_OK | W_OK))
		return why_set(why, errno, "%s: %s", path, strerror(errno));
	/*
	 * Check this before SQLite opens the file: closing a descriptor of a
	 * file ends all locks that this process has on the file.
	 */
	r = run_file_check(path, path, &wal, why);
	if (r)
		return r;
	/*
	 * If the log is missing, do not open the run for writing: SQLite would
	 * make an empty log, and it would no longer be seen that the log was
	 * lost.
	 */
	if (wal && run_wal_size(path) < 0)
		return run_snapshot_alone(path, true, db, why);
	r = run_database_open(path, path, SQLITE_OPEN_READWRITE, db, why);
	if (!r)
		r = run_schema_check(*db, path, why);
	return run_database_failed(db, r);
}

int run_connect_new(const char *path, sqlite3 **db, struct why *why)
{
	int fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644), r;

	*db = NULL;
	if (fd < 0 && errno == EEXIST)
		return why_set(
			why, EEXIST,
			"%s: is there already and is not overwritten: remove it, or take another name",
			path);
	if (fd < 0)
		return why_set(why, errno, "%s: cannot be written: %s", path,
			       strerror(errno));
	close(fd);
	r = run_database_open(path, path, SQLITE_OPEN_READWRITE, db, why);
	if (r)
		unlink(path);
	return run_database_failed(db, r);
}
