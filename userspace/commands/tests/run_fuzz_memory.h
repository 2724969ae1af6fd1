/* SPDX-License-Identifier: GPL-2.0-only */
/* SQLite's memory, without what a sanitizer adds to each of its small pieces. */
#ifndef EXITLEDGER_RUN_FUZZ_MEMORY_H
#define EXITLEDGER_RUN_FUZZ_MEMORY_H

/**
 * run_fuzz_memory - before SQLite is used: give it its own small pieces
 *
 * SQLite is not compiled with a sanitizer, and has many of these from a place
 * of its own (its lookaside) anyway.  Larger ones, as are blobs, stay the
 * sanitizer's.
 */
void run_fuzz_memory(void);

#endif /* EXITLEDGER_RUN_FUZZ_MEMORY_H */
