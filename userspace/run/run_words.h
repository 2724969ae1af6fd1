/* SPDX-License-Identifier: GPL-2.0-only */
/* Marks, dates and the book of a recorded run, as text. */
#ifndef EXITLEDGER_RUN_WORDS_H
#define EXITLEDGER_RUN_WORDS_H

#include "ledger/filter.h"
#include "lib/format.h"
#include "run/run_reader.h"

/** run_words_seconds - the seconds from the beginning of the run to a moment */
double run_words_seconds(const struct run_info *info, uint64_t at_ns);

/** run_words_mark_is_automatic - was the mark set by the recorder itself? */
bool run_words_mark_is_automatic(const struct run_mark *mark);

/**
 * run_words_has_mark - does a mark pass a filter of VMs?
 * @vms: all VMs of the run, with their names
 *
 * Marks that were set on the host belong to all VMs.
 */
bool run_words_has_mark(const struct ledger *vms, const struct filter *filter,
			const struct run_mark *mark);

/** run_words_mark_text - the text of a mark, and the VM that it is of */
struct why run_words_mark_text(const struct run_mark *mark);

/** run_words_mark - a mark in one line: its time, its text, and its VM */
struct why run_words_mark(const struct run_info *info,
			  const struct run_mark *mark);

/** run_words_book - whose counts a run has, as the first line of monitor does */
struct why run_words_book(const struct run_info *info);

/** run_words_date - the date at which a run was begun, in UTC */
struct text run_words_date(const struct run_info *info);

#endif /* EXITLEDGER_RUN_WORDS_H */
