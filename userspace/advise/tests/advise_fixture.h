/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Made-up guests for tests of advice.  Their exits have constant rates, all the
 * time or in some of the seconds.
 */
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

/* Exits of one kind on one vCPU of one VM, at a constant rate. */
struct fixture_exits {
	uint64_t vm; /* 0: the first VM */
	uint32_t vcpu;
	uint32_t reason;
	uint64_t key; /* 0: no key */
	uint64_t rate; /* exits per second */
	uint64_t ns, preempted_ns, blocked_ns; /* ns per exit */
	/* The seconds in which they happen; both 0: always. */
	unsigned int from, to;
};

/**
 * fixture_make - make the exits and the facts: all data but keys were recorded
 * @isa: EXIT_LEAF_ISA_*
 */
void fixture_make(struct fixture *fixture, uint32_t isa,
		  const struct fixture_exits *exits, size_t nr);

/** fixture_advise - judge the facts; call it again after changing them */
void fixture_advise(struct fixture *fixture);

/** fixture_verdict - the verdict on a rule; NULL: not judged */
const struct advise_verdict *fixture_verdict(const struct fixture *fixture,
					     const char *id);

void fixture_free(struct fixture *fixture);

#endif /* EXITLEDGER_ADVISE_FIXTURE_H */
