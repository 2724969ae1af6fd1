/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A statement of account: both books of a VM side by side, a line per exit
 * reason, as they were when the guest read its counters.
 */
#ifndef EXITLEDGER_STATEMENT_H
#define EXITLEDGER_STATEMENT_H

#include "balance/balance.h"
#include "balance/cost.h"

/*
 * If the VM was already running, all numbers are since the first read of this
 * count.
 */
struct statement_line {
	uint32_t reason; /* raw number */
	bool has_executed, has_guest;
	uint64_t executed; /* caused by the guest, as it knows */
	uint64_t guest; /* reported by the guest */
	uint64_t kernel; /* answered by KVM */
	uint64_t kernel_first; /* KVM's count at that first read; else 0 */
	uint64_t bpf; /* counted by BPF at that moment */
	/* How far @kernel is out of its bounds; 0: it is within. */
	int64_t difference;
	uint64_t ns; /* counted by BPF */
	bool has_cycles; /* the guest read the cycles, too */
	uint64_t kernel_cycles; /* answered by KVM */
	uint64_t ns_then; /* counted by BPF when the cycles were read */
	struct cost cost; /* the observer's cost, if it is known */
};

struct statement {
	uint64_t vm;
	const struct ledger_vm *ledger; /* the VM, or NULL */
	uint32_t vcpus; /* at the last read */
	/* BPF has fewer: there were exits before the observer began. */
	bool late;
	uint64_t reconciled; /* exits that both books have */
	bool has_executed, has_guest; /* some line has this number */
	bool has_total;
	/* Its VMM has told KVM's own, at the end of the VM. */
	bool has_statistics;
	struct statistics at_end;
	struct statement_line total;
	/* The total less the lines: exits while the guest was reading. */
	struct statement_line rest;
	struct statement_line *line; /* most exits first */
	size_t nr;
};

/**
 * statement_make - draw up the statement of a VM
 * @vm: its number
 *
 * It has the reads of the guest's report if @balance found these, otherwise the
 * last read of each reason.  Reasons of which no book has an exit are left out.
 * Returns 0 or -ENOMEM; to be freed with statement_free.
 */
int statement_make(const struct books *books, const struct balance *balance,
		   uint64_t vm, struct statement *statement);

void statement_free(struct statement *statement);

#endif /* EXITLEDGER_STATEMENT_H */
