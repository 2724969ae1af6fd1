// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ledger/reasons.h"
#include "run/run_cells.h"
#include "run/run_connect.h"
#include "run/run_database.h"
#include "run/run_keep.h"
#include "run/run_writer_private.h"

#define TRY_MS 50 /* how long to wait for other programs' locks */

static const char *const statements[NR_PUTS] = {
	[PUT_BEGIN] = "BEGIN IMMEDIATE",
	[PUT_COMMIT] = "COMMIT",
	[PUT_ROLLBACK] = "ROLLBACK",
	[PUT_INTERVAL] = "INSERT INTO interval VALUES (?, ?, ?, ?)",
	/* A chunk that is not complete yet is in the file already. */
	[PUT_CHUNK] =
		"INSERT OR REPLACE INTO chunk VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
	[PUT_FORGET] = "DELETE FROM interval",
	[GET_OLDEST] =
		"SELECT first, last, end_ns, cells_size, cells FROM chunk ORDER BY first LIMIT 1",
	[PUT_THROW_CHUNK] = "DELETE FROM chunk WHERE first = ?",
	[PUT_THROW_SLOWS] = "DELETE FROM slow WHERE n <= ?",
	/* Of each kind, keep the last count: later ones begin with it. */
	[PUT_THROW_LOSSES] =
		"DELETE FROM loss WHERE n < (SELECT max(n) FROM loss AS last WHERE last.name = loss.name AND last.n <= ?)",
	/* The mark of an end has the time at which its interval ended. */
	[PUT_THROW_MARKS] =
		("DELETE FROM mark WHERE at_ns < ?1 OR (at_ns = ?1 AND kind = '" RUN_MARK_ENDED
		 "')"),
	[PUT_THROW_VCPUS] = "DELETE FROM vcpu WHERE gone_ns <= ?",
	[PUT_THROW_VMS] =
		"DELETE FROM vm WHERE ended_ns <= ? AND number NOT IN (SELECT vm FROM vcpu)",
	[GET_VMS] = "SELECT number FROM vm ORDER BY number",
	[GET_PAGES] = "PRAGMA page_count",
	[GET_FREE_PAGES] = "PRAGMA freelist_count",
	/* A VM marked as ended can get a new vCPU; clear its end. */
	[PUT_VM] =
		"INSERT INTO vm VALUES (?, ?, ?, ?, ?, NULL) ON CONFLICT (number) DO UPDATE SET ended_ns = NULL",
	[PUT_VM_ENDED] = "UPDATE vm SET ended_ns = ?2 WHERE number = ?1",
	[PUT_VCPU] = "INSERT INTO vcpu VALUES (?1, ?2, ?5, ?3, ?4, NULL)",
	[PUT_VCPU_AGAIN] =
		"UPDATE vcpu SET tid = ?3, prior_exits = ?4 WHERE vm = ?1 AND id = ?2 AND gone_ns IS NULL",
	[PUT_VCPU_GONE] =
		"UPDATE vcpu SET gone_ns = ?3 WHERE vm = ?1 AND id = ?2 AND gone_ns IS NULL",
	[PUT_MARK] =
		"INSERT INTO mark (at_ns, kind, vm, text) VALUES (?, ?, ?, ?)",
	[PUT_MARK_EXITS] =
		"INSERT INTO mark VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	[PUT_LOSS] = "INSERT INTO loss VALUES (?, ?, ?)",
	[PUT_SLOW] =
		"INSERT INTO slow (n, at_ns, vm, vcpu, tid, reason, key, ns, preempted_ns, blocked_ns) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
};

int run_put(struct run_writer *writer, unsigned int statement)
{
	sqlite3_stmt *put = writer->put[statement];
	int r;

	sqlite3_step(put);
	r = sqlite3_reset(put);
	sqlite3_clear_bindings(put);
	return r;
}

/*
 * Write all reason names of this kind of processor, so that other programs can
 * read a run.
 */
static int put_reasons(sqlite3 *db, uint32_t isa)
{
	size_t nr;
	const struct exit_reason *reasons = exit_reasons(isa, &nr);
	sqlite3_stmt *put;
	int r = sqlite3_prepare_v2(db, "INSERT INTO reason VALUES (?, ?, ?, ?)",
				   -1, &put, NULL);

	for (size_t i = 0; r == SQLITE_OK && i < nr; i++) {
		sqlite3_bind_int64(put, 1, isa);
		sqlite3_bind_int64(put, 2, reasons[i].code);
		sqlite3_bind_text(put, 3, reasons[i].name, -1, SQLITE_STATIC);
		sqlite3_bind_text(put, 4, reasons[i].description, -1,
				  SQLITE_STATIC);
		sqlite3_step(put);
		r = sqlite3_reset(put);
	}
	sqlite3_finalize(put);
	return r;
}

