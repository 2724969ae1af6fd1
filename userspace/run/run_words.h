/* SPDX-License-Identifier: GPL-2.0-only */
/* Texts for the marks, the date and the book of a recorded run. */
#ifndef EXITLEDGER_RUN_WORDS_H
#define EXITLEDGER_RUN_WORDS_H

#include "ledger/filter.h"
#include "lib/format.h"
#include "run/run_reader.h"

/** run_words_seconds - the seconds from the start of the run to a time */
double run_words_seconds(const struct run_info *info, uint64_t at_ns);

/** run_words_mark_is_automatic - was the mark set by the recorder itself? */
bool run_words_mark_is_automatic(const struct run_mark *mark);

/**
 * run_words_has_mark - does a mark belong to a VM that passes a filter?
 * @vms: all VMs of the run, with their names
 *
 * Marks that were set on the host belong to all VMs.
 */
bool run_words_has_mark(const struct ledger *vms, const struct filter *filter,
			const struct run_mark *mark);

/**
 * run_words_mark_text - the text of a mark, after its kind
 *
 * The text of a mark that the recorder set is the name of its VM.  Marks that
 * were set on the host have no kind before their text.
 */
struct why run_words_mark_text(const struct run_mark *mark);

/** run_words_mark - a mark in one line: its time, and run_words_mark_text() */
struct why run_words_mark(const struct run_info *info,
			  const struct run_mark *mark);

/** run_words_book - which book the counts are from, as in monitor's first line */
struct why run_words_book(const struct run_info *info);

/** run_words_date - the date and time at which a run was started, in UTC */
struct text run_words_date(const struct run_info *info);

/**
 * run_words_end - say that the end of the recording is not in the run, or ""
 *
 * A snapshot says when it was made.
 */
struct why run_words_end(const struct run_info *info);

/** run_words_keep - --keep and --max-size as options, or "" */
struct why run_words_keep(const struct run_info *info);

/**
 * run_words_thrown - say which intervals are no longer in the run, and why, or
 * ""
 *
 * The times of day are those of the host's clock when the recording began: they
 * do not know of later changes of that clock.
 */
struct why run_words_thrown(const struct run_info *info);

#endif /* EXITLEDGER_RUN_WORDS_H */
