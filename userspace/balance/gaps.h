/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Gaps in KVM's counters, as its answers tell them: by a flag in the answers to
 * the leaves of counts and cycles, and by numbers in those to leaf INFO.  Both
 * only ever grow.  Answers to the same vCPU were given in the order in which
 * they are in the books; of those to two vCPUs, that is not known.
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
	uint32_t uncounted; /* vCPUs */
	uint64_t dropped; /* exits */
};

/* Zeroed at first; to be freed with gaps_free. */
struct gaps {
	struct vcpu_gaps *vcpu; /* ascending by VM and vCPU; of those with any */
	size_t nr;
	size_t room;
};

/**
 * gaps_fit - can the answer be right, after those that were taken before?
 *
 * Where INFO has the gaps' numbers, none may be 0 or less than before; where
 * it has the number of vCPUs, that includes those that are not counted.
 */
bool gaps_fit(const struct gaps *gaps, const struct answer *answer);

/** gaps_take - keep what an answer tells; 0 or -ENOMEM */
int gaps_take(struct gaps *gaps, const struct answer *answer);

/** gaps_forget - a VM is gone: forget what was kept of it */
void gaps_forget(struct gaps *gaps, uint64_t vm);

void gaps_free(struct gaps *gaps);

#endif /* EXITLEDGER_GAPS_H */
