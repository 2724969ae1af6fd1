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

/* Even, so that rounds forwards and backwards make up for each other. */
#define BENCH_LEAST_ROUNDS 4
#define BENCH_MOST_ROUNDS 100

/**
 * bench_rounds - how many rounds a time is enough for
 * @seconds: for all of them
 * @round: what one takes
 *
 * An even number from BENCH_LEAST_ROUNDS to BENCH_MOST_ROUNDS.
 */
unsigned int bench_rounds(double seconds, double round);

/**
 * bench_operations - how many operations make a lap
 * @tried: in a lap that took @ticks
 * @wanted: ticks that a lap is to take
 *
 * 10 at least; of two digits and zeros, so that it is the same wherever the
 * speed is nearly the same.
 */
uint64_t bench_operations(uint64_t tried, uint64_t ticks, uint64_t wanted);

/**
 * bench_exits - how many exits an operation is: to the nearest, 1 at least
 * @exits: of a VM in all; those of the guest's start must be few of them
 * @operations: that it did
 */
unsigned int bench_exits(uint64_t exits, uint64_t operations);

#endif /* EXITLEDGER_BENCH_PLAN_H */
