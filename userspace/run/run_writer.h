/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Record a run: what exitledger-run(5) describes.
 *
 * Each interval is in the file, in full, as soon as it is written: who is
 * killed loses none that others' locks did not keep from being written.  What
 * has become older than run_info.detail_ns is thinned.
 */
#ifndef EXITLEDGER_RUN_WRITER_H
#define EXITLEDGER_RUN_WRITER_H

#include "ledger/filter.h"
#include "ledger/ledger.h"
#include "run/run_info.h"

struct run_writer;

/**
 * run_writer_open - make a file that is not there yet
 * @info: copied; run_writer_finish() replaces what is known then
 * @filter: what of each interval is recorded; must stay
 * @writer: to be given to run_writer_close
 *
 * 0, or -errno with @why: -EEXIST if there is such a file.
 */
int run_writer_open(const char *path, const struct run_info *info,
		    const struct filter *filter, struct run_writer **writer,
		    struct why *why);

/**
 * run_writer_add - append an interval, as one transaction
 * @interval: its end is ledger.ns
 * @begin_ns: CLOCK_MONOTONIC
 *
 * 0, or -errno with @why: nothing of it is in the file then.  While another
 * program has the run locked, it is kept: the next one and it become one.
 */
int run_writer_add(struct run_writer *writer, const struct ledger *interval,
		   uint64_t begin_ns, struct why *why);

/** run_writer_intervals - how many are in the file */
uint64_t run_writer_intervals(const struct run_writer *writer);

/**
 * run_writer_finish - say that the run has ended, and make one file of it
 * @info: with ended_ns and what follows it
 *
 * 0; 1: it stays two files, as somebody had it open all the time: what is in
 * RUN-wal belongs to it; or -errno with @why.
 */
int run_writer_finish(struct run_writer *writer, const struct run_info *info,
		      struct why *why);

/** run_writer_close - without run_writer_finish(): as if killed */
void run_writer_close(struct run_writer *writer);

/** run_writer_discard - close it, and remove the file */
void run_writer_discard(struct run_writer *writer);

/**
 * run_mark - add a mark to a run that is being recorded, by whomever
 * @text: what it says
 *
 * The mark has the current time.  Returns 0, or -errno with @why, for example
 * if this is no run, or is not being recorded.
 */
int run_mark(const char *path, const char *text, struct why *why);

#endif /* EXITLEDGER_RUN_WRITER_H */
