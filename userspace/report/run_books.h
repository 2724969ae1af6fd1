/* SPDX-License-Identifier: GPL-2.0-only */
/* Takes both books from a recorded run, to be compared. */
#ifndef EXITLEDGER_RUN_BOOKS_H
#define EXITLEDGER_RUN_BOOKS_H

#include "balance/books.h"
#include "run/run_reader.h"

/** run_books_is_run - does a file begin as a run does, and not as books do? */
bool run_books_is_run(const char *path);

/** run_books_answer - what a mark says of KVM's total, which it must have */
struct answer run_books_answer(const struct run_mark *mark);

/**
 * run_books_all_vcpus - was it recorded without a filter of vCPUs?
 *
 * Marks are of all of a VM's vCPUs: else it would not be known what BPF lost of
 * the others, and which of them were there before.
 */
bool run_books_all_vcpus(const struct run_info *info);

/**
 * run_books_load - make books of a run
 *
 * Answers are the guests' own marks that have KVM's total: of exits, and of no
 * reason.  0, or -errno with @why.
 */
int run_books_load(const char *path, struct books *books, struct why *why);

#endif /* EXITLEDGER_RUN_BOOKS_H */
