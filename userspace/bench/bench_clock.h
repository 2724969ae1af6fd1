/* SPDX-License-Identifier: GPL-2.0-only */
/* Finds out what the TSC counts here, and how fast. */
#ifndef EXITLEDGER_BENCH_CLOCK_H
#define EXITLEDGER_BENCH_CLOCK_H

#include "bench/bench.h"

/**
 * bench_clock_read - find out, and fill in unit, khz and invariant
 *
 * Under an emulator that makes its TSC of the instructions that it has executed
 * (QEMU's -icount shift=0; Bochs) the unit is instructions: two loops whose
 * instructions any processor executes at different speeds then take one tick
 * for each instruction, both of them.
 */
void bench_clock_read(struct bench *bench);

#endif /* EXITLEDGER_BENCH_CLOCK_H */
