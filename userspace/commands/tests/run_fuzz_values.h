/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Makes runs that are structurally sound and have other values in their tables.
 */
#ifndef EXITLEDGER_RUN_FUZZ_VALUES_H
#define EXITLEDGER_RUN_FUZZ_VALUES_H

#include <stddef.h>
#include <stdint.h>

/** run_fuzz_values_open - load the sound run into memory */
void run_fuzz_values_open(const uint8_t *data, size_t size);

/**
 * run_fuzz_values - make a copy of the run with a few other values
 * @size: set to the size in bytes
 *
 * Returns the bytes of the file, to be given to sqlite3_free().  Each call
 * starts from the sound run.
 */
uint8_t *run_fuzz_values(size_t *size);

void run_fuzz_values_close(void);

#endif /* EXITLEDGER_RUN_FUZZ_VALUES_H */
