/* SPDX-License-Identifier: GPL-2.0-only */
/* Adds the growth of a vCPU's counters between two moments to a ledger. */
#ifndef EXITLEDGER_KERNEL_GROWTH_H
#define EXITLEDGER_KERNEL_GROWTH_H

#include "kernel/exit_file_read.h"
#include "kernel/kernel_buckets.h"
#include "ledger/ledger.h"

/* A vCPU's record in a file. */
struct kernel_record {
	const struct exit_file *file; /* NULL: there was none yet */
	uint32_t index;
	struct exit_file_vcpu vcpu; /* zero if there was none */
};

/** kernel_record - a vCPU's record, by its index */
struct kernel_record kernel_record(const struct exit_file *file,
				   uint32_t index);

/**
 * kernel_record_find - the record of the vCPU of a number, if there is one
 * @guess: index where it is looked for first
 */
struct kernel_record kernel_record_find(const struct exit_file *file,
					uint32_t id, uint32_t guess);

/**
 * kernel_growth_add - add to a vCPU of the ledger what has come since
 * @now, @earlier: its records; NULL as file: from 0 on
 * @buckets: of the file's TSC
 *
 * Where only @now has histograms, it is not known how they were: nothing of
 * them is added.  0 or -ENOMEM.
 */
int kernel_growth_add(const struct kernel_record *now,
		      const struct kernel_record *earlier,
		      const struct kernel_buckets *buckets,
		      struct ledger_vcpu *to);

/**
 * kernel_growth_carry - what 32 bits of a histogram's counts lose
 * @first, @before, @now: records of a vCPU, in this order
 * @to: given 2^32 for each count whose growth since @first began anew at 0
 *	between @before and @now
 *
 * 0 or -ENOMEM.
 */
int kernel_growth_carry(const struct kernel_record *now,
			const struct kernel_record *before,
			const struct kernel_record *first,
			const struct kernel_buckets *buckets,
			struct ledger_vcpu *to);

/** kernel_growth_no_span - times that found no room in histograms meanwhile */
uint64_t kernel_growth_no_span(const struct kernel_record *now,
			       const struct kernel_record *earlier);

#endif /* EXITLEDGER_KERNEL_GROWTH_H */
