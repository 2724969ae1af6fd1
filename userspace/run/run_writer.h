/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records a run; exitledger-run(5) describes the file.  Each interval is
 * completely in the file once it is written.  So a recorder that is killed
 * loses no interval, unless another program's lock kept it from writing.
 * Intervals older than run_info.detail_ns are thinned.  With run_info.keep_ns
 * and run_info.max_size, the oldest intervals are thrown away.
 */
#ifndef EXITLEDGER_RUN_WRITER_H
#define EXITLEDGER_RUN_WRITER_H

#include "ledger/filter.h"
#include "ledger/ledger.h"
#include "run/run_info.h"

struct run_writer;

/**
 * run_writer_open - make a new file
 * @info: copied; run_writer_finish() replaces it
 * @filter: record only what passes it; must stay valid
 * @writer: to be given to run_writer_close()
 *
 * Returns 0, or -errno with @why; -EEXIST if the file exists.
 */
int run_writer_open(const char *path, const struct run_info *info,
		    const struct filter *filter, struct run_writer **writer,
		    struct why *why);

/**
 * run_writer_add - append an interval, as one transaction
 * @interval: its end is ledger.ns
 * @begin_ns: its start, in CLOCK_MONOTONIC
 *
 * Returns 0; or -errno with @why, and then nothing of the interval is in the
 * file.  While another program has the run locked, the interval is kept in
 * memory, and is merged with the next one.  So it is with run_info.max_size
 * while another program reads the run, and the log has grown to its limit.
 */
int run_writer_add(struct run_writer *writer, const struct ledger *interval,
		   uint64_t begin_ns, struct why *why);

/**
 * run_writer_intervals - the number of intervals that were written, including
 * those that were thrown away
 */
uint64_t run_writer_intervals(const struct run_writer *writer);

/** run_writer_thrown - how many of the first intervals were thrown away */
uint64_t run_writer_thrown(const struct run_writer *writer);

/**
 * run_writer_finish - mark the run as ended, and make a single file of it
 * @info: has ended_ns and the members after it
 *
 * Returns 0; 1 if RUN-wal remains a part of the run, because another program
 * had the run open all the time; or -errno with @why.
 */
int run_writer_finish(struct run_writer *writer, const struct run_info *info,
		      struct why *why);

/**
 * run_writer_close - close the file, and free the writer
 *
 * Without run_writer_finish(), the run is left as if the recorder were killed.
 */
void run_writer_close(struct run_writer *writer);

/** run_writer_discard - close the file, and remove it */
void run_writer_discard(struct run_writer *writer);

/**
 * run_mark - add a mark to a run that is being recorded by any process
 * @text: the mark's text
 *
 * The mark gets the current time.  Returns 0; or -errno with @why, for example
 * if the file is not a run, or is not being recorded.
 */
int run_mark(const char *path, const char *text, struct why *why);

#endif /* EXITLEDGER_RUN_WRITER_H */
