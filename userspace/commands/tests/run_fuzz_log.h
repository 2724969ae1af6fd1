/* SPDX-License-Identifier: GPL-2.0-only */
/* SQLite's write-ahead log: https://www.sqlite.org/fileformat.html, 4. */
#ifndef EXITLEDGER_RUN_FUZZ_LOG_H
#define EXITLEDGER_RUN_FUZZ_LOG_H

#include <stddef.h>
#include <stdint.h>

/** run_fuzz_log_header - map @at to an offset within a frame's header */
size_t run_fuzz_log_header(size_t at);

/**
 * run_fuzz_log_sums - correct all checksums, so that SQLite reads all frames
 */
void run_fuzz_log_sums(uint8_t *log, size_t size);

#endif /* EXITLEDGER_RUN_FUZZ_LOG_H */
