/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The full data of vCPUs in a period, as a blob: see exitledger-run(5), CELLS.
 */
#ifndef EXITLEDGER_RUN_CELLS_H
#define EXITLEDGER_RUN_CELLS_H

#include "ledger/filter.h"
#include "ledger/ledger.h"
#include "run/bytes.h"

/*
 * No more than this is believed of a single blob, so that sums of many cannot
 * overflow: 2.8e14 exits, and 36 years in ns.
 */
#define RUN_COUNT_MAX (1ull << 48)
#define RUN_NS_MAX (1ull << 60)

/**
 * run_cells_encode - append all that happened
 * @filter: only of what it lets through
 *
 * vCPUs in which nothing happened take no room.  Out of memory: bytes->failed.
 */
void run_cells_encode(const struct ledger *ledger, const struct filter *filter,
		      struct bytes *bytes);

/**
 * run_cells_decode - add it all to a ledger
 *
 * VMs and vCPUs must be there: they are no part of a blob.  0, -ENOMEM, or
 * -EINVAL: this is no such blob, or one of other VMs.
 */
int run_cells_decode(struct cursor cursor, struct ledger *ledger);

/**
 * run_cells_sum - exits and time that a filter lets through, of known reasons
 * @exits: filled in
 * @ns: likewise
 */
void run_cells_sum(const struct ledger *ledger, const struct filter *filter,
		   uint64_t *exits, uint64_t *ns);

#endif /* EXITLEDGER_RUN_CELLS_H */
