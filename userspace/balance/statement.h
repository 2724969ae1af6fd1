/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A statement of account: a VM's books side by side, a line per exit reason,
 * as they stood when the guest read its counters.
 */
#ifndef EXITLEDGER_STATEMENT_H
#define EXITLEDGER_STATEMENT_H

#include "balance/balance.h"
#include "balance/cost.h"

/* Of a VM that was there before, all is since the first read of this count. */
struct statement_line {
	uint32_t reason; /* raw number */
	bool has_executed, has_guest;
	uint64_t executed; /* caused, as the guest knows */
	uint64_t guest; /* reported by the guest */
	uint64_t kernel; /* answered by KVM */
	uint64_t kernel_first; /* KVM's count at that first read; else 0 */
	uint64_t bpf; /* counted by BPF at that moment */
	int64_t difference; /* kernel's from the rule's bound; 0: within */
	uint64_t ns; /* by BPF */
	bool has_cycles; /* the guest read them too */
	uint64_t kernel_cycles; /* answered by KVM */
	uint64_t ns_then; /* by BPF, when those were read */
	struct cost cost; /* the observer's cost, if it is known */
};

struct statement {
	uint64_t vm;
	const struct ledger_vm *ledger; /* the VM, or NULL */
	uint32_t vcpus; /* at the last read */
	bool late; /* exits before the observer came: BPF has fewer */
	uint64_t reconciled; /* exits in both books, held against each other */
	bool has_executed, has_guest; /* any line has */
	bool has_total;
	bool has_statistics; /* KVM's own, at the VM's end, by its VMM */
	struct statistics at_end;
	struct statement_line total;
	struct statement_line rest; /* total less the lines: while reading */
	struct statement_line *line; /* most exits first */
	size_t nr;
};

/**
 * statement_make - draw one up for a VM
 * @vm: its number
 *
 * Takes the reads of the guest's report where @balance found it, else the last
 * read of every reason.  Reasons that no book has an exit of are left out.
 * 0 or -ENOMEM; to be freed with statement_free.
 */
int statement_make(const struct books *books, const struct balance *balance,
		   uint64_t vm, struct statement *statement);

void statement_free(struct statement *statement);

#endif /* EXITLEDGER_STATEMENT_H */
