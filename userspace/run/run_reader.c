// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "run/run_cells.h"
#include "run/run_reader_private.h"
#include "run/run_snapshot.h"

/* Report why a step could not be read, by its -errno. */
static int step_failed(const struct run_reader *reader, int r,
		       const char *damage, struct why *why)
{
	if (r == -ENOMEM)
		return why_set(why, ENOMEM, "out of memory");
	return r == -EINVAL ? run_damaged(reader, why, damage) : r;
}

const struct run_info *run_reader_info(const struct run_reader *reader)
{
	return &reader->info;
}

const struct run_marks *run_reader_marks(const struct run_reader *reader)
{
	return &reader->marks;
}

const struct ledger *run_reader_vms(const struct run_reader *reader)
{
	return &reader->vms;
}

/*
 * Take the next row of a query.  The query is prepared when it is first used.
 */
static int next_row(struct run_reader *reader, sqlite3_stmt **statement,
		    const char *sql, struct why *why)
{
	int r = SQLITE_OK;

	if (!*statement)
		r = sqlite3_prepare_v2(reader->db, sql, -1, statement, NULL);
	if (r == SQLITE_OK)
		r = sqlite3_step(*statement);
	if (r == SQLITE_ROW)
		return 1;
	return r == SQLITE_DONE ? 0 :
				  run_sql_error(reader->db, reader->path, why);
}

/*
 * Prepare a query for the intervals @first to @last.  Returns 0, or -errno with
 * @why.
 */
static int ask(struct run_reader *reader, sqlite3_stmt **statement,
	       const char *sql, uint64_t first, uint64_t last, struct why *why)
{
	/*
	 * Prepare the query only once, as preparing takes longer than running
	 * it.
	 */
	if (!*statement && sqlite3_prepare_v2(reader->db, sql, -1, statement,
					      NULL) != SQLITE_OK)
		return run_sql_error(reader->db, reader->path, why);
	sqlite3_bind_int64(*statement, 1, first);
	sqlite3_bind_int64(*statement, 2, last);
	return 0;
}

static int read_losses(struct run_reader *reader, uint64_t first, uint64_t last,
		       struct why *why)
{
	static const char sql[] =
		"SELECT name, count FROM loss WHERE n BETWEEN ? AND ? ORDER BY n";
	int r = ask(reader, &reader->losses, sql, first, last, why);

	while (r >= 0 &&
	       (r = next_row(reader, &reader->losses, sql, why)) > 0) {
		const void *name = sqlite3_column_text(reader->losses, 0);
		uint64_t count;
		size_t i = 0;

		while (i < RUN_LOSSES && name &&
		       strcmp(name, run_losses[i].name))
			i++;
		if (i == RUN_LOSSES || !name ||
		    !run_column(reader->losses, 1, INT64_MAX, &count)) {
			r = run_damaged(
				reader, why,
				"a row of its table loss makes no sense");
			break;
		}
		if (count < *run_loss(&reader->lost_before, i)) {
			r = run_damaged(reader, why,
					"its table loss makes no sense");
			break;
		}
		*run_loss(&reader->lost, i) =
			count - *run_loss(&reader->lost_before, i);
	}
	sqlite3_reset(reader->losses);
	return r;
}

/*
 * Begin behind the intervals that were thrown away: the run is what is left.
 * Losses are counted since the start of the recording, so note what had been
 * lost by then.
 */
static int skip_thrown(struct run_reader *reader, struct why *why)
{
	struct run_info *info = &reader->info;
	int r = 0;

	info->origin_ns = info->started_ns;
	info->origin_at = info->started_at;
	if (info->thrown_intervals) {
		if (info->thrown_until_ns < info->started_ns ||
		    info->thrown_until_ns - info->started_ns > RUN_NS_MAX)
			return run_damaged(
				reader, why,
				"the end of what was thrown away makes no sense");
		info->started_ns = info->thrown_until_ns;
		info->started_at +=
			(info->started_ns - info->origin_ns) / 1000000000;
		r = read_losses(reader, 0, info->thrown_intervals, why);
		reader->lost_before = reader->lost;
		memset(&reader->lost, 0, sizeof(reader->lost));
	}
	reader->last = info->thrown_intervals;
	reader->at_ns = info->started_ns;
	return r;
}

int run_reader_open(const char *path, bool fine, struct run_reader **result,
		    struct why *why)
{
	struct run_reader *reader = calloc(1, sizeof(*reader));
	int r;

	*result = reader;
	if (reader)
		reader->path = strdup(path);
	if (!reader || !reader->path)
		return why_set(why, ENOMEM, "out of memory");
	reader->fine = fine;
	r = run_snapshot_open(path, &reader->db, why);
	/* Hold a single lock for everything that is read. */
	if (!r &&
	    sqlite3_exec(reader->db, "BEGIN", NULL, NULL, NULL) != SQLITE_OK)
		r = run_sql_error(reader->db, path, why);
	if (!r)
		r = run_info_load(reader->db, path, &reader->info, why);
	if (!r)
		r = run_reader_load(reader, why);
	if (!r)
		r = skip_thrown(reader, why);
	return r;
}

