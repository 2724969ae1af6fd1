/* SPDX-License-Identifier: GPL-2.0-only */
/* Runs whose structure is sound, and whose tables have other values. */
#ifndef EXITLEDGER_RUN_FUZZ_VALUES_H
#define EXITLEDGER_RUN_FUZZ_VALUES_H

#include <stddef.h>
#include <stdint.h>

/** run_fuzz_values_open - keep a run in memory, to be changed again and again */
void run_fuzz_values_open(const uint8_t *data, size_t size);

/**
 * run_fuzz_values - the run as a file, with a few other values in its tables
 * @size: filled in
 *
 * To be given to sqlite3_free().  The next one begins with the run as it was.
 */
uint8_t *run_fuzz_values(size_t *size);

void run_fuzz_values_close(void);

#endif /* EXITLEDGER_RUN_FUZZ_VALUES_H */
