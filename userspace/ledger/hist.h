/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Histograms of times, whose percentiles are off by 5 % at most.  An octave
 * (64-127 ns, 128-255 ns, ...) has eight buckets, and a bucket's upper bound is
 * at most 1.105 times its lower bound.  Four octaves are a span, and only spans
 * with values exist.  The first bucket also has all values below 64 ns, and the
 * last one all from 2^38 ns (275 s) on.
 */
#ifndef EXITLEDGER_HIST_H
#define EXITLEDGER_HIST_H

#include <stddef.h>
#include <stdint.h>

#include "hist_layout.h"

struct hist {
	uint64_t *span[HIST_SPANS];
	/*
	 * A bit is set for each span that may have counts; all other spans are
	 * zero.
	 */
	uint8_t used;
};

/**
 * hist_table - make the table of buckets for all values below HIST_TABLE
 *
 * A value is shifted to the right by HIST_SPAN_BITS until it is below
 * HIST_TABLE.  The number of shifts is its span, and the table has its bucket
 * in this span.
 */
void hist_table(uint8_t table[HIST_TABLE]);

/**
 * hist_lower - the smallest value in a bucket, in ns; 0 for the first bucket
 */
uint64_t hist_lower(unsigned int bucket);

/**
 * hist_middle - the value in a bucket with the least relative distance to all
 * others, in ns
 */
uint64_t hist_middle(unsigned int bucket);

/** hist_book - add @count to a bucket; 0 or -ENOMEM */
int hist_book(struct hist *hist, unsigned int bucket, uint64_t count);

/**
 * hist_span - get a span's counts, and add the span if it is missing; NULL
 * when out of memory
 */
uint64_t *hist_span(struct hist *hist, unsigned int span);

/** hist_counts - get a span's counts for reading; NULL if all are zero */
const uint64_t *hist_counts(const struct hist *hist, unsigned int span);

/** hist_add_counts - add counts to a span; 0 or -ENOMEM */
int hist_add_counts(struct hist *hist, unsigned int span,
		    const uint32_t counts[HIST_SPAN]);

/** hist_add - add all counts of @from; 0 or -ENOMEM */
int hist_add(struct hist *to, const struct hist *from);

/** hist_count - the number of values */
uint64_t hist_count(const struct hist *hist);

/**
 * hist_percentile - the value that a share of all values does not exceed
 * @share: 0 to 1
 *
 * Returns ns, off by 5 % at most between 64 ns and 275 s; or 0 if there are no
 * values.
 */
uint64_t hist_percentile(const struct hist *hist, double share);

/**
 * hist_percentiles - several percentiles in one pass
 * @share: @nr shares, ascending
 * @ns: set to the percentiles
 *
 * Returns the number of values.
 */
uint64_t hist_percentiles(const struct hist *hist, const double share[],
			  size_t nr, uint64_t ns[]);

/** hist_reset - set all counts to zero, and keep the memory */
void hist_reset(struct hist *hist);

void hist_free(struct hist *hist);

#endif /* EXITLEDGER_HIST_H */
