/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EXITLEDGER_TSC_H
#define EXITLEDGER_TSC_H

#include <stdint.h>

/* A moment by both clocks: the TSC, and CLOCK_MONOTONIC in nanoseconds. */
struct tsc_point {
	uint64_t tsc;
	uint64_t ns;
};

/** tsc_now - read both clocks as close together as can be had */
struct tsc_point tsc_now(void);

/** tsc_khz - the TSC's rate between two moments, in kHz; 0 if they are one */
double tsc_khz(struct tsc_point from, struct tsc_point to);

/* The TSC's rates over the parts of a longer time. */
struct tsc_rates {
	struct tsc_point start, last; /* of all, and of the part that goes on */
	double khz; /* over all of it; 0: not known yet */
	double low, high; /* of any part; 0: not known yet */
};

/**
 * tsc_rates_add - another moment, not before the last one
 * @rates: zeroed, but for where it starts: @start and @last
 *
 * CLOCK_MONOTONIC may be slewed, by as much as one in ten (adjtimex(2),
 * ADJ_TICK) and for no less than a second: a part is 0.2 s or more.
 */
void tsc_rates_add(struct tsc_rates *rates, struct tsc_point now);

#endif /* EXITLEDGER_TSC_H */
