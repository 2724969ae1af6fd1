/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A run in about a hundred equal parts, however long it is: exits and time by
 * exit reason.  How much the rate varies from part to part tells how well its
 * mean is known, see run_compare.h.
 */
#ifndef EXITLEDGER_RUN_BINS_H
#define EXITLEDGER_RUN_BINS_H

#include "ledger/filter.h"
#include "ledger/ledger.h"

/*
 * The largest number of bins.  A run of at least this many intervals uses at
 * least half of them.
 */
#define RUN_BINS 128

/* A reason's exits in each bin. */
struct run_bins_line {
	uint32_t reason;
	uint64_t exits[RUN_BINS];
	uint64_t ns[RUN_BINS];
};

/* The bins of a run.  They are empty if all is zero. */
struct run_bins {
	size_t nr; /* the number of bins that have begun */
	uint64_t each; /* the number of intervals in a bin: a power of 2 */
	/* The number of intervals in the last bin, at most @each. */
	uint64_t last;
	double seconds[RUN_BINS];
	struct run_bins_line *line; /* ascending by reason */
	size_t nr_lines;
	size_t room;
};

/**
 * run_bins_add - add the next interval
 * @filter: add only what passes it; vCPUs are not told apart
 * @seconds: the length of the interval
 *
 * Returns 0 or -ENOMEM.
 */
int run_bins_add(struct run_bins *bins, const struct ledger *interval,
		 const struct filter *filter, double seconds);

/** run_bins_line - the line of a reason, or NULL */
const struct run_bins_line *run_bins_line(const struct run_bins *bins,
					  uint32_t reason);

void run_bins_free(struct run_bins *bins);

#endif /* EXITLEDGER_RUN_BINS_H */
