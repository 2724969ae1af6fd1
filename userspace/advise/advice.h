/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Advice: what the exits of VMs say about their configuration, by the rules of
 * advise_rules.h.  A rule is checked for each vCPU.  If its bounds hold, and
 * have held for long enough, the VM gets a finding with the values that show
 * it.
 */
#ifndef EXITLEDGER_ADVICE_H
#define EXITLEDGER_ADVICE_H

#include "advise/advise_course.h"
#include "advise/advise_rules.h"
#include "ledger/filter.h"

#define ADVISE_SECONDS_MIN 1 /* VMs seen for less time are not judged */
/* with fewer parts, it is unknown whether something lasts */
#define ADVISE_PARTS_MIN 4

/* A VM to be judged. */
struct advise_vm {
	const struct ledger_vm *vm;
	double begin,
		end; /* seconds since the start; the VM was seen between them */
	bool began; /* true if the VM began after the start */
};

/* The input of advice. */
struct advise_facts {
	uint32_t isa; /* EXIT_LEAF_ISA_* */
	double seconds; /* length of the observation */
	unsigned int has; /* recorded data: ADVISE_NEEDS_* except keys */
	enum ledger_key_kind by; /* kind of the recorded keys */
	bool some_reasons; /* true if some reasons were not recorded */
	bool lost; /* true if some exits could not be counted */
	/* selects vCPUs, and rules by their reasons */
	const struct filter *filter;
	const struct advise_course *course;
	uint64_t older; /* number of ended VMs that were merged into one */
	struct advise_vm *vm; /* ascending by number */
	size_t nr;
	size_t room;
};

/* A VM for which a rule holds, and the vCPU for which it holds most clearly. */
struct advise_finding {
	const struct advise_vm *vm;
	const struct ledger_vcpu *vcpu;
	size_t vcpus; /* number of vCPUs for which it holds */
	struct exit_times times; /* the exits of @vcpu that the rule covers */
	double value[ADVISE_BOUNDS];
	/*
	 * number of parts in which the first bound holds, and of all parts;
	 * both 0: there are too few parts
	 */
	size_t met, parts;
};

enum advise_state {
	ADVISE_FOUND, /* holds for at least one VM */
	ADVISE_SILENT,
	ADVISE_UNJUDGED, /* cannot be judged; see @lacks */
	ADVISE_ABSENT, /* this kind of processor has no such exits */
};

/* Reasons beside ADVISE_NEEDS_* why a rule cannot be judged. */
/* the rule's reasons may not have been recorded */
#define ADVISE_LACKS_REASONS 8u
#define ADVISE_LACKS_VMS 16u /* no VM was seen for long enough */

struct advise_verdict {
	const struct advise_rule *rule;
	struct advise_set set;
	enum advise_state state;
	unsigned int lacks; /* missing data, as bits */
	struct advise_finding *finding; /* by descending value */
	size_t nr;
	size_t room;
};

struct advice {
	const struct advise_facts *facts;
	struct advise_verdict *verdict; /* in the order of the rules */
	size_t nr;
	size_t count[ADVISE_ABSENT + 1]; /* number of verdicts by state */
};

/** advise_facts_vm - append a VM to be judged; NULL: out of memory */
struct advise_vm *advise_facts_vm(struct advise_facts *facts,
				  const struct ledger_vm *vm);

void advise_facts_free(struct advise_facts *facts);

/**
 * advise - judge all rules, or those that facts->filter chooses by reason
 * @facts: must stay valid as long as @advice is used
 * @advice: filled in; to be freed with advice_free
 *
 * Returns 0, or -errno with @why.
 */
int advise(const struct advise_facts *facts, struct advice *advice,
	   struct why *why);

void advice_free(struct advice *advice);

#endif /* EXITLEDGER_ADVICE_H */
