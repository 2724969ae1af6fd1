// SPDX-License-Identifier: GPL-2.0-only
/*
 * Opens a run for reading, as it is now.  A run that may still be recorded is
 * copied, so that a long read does not block the recorder.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "run/run_database.h"
#include "run/run_schema.h"
#include "run/run_snapshot.h"

#define TRIES 5 /* how often to try if the files change during the copy */

/*
 * Check the size that a file claims: if the file is damaged, it could claim a
 * size that no disk has.
 */
static int check_size(sqlite3 *db, const char *file, const char *path,
		      struct why *why)
{
	int64_t pages, page, wal;
	struct stat is;

	if (!run_sql_number(db, "PRAGMA page_count", &pages) ||
	    !run_sql_number(db, "PRAGMA page_size", &page))
		return run_sql_error(db, path, why);
	/*
	 * Get the log's size first, because pages move from the log to the
	 * file.
	 */
	wal = run_wal_size(file);
	if (stat(file, &is))
		return why_set(why, errno, "%s: %s", path, strerror(errno));
	if (pages * page <= is.st_size + (wal > 0 ? wal : 0))
		return 0;
	return why_set(why, EINVAL,
		       "%s: is damaged: it was cut off: %" PRId64 " of %" PRId64
		       " bytes are there",
		       path, (int64_t)is.st_size + (wal > 0 ? wal : 0),
		       pages * page);
}

/*
 * Copy everything into a database without a name.  SQLite keeps it in memory
 * until it is large.
 */
static int copy_database(sqlite3 *from, const char *path, sqlite3 **to,
			 struct why *why)
{
	sqlite3_backup *backup;
	int r = run_database_open("", path,
				  SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
					  SQLITE_OPEN_URI,
				  to, why);

	if (r)
		return run_database_failed(to, r);
	backup = sqlite3_backup_init(*to, "main", from, "main");
	if (backup) {
		sqlite3_backup_step(backup, -1);
		r = sqlite3_backup_finish(backup);
	}
	if (r == SQLITE_FULL)
		r = why_set(
			why, ENOSPC,
			"%s: no room for a copy of it among temporary files",
			path);
	else if (!backup || r != SQLITE_OK)
		r = run_sql_error(*to, path, why);
	return run_database_failed(to, r);
}

/*
 * Open a run and copy it.  If it cannot be opened, set @failed to SQLite's
 * error.
 */
static int copy_of(const char *file, const char *path, sqlite3 **db,
		   int *failed, struct why *why)
{
	sqlite3 *from;
	int r = run_database_open(file, path, SQLITE_OPEN_READONLY, &from, why);

	*db = NULL;
	*failed = SQLITE_OK;
	if (!r)
		r = check_size(from, file, path, why);
	if (r)
		*failed = sqlite3_errcode(from) & 0xff;
	else
		r = copy_database(from, path, db, why);
	sqlite3_close(from);
	return r;
}

static bool is_full(int error)
{
	return error == ENOSPC || error == EDQUOT || error == EFBIG;
}

static int no_room(const char *path, const char *folder, struct why *why)
{
	return why_set(why, ENOSPC, "%s: no room for a copy of it in %s", path,
		       folder);
}

/*
 * Copy a file.  For messages, @path is the run's name, and @folder is where
 * temporary files are stored.
 */
static int copy_file(const char *from, const char *to, const char *path,
		     const char *folder, struct why *why)
{
	int in = open(from, O_RDONLY | O_CLOEXEC), out, error;
	ssize_t sent = -1;

	if (in < 0)
		return why_set(why, errno, "%s: %s", from, strerror(errno));
	out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	do {
		if (out >= 0)
			sent = sendfile(out, in, NULL, 1 << 30);
	} while (sent > 0);
	error = sent < 0 ? errno : 0;
	close(in);
	if (out >= 0 && close(out) && !error)
		error = errno;
	if (is_full(error))
		return no_room(path, folder, why);
	return error ? why_set(why, error, "%s: cannot be copied to %s: %s",
			       from, to, strerror(error)) :
		       0;
}

/*
 * The state of a run's files.  It changes whenever pages move from the log to
 * the file, or the log is restarted.
 */
