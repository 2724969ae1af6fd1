// SPDX-License-Identifier: GPL-2.0-only
/* Sets a mark in a run from another process than the recorder. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "run/run_connect.h"
#include "run/run_schema.h"
#include "run/run_writer.h"

/*
 * Does the recorder still run?  Its pid may belong to another process by now.
 */
static bool is_alive(const struct run_info *info)
{
	uint64_t start = run_info_pid_start(info->pid);

	if (kill(info->pid, 0) && errno == ESRCH)
		return false;
	return !info->pid_start || !start || start == info->pid_start;
}

/* Is the run being recorded now, by a process of this boot? */
static int check_recording(const char *path, const struct run_info *info,
			   struct why *why)
{
	struct run_info here = { .isa = 0 };

	run_info_read_host(&here);
	if (info->ended_ns)
		return why_set(
			why, EINVAL,
			"%s: the recording has ended; marks can only be set while it runs",
			path);
	if (info->snapshot_at)
		return why_set(
			why, EINVAL,
			"%s: is a snapshot; marks can only be set in the run that is being recorded",
			path);
	if (!strcmp(here.boot_id, info->boot_id) && info->pid_ns &&
	    here.pid_ns && info->pid_ns != here.pid_ns)
		return why_set(
			why, EINVAL,
			"%s: the recorder runs in another PID namespace, such as a container's: set the mark from there",
			path);
	if (strcmp(here.boot_id, info->boot_id) || !is_alive(info))
		return why_set(
			why, ESRCH,
			"%s is no longer being recorded (its recorder was pid %u)",
			path, info->pid);
	return 0;
}

static int put_mark(sqlite3 *db, const char *path, const char *text,
		    struct why *why)
{
	struct timespec now;
	sqlite3_stmt *put;
	int r = sqlite3_prepare_v2(
		db, "INSERT INTO mark (at_ns, kind, text) VALUES (?, ?, ?)", -1,
		&put, NULL);

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (r == SQLITE_OK) {
		sqlite3_bind_int64(put, 1,
				   now.tv_sec * 1000000000ll + now.tv_nsec);
		sqlite3_bind_text(put, 2, RUN_MARK_USER, -1, SQLITE_STATIC);
		sqlite3_bind_text(put, 3, text, -1, SQLITE_STATIC);
		sqlite3_step(put);
		r = sqlite3_finalize(put);
	}
	return r == SQLITE_OK ? 0 : run_sql_error(db, path, why);
}

int run_mark(const char *path, const char *text, struct why *why)
{
	struct run_info info;
	sqlite3 *db;
	int r;

	r = run_connect(path, &db, why);
	if (r)
		return r;
	/* If the recorder was killed, leave its write-ahead log as it is. */
	sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	r = run_info_load(db, path, &info, why);
	if (!r)
		r = check_recording(path, &info, why);
	if (!r)
		r = put_mark(db, path, text, why);
	sqlite3_close(db);
	return r;
}
