/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Advice: what the exits of VMs say about their configuration, by the rules of
 * advise_rules.h.  A rule looks at each vCPU by itself; where its bounds hold,
 * and have held for long enough, the numbers that say so are its finding.
 */
#ifndef EXITLEDGER_ADVICE_H
#define EXITLEDGER_ADVICE_H

#include "advise/advise_course.h"
#include "advise/advise_rules.h"
#include "ledger/filter.h"

#define ADVISE_SECONDS_MIN 1 /* VMs that were seen for less are not judged */
#define ADVISE_PARTS_MIN 4 /* fewer parts say nothing of what lasts */

/* A VM that is judged. */
struct advise_vm {
	const struct ledger_vm *vm;
	double begin,
		end; /* seconds since the start, between which it was seen */
	bool began; /* it was not there before */
};

/* All that advice is made of. */
struct advise_facts {
	uint32_t isa; /* EXIT_LEAF_ISA_* */
	double seconds; /* that were looked at */
	unsigned int has; /* what was recorded: ADVISE_NEEDS_*, keys aside */
	enum ledger_key_kind by; /* the kind of keys that were recorded */
	bool some_reasons; /* not all reasons were recorded */
	bool lost; /* not all could be booked */
	const struct filter *filter; /* vCPUs; of reasons: rules about them */
	const struct advise_course *course;
	uint64_t older; /* ended VMs that are no longer known apart */
	struct advise_vm *vm; /* ascending by number */
	size_t nr;
	size_t room;
};

/* A VM for which a rule holds, and the vCPU for which it holds most. */
struct advise_finding {
	const struct advise_vm *vm;
	const struct ledger_vcpu *vcpu;
	size_t vcpus; /* for which it holds */
	struct exit_times times; /* the rule's exits of @vcpu */
	double value[ADVISE_BOUNDS];
	size_t met, parts; /* the parts in which the first bound holds, of how
			      many; 0: too few to say */
};

enum advise_state {
	ADVISE_FOUND, /* it holds for at least one VM */
	ADVISE_SILENT,
	ADVISE_UNJUDGED, /* see @lacks */
	ADVISE_ABSENT, /* this kind of processor has no such exits */
};

/* Further than ADVISE_NEEDS_*: why a rule cannot be judged. */
#define ADVISE_LACKS_REASONS 8u /* they were not recorded, perhaps */
#define ADVISE_LACKS_VMS 16u /* no VM was seen for long enough */

struct advise_verdict {
	const struct advise_rule *rule;
	struct advise_set set;
	enum advise_state state;
	unsigned int lacks; /* as bits */
	struct advise_finding *finding; /* the clearest first */
	size_t nr;
	size_t room;
};

struct advice {
	const struct advise_facts *facts;
	struct advise_verdict *verdict; /* in the order of the rules */
	size_t nr;
	size_t count[ADVISE_ABSENT + 1]; /* of each state */
};

/** advise_facts_vm - a VM that is to be judged; NULL: out of memory */
struct advise_vm *advise_facts_vm(struct advise_facts *facts,
				  const struct ledger_vm *vm);

void advise_facts_free(struct advise_facts *facts);

/**
 * advise - judge all rules, or those about the reasons of facts->filter
 * @advice: filled in; to be freed with advice_free; points into @facts
 *
 * 0, or -errno with @why.
 */
int advise(const struct advise_facts *facts, struct advice *advice,
	   struct why *why);

void advice_free(struct advice *advice);

#endif /* EXITLEDGER_ADVICE_H */
