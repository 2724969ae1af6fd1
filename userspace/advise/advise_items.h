/* SPDX-License-Identifier: GPL-2.0-only */
/* The keys or reasons that a finding is made of. */
#ifndef EXITLEDGER_ADVISE_ITEMS_H
#define EXITLEDGER_ADVISE_ITEMS_H

#include "advise/advice.h"

#define ADVISE_ITEMS 3 /* of a finding, at most */

/* A key, or an exit reason. */
struct advise_item {
	bool is_key;
	uint32_t reason;
	uint64_t key; /* if @is_key */
	struct exit_times times;
};

/**
 * advise_items - what a finding is mostly made of, the most first
 *
 * Keys if they were recorded; else reasons if the rule is about several.
 * Returns how many there are, 0 to ADVISE_ITEMS.
 */
size_t advise_items(const struct advice *advice,
		    const struct advise_verdict *verdict,
		    const struct advise_finding *finding,
		    struct advise_item item[ADVISE_ITEMS]);

#endif /* EXITLEDGER_ADVISE_ITEMS_H */
