/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EXITLEDGER_TSC_H
#define EXITLEDGER_TSC_H

#include <stdint.h>

/* A time by two clocks: the TSC, and CLOCK_MONOTONIC in nanoseconds. */
struct tsc_point {
	uint64_t tsc;
	uint64_t ns;
};

/** tsc_now - read both clocks, as closely together as possible */
struct tsc_point tsc_now(void);

/** tsc_khz - the TSC's rate in kHz; 0 if @to is not after @from */
double tsc_khz(struct tsc_point from, struct tsc_point to);

/* The TSC's rates in the parts of a longer period. */
struct tsc_rates {
	/* The period's first point, and the last one at which a part ended. */
	struct tsc_point start, last;
	double khz; /* of the whole period; 0: not known yet */
	double low, high; /* the least and most of any part; 0: not known yet */
};

/**
 * tsc_rates_add - update the rates with a point that is not before the last one
 * @rates: at first zeroed, except for @start and @last: the period's first
 *	point
 *
 * CLOCK_MONOTONIC may be slewed by up to 10 % (adjtimex(2), ADJ_TICK), for a
 * second or longer.  To notice that, each part is 0.2 s or a little longer.
 */
void tsc_rates_add(struct tsc_rates *rates, struct tsc_point now);

#endif /* EXITLEDGER_TSC_H */
