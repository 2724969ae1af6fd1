/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The observer's cost per exit.  KVM's measurement of an exit begins before the
 * observer runs and ends after it has run.  So the cost is the time in KVM's
 * book less the time in the observer's book, for the same exits.  Reads are not
 * used if one book may be ahead by an exit, because that exit may have any
 * length: docs/soundness.md.
 */
#ifndef EXITLEDGER_COST_H
#define EXITLEDGER_COST_H

#include "balance/books.h"

/* The times of the same exits in both books: those of a VM, or of a reason. */
struct cost {
	uint64_t cycles; /* in KVM's book */
	uint64_t ns; /* in the observer's book */
	uint64_t exits;
	bool known; /* true if the times of any such exits are known */
	struct answer last; /* its vcpus is 0 if there was none */
};

/**
 * cost_take - add the times in a further answer
 * @cost: must be zeroed at first
 * @late: the VM was already running, so count from its first answer on
 * @answer: an answer to a leaf of cycles; all answers must be for the same VM,
 *	leaf and reason, in the order in which they were given
 */
void cost_take(struct cost *cost, bool late, const struct answer *answer);

/** cost_per_exit - the observer's cost per exit in ns; @cost must be known */
double cost_per_exit(const struct cost *cost, double tsc_khz);

/* The costs of many VMs, for programs that run for days. */
struct cost_vm {
	uint64_t vm;
	struct cost cost;
};

struct cost_vms {
	struct cost_vm *vm;
	size_t nr;
	size_t room;
	struct cost gone; /* sums of the VMs that were forgotten */
};

/** cost_since - subtract an earlier sum from a later one */
struct cost cost_since(const struct cost *sum, const struct cost *earlier);

/** cost_vms_take - like cost_take(), for an answer of any VM; 0 or -ENOMEM */
int cost_vms_take(struct cost_vms *vms, const struct books *books,
		  const struct answer *answer);

/** cost_vms_sum - add up the costs of all VMs since the start */
struct cost cost_vms_sum(const struct cost_vms *vms);

/** cost_vms_forget - keep only the sums of a VM that has ended */
void cost_vms_forget(struct cost_vms *vms, uint64_t vm);

/** cost_vms_restart - do not compare later answers with earlier ones */
void cost_vms_restart(struct cost_vms *vms);

void cost_vms_free(struct cost_vms *vms);

#endif /* EXITLEDGER_COST_H */
