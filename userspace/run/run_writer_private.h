/* SPDX-License-Identifier: GPL-2.0-only */
/* The state that the writer's files share. */
#ifndef EXITLEDGER_RUN_WRITER_PRIVATE_H
#define EXITLEDGER_RUN_WRITER_PRIVATE_H

#include "run/run_schema.h"
#include "run/run_series.h"
#include "run/run_writer.h"

enum {
	PUT_BEGIN,
	PUT_COMMIT,
	PUT_ROLLBACK,
	PUT_INTERVAL,
	PUT_CHUNK,
	PUT_FORGET, /* delete the intervals that are in a chunk */
	GET_OLDEST, /* the oldest chunk */
	PUT_THROW_CHUNK,
	PUT_THROW_SLOWS,
	PUT_THROW_LOSSES,
	PUT_THROW_MARKS,
	PUT_THROW_VCPUS,
	PUT_THROW_VMS,
	GET_VMS,
	GET_PAGES,
	GET_FREE_PAGES,
	PUT_VM,
	PUT_VM_ENDED,
	PUT_VCPU,
	PUT_VCPU_AGAIN, /* update its thread and its prior exits */
	PUT_VCPU_GONE,
	PUT_MARK,
	PUT_MARK_EXITS, /* a guest's own mark, or a reset */
	PUT_LOSS,
	PUT_SLOW,
	NR_PUTS,
};

/* When a chunk is closed. */
enum run_thin {
	RUN_THIN_EARLY, /* not yet, as its --detail is not over */
	RUN_THIN_DUE, /* if its --detail is over, or it is large */
	RUN_THIN_CLOSE, /* in any case */
};

/* Says which of its first marks (first exit, first I/O) a VM already has. */
struct run_vm_marks {
	uint64_t vm;
	bool exits, io;
};

struct run_writer {
	char *path;
	struct run_info info;
	const struct filter *filter;
	sqlite3 *db;
	sqlite3_stmt *put[NR_PUTS];

	uint64_t n; /* number of the next interval, from 1 */
	uint64_t since_ns; /* the start of this interval */
	struct ledger known; /* the VMs and vCPUs that have rows */
	struct run_vm_marks *marks; /* ascending by VM */
	size_t nr_marks, marks_room;
	struct ledger_losses losses; /* as they were when last recorded */

	/*
	 * True if there are intervals that could not be written yet: @held is
	 * their sum.
	 */
	bool holds;
	struct ledger held;
	uint64_t held_ns; /* the start of these intervals */

	/*
	 * With --max-size: the most bytes of the file and of its log, and by
	 * how much an interval has let the file grow at most; otherwise 0.
	 */
	uint64_t file_max, log_max, largest;
	bool too_small; /* true: even one interval does not fit into the file */

	/*
	 * The chunk that is being collected.  It is in the file once @pending,
	 * the bytes of its intervals, was above @pending_max.
	 */
	uint64_t first;
	uint64_t pending, pending_max;
	uint64_t begin_ns, due_ns; /* its begin, and the end of --detail */
	struct ledger detail;
	struct run_series series;

	uint32_t each; /* the number of intervals in one step of its series */
	bool merges; /* true after @each was above 1; the version is then set */
	struct bytes cells, packed, encoded, packed_series;
};

/**
 * run_put - run a prepared statement with its bound values
 *
 * The bindings are cleared.  Returns a result code of SQLite.
 */
int run_put(struct run_writer *writer, unsigned int statement);

/**
 * run_writer_thin_out - make a chunk of the intervals so far
 * @end_ns: end of the last of them
 *
 * Unless the chunk is closed, later intervals are added to it.  Returns a
 * result code of SQLite.
 */
int run_writer_thin_out(struct run_writer *writer, uint64_t end_ns,
			enum run_thin thin);

/**
 * run_writer_limit - prepare for --max-size, after the file was made
 *
 * Returns a result code of SQLite.
 */
int run_writer_limit(struct run_writer *writer);

/**
 * run_writer_log_full - does another program that reads the run keep the log
 * from being emptied, so that with --max-size nothing can be written now?
 */
bool run_writer_log_full(struct run_writer *writer);

/**
 * run_writer_keep - throw away what is too old for --keep, or too much for
 * --max-size
 * @now_ns: the end of the last interval, which is always kept
 * @used: run_writer_used() before this interval was written
 *
 * Call this in the transaction of the interval.  Returns a result code of
 * SQLite; SQLITE_FULL with writer->too_small if one interval is too much.
 */
int run_writer_keep(struct run_writer *writer, uint64_t now_ns, uint64_t used);

/** run_writer_used - the bytes of the file that are in use */
uint64_t run_writer_used(struct run_writer *writer);

/**
 * run_writer_shrink - return unused pages to the file system, in small steps
 *
 * Returns a result code of SQLite.
 */
int run_writer_shrink(struct run_writer *writer);

/** run_writer_marks - record the marks of guests, and resets, in an interval */
int run_writer_marks(struct run_writer *writer, const struct ledger *interval);

/**
 * run_writer_vms - record the VMs and vCPUs of an interval, and the marks for
 * them
 */
int run_writer_vms(struct run_writer *writer, const struct ledger *interval);

#endif /* EXITLEDGER_RUN_WRITER_PRIVATE_H */
