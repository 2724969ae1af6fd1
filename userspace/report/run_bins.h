/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A run in a hundred equal parts or so, however long it is: exits and time by
 * exit reason.  What a run's rate varies by from part to part says how well its
 * mean is known, see run_compare.h.
 */
#ifndef EXITLEDGER_RUN_BINS_H
#define EXITLEDGER_RUN_BINS_H

#include "ledger/filter.h"
#include "ledger/ledger.h"

#define RUN_BINS 128 /* at most; from so many intervals on, at least half */

/* A reason's exits in each bin. */
struct run_bins_line {
	uint32_t reason;
	uint64_t exits[RUN_BINS];
	uint64_t ns[RUN_BINS];
};

/* All zero: empty. */
struct run_bins {
	size_t nr; /* bins that have begun */
	uint64_t each; /* intervals in a bin: a power of 2 */
	uint64_t last; /* intervals in the last one: no more */
	double seconds[RUN_BINS];
	struct run_bins_line *line; /* ascending by reason */
	size_t nr_lines;
	size_t room;
};

/**
 * run_bins_add - the next interval
 * @filter: only what it lets through; vCPUs are not told apart
 * @seconds: how long it was
 *
 * 0 or -ENOMEM.
 */
int run_bins_add(struct run_bins *bins, const struct ledger *interval,
		 const struct filter *filter, double seconds);

/** run_bins_line - what there is of a reason, or NULL */
const struct run_bins_line *run_bins_line(const struct run_bins *bins,
					  uint32_t reason);

void run_bins_free(struct run_bins *bins);

#endif /* EXITLEDGER_RUN_BINS_H */
