/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records a run, which exitledger-run(5) describes.  Each interval is
 * completely in the file as soon as it is written.  So a recorder that is
 * killed loses no interval, except while locks of others keep it from writing.
 * Intervals that are older than run_info.detail_ns are thinned.
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
 * @filter: record only what passes it; it must stay
 * @writer: to be given to run_writer_close
 *
 * Returns 0, or -errno with @why: -EEXIST if there is such a file.
 */
int run_writer_open(const char *path, const struct run_info *info,
		    const struct filter *filter, struct run_writer **writer,
		    struct why *why);

/**
 * run_writer_add - append an interval, as one transaction
 * @interval: its end is ledger.ns
 * @begin_ns: CLOCK_MONOTONIC
 *
 * Returns 0; or -errno with @why, and then nothing of it is in the file.  While
 * another program has the run locked, the interval is kept, and becomes one
 * with the next interval.
 */
int run_writer_add(struct run_writer *writer, const struct ledger *interval,
		   uint64_t begin_ns, struct why *why);

/** run_writer_intervals - the number of intervals in the file */
uint64_t run_writer_intervals(const struct run_writer *writer);

/**
 * run_writer_finish - note that the run has ended, and make one file of it
 * @info: with ended_ns and the members after it
 *
 * Returns 0; 1 if there are still two files, because somebody had the run open
 * all the time: RUN-wal is then a part of the run; or -errno with @why.
 */
int run_writer_finish(struct run_writer *writer, const struct run_info *info,
		      struct why *why);

/**
 * run_writer_close - close it; without run_writer_finish(), as if it were
 * killed
 */
void run_writer_close(struct run_writer *writer);

/** run_writer_discard - close it, and remove the file */
void run_writer_discard(struct run_writer *writer);

/**
 * run_mark - add a mark to a run that is being recorded, by any process
 * @text: of the mark
 *
 * The mark has the current time.  Returns 0; or -errno with @why, for example
 * if this is no run, or if it is not being recorded.
 */
int run_mark(const char *path, const char *text, struct why *why);

#endif /* EXITLEDGER_RUN_WRITER_H */