static bool get_slow(sqlite3_stmt *row, struct ledger_slow *slow)
{
	uint64_t vcpu = 0, tid = 0, reason = 0;
	uint64_t ns = 0, preempted_ns = 0, blocked_ns = 0;
	bool good = run_column(row, 0, INT64_MAX, &slow->at_ns) &&
		    run_column(row, 1, INT64_MAX, &slow->vm) &&
		    run_column(row, 2, UINT32_MAX, &vcpu) &&
		    run_column(row, 3, UINT32_MAX, &tid) &&
		    run_column(row, 4, UINT32_MAX, &reason) &&
		    run_column(row, 6, RUN_NS_MAX, &ns) &&
		    run_column(row, 7, RUN_NS_MAX, &preempted_ns) &&
		    run_column(row, 8, RUN_NS_MAX, &blocked_ns);

	slow->times = exit_times_of_one(ns, preempted_ns, blocked_ns);
	slow->vcpu_id = vcpu;
	slow->tid = tid;
	slow->reason = reason;
	slow->has_key = sqlite3_column_type(row, 5) != SQLITE_NULL;
	slow->key = sqlite3_column_int64(row, 5);
	return good;
}

static int read_slows(struct run_reader *reader, uint64_t first, uint64_t last,
		      struct ledger_slows *slows, struct why *why)
{
	static const char sql[] =
		"SELECT at_ns, vm, vcpu, tid, reason, key, ns, preempted_ns, blocked_ns FROM slow WHERE n BETWEEN ? AND ? ORDER BY n, id";
	struct ledger_slow slow;
	int r = ask(reader, &reader->slows, sql, first, last, why);

	while (r >= 0 && (r = next_row(reader, &reader->slows, sql, why)) > 0) {
		if (!get_slow(reader->slows, &slow))
			r = run_damaged(
				reader, why,
				"a row of its table slow makes no sense");
		else if (ledger_slow_add(slows, &slow))
			r = why_set(why, ENOMEM, "out of memory");
		if (r < 0)
			break;
	}
	sqlite3_reset(reader->slows);
	return r;
}

/* Read the losses and the slow exits of a step, and its end. */
static int end_step(struct run_reader *reader, uint64_t last,
		    struct ledger *interval, struct run_step *step,
		    struct why *why)
{
	int r = read_losses(reader, reader->last + 1, last, why);

	if (!r)
		r = read_slows(reader, reader->last + 1, last, &interval->slows,
			       why);
	reader->last = last;
	reader->at_ns = step->end_ns;
	interval->ns = step->end_ns;
	interval->losses = reader->lost;
	return r ? r : 1;
}

/* Decode all data of a chunk or an interval. */
static int decode_whole(struct run_reader *reader, struct cursor cells,
			const struct run_step *step, struct ledger *total)
{
	int r;

	ledger_free(&reader->whole);
	r = run_reader_present(reader, step->begin_ns, step->end_ns,
			       &reader->whole);
	if (!r)
		r = run_cells_decode(cells, &reader->whole);
	reader->whole.ns = step->end_ns;
	return r ? r : ledger_add(total, &reader->whole);
}

static int inflate(struct bytes *to, sqlite3_stmt *row, int column)
{
	const void *blob = sqlite3_column_blob(row, column + 1);
	uint64_t size;

	if (!run_column(row, column, BYTES_MAX, &size))
		return -EINVAL;
	return bytes_inflate(to, blob, sqlite3_column_bytes(row, column + 1),
			     size);
}

static struct cursor cursor_of(const struct bytes *bytes)
{
	return (struct cursor){ .at = bytes->data,
				.end = bytes->data + bytes->length };
}

/* Read the next step of a chunk's series, which is one or more intervals. */
static int next_fine(struct run_reader *reader, struct ledger *interval,
		     struct run_step *step, struct why *why)
{
	uint64_t last = reader->last + run_series_intervals(&reader->series);
	uint64_t ns = run_series_length(&reader->series);
	int r;

	*step = (struct run_step){ reader->at_ns, reader->at_ns + ns, true };
	r = run_reader_present(reader, step->begin_ns, step->end_ns, interval);
	if (!r)
		r = run_series_next(&reader->series, interval);
	if (r)
		return step_failed(reader, r, "a chunk's series makes no sense",
				   why);
	return end_step(reader, last, interval, step, why);
}

/* Does this step begin where the last one ended? */
static bool follows(const struct run_reader *reader, uint64_t first,
		    uint64_t last, const struct run_step *step)
{
	return first == reader->last + 1 && last >= first &&
	       step->begin_ns == reader->at_ns &&
	       step->end_ns >= step->begin_ns &&
	       step->end_ns - step->begin_ns <= RUN_NS_MAX;
}

