/* SPDX-License-Identifier: GPL-2.0-only */
/* Computes how much is run, and in which order. */
#ifndef EXITLEDGER_BENCH_PLAN_H
#define EXITLEDGER_BENCH_PLAN_H

#include <stddef.h>
#include <stdint.h>

/**
 * bench_order - the row that is run at a place in a round
 * @round: from 0
 * @place: from 0 to @rows - 1
 *
 * Even rounds run forwards and odd ones backwards.  So over pairs of rounds all
 * rows have the same mean place, and a linear drift (such as a processor that
 * warms up) favours none of them.  BENCH_BASE and BENCH_NULL, which measure the
 * same, are at the ends, so that their difference shows the whole drift of a
 * round.
 */
size_t bench_order(unsigned int round, size_t place, size_t rows);

/* These are even, as forward and backward rounds must balance each other. */
#define BENCH_LEAST_ROUNDS 4
#define BENCH_MOST_ROUNDS 100

/**
 * bench_rounds - how many rounds fit into a time
 * @seconds: the time for all rounds
 * @round: the seconds that one round takes
 *
 * Returns an even number from BENCH_LEAST_ROUNDS to BENCH_MOST_ROUNDS.
 */
unsigned int bench_rounds(double seconds, double round);

/**
 * bench_operations - how many operations make a lap
 * @tried: the operations of a trial lap, which took @ticks
 * @wanted: the ticks that a lap should take
 *
 * Returns at least 10, with two significant digits, so that hosts of about the
 * same speed get the same number.
 */
uint64_t bench_operations(uint64_t tried, uint64_t ticks, uint64_t wanted);

/**
 * bench_exits - the exits per operation, rounded, at least 1
 * @exits: all exits of a VM; those of its start must be a small part of them
 * @operations: the number of operations that the guest has done
 */
unsigned int bench_exits(uint64_t exits, uint64_t operations);

#endif /* EXITLEDGER_BENCH_PLAN_H */