struct state {
	struct timespec changed;
	off_t size;
	uint8_t log[32];
};

static struct state state_of(const char *path, const char *wal)
{
	struct state state = { .size = -1 };
	int fd = open(wal, O_RDONLY | O_CLOEXEC);
	struct stat is;

	if (!stat(path, &is)) {
		state.changed = is.st_mtim;
		state.size = is.st_size;
	}
	if (fd >= 0) {
		if (read(fd, state.log, sizeof(state.log)) < 0)
			state.size = -1;
		close(fd);
	}
	return state;
}

static int copy_files(const char *path, const char *folder, const char *to,
		      struct why *why)
{
	char wal[RUN_PATH + 8], to_wal[RUN_PATH + 8];

	run_wal_name(path, wal);
	snprintf(to_wal, sizeof(to_wal), "%s-wal", to);
	for (int i = 0; i < TRIES; i++) {
		struct state before = state_of(path, wal), after;
		int r = copy_file(path, to, path, folder, why);

		if (!r)
			r = copy_file(wal, to_wal, path, folder, why);
		after = state_of(path, wal);
		if (r)
			return r;
		if (before.size == after.size &&
		    before.changed.tv_sec == after.changed.tv_sec &&
		    before.changed.tv_nsec == after.changed.tv_nsec &&
		    !memcmp(before.log, after.log, sizeof(before.log)))
			return 0;
	}
	return why_set(why, EBUSY,
		       "%s: changes faster than it can be copied: try again",
		       path);
}

/*
 * Use the folder of SQLite's own temporary files, so that one setting controls
 * both.
 */
static const char *temporary_folder(void)
{
	const char *const folders[] = { getenv("SQLITE_TMPDIR"),
					getenv("TMPDIR"), "/var/tmp" };
	struct stat is;

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		if (folders[i] && !stat(folders[i], &is) &&
		    S_ISDIR(is.st_mode) && !access(folders[i], W_OK | X_OK))
			return folders[i];
	}
	return "/tmp";
}

/*
 * SQLite needs RUN-shm beside a run in WAL mode.  If we may not create that
 * file there, copy the run to a folder where we may.
 */
static int copy_elsewhere(const char *path, sqlite3 **db, struct why *why)
{
	const char *temporary = temporary_folder();
	char folder[RUN_PATH - 8], file[RUN_PATH];
	int r, failed;

	*db = NULL;
	if (snprintf(folder, sizeof(folder), "%s/exitledger.XXXXXX",
		     temporary) >= (int)sizeof(folder))
		return why_set(why, ENAMETOOLONG, "%s: the name is too long",
			       temporary);
	if (!mkdtemp(folder))
		return is_full(errno) ?
			       no_room(path, temporary, why) :
			       why_set(why, errno, "%s: cannot be made: %s",
				       folder, strerror(errno));
	snprintf(file, sizeof(file), "%s/run", folder);
	r = copy_files(path, temporary, file, why);
	if (!r)
		r = copy_of(file, path, db, &failed, why);
	run_remove(file);
	rmdir(folder);
	return r;
}

/*
 * Make "file:PATH?immutable=1", which SQLite reads without a lock, and without
 * creating files beside it.
 */
static int uri_of(const char *path, char *uri, size_t size, struct why *why)
{
	size_t length =
		snprintf(uri, size, "file:%s", *path == '/' ? "" : "./");

	for (const char *at = path; *at && length < size; at++)
		length += snprintf(uri + length, size - length,
				   isalnum((unsigned char)*at) || *at == '/' ?
					   "%c" :
					   "%%%02X",
				   (unsigned char)*at);
	if (length < size)
		length += snprintf(uri + length, size - length, "?immutable=1");
	if (length < size)
		return 0;
	return why_set(why, ENAMETOOLONG, "%s: the name is too long", path);
}

/*
 * Open a run that has no write-ahead log.  Either its last user has closed it,
 * and the log was moved into the file; or the log was left somewhere else.  The
 * latter is certain if the run was not ended, and the file has no intervals.
 */
