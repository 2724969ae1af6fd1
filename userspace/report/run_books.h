/* SPDX-License-Identifier: GPL-2.0-only */
/* Takes both books from a recorded run, so that they can be compared. */
#ifndef EXITLEDGER_RUN_BOOKS_H
#define EXITLEDGER_RUN_BOOKS_H

#include "balance/books.h"
#include "run/run_reader.h"

/** run_books_is_run - does a file begin like a run, and not like books? */
bool run_books_is_run(const char *path);

/** run_books_answer - convert a mark that has KVM's total to an answer */
struct answer run_books_answer(const struct run_mark *mark);

/**
 * run_books_all_vcpus - was a run recorded without a filter of vCPUs?
 *
 * Marks are about all vCPUs of a VM.  With a filter it is not known what BPF
 * lost of the vCPUs that do not pass, nor which of these were already running.
 */
bool run_books_all_vcpus(const struct run_info *info);

/**
 * run_books_load - convert a run to books
 * @info: set to the run's description; or NULL
 *
 * Its answers are the guests' marks that have KVM's total of exits; there are
 * none for single reasons.  Returns 0, or -errno with @why.
 */
int run_books_load(const char *path, struct books *books, struct run_info *info,
		   struct why *why);

#endif /* EXITLEDGER_RUN_BOOKS_H */
