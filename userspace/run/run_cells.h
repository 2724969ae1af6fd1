/* SPDX-License-Identifier: GPL-2.0-only */
/* All data of vCPUs in a period, as a blob: see exitledger-run(5), CELLS. */
#ifndef EXITLEDGER_RUN_CELLS_H
#define EXITLEDGER_RUN_CELLS_H

#include "ledger/filter.h"
#include "ledger/ledger.h"
#include "run/bytes.h"

/*
 * The largest numbers that a single blob may have, so that sums of many blobs
 * cannot overflow: 2.8e14 exits, and 36 years in ns.
 */
#define RUN_COUNT_MAX (1ull << 48)
#define RUN_NS_MAX (1ull << 60)

/**
 * run_cells_encode - append all data of a ledger as a blob
 * @filter: append only what passes it
 *
 * vCPUs in which nothing happened take no space.  If memory runs out,
 * bytes->failed is set.
 */
void run_cells_encode(const struct ledger *ledger, const struct filter *filter,
		      struct bytes *bytes);

/**
 * run_cells_decode - add the contents of a blob to a ledger
 *
 * The ledger must already have the VMs and vCPUs, as a blob has only their
 * numbers.  Returns 0, -ENOMEM, or -EINVAL if the data are damaged, or are for
 * VMs that the ledger does not have.
 */
int run_cells_decode(struct cursor cursor, struct ledger *ledger);

/**
 * run_cells_sum - add up the exits and times of known reasons that pass a
 * filter
 * @exits, @ns: set to the sums
 */
void run_cells_sum(const struct ledger *ledger, const struct filter *filter,
		   uint64_t *exits, uint64_t *ns);

/**
 * run_cells_total - run_cells_sum() of a blob, for all VMs that it has
 *
 * Returns 0, -ENOMEM, or -EINVAL if the data are damaged.
 */
int run_cells_total(struct cursor cursor, uint64_t *exits, uint64_t *ns);

#endif /* EXITLEDGER_RUN_CELLS_H */
