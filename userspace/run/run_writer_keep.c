// SPDX-License-Identifier: GPL-2.0-only
/*
 * Throws away the oldest part of a run, by its age and by the file's size.
 *
 * A chunk is thrown away as a whole, with everything that belongs to its time,
 * in the transaction of the interval that made it superfluous.  So a recorder
 * that is killed leaves either all of it, or nothing.
 */
#include <inttypes.h>
#include <stdio.h>

#include "run/run_cells.h"
#include "run/run_keep.h"
#include "run/run_writer_private.h"

#define PAGE 4096 /* bytes of a page of a file that SQLite makes */
#define LOG_MAX (16ull << 20)
/* The file RUN-shm has 32 KiB for the first 4,062 pages of the log. */
#define SHARED_MAX (64ull << 10)
#define CHECKPOINT_PAGES 1000 /* SQLite's default */
#define SHRINK_PAGES 512 /* unused pages that are returned in one step */

/* An interval may let the used part of the file grow by this part of it. */
#define LARGEST_PART 8
#define PENDING_MAX (32ull << 20)
#define PENDING_PART 4

struct chunk {
	uint64_t first, last, end_ns;
};

int run_writer_limit(struct run_writer *writer)
{
	const uint64_t max = writer->info.max_size;
	uint64_t pages;
	char sql[64];

	writer->pending_max = PENDING_MAX;
	if (!max)
		return SQLITE_OK;
	writer->log_max = max / RUN_LOG_PART < LOG_MAX ? max / RUN_LOG_PART :
							 LOG_MAX;
	writer->file_max = max - writer->log_max - SHARED_MAX;
	writer->pending_max = writer->file_max / PENDING_PART;
	if (writer->pending_max > PENDING_MAX)
		writer->pending_max = PENDING_MAX;
	/*
	 * The log is emptied once it has so many pages, and has then grown by
	 * one transaction above that.
	 */
	pages = writer->log_max / 4 / PAGE;
	snprintf(sql, sizeof(sql), "PRAGMA wal_autocheckpoint = %" PRIu64,
		 pages < CHECKPOINT_PAGES ? pages : CHECKPOINT_PAGES);
	return sqlite3_exec(writer->db, sql, NULL, NULL, NULL);
}

static uint64_t log_size(sqlite3 *db)
{
	sqlite3_file *log = NULL;
	sqlite3_int64 size = 0;

	sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
	if (!log || !log->pMethods ||
	    log->pMethods->xFileSize(log, &size) != SQLITE_OK)
		return 0;
	return size;
}

bool run_writer_log_full(struct run_writer *writer)
{
	if (!writer->log_max || log_size(writer->db) <= writer->log_max / 2)
		return false;
	sqlite3_wal_checkpoint_v2(writer->db, NULL, SQLITE_CHECKPOINT_TRUNCATE,
				  NULL, NULL);
	return log_size(writer->db) > writer->log_max / 2;
}

static uint64_t number_of(struct run_writer *writer, unsigned int statement)
{
	sqlite3_stmt *get = writer->put[statement];
	uint64_t number = 0;

	if (sqlite3_step(get) == SQLITE_ROW)
		number = sqlite3_column_int64(get, 0);
	sqlite3_reset(get);
	return number;
}

uint64_t run_writer_used(struct run_writer *writer)
{
	return PAGE * (number_of(writer, GET_PAGES) -
		       number_of(writer, GET_FREE_PAGES));
}

/* Get the oldest chunk.  Returns SQLITE_ROW, SQLITE_DONE or an error. */
static int get_oldest(struct run_writer *writer, struct chunk *chunk)
{
	sqlite3_stmt *get = writer->put[GET_OLDEST];
	int step = sqlite3_step(get), r;

	if (step == SQLITE_ROW)
		*chunk = (struct chunk){ sqlite3_column_int64(get, 0),
					 sqlite3_column_int64(get, 1),
					 sqlite3_column_int64(get, 2) };
	r = sqlite3_reset(get);
	return r == SQLITE_OK ? step : r;
}

/* Add up the exits of the oldest chunk, which the totals then lack. */
static int count_oldest(struct run_writer *writer)
{
	sqlite3_stmt *get = writer->put[GET_OLDEST];
	uint64_t exits = 0, ns = 0;
	int r = SQLITE_CORRUPT;

	if (sqlite3_step(get) == SQLITE_ROW) {
		struct cursor cells = { .failed = false };

		bytes_reset(&writer->cells);
		if (!bytes_inflate(&writer->cells, sqlite3_column_blob(get, 4),
				   sqlite3_column_bytes(get, 4),
				   sqlite3_column_int64(get, 3))) {
			cells.at = writer->cells.data;
			cells.end = cells.at + writer->cells.length;
			if (!run_cells_total(cells, &exits, &ns))
				r = SQLITE_OK;
		}
	}
	sqlite3_reset(get);
	writer->info.thrown_exits += exits;
	writer->info.thrown_ns += ns;
	return r;
}

