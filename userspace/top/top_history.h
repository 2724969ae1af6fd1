/* SPDX-License-Identifier: GPL-2.0-only */
/* Exits per second of the last intervals, for the live view's trends. */
#ifndef EXITLEDGER_TOP_HISTORY_H
#define EXITLEDGER_TOP_HISTORY_H

#include "ledger/filter.h"
#include "ledger/ledger.h"

#define HISTORY 60 /* the number of intervals that are kept */

/* The number that stands for all vCPUs, or all reasons. */
#define HISTORY_ALL UINT64_MAX

struct history_entry {
	uint64_t vm; /* the VM's number */
	uint64_t vcpu;
	uint64_t reason;
	uint64_t last; /* the last interval with exits */
	float rate[HISTORY]; /* the rate of interval i is at i % HISTORY */
};

/* The entries, and a hash table of their indices, with open addressing. */
struct history {
	struct history_entry *entry;
	size_t nr;
	size_t room;
	uint32_t *index; /* 1 + the index of an entry; 0: a free slot */
	size_t slots; /* a power of two, or 0 */
	uint64_t interval; /* the number of intervals so far */
};

/**
 * history_update - add an interval's rates of VMs, their vCPUs and their
 * reasons
 * @seconds: the interval's length
 *
 * Entries without exits for HISTORY intervals are dropped.  Returns 0 or
 * -ENOMEM.
 */
int history_update(struct history *history, const struct ledger *ledger,
		   const struct filter *filter, double seconds);

/**
 * history_read - get the rates of the last intervals, the newest last
 * @vcpu: a vCPU, or HISTORY_ALL
 * @reason: an exit reason, or HISTORY_ALL
 * @ago: how many of the newest intervals to leave out
 * @rate: filled in with exits per second
 *
 * Returns false if no rate is known; all are 0 then.
 */
bool history_read(const struct history *history, uint64_t vm, uint64_t vcpu,
		  uint64_t reason, uint64_t ago, float rate[HISTORY]);

void history_free(struct history *history);

#endif /* EXITLEDGER_TOP_HISTORY_H */
