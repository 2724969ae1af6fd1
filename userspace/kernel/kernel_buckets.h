/* SPDX-License-Identifier: GPL-2.0-only */
/* KVM's cycles as the ledger's nanoseconds, and its buckets as the ledger's. */
#ifndef EXITLEDGER_KERNEL_BUCKETS_H
#define EXITLEDGER_KERNEL_BUCKETS_H

#include <stdint.h>

#include "exit_file.h"

#define KERNEL_BUCKETS (EXIT_FILE_OCTAVES * EXIT_FILE_SPAN)

/*
 * Where the exits of KVM's buckets are booked.
 *
 * In KVM's bucket the middle is off by a share of (high - low) / (high + low) at
 * most: a seventeenth (5.9 %) of long times, 6.3 % of 960 cycles or more, and
 * 10.5 % of 64.  In the ledger it is booked in a bucket whose middle is 8/162
 * (5 %) off at most, as 85 is 1.104 times 77.  Together that is 11.6 % of times
 * of 960 cycles or more, and 16 % of 64 cycles or more, and 2 ns for what is
 * rounded to whole ones, of times that the ledger tells apart: 64 ns to 275 s.
 */
struct kernel_buckets {
	uint32_t tsc_khz; /* 0: nothing is filled in */
	uint64_t middle_ns[KERNEL_BUCKETS];
	uint8_t booked_in[KERNEL_BUCKETS]; /* bucket of ledger/hist.h */
};

/** kernel_ns - cycles of the TSC in nanoseconds, rounded down */
uint64_t kernel_ns(uint64_t cycles, uint32_t tsc_khz);

/**
 * kernel_bucket_bounds - the cycles of the exits in one of KVM's buckets
 * @bucket: that of an octave, and EXIT_FILE_SPAN times the octave
 * @low, @high: filled in: the least and the most
 */
void kernel_bucket_bounds(unsigned int bucket, uint64_t *low, uint64_t *high);

/** kernel_buckets_set - fill in, if it is not yet, for a TSC's rate */
void kernel_buckets_set(struct kernel_buckets *buckets, uint32_t tsc_khz);

#endif /* EXITLEDGER_KERNEL_BUCKETS_H */