/* Forget the first marks of VMs that are no longer in the file. */
static int forget_marks(struct run_writer *writer)
{
	sqlite3_stmt *get = writer->put[GET_VMS];
	size_t at = 0, kept = 0;

	while (sqlite3_step(get) == SQLITE_ROW) {
		const uint64_t vm = sqlite3_column_int64(get, 0);

		while (at < writer->nr_marks && writer->marks[at].vm < vm)
			at++;
		if (at < writer->nr_marks && writer->marks[at].vm == vm)
			writer->marks[kept++] = writer->marks[at++];
	}
	writer->nr_marks = kept;
	return sqlite3_reset(get);
}

/* Run one of the statements that delete what is of a chunk's time. */
static int throw_rows(struct run_writer *writer, unsigned int statement,
		      uint64_t until)
{
	sqlite3_bind_int64(writer->put[statement], 1, until);
	return run_put(writer, statement);
}

static int throw_away(struct run_writer *writer, const struct chunk *chunk)
{
	const struct {
		unsigned int statement;
		uint64_t until;
	} each[] = {
		{ PUT_THROW_CHUNK, chunk->first },
		{ PUT_THROW_SLOWS, chunk->last },
		{ PUT_THROW_LOSSES, chunk->last },
		{ PUT_THROW_MARKS, chunk->end_ns },
		{ PUT_THROW_VCPUS, chunk->end_ns },
		{ PUT_THROW_VMS, chunk->end_ns },
	};
	struct run_info *info = &writer->info;
	int r = count_oldest(writer);

	for (size_t i = 0; r == SQLITE_OK && i < sizeof(each) / sizeof(each[0]);
	     i++)
		r = throw_rows(writer, each[i].statement, each[i].until);
	info->thrown_intervals = chunk->last;
	info->thrown_until_ns = chunk->end_ns;
	return r == SQLITE_OK ? forget_marks(writer) : r;
}

static bool is_too_large(struct run_writer *writer)
{
	return writer->file_max &&
	       run_writer_used(writer) + 2 * writer->largest > writer->file_max;
}

static bool is_too_old(const struct run_writer *writer,
		       const struct chunk *chunk, uint64_t now_ns)
{
	const uint64_t keep_ns = writer->info.keep_ns;

	return keep_ns && chunk->end_ns + keep_ns <= now_ns;
}

/*
 * Throw away chunks until the rest is neither too old nor too large.  If that
 * does not suffice, merge the intervals that are not in a chunk yet.
 */
static int throw_all(struct run_writer *writer, uint64_t now_ns)
{
	struct chunk chunk = { .first = 0 };
	int r;

	for (;;) {
		const bool large = is_too_large(writer);

		r = get_oldest(writer, &chunk);
		if (r != SQLITE_ROW && r != SQLITE_DONE)
			return r;
		if (r == SQLITE_ROW && chunk.first != writer->first &&
		    chunk.last < writer->n &&
		    (large || is_too_old(writer, &chunk, now_ns)))
			r = throw_away(writer, &chunk);
		else if (large && writer->first && writer->pending)
			r = run_writer_thin_out(writer, now_ns, RUN_THIN_CLOSE);
		else
			return SQLITE_OK;
		if (r != SQLITE_OK)
			return r;
	}
}

/* Give back pages until the file is no larger than it may be. */
static int fit(struct run_writer *writer)
{
	const uint64_t max = writer->file_max / PAGE;
	uint64_t pages = number_of(writer, GET_PAGES);
	char sql[64];
	int r;

	if (!max || pages <= max)
		return SQLITE_OK;
	snprintf(sql, sizeof(sql), "PRAGMA incremental_vacuum(%" PRIu64 ")",
		 pages - max);
	r = sqlite3_exec(writer->db, sql, NULL, NULL, NULL);
	if (r != SQLITE_OK || number_of(writer, GET_PAGES) <= max)
		return r;
	writer->too_small = true;
	return SQLITE_FULL;
}

int run_writer_keep(struct run_writer *writer, uint64_t now_ns, uint64_t used)
{
	const uint64_t before = writer->info.thrown_intervals;
	const uint64_t now = writer->file_max ? run_writer_used(writer) : 0;
	int r;

	if (!writer->info.keep_ns && !writer->file_max)
		return SQLITE_OK;
	if (now > used && now - used > writer->largest)
		writer->largest = now - used;
	if (writer->largest > writer->file_max / LARGEST_PART)
		writer->largest = writer->file_max / LARGEST_PART;
	r = throw_all(writer, now_ns);
	if (r == SQLITE_OK && writer->info.thrown_intervals > before) {
		r = run_info_save(writer->db, &writer->info);
		if (r == SQLITE_OK && !before)
			r = sqlite3_exec(writer->db, RUN_SET_VERSION_THROWN,
					 NULL, NULL, NULL);
	}
	return r == SQLITE_OK ? fit(writer) : r;
}

int run_writer_shrink(struct run_writer *writer)
{
	char sql[64];
	int r = SQLITE_OK;

	snprintf(sql, sizeof(sql), "PRAGMA incremental_vacuum(%d)",
		 SHRINK_PAGES);
	while (r == SQLITE_OK && number_of(writer, GET_FREE_PAGES))
		r = sqlite3_exec(writer->db, sql, NULL, NULL, NULL);
	return r;
}
