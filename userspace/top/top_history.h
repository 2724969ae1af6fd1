/* SPDX-License-Identifier: GPL-2.0-only */
/* Exits per second of the last intervals, for the live view's trends. */
#ifndef EXITLEDGER_TOP_HISTORY_H
#define EXITLEDGER_TOP_HISTORY_H

#include "ledger/filter.h"
#include "ledger/ledger.h"

#define HISTORY 60 /* intervals */

/* All of a VM's vCPUs, all reasons. */
#define HISTORY_ALL UINT64_MAX

struct history_entry {
	uint64_t vm; /* its number */
	uint64_t vcpu;
	uint64_t reason;
	uint64_t last; /* the interval in which something happened last */
	float rate[HISTORY]; /* of interval i at i % HISTORY */
};

/* Entries, and a hash table (open addressing) of where they are. */
struct history {
	struct history_entry *entry;
	size_t nr;
	size_t room;
	uint32_t *index; /* 1 + where; 0: free */
	size_t slots; /* a power of two, or 0 */
	uint64_t interval; /* how many there were */
};

/**
 * history_update - the next interval: VMs, their vCPUs, and VMs' reasons
 * @seconds: its length
 *
 * Rows that have not been seen for HISTORY intervals are dropped.  Returns 0 or
 * -ENOMEM.
 */
int history_update(struct history *history, const struct ledger *ledger,
		   const struct filter *filter, double seconds);

/**
 * history_read - rates of intervals, the newest last
 * @vcpu: HISTORY_ALL: the VM's
 * @reason: HISTORY_ALL: all of them
 * @ago: how many of the newest intervals to leave out
 *
 * Returns whether any is known; else all are 0.
 */
bool history_read(const struct history *history, uint64_t vm, uint64_t vcpu,
		  uint64_t reason, uint64_t ago, float rate[HISTORY]);

void history_free(struct history *history);

#endif /* EXITLEDGER_TOP_HISTORY_H */
