/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Histograms of times whose percentiles are off by 5 % at most.
 *
 * An octave (64-127 ns, 128-255 ns, …) has eight buckets, the upper bound of
 * each no more than 1.105 times the lower; four octaves make a span, and only
 * spans in which something was booked exist.  What is below 64 ns is in the
 * first bucket, what is above 2^38 ns (275 s) in the last.
 */
#ifndef EXITLEDGER_HIST_H
#define EXITLEDGER_HIST_H

#include <stddef.h>
#include <stdint.h>

#include "hist_layout.h"

struct hist {
	uint64_t *span[HIST_SPANS];
	uint8_t used; /* a bit for each span: all others are zero */
};

/**
 * hist_table - the bucket within its span of each value below HIST_TABLE
 *
 * The span of a value is the first whose shift, HIST_SPAN_BITS * span, brings
 * it below HIST_TABLE.
 */
void hist_table(uint8_t table[HIST_TABLE]);

/** hist_lower - the smallest value in a bucket, in ns; of 0: 0 */
uint64_t hist_lower(unsigned int bucket);

/** hist_middle - the value that is off least from all in a bucket, in ns */
uint64_t hist_middle(unsigned int bucket);

/** hist_book - add @count to a bucket; 0 or -ENOMEM */
int hist_book(struct hist *hist, unsigned int bucket, uint64_t count);

/** hist_span - the counts of a span, made if it isn't there; NULL: no memory */
uint64_t *hist_span(struct hist *hist, unsigned int span);

/** hist_counts - the same to be read; NULL: all zero */
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
 * In ns, 5 % off at most (values above 64 ns and below 275 s); 0: no values.
 */
uint64_t hist_percentile(const struct hist *hist, double share);

/**
 * hist_percentiles - several at once, in one pass
 * @share: @nr of them, ascending
 * @ns: filled in
 *
 * Returns how many values there are.
 */
uint64_t hist_percentiles(const struct hist *hist, const double share[],
			  size_t nr, uint64_t ns[]);

/** hist_reset - all to zero, keeping the memory */
void hist_reset(struct hist *hist);

void hist_free(struct hist *hist);

#endif /* EXITLEDGER_HIST_H */