static int connect_alone(const char *file, const char *path, bool only_ended,
			 sqlite3 **db, struct why *why)
{
	char uri[RUN_URI];
	int64_t ended = 0, intervals = 0;
	int r;

	*db = NULL;
	r = uri_of(file, uri, sizeof(uri), why);
	if (!r)
		r = run_database_open(uri, path,
				      SQLITE_OPEN_READONLY | SQLITE_OPEN_URI,
				      db, why);
	if (!r)
		r = run_schema_check(*db, path, why);
	if (!r &&
	    (!run_sql_number(*db,
			     "SELECT value FROM meta WHERE name = 'ended_ns'",
			     &ended) ||
	     !run_sql_number(
		     *db,
		     "SELECT max((SELECT count(*) FROM interval), (SELECT count(*) FROM chunk))",
		     &intervals)))
		r = run_sql_error(*db, path, why);
	if (!r && !ended && (only_ended || !intervals))
		r = why_set(why, EINVAL,
			    "%s: was not ended, and %s-wal is not beside it",
			    path, path);
	return run_database_failed(db, r);
}

int run_snapshot_alone(const char *path, bool only_ended, sqlite3 **db,
		       struct why *why)
{
	return connect_alone(path, path, only_ended, db, why);
}

static int open_copy(const char *file, const char *path, sqlite3 **db,
		     struct why *why)
{
	int failed, r;

	if (run_wal_size(file) < 0)
		return connect_alone(file, path, false, db, why);
	r = copy_of(file, path, db, &failed, why);
	if (failed == SQLITE_CANTOPEN || failed == SQLITE_READONLY)
		r = copy_elsewhere(file, db, why);
	if (!r)
		r = run_schema_check(*db, path, why);
	return run_database_failed(db, r);
}

/* Open the run in @file.  @path is the run's name in messages. */
static int connect_named(const char *file, const char *path, sqlite3 **db,
			 struct why *why)
{
	bool wal;
	int r;

	*db = NULL;
	/*
	 * Check this before SQLite opens the file: closing a descriptor of a
	 * file ends all locks that this process has on the file.
	 */
	r = run_file_check(file, path, &wal, why);
	if (r)
		return r;
	if (wal)
		return open_copy(file, path, db, why);
	r = run_database_open(file, path, SQLITE_OPEN_READONLY, db, why);
	if (!r)
		r = run_schema_check(*db, path, why);
	return run_database_failed(db, r);
}

static int put_all(int out, const char *data, size_t size)
{
	while (size) {
		ssize_t put = write(out, data, size);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return errno;
		data += put;
		size -= put;
	}
	return 0;
}

/*
 * Copy standard input to a file, as SQLite does not read a database in order.
 */
static int copy_input(const char *folder, int out, struct why *why)
{
	static char data[1 << 16];
	int error = 0;
	size_t got;

	do {
		got = fread(data, 1, sizeof(data), stdin);
		error = put_all(out, data, got);
	} while (got && !error);
	if (!error && ferror(stdin))
		return why_set(why, EIO, "standard input: cannot be read");
	if (is_full(error))
		return no_room("standard input", folder, why);
	return error ? why_set(why, error, "%s: cannot be written: %s", folder,
			       strerror(error)) :
		       0;
}

static int connect_input(sqlite3 **db, struct why *why)
{
	const char *folder = temporary_folder();
	char file[RUN_PATH];
	int out, r;

	*db = NULL;
	if (snprintf(file, sizeof(file), "%s/exitledger.XXXXXX", folder) >=
	    (int)sizeof(file))
		return why_set(why, ENAMETOOLONG, "%s: the name is too long",
			       folder);
	out = mkostemp(file, O_CLOEXEC);
	if (out < 0)
		return why_set(why, errno, "%s: cannot be made: %s", file,
			       strerror(errno));
	r = copy_input(folder, out, why);
	close(out);
	if (!r)
		r = connect_named(file, "standard input", db, why);
	/* The file can be removed now, as SQLite has it open. */
	run_remove(file);
	return r;
}

int run_snapshot_open(const char *path, sqlite3 **db, struct why *why)
{
	return strcmp(path, "-") ? connect_named(path, path, db, why) :
				   connect_input(db, why);
}