static int begin(struct run_writer *writer)
{
	/* Thinned intervals leave unused pages, which are freed at the end. */
	int r = sqlite3_exec(writer->db,
			     "PRAGMA page_size = 4096;"
			     "PRAGMA auto_vacuum = INCREMENTAL;"
			     "PRAGMA journal_mode = WAL;"
			     "PRAGMA synchronous = NORMAL;"
			     "PRAGMA journal_size_limit = 4194304;"
			     "BEGIN",
			     NULL, NULL, NULL);

	if (r == SQLITE_OK)
		r = run_schema_create(writer->db);
	if (r == SQLITE_OK)
		r = run_info_save(writer->db, &writer->info);
	if (r == SQLITE_OK)
		r = put_reasons(writer->db, writer->info.isa);
	if (r == SQLITE_OK)
		r = sqlite3_exec(writer->db, "COMMIT", NULL, NULL, NULL);
	/*
	 * Write the tables to the file itself, so that it is recognized as a
	 * run even if its log is lost.
	 */
	if (r == SQLITE_OK)
		r = sqlite3_wal_checkpoint_v2(writer->db, NULL,
					      SQLITE_CHECKPOINT_TRUNCATE, NULL,
					      NULL);
	if (r == SQLITE_OK)
		r = run_writer_limit(writer);
	for (unsigned int i = 0; r == SQLITE_OK && i < NR_PUTS; i++)
		r = sqlite3_prepare_v3(writer->db, statements[i], -1,
				       SQLITE_PREPARE_PERSISTENT,
				       &writer->put[i], NULL);
	return r;
}

int run_writer_open(const char *path, const struct run_info *info,
		    const struct filter *filter, struct run_writer **result,
		    struct why *why)
{
	struct run_writer *writer = calloc(1, sizeof(*writer));
	int r;

	*result = NULL;
	if (writer)
		writer->path = strdup(path);
	if (!writer || !writer->path) {
		free(writer);
		return why_set(why, ENOMEM, "out of memory");
	}
	writer->info = *info;
	writer->filter = filter;
	writer->n = 1;
	writer->each = 1;
	r = run_connect_new(path, &writer->db, why);
	if (!r && begin(writer) != SQLITE_OK) {
		r = run_sql_error(writer->db, path, why);
		run_writer_discard(writer);
		return r;
	}
	/*
	 * Wait only for a short time: an interval that cannot be written is
	 * kept, and written with the next one.
	 */
	if (!r)
		sqlite3_busy_timeout(writer->db, TRY_MS);
	if (r)
		run_writer_close(writer);
	else
		*result = writer;
	return r;
}

static int put_losses(struct run_writer *writer, const struct ledger *interval)
{
	struct ledger_losses now = interval->losses;
	int r = SQLITE_OK;

	for (size_t i = 0; r == SQLITE_OK && i < RUN_LOSSES; i++) {
		sqlite3_stmt *put = writer->put[PUT_LOSS];

		if (*run_loss(&now, i) == *run_loss(&writer->losses, i))
			continue;
		sqlite3_bind_int64(put, 1, writer->n);
		sqlite3_bind_text(put, 2, run_losses[i].name, -1,
				  SQLITE_STATIC);
		sqlite3_bind_int64(put, 3, *run_loss(&now, i));
		r = run_put(writer, PUT_LOSS);
	}
	writer->losses = now;
	return r;
}

static int put_slow(struct run_writer *writer, const struct ledger_slow *slow)
{
	sqlite3_stmt *put = writer->put[PUT_SLOW];

	sqlite3_bind_int64(put, 1, writer->n);
	sqlite3_bind_int64(put, 2, slow->at_ns);
	sqlite3_bind_int64(put, 3, slow->vm);
	sqlite3_bind_int64(put, 4, slow->vcpu_id);
	sqlite3_bind_int64(put, 5, slow->tid);
	sqlite3_bind_int64(put, 6, slow->reason);
	if (slow->has_key)
		sqlite3_bind_int64(put, 7, (int64_t)slow->key);
	sqlite3_bind_int64(put, 8, slow->times.ns);
	sqlite3_bind_int64(put, 9, slow->times.preempted_ns);
	sqlite3_bind_int64(put, 10, slow->times.blocked_ns);
	return run_put(writer, PUT_SLOW);
}