/* Read a chunk's series, and check that it has the chunk's length. */
static int open_series(struct run_reader *reader, uint64_t first, uint64_t last,
		       const struct run_step *step)
{
	struct cursor lengths;
	uint64_t ns = 0;
	int r;

	run_series_close(&reader->series);
	r = inflate(&reader->packed, reader->chunks, 4);
	if (!r)
		r = run_series_open(cursor_of(&reader->packed),
				    last - first + 1, &reader->series);
	if (r)
		return r;
	lengths = reader->series.lengths;
	for (uint64_t i = 0; i < reader->series.left; i++) {
		ns += cursor_get(&lengths, RUN_NS_MAX);
		if (ns > RUN_NS_MAX)
			return -EINVAL;
	}
	return ns == step->end_ns - step->begin_ns ? 0 : -EINVAL;
}

static int next_chunk(struct run_reader *reader, struct ledger *interval,
		      struct ledger *total, struct run_step *step,
		      struct why *why)
{
	sqlite3_stmt *row = reader->chunks;
	uint64_t first, last;
	int r = -EINVAL;

	*step = (struct run_step){ .fine = false };
	if (run_column(row, 0, INT64_MAX, &first) &&
	    run_column(row, 1, INT64_MAX, &last) &&
	    run_column(row, 2, INT64_MAX, &step->begin_ns) &&
	    run_column(row, 3, INT64_MAX, &step->end_ns) &&
	    follows(reader, first, last, step))
		r = open_series(reader, first, last, step);
	if (!r)
		r = inflate(&reader->cells, row, 6);
	if (!r)
		r = decode_whole(reader, cursor_of(&reader->cells), step,
				 total);
	if (!r && reader->fine)
		return next_fine(reader, interval, step, why);
	reader->series.left = 0;
	if (!r)
		r = ledger_add(interval, &reader->whole);
	if (r)
		return step_failed(reader, r, "a chunk makes no sense", why);
	return end_step(reader, last, interval, step, why);
}

/* Fine steps have no histograms, as those of thinned intervals are lost. */
static void drop_histograms(struct ledger *ledger)
{
	for (size_t i = 0; i < ledger->nr_vms; i++) {
		const struct ledger_vm *vm = &ledger->vm[i];

		for (size_t j = 0; j < vm->nr_vcpus; j++) {
			struct ledger_cells *cells = &vm->vcpu[j].cells;

			for (size_t k = 0; k < cells->nr; k++)
				hist_reset(&cells->cell[k].hist);
		}
	}
}

static int next_interval(struct run_reader *reader, struct ledger *interval,
			 struct ledger *total, struct run_step *step,
			 struct why *why)
{
	sqlite3_stmt *row = reader->intervals;
	struct cursor cells;
	uint64_t n;
	int r = -EINVAL;

	*step = (struct run_step){ .fine = false };
	cells.at = sqlite3_column_blob(row, 3);
	cells.end = cells.at ? cells.at + sqlite3_column_bytes(row, 3) : NULL;
	cells.failed = false;
	if (run_column(row, 0, INT64_MAX, &n) &&
	    run_column(row, 1, INT64_MAX, &step->begin_ns) &&
	    run_column(row, 2, INT64_MAX, &step->end_ns) &&
	    follows(reader, n, n, step))
		r = decode_whole(reader, cells, step, total);
	if (!r && reader->fine)
		drop_histograms(&reader->whole);
	step->fine = reader->fine;
	if (!r)
		r = ledger_add(interval, &reader->whole);
	if (r)
		return step_failed(reader, r, "an interval makes no sense",
				   why);
	return end_step(reader, n, interval, step, why);
}

/*
 * Chunks have the older intervals, so they are read before all other intervals.
 */
static int next_step(struct run_reader *reader, struct ledger *interval,
		     struct ledger *total, struct run_step *step,
		     struct why *why)
{
	int r = 0;

	if (reader->series.left)
		return next_fine(reader, interval, step, why);
	if (!reader->chunks_read)
		r = next_row(
			reader, &reader->chunks,
			"SELECT first, last, begin_ns, end_ns, series_size, series, cells_size, cells FROM chunk ORDER BY first",
			why);
	if (r > 0)
		return next_chunk(reader, interval, total, step, why);
	if (r < 0)
		return r;
	reader->chunks_read = true;
	r = next_row(
		reader, &reader->intervals,
		"SELECT n, begin_ns, end_ns, cells FROM interval ORDER BY n",
		why);
	return r > 0 ? next_interval(reader, interval, total, step, why) : r;
}

int run_reader_next(struct run_reader *reader, struct ledger *interval,
		    struct ledger *total, struct run_step *step,
		    struct why *why)
{
	int r = next_step(reader, interval, total, step, why);

	total->losses = reader->lost;
	return r;
}

void run_reader_close(struct run_reader *reader)
{
	if (!reader)
		return;
	sqlite3_finalize(reader->chunks);
	sqlite3_finalize(reader->intervals);
	sqlite3_finalize(reader->losses);
	sqlite3_finalize(reader->slows);
	sqlite3_close(reader->db);
	run_series_close(&reader->series);
	ledger_free(&reader->vms);
	ledger_free(&reader->whole);
	bytes_free(&reader->cells);
	bytes_free(&reader->packed);
	free(reader->vcpu);
	free(reader->by_time);
	free(reader->present);
	free(reader->marks.mark);
	free(reader->path);
	free(reader);
}
