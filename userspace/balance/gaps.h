/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Gaps in KVM's counters, as its answers report them.  Answers to the leaves of
 * counts and cycles have a flag for them, and answers to leaf INFO have
 * numbers.  Both can only grow.  The books have the answers to one vCPU in the
 * order in which they were given; the order of answers to two vCPUs is unknown.
 */
#ifndef EXITLEDGER_GAPS_H
#define EXITLEDGER_GAPS_H

#include "ledger/answers.h"

/* The number that stands for the host as a reader, in place of a vCPU's. */
#define GAPS_HOST UINT32_MAX

/* The gaps that the answers to a vCPU have reported so far. */
struct vcpu_gaps {
	uint64_t vm;
	uint32_t vcpu_id;
	uint32_t flags; /* EXIT_LEAF_DROPPED, EXIT_LEAF_UNCOUNTED */
	uint32_t uncounted; /* the number of vCPUs */
	uint64_t dropped; /* the number of exits */
};

/* Must be zeroed at first, and freed with gaps_free(). */
struct gaps {
	struct vcpu_gaps *vcpu; /* ascending by VM and vCPU */
	size_t nr;
	size_t room;
};

/**
 * gaps_fit - is the answer possible after those that were taken before?
 *
 * An answer to INFO must have numbers for all gaps that were reported, and
 * they must not decrease.  Its number of vCPUs must include those that are not
 * counted.
 */
bool gaps_fit(const struct gaps *gaps, const struct answer *answer);

/** gaps_take - store the gaps that an answer reports; 0 or -ENOMEM */
int gaps_take(struct gaps *gaps, const struct answer *answer);

/** gaps_forget - forget the gaps of a VM that has ended */
void gaps_forget(struct gaps *gaps, uint64_t vm);

void gaps_free(struct gaps *gaps);

#endif /* EXITLEDGER_GAPS_H */