static int put_slows(struct run_writer *writer, const struct ledger *interval)
{
	const struct filter *filter = writer->filter;
	int r = SQLITE_OK;

	for (size_t i = 0; r == SQLITE_OK && i < interval->slows.nr; i++) {
		const struct ledger_slow *slow = &interval->slows.slow[i];
		const struct ledger_vm *vm = ledger_find_vm(interval, slow->vm);

		if (vm && filter_has_vm(filter, vm) &&
		    filter_has_number(&filter->vcpus, slow->vcpu_id) &&
		    filter_has_number(&filter->reasons, slow->reason))
			r = put_slow(writer, slow);
	}
	return r;
}

static int put_cells(struct run_writer *writer, const struct ledger *interval,
		     uint64_t begin_ns)
{
	sqlite3_stmt *put = writer->put[PUT_INTERVAL];

	bytes_reset(&writer->cells);
	run_cells_encode(interval, writer->filter, &writer->cells);
	if (writer->cells.failed)
		return SQLITE_NOMEM;
	sqlite3_bind_int64(put, 1, writer->n);
	sqlite3_bind_int64(put, 2, begin_ns);
	sqlite3_bind_int64(put, 3, interval->ns);
	writer->pending += writer->cells.length;
	if (writer->cells.length)
		sqlite3_bind_blob(put, 4, writer->cells.data,
				  writer->cells.length, SQLITE_STATIC);
	else
		sqlite3_bind_zeroblob(put, 4, 0);
	return run_put(writer, PUT_INTERVAL);
}

static int put_interval(struct run_writer *writer,
			const struct ledger *interval, uint64_t begin_ns)
{
	int r = run_writer_vms(writer, interval);

	if (r == SQLITE_OK)
		r = run_writer_marks(writer, interval);
	if (r == SQLITE_OK)
		r = put_cells(writer, interval, begin_ns);
	if (r == SQLITE_OK)
		r = put_losses(writer, interval);
	if (r == SQLITE_OK)
		r = put_slows(writer, interval);
	if (r != SQLITE_OK)
		return r;
	if (!writer->first) {
		writer->first = writer->n;
		writer->begin_ns = begin_ns;
		writer->due_ns = begin_ns + writer->info.detail_ns;
	}
	if (ledger_add(&writer->detail, interval) ||
	    run_series_add(&writer->series, interval, writer->filter,
			   interval->ns - begin_ns))
		return SQLITE_NOMEM;
	if (interval->ns >= writer->due_ns)
		r = run_writer_thin_out(writer, interval->ns, RUN_THIN_DUE);
	else if (writer->pending >= writer->pending_max)
		r = run_writer_thin_out(writer, interval->ns, RUN_THIN_EARLY);
	return r;
}

/* Write an interval as one transaction; returns a result code of SQLite. */
static int put_transaction(struct run_writer *writer,
			   const struct ledger *interval, uint64_t begin_ns)
{
	uint64_t used = 0;
	int r = run_writer_log_full(writer) ? SQLITE_BUSY :
					      run_put(writer, PUT_BEGIN);

	/* Nothing was written, so the caller can try again later. */
	if (r == SQLITE_BUSY)
		return r;
	writer->since_ns = begin_ns;
	if (writer->file_max)
		used = run_writer_used(writer);
	if (r == SQLITE_OK)
		r = put_interval(writer, interval, begin_ns);
	if (r == SQLITE_OK)
		r = run_writer_keep(writer, interval->ns, used);
	if (r == SQLITE_OK)
		r = run_put(writer, PUT_COMMIT);
	if (r == SQLITE_OK)
		writer->n++;
	return r;
}

static int put_failed(struct run_writer *writer, int sql, struct why *why)
{
	int r = sql == SQLITE_NOMEM ?
			why_set(why, ENOMEM, "out of memory") :
			run_sql_error(writer->db, writer->path, why);

	if (writer->too_small)
		r = why_set(
			why, ENOSPC,
			"%s: --max-size %s is too small for an interval of this host: give more",
			writer->path, size_text(writer->info.max_size).s);

	run_put(writer, PUT_ROLLBACK);
	return r;
}

