/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A statement of account: both books of a VM side by side, with a line per exit
 * reason, at the time when the guest read its counters.
 */
#ifndef EXITLEDGER_STATEMENT_H
#define EXITLEDGER_STATEMENT_H

#include "balance/balance.h"
#include "balance/cost.h"

/*
 * If the VM was already running, all numbers are increases since the first read
 * of this count.
 */
struct statement_line {
	uint32_t reason; /* raw number */
	bool has_executed, has_guest;
	uint64_t executed; /* exits that the guest knows it has caused */
	uint64_t guest; /* exits that the guest has reported */
	uint64_t kernel; /* exits in KVM's answer */
	uint64_t kernel_first; /* KVM's count at the first read if late; else 0 */
	uint64_t bpf; /* BPF's exits at the time of that answer */
	/* How far @kernel is outside of its bounds; 0: not at all. */
	int64_t difference;
	uint64_t ns; /* counted by BPF */
	bool has_cycles; /* true if the guest has read the cycles, too */
	uint64_t kernel_cycles; /* answered by KVM */
	uint64_t ns_then; /* BPF's time when the cycles were read */
	struct cost cost; /* the observer's cost, if it is known */
};

struct statement {
	uint64_t vm;
	const struct ledger_vm *ledger; /* the VM in the ledger, or NULL */
	uint32_t vcpus; /* at the last read */
	/*
	 * True if the VM was already running, so that BPF may lack earlier
	 * exits.
	 */
	bool late;
	uint64_t reconciled; /* exits that both books have */
	bool has_executed, has_guest; /* true if any line has this number */
	bool has_total;
	/* True if its VMM has reported KVM's own statistics at the VM's end. */
	bool has_statistics;
	struct statistics at_end;
	struct statement_line total;
	/* The total less all lines: exits during the guest's reads. */
	struct statement_line rest;
	struct statement_line *line; /* descending by exits */
	size_t nr;
};

/**
 * statement_make - make the statement of a VM
 * @vm: the VM's number in the ledger
 *
 * It uses the reads of the guest's report if @balance has found these,
 * otherwise the last read of each reason.  Reasons without exits in any book
 * are left out.  Returns 0 or -ENOMEM; to be freed with statement_free().
 */
int statement_make(const struct books *books, const struct balance *balance,
		   uint64_t vm, struct statement *statement);

void statement_free(struct statement *statement);

#endif /* EXITLEDGER_STATEMENT_H */
