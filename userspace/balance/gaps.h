/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Gaps in KVM's counters, as its answers tell them.  The answers to the leaves
 * of counts and cycles have a flag for them, and those to leaf INFO have
 * numbers.  Both can only grow.  The books have the answers to one vCPU in the
 * order in which they were given; the order of answers to two vCPUs is not
 * known.
 */
#ifndef EXITLEDGER_GAPS_H
#define EXITLEDGER_GAPS_H

#include "ledger/answers.h"

/* In the place of a vCPU: what the host reads by itself. */
#define GAPS_HOST UINT32_MAX

/* The gaps that the answers to a vCPU have told so far. */
struct vcpu_gaps {
	uint64_t vm;
	uint32_t vcpu_id;
	uint32_t flags; /* EXIT_LEAF_DROPPED, EXIT_LEAF_UNCOUNTED */
	uint32_t uncounted; /* how many vCPUs */
	uint64_t dropped; /* how many exits */
};

/* Zeroed at first; to be freed with gaps_free. */
struct gaps {
	struct vcpu_gaps *vcpu; /* those with gaps, ascending by VM and vCPU */
	size_t nr;
	size_t room;
};

/**
 * gaps_fit - can the answer be right, after those that were taken before?
 *
 * No number of gaps in an answer to INFO may be 0, or less than before.  Its
 * number of vCPUs includes those that are not counted.
 */
bool gaps_fit(const struct gaps *gaps, const struct answer *answer);

/** gaps_take - keep the gaps that an answer tells; 0 or -ENOMEM */
int gaps_take(struct gaps *gaps, const struct answer *answer);

/** gaps_forget - forget the gaps of a VM that is gone */
void gaps_forget(struct gaps *gaps, uint64_t vm);

void gaps_free(struct gaps *gaps);

#endif /* EXITLEDGER_GAPS_H */
