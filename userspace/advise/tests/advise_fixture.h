/* SPDX-License-Identifier: GPL-2.0-only */
/* Guests made up, that do the same in each second, for tests of advice. */
#ifndef EXITLEDGER_ADVISE_FIXTURE_H
#define EXITLEDGER_ADVISE_FIXTURE_H

#include "advise/advice.h"

#define FIXTURE_SECONDS 16

struct fixture {
	struct ledger total;
	struct advise_course course;
	struct advise_facts facts;
	struct advice advice;
};

/* So many exits of one kind in each second, on one vCPU of one VM. */
struct fixture_exits {
	uint64_t vm; /* 0: the first */
	uint32_t vcpu;
	uint32_t reason;
	uint64_t key; /* 0: none */
	uint64_t rate; /* exits per second */
	uint64_t ns, preempted_ns, blocked_ns; /* of each */
	/* The seconds in which they come; 0 and 0: all. */
	unsigned int from, to;
};

/**
 * fixture_make - what they did, and the facts about it: all is recorded, no keys
 * @isa: EXIT_LEAF_ISA_*
 */
void fixture_make(struct fixture *fixture, uint32_t isa,
		  const struct fixture_exits *exits, size_t nr);

/** fixture_advise - judge it; may be called again when facts were changed */
void fixture_advise(struct fixture *fixture);

/** fixture_verdict - on a rule; NULL: it was not judged */
const struct advise_verdict *fixture_verdict(const struct fixture *fixture,
					     const char *id);

void fixture_free(struct fixture *fixture);

#endif /* EXITLEDGER_ADVISE_FIXTURE_H */
