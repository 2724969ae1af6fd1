// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "run/run_copy.h"
#include "run/run_database.h"
#include "run/run_info.h"
#include "run/run_schema.h"
#include "run/run_snapshot.h"

static int cannot(const char *to, int error, struct why *why)
{
	return why_set(why, error, "%s: cannot be written: %s", to,
		       strerror(error));
}

static int is_there(const char *to, struct why *why)
{
	return why_set(
		why, EEXIST,
		"%s: is there already and is not overwritten: remove it, or take another name",
		to);
}

/*
 * Make a temporary file beside @to, with the mode that open() would give to a
 * new file.
 */
static int make_temporary(const char *to, char file[RUN_PATH], struct why *why)
{
	const mode_t mask = umask(0);
	int fd;

	umask(mask);
	if (!access(to, F_OK))
		return is_there(to, why);
	if (snprintf(file, RUN_PATH, "%s.XXXXXX", to) >= RUN_PATH)
		return why_set(why, ENAMETOOLONG, "%s: the name is too long",
			       to);
	fd = mkostemp(file, O_CLOEXEC);
	if (fd < 0)
		return cannot(to, errno, why);
	fchmod(fd, 0644 & ~mask);
	close(fd);
	return 0;
}

/* Say in a copy of what time it is, unless it is of a run that has ended. */
static int sign(sqlite3 *db, const char *path, const char *to, uint64_t at,
		struct why *why)
{
	struct run_info info;
	int r = run_info_load(db, path, &info, why);

	if (r || info.ended_ns || info.snapshot_at)
		return r;
	info.snapshot_at = at;
	return run_info_save(db, &info) == SQLITE_OK ?
		       0 :
		       run_sql_error(db, to, why);
}

/* Fill the file @file with the run @from. */
static int fill(sqlite3 *from, const char *path, const char *file,
		const char *to, uint64_t at, struct why *why)
{
	sqlite3_backup *backup;
	sqlite3 *db;
	int r = run_database_open(file, to, SQLITE_OPEN_READWRITE, &db, why);

	if (r)
		return run_database_failed(&db, r);
	backup = sqlite3_backup_init(db, "main", from, "main");
	if (backup) {
		const int step = sqlite3_backup_step(backup, -1);

		/* A lock makes a step fail, but not the end. */
		r = sqlite3_backup_finish(backup);
		if (r == SQLITE_OK && step != SQLITE_DONE)
			r = step;
	}
	/*
	 * A copy of a run in WAL mode is in this mode, too.  Nobody else has
	 * the copy open, so it can be made a single file.
	 */
	if (backup && r == SQLITE_OK)
		r = sqlite3_exec(db, "PRAGMA journal_mode = DELETE", NULL, NULL,
				 NULL);
	if (!backup || r != SQLITE_OK)
		r = run_sql_error(db, to, why);
	else
		r = sign(db, path, to, at, why);
	if (sqlite3_close(db) != SQLITE_OK && !r)
		r = why_set(why, EIO, "%s: cannot be closed", to);
	return r;
}

/* Wait until a file is on the disk. */
static int sync_file(const char *file, const char *to, struct why *why)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC), error = 0;

	if (fd < 0 || fsync(fd))
		error = errno;
	if (fd >= 0)
		close(fd);
	return error ? cannot(to, error, why) : 0;
}

/* Give the file its name, unless another file has got that name meanwhile. */
static int place(const char *file, const char *to, struct why *why)
{
	if (!link(file, to))
		return 0;
	if (errno == EEXIST)
		return is_there(to, why);
	/* Some file systems have no links. */
	if (errno != EPERM && errno != EOPNOTSUPP && errno != ENOSYS)
		return cannot(to, errno, why);
	if (!access(to, F_OK))
		return is_there(to, why);
	return rename(file, to) ? cannot(to, errno, why) : 0;
}

int run_copy(const char *path, const char *to, uint64_t at, struct why *why)
{
	char file[RUN_PATH];
	sqlite3 *from;
	int r = run_snapshot_open(path, &from, why);

	if (r)
		return r;
	r = make_temporary(to, file, why);
	if (!r) {
		r = fill(from, path, file, to, at, why);
		if (!r)
			r = sync_file(file, to, why);
		if (!r)
			r = place(file, to, why);
		run_remove(file);
	}
	sqlite3_close(from);
	return r;
}
