/* SPDX-License-Identifier: GPL-2.0-only */
/* How much is run, and in which order: plain arithmetic. */
#ifndef EXITLEDGER_BENCH_PLAN_H
#define EXITLEDGER_BENCH_PLAN_H

#include <stddef.h>
#include <stdint.h>

/**
 * bench_order - which row a round runs at a place
 * @round: from 0
 * @place: from 0 to @rows - 1
 *
 * Even rounds go forwards and odd ones backwards.  So over a whole number of
 * pairs of rounds all rows are as late as each other, and what drifts evenly
 * (a processor that gets warm) adds to none of them.  The base and its like
 * (BENCH_BASE, BENCH_NULL) are at the ends: what a round drifts by in all is
 * then in the null difference, and not in the costs alone.
 */
size_t bench_order(unsigned int round, size_t place, size_t rows);

/**
 * bench_exits - how many exits an operation is: to the nearest, 1 at least
 * @exits: of a VM in all; those of the guest's start must be few of them
 * @operations: that it did
 */
unsigned int bench_exits(uint64_t exits, uint64_t operations);

#endif /* EXITLEDGER_BENCH_PLAN_H */
