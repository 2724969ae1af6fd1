/* SPDX-License-Identifier: GPL-2.0-only */
/* Adds the growth of a vCPU's counters between two readings to a ledger. */
#ifndef EXITLEDGER_KERNEL_GROWTH_H
#define EXITLEDGER_KERNEL_GROWTH_H

#include "kernel/exit_file_read.h"
#include "kernel/kernel_buckets.h"
#include "ledger/ledger.h"

/* A vCPU's record in a file. */
struct kernel_record {
	const struct exit_file *file; /* NULL: there was no record */
	uint32_t index;
	struct exit_file_vcpu vcpu; /* zero if there was no record */
};

/** kernel_record - the record with this index */
struct kernel_record kernel_record(const struct exit_file *file,
				   uint32_t index);

/**
 * kernel_record_find - find a vCPU's record by the vCPU's number
 * @guess: the index to try first
 *
 * Returns a record without file if there is none.
 */
struct kernel_record kernel_record_find(const struct exit_file *file,
					uint32_t id, uint32_t guess);

/**
 * kernel_growth_add - add a vCPU's growth to the ledger
 * @now, @earlier: its records; if earlier->file is NULL, growth is from 0
 * @buckets: set for the file's TSC rate
 *
 * If @now has histograms and @earlier has none, their earlier state is unknown,
 * and no growth of histograms is added.  Returns 0 or -ENOMEM; -EINVAL if a
 * number has become smaller.
 */
int kernel_growth_add(const struct kernel_record *now,
		      const struct kernel_record *earlier,
		      const struct kernel_buckets *buckets,
		      struct ledger_vcpu *to);

/**
 * kernel_growth_carry - correct the total for histogram counts that wrapped
 * @first, @before, @now: records of a vCPU, in order of time
 * @to: a vCPU of the total; gets 2^32 for each 32-bit count whose growth since
 *	@first wrapped to 0 between @before and @now
 *
 * Returns 0 or -ENOMEM.
 */
int kernel_growth_carry(const struct kernel_record *now,
			const struct kernel_record *before,
			const struct kernel_record *first,
			const struct kernel_buckets *buckets,
			struct ledger_vcpu *to);

/**
 * kernel_growth_no_span - count the times between two records that are in no
 * histogram, because no span was free or there was no memory for histograms
 */
uint64_t kernel_growth_no_span(const struct kernel_record *now,
			       const struct kernel_record *earlier);

#endif /* EXITLEDGER_KERNEL_GROWTH_H */
