/* SPDX-License-Identifier: GPL-2.0-only */
/* Finds out what the TSC counts here, and how fast. */
#ifndef EXITLEDGER_BENCH_CLOCK_H
#define EXITLEDGER_BENCH_CLOCK_H

#include "bench/bench.h"

/**
 * bench_clock_read - fill in unit, khz and invariant
 *
 * Under an emulator whose TSC counts executed instructions (QEMU's -icount
 * shift=0; Bochs), the unit is instructions.  To detect that, two loops are run
 * whose instructions take different times on any real processor: both then take
 * one tick per instruction.
 */
void bench_clock_read(struct bench *bench);

#endif /* EXITLEDGER_BENCH_CLOCK_H */
