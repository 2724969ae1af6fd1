/* SPDX-License-Identifier: GPL-2.0-only */
/* All data of vCPUs in a period, as a blob: see exitledger-run(5), CELLS. */
#ifndef EXITLEDGER_RUN_CELLS_H
#define EXITLEDGER_RUN_CELLS_H

#include "ledger/filter.h"
#include "ledger/ledger.h"
#include "run/bytes.h"

/*
 * The most that a single blob may say, so that sums of many blobs cannot
 * overflow: 2.8e14 exits, and 36 years in ns.
 */
#define RUN_COUNT_MAX (1ull << 48)
#define RUN_NS_MAX (1ull << 60)

/**
 * run_cells_encode - append everything that happened
 * @filter: append only what passes it
 *
 * vCPUs in which nothing happened take no room.  If memory runs out,
 * bytes->failed is set.
 */
void run_cells_encode(const struct ledger *ledger, const struct filter *filter,
		      struct bytes *bytes);

/**
 * run_cells_decode - add the contents of a blob to a ledger
 *
 * The ledger must have the VMs and vCPUs, which are no part of a blob.  Returns
 * 0, -ENOMEM, or -EINVAL: it is no such blob, or one of other VMs.
 */
int run_cells_decode(struct cursor cursor, struct ledger *ledger);

/**
 * run_cells_sum - add up the exits and times of known reasons that pass a
 * filter
 * @exits: filled in
 * @ns: likewise
 */
void run_cells_sum(const struct ledger *ledger, const struct filter *filter,
		   uint64_t *exits, uint64_t *ns);

#endif /* EXITLEDGER_RUN_CELLS_H */
