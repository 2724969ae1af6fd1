/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The sums that one of the books has for a VM at a moment, over its vCPUs, by
 * reason.
 */
#ifndef EXITLEDGER_VM_SUMS_H
#define EXITLEDGER_VM_SUMS_H

#include "ledger/ledger.h"

/* Must be zeroed at first, and freed with vm_sums_free(). */
struct vm_sums {
	uint64_t exits;
	uint64_t time; /* in the unit of the book: ns, or cycles */
	uint32_t vcpus;
	/* vCPUs that are outside of the guest, and whose exit is counted. */
	uint32_t outside;
	bool ending; /* true if a vCPU has ended */
	uint64_t folder; /* inode of its folder in debugfs; 0: unknown */
	struct ledger_cells cells; /* times.exits and times.ns by reason */
};

/** vm_sums_clear - set everything to zero, and keep the memory */
void vm_sums_clear(struct vm_sums *sums);

/** vm_sums_add - add to a reason's sums, not to the VM's; 0 or -ENOMEM */
int vm_sums_add(struct vm_sums *sums, uint32_t reason, uint64_t exits,
		uint64_t time);

/** vm_sums_find - a reason's exits and time, or NULL if there are none */
const struct exit_times *vm_sums_find(const struct vm_sums *sums,
				      uint32_t reason);

void vm_sums_free(struct vm_sums *sums);

#endif /* EXITLEDGER_VM_SUMS_H */
