/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A fast allocator for SQLite's small pieces, without a sanitizer's overhead.
 */
#ifndef EXITLEDGER_RUN_FUZZ_MEMORY_H
#define EXITLEDGER_RUN_FUZZ_MEMORY_H

/**
 * run_fuzz_memory - install the allocator; call it before SQLite is used
 *
 * SQLite is not compiled with a sanitizer and takes many small pieces from its
 * own lookaside buffers anyway.  Larger pieces, such as blobs, still come from
 * the sanitizer's allocator.
 */
void run_fuzz_memory(void);

#endif /* EXITLEDGER_RUN_FUZZ_MEMORY_H */
