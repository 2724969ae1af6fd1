/* SPDX-License-Identifier: GPL-2.0-only */
/* The keys or exit reasons that contribute most to a finding. */
#ifndef EXITLEDGER_ADVISE_ITEMS_H
#define EXITLEDGER_ADVISE_ITEMS_H

#include "advise/advice.h"

#define ADVISE_ITEMS 3 /* maximum per finding */

/* A key, or an exit reason. */
struct advise_item {
	bool is_key;
	uint32_t reason;
	uint64_t key; /* if @is_key */
	struct exit_times times;
};

/**
 * advise_items - list what contributes most to a finding, in descending order
 *
 * Lists keys if they were recorded, or else reasons if the rule covers several.
 * Returns the number of items, 0 to ADVISE_ITEMS.
 */
size_t advise_items(const struct advice *advice,
		    const struct advise_verdict *verdict,
		    const struct advise_finding *finding,
		    struct advise_item item[ADVISE_ITEMS]);

#endif /* EXITLEDGER_ADVISE_ITEMS_H */
