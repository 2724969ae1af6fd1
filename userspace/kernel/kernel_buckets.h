/* SPDX-License-Identifier: GPL-2.0-only */
/* Converts KVM's cycles to nanoseconds, and its buckets to the ledger's. */
#ifndef EXITLEDGER_KERNEL_BUCKETS_H
#define EXITLEDGER_KERNEL_BUCKETS_H

#include <stdint.h>

#include "exit_file.h"

#define KERNEL_BUCKETS (EXIT_FILE_OCTAVES * EXIT_FILE_SPAN)

/*
 * A table of the ledger's bucket for each of KVM's buckets.
 *
 * The error of a time has two parts.  The middle of KVM's bucket is off by at
 * most (high - low) / (high + low): 1/17 (5.9 %) for long times, 6.3 % from 960
 * cycles on, 10.5 % at 64 cycles.  The middle of the ledger's bucket is off by
 * at most 8/162 (5 %), which is the error of the one from 77 to 85 ns.
 * Together that is 11.6 % from 960 cycles on, 16 % from 64 cycles on, plus 2 ns
 * of rounding; this holds from 64 ns to 275 s, where the ledger tells times
 * apart.
 */
struct kernel_buckets {
	uint32_t tsc_khz; /* 0: not filled in yet */
	uint64_t middle_ns[KERNEL_BUCKETS];
	/* index of a bucket of ledger/hist.h */
	uint8_t booked_in[KERNEL_BUCKETS];
};

/** kernel_ns - convert TSC cycles to nanoseconds, rounded down; saturates */
uint64_t kernel_ns(uint64_t cycles, uint32_t tsc_khz);

/**
 * kernel_bucket_bounds - the range of cycles of one of KVM's buckets
 * @bucket: octave * EXIT_FILE_SPAN + bucket within the octave
 * @low, @high: set to the lowest and the highest number of cycles
 */
void kernel_bucket_bounds(unsigned int bucket, uint64_t *low, uint64_t *high);

/**
 * kernel_buckets_set - fill in the table, unless it is for this rate already
 */
void kernel_buckets_set(struct kernel_buckets *buckets, uint32_t tsc_khz);

#endif /* EXITLEDGER_KERNEL_BUCKETS_H */
