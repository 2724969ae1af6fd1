// SPDX-License-Identifier: GPL-2.0-only
/* Merges intervals into chunks. */
#include "run/run_cells.h"
#include "run/run_writer_private.h"

/*
 * The compressed size that a chunk's series may have: per second (15 MB per
 * hour), and per interval.  Intervals below 100 ms were chosen to see more, so
 * the larger of both is used.
 */
#define SERIES_OF_SECOND 4096
#define SERIES_OF_INTERVAL 410

#define CHUNK_PART 8 /* the part of a limited file that a chunk may have */
#define KEEP_PART 8 /* the part of --keep that a chunk may cover */
#define CHUNK_NS 3600000000000ull /* the longest time of a chunk */
/*
 * A chunk is written again at the end of each --detail, until it is closed.
 * With a --detail below this time, that would be too often.
 */
#define DETAIL_MIN 10000000000ull
/* The compressed size that the sums of any chunk may have. */
#define CELLS_MIN 65536

static void bind_packed(sqlite3_stmt *put, int at, size_t size,
			const struct bytes *packed)
{
	sqlite3_bind_int64(put, at, size);
	sqlite3_bind_blob(put, at + 1, packed->data, packed->length,
			  SQLITE_STATIC);
}

/* Returns the compressed size that the series of a chunk may have. */
static size_t room_of(const struct run_writer *writer, uint64_t end_ns)
{
	size_t time = (end_ns - writer->begin_ns) / 1e9 * SERIES_OF_SECOND;
	size_t intervals =
		(size_t)writer->series.intervals * SERIES_OF_INTERVAL;

	return time > intervals ? time : intervals;
}

static size_t whole(size_t number, size_t multiple)
{
	return (number + multiple - 1) / multiple * multiple;
}

/*
 * With many VMs, an interval has many numbers, most of which are random and do
 * not compress.  If a series is too large, merge several intervals into one
 * step until it fits.
 */
static int pack_series(struct run_writer *writer, uint64_t end_ns)
{
	const size_t room = room_of(writer, end_ns);
	struct bytes *packed = &writer->packed_series;
	const size_t grain = run_series_grain(&writer->series);
	const size_t most = whole(writer->series.intervals, grain);
	size_t each = writer->each;

	for (;; each += 1 + each * (packed->length - room) / room) {
		each = whole(each, grain);
		if (each > most)
			each = most;
		bytes_reset(&writer->encoded);
		bytes_reset(packed);
		if (run_series_encode(&writer->series, each,
				      &writer->encoded) ||
		    bytes_deflate(packed, &writer->encoded))
			return SQLITE_NOMEM;
		if (packed->length <= room || each == most)
			break;
	}
	writer->each = each;
	if (each == 1 || writer->merges)
		return SQLITE_OK;
	writer->merges = true;
	/* The version of runs that lack their begin allows that, too. */
	if (writer->info.thrown_intervals)
		return SQLITE_OK;
	/* Programs that cannot read merged steps refuse this version. */
	return sqlite3_exec(writer->db, RUN_SET_VERSION_MERGED, NULL, NULL,
			    NULL);
}

/*
 * Merge fewer intervals in the next chunk, if this chunk would have had room
 * for that.
 */
static void merge_less(struct run_writer *writer, size_t room)
{
	const uint32_t grain = run_series_grain(&writer->series);

	if (writer->each > grain &&
	    writer->packed_series.length * writer->each <
		    0.9 * room * (writer->each - grain))
		writer->each -= grain;
}

/*
 * With --max-size, is a chunk so large that throwing it away would leave too
 * little?
 */
static bool is_large(const struct run_writer *writer)
{
	return writer->file_max &&
	       writer->packed.length + writer->packed_series.length >
		       writer->file_max / CHUNK_PART;
}

/*
 * Is the --detail of a chunk over?  With many vCPUs, its sums are most of the
 * file: they are then those of a longer time, so that they take no more room
 * per second than the series.
 */
static bool is_over(const struct run_writer *writer, uint64_t end_ns)
{
	const struct run_info *info = &writer->info;
	const size_t room = room_of(writer, end_ns);
	uint64_t most = CHUNK_NS;

	if (info->keep_ns && info->keep_ns / KEEP_PART < most)
		most = info->keep_ns / KEEP_PART;
	return info->detail_ns < DETAIL_MIN ||
	       writer->packed.length <= (room > CELLS_MIN ? room : CELLS_MIN) ||
	       end_ns - writer->begin_ns >= most;
}

static void begin_chunk(struct run_writer *writer)
{
	uint32_t grain = 1;

	while (8 * grain <= writer->each)
		grain *= 2;
	run_series_free(&writer->series);
	/* Do not collect what would be merged later. */
	writer->series.grain = grain;
	ledger_reset(&writer->detail);
	writer->first = 0;
}

int run_writer_thin_out(struct run_writer *writer, uint64_t end_ns,
			enum run_thin thin)
{
	sqlite3_stmt *put = writer->put[PUT_CHUNK];
	int r = pack_series(writer, end_ns);

	bytes_reset(&writer->cells);
	bytes_reset(&writer->packed);
	run_cells_encode(&writer->detail, writer->filter, &writer->cells);
	if (bytes_deflate(&writer->packed, &writer->cells))
		r = SQLITE_NOMEM;
	/* Delete first, so that the chunk takes the room of its intervals. */
	if (r == SQLITE_OK)
		r = run_put(writer, PUT_FORGET);
	if (r == SQLITE_OK) {
		sqlite3_bind_int64(put, 1, writer->first);
		sqlite3_bind_int64(put, 2, writer->n);
		sqlite3_bind_int64(put, 3, writer->begin_ns);
		sqlite3_bind_int64(put, 4, end_ns);
		bind_packed(put, 5, writer->encoded.length,
			    &writer->packed_series);
		bind_packed(put, 7, writer->cells.length, &writer->packed);
		r = run_put(writer, PUT_CHUNK);
	}
	writer->pending = 0;
	if (thin != RUN_THIN_EARLY)
		writer->due_ns = end_ns + writer->info.detail_ns;
	if (thin != RUN_THIN_CLOSE && !is_large(writer) &&
	    (thin == RUN_THIN_EARLY || !is_over(writer, end_ns)))
		return r;
	merge_less(writer, room_of(writer, end_ns));
	begin_chunk(writer);
	return r;
}
