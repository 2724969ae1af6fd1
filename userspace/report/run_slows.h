/* SPDX-License-Identifier: GPL-2.0-only */
/* The slowest of a run's slow exits: exitledger record --slower-than. */
#ifndef EXITLEDGER_RUN_SLOWS_H
#define EXITLEDGER_RUN_SLOWS_H

#include "ledger/filter.h"
#include "ledger/ledger.h"

#define RUN_SLOWS 1000 /* the most that are kept */

/* The slowest exits of a run.  The list is empty if all is zero. */
struct run_slows {
	struct ledger_slow *slow; /* the slowest first: run_slows_finish() */
	size_t nr;
	uint64_t count; /* number of all slow exits, kept or not */
};

/**
 * run_slows_add - add the slow exits of an interval
 * @known: VMs with their names
 * @filter: add only what passes it
 *
 * Returns 0 or -ENOMEM.
 */
int run_slows_add(struct run_slows *slows, const struct ledger_slows *interval,
		  const struct ledger *known, const struct filter *filter);

/** run_slows_finish - sort the slow exits after the last interval */
void run_slows_finish(struct run_slows *slows);

void run_slows_free(struct run_slows *slows);

#endif /* EXITLEDGER_RUN_SLOWS_H */