/* Keep an interval until it can be written. */
static int hold(struct run_writer *writer, const struct ledger *interval,
		uint64_t begin_ns)
{
	struct ledger *held = &writer->held;

	if (!writer->holds)
		writer->held_ns = begin_ns;
	writer->holds = true;
	if (ledger_add(held, interval))
		return -ENOMEM;
	for (size_t i = 0; i < interval->slows.nr; i++) {
		if (ledger_slow_add(&held->slows, &interval->slows.slow[i]))
			return -ENOMEM;
	}
	for (size_t i = 0; i < interval->marks.nr; i++) {
		if (ledger_mark_add(&held->marks, &interval->marks.mark[i]))
			return -ENOMEM;
	}
	return 0;
}

static int put_held(struct run_writer *writer)
{
	int r = put_transaction(writer, &writer->held, writer->held_ns);

	if (r != SQLITE_OK)
		return r;
	ledger_reset(&writer->held);
	writer->holds = false;
	return r;
}

int run_writer_add(struct run_writer *writer, const struct ledger *interval,
		   uint64_t begin_ns, struct why *why)
{
	const bool held = writer->holds;
	int r;

	if (held && hold(writer, interval, begin_ns))
		return why_set(why, ENOMEM, "out of memory");
	r = held ? put_held(writer) :
		   put_transaction(writer, interval, begin_ns);
	if (r == SQLITE_BUSY)
		return held || !hold(writer, interval, begin_ns) ?
			       0 :
			       why_set(why, ENOMEM, "out of memory");
	return r == SQLITE_OK ? 0 : put_failed(writer, r, why);
}

uint64_t run_writer_intervals(const struct run_writer *writer)
{
	return writer->n - 1;
}

uint64_t run_writer_thrown(const struct run_writer *writer)
{
	return writer->info.thrown_intervals;
}

static bool leave_wal(sqlite3 *db)
{
	sqlite3_stmt *mode;
	bool left = false;

	if (sqlite3_prepare_v2(db, "PRAGMA journal_mode = DELETE", -1, &mode,
			       NULL) != SQLITE_OK)
		return false;
	if (sqlite3_step(mode) == SQLITE_ROW)
		left = !sqlite3_stricmp(
			(const char *)sqlite3_column_text(mode, 0), "delete");
	sqlite3_finalize(mode);
	return left;
}

/*
 * Leave WAL mode, so that the run is a single file that can be read on
 * read-only media.  This is impossible while another program has the run open,
 * so wait for it.  Returns false if RUN-wal had to stay.
 */
static bool make_one_file(sqlite3 *db)
{
	sqlite3_busy_timeout(db, TRY_MS);
	for (unsigned int ms = 0; ms < RUN_BUSY_MS; ms += 2 * TRY_MS) {
		/*
		 * Move as much as possible into RUN, even if the log has to
		 * stay.
		 */
		sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_TRUNCATE,
					  NULL, NULL);
		if (leave_wal(db))
			return true;
		usleep(1000 * TRY_MS);
	}
	return false;
}

int run_writer_finish(struct run_writer *writer, const struct run_info *info,
		      struct why *why)
{
	struct run_info end = *info;
	int r = SQLITE_OK;

	sqlite3_busy_timeout(writer->db, RUN_BUSY_MS);
	if (writer->holds)
		r = put_held(writer);
	if (r != SQLITE_OK)
		return put_failed(writer, r, why);
	end.thrown_intervals = writer->info.thrown_intervals;
	end.thrown_until_ns = writer->info.thrown_until_ns;
	end.thrown_exits = writer->info.thrown_exits;
	end.thrown_ns = writer->info.thrown_ns;
	r = run_info_save(writer->db, &end);
	if (r == SQLITE_OK)
		r = run_writer_shrink(writer);
	if (r != SQLITE_OK)
		return run_sql_error(writer->db, writer->path, why);
	for (unsigned int i = 0; i < NR_PUTS; i++) {
		sqlite3_finalize(writer->put[i]);
		writer->put[i] = NULL;
	}
	return make_one_file(writer->db) ? 0 : 1;
}

void run_writer_discard(struct run_writer *writer)
{
	char *path = writer->path;

	writer->path = NULL;
	run_writer_close(writer);
	run_remove(path);
	free(path);
}

void run_writer_close(struct run_writer *writer)
{
	if (!writer)
		return;
	for (unsigned int i = 0; i < NR_PUTS; i++)
		sqlite3_finalize(writer->put[i]);
	sqlite3_close(writer->db);
	ledger_free(&writer->known);
	ledger_free(&writer->detail);
	ledger_free(&writer->held);
	run_series_free(&writer->series);
	bytes_free(&writer->cells);
	bytes_free(&writer->packed);
	bytes_free(&writer->packed_series);
	bytes_free(&writer->encoded);
	free(writer->marks);
	free(writer->path);
	free(writer);
}
