/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Histograms of times whose percentiles are off by 5 % at most.  An octave
 * (64-127 ns, 128-255 ns, …) has eight buckets, and the upper bound of a bucket
 * is at most 1.105 times its lower bound.  Four octaves make a span, and only
 * spans in which something was booked exist.  The first bucket has everything
 * below 64 ns, and the last one everything above 2^38 ns (275 s).
 */
#ifndef EXITLEDGER_HIST_H
#define EXITLEDGER_HIST_H

#include <stddef.h>
#include <stdint.h>

#include "hist_layout.h"

struct hist {
	uint64_t *span[HIST_SPANS];
	/* A bit for each span that may have counts; all others are zero. */
	uint8_t used;
};

/**
 * hist_table - the bucket within its span of each value below HIST_TABLE
 *
 * The span of a value is the first whose shift, HIST_SPAN_BITS * span, brings
 * it below HIST_TABLE.
 */
void hist_table(uint8_t table[HIST_TABLE]);

/**
 * hist_lower - the smallest value in a bucket, in ns; 0 for the first bucket
 */
uint64_t hist_lower(unsigned int bucket);

/**
 * hist_middle - the value, in ns, that is off least from any value in a bucket
 */
uint64_t hist_middle(unsigned int bucket);

/** hist_book - add @count to a bucket; 0 or -ENOMEM */
int hist_book(struct hist *hist, unsigned int bucket, uint64_t count);

/**
 * hist_span - the counts of a span, which is made if it is missing; NULL: no
 * memory
 */
uint64_t *hist_span(struct hist *hist, unsigned int span);

/** hist_counts - the counts of a span for reading; NULL: all are zero */
const uint64_t *hist_counts(const struct hist *hist, unsigned int span);

/** hist_add_counts - add to a span; 0 or -ENOMEM */
int hist_add_counts(struct hist *hist, unsigned int span,
		    const uint32_t counts[HIST_SPAN]);

/** hist_add - add all of @from; 0 or -ENOMEM */
int hist_add(struct hist *to, const struct hist *from);

/** hist_count - how many values there are */
uint64_t hist_count(const struct hist *hist);

/**
 * hist_percentile - the value below which a share of all values is
 * @share: 0 to 1
 *
 * Returns ns, off by 5 % at most between 64 ns and 275 s; 0: there are no
 * values.
 */
uint64_t hist_percentile(const struct hist *hist, double share);

/**
 * hist_percentiles - several percentiles at once, in one pass
 * @share: @nr shares, ascending
 * @ns: filled in
 *
 * Returns how many values there are.
 */
uint64_t hist_percentiles(const struct hist *hist, const double share[],
			  size_t nr, uint64_t ns[]);

/** hist_reset - set all counts to zero, and keep the memory */
void hist_reset(struct hist *hist);

void hist_free(struct hist *hist);

#endif /* EXITLEDGER_HIST_H */
