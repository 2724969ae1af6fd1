/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rules by which advice is given: the table advise.def, and the meaning of
 * its rows.
 */
#ifndef EXITLEDGER_ADVISE_RULES_H
#define EXITLEDGER_ADVISE_RULES_H

#include "ledger/ledger.h"
#include "lib/format.h"
#include "lib/msg.h"

#define ADVISE_ISAS 2 /* entries in a row's list of exits */
#define ADVISE_REASONS 16 /* the most reasons of an entry */
#define ADVISE_BOUNDS 2

/* The property of exits to which a bound applies. */
enum advise_measure {
	ADVISE_NONE,
	ADVISE_RATE, /* exits per second */
	/* share of the vCPU's time in these exits, without preemption */
	ADVISE_TIME,
	ADVISE_MEAN, /* mean time of an exit in ns, without preemption */
	ADVISE_POLLED, /* share of the vCPU's time on the CPU in these exits */
	ADVISE_POLLED_MEAN, /* mean time on the CPU in an exit, in ns */
	/* share of the vCPU's time preempted in these exits */
	ADVISE_PREEMPTED,
	ADVISE_MEASURES,
};

/* Data that a rule needs to be recorded, as bits. */
#define ADVISE_NEEDS_TIME 1u
#define ADVISE_NEEDS_OFF_CPU 2u
#define ADVISE_NEEDS_KEYS 4u

struct advise_bound {
	enum advise_measure measure;
	double least; /* the value must be at least this */
	double below; /* and below this; 0: no upper limit */
};

/* The exits that a rule covers on one ISA. */
struct advise_exits {
	const char *isa; /* isa.name */
	/*
	 * Names separated by "|"; "*": all reasons; NULL: the ISA has no such
	 * exits.
	 */
	const char *reasons;
	/* kind of keys that select exits; none: keys are ignored */
	enum ledger_key_kind by;
	/*
	 * Patterns of keys' names, separated by "|"; NULL: keys without a name.
	 */
	const char *keys;
};

struct advise_rule {
	const char *id;
	const char *title;
	struct advise_exits exits[ADVISE_ISAS];
	const char *absent; /* why one ISA has no such exits, or NULL */
	struct advise_bound bound[ADVISE_BOUNDS]; /* all bounds must hold */
	/*
	 * share of the VM's time in which the first bound must hold; 0:
	 * ADVISE_LASTS
	 */
	double lasts;
	const char *seen, *usual, *change, *threshold, *sources;
};

extern const struct advise_rule advise_rules[];
extern const size_t advise_nr_rules;

/* Default of .lasts: anything shorter is a short event, such as a boot. */
#define ADVISE_LASTS 0.25

/* A rule's exits as numbers. */
struct advise_set {
	uint32_t reason[ADVISE_REASONS];
	size_t nr;
	bool all; /* true: it covers all reasons, and @nr is 0 */
	enum ledger_key_kind by;
	const char *keys;
};

/**
 * advise_set_of - find the exits that a rule covers on an ISA
 * @isa: EXIT_LEAF_ISA_*
 *
 * Returns 1; 0 if the ISA has no such exits; or -EINVAL with @why if the row
 * has an unknown name or no entry for the ISA.
 */
int advise_set_of(const struct advise_rule *rule, uint32_t isa,
		  struct advise_set *set, struct why *why);

bool advise_set_has(const struct advise_set *set, uint32_t reason);

/** advise_set_has_key - does the rule cover exits with this key? */
bool advise_set_has_key(const struct advise_set *set, uint64_t key);

/** advise_set_add - add the exits of a vCPU that the rule covers to a sum */
void advise_set_add(const struct advise_set *set,
		    const struct ledger_vcpu *vcpu, struct exit_times *sum);

/** advise_needs - the data that a measure needs: ADVISE_NEEDS_* */
unsigned int advise_needs(enum advise_measure measure);

/** advise_measure - compute a measure; @seconds: the observed time */
double advise_measure(enum advise_measure measure,
		      const struct exit_times *times, double seconds);

/** advise_measure_text - format a value with its unit */
struct text advise_measure_text(enum advise_measure measure, double value);

/* The names of a measure in outputs. */
struct advise_measure_names {
	const char *json; /* name of the JSON member */
	const char *header; /* column header, at most 9 columns wide */
	/* printf format with %s for a value: "%s exits per second" */
	const char *words;
};

extern const struct advise_measure_names advise_measure_names[ADVISE_MEASURES];

/** advise_bound_holds - is a value within a bound? */
bool advise_bound_holds(const struct advise_bound *bound, double value);

/** advise_rule_lasts - share of the time in which a rule must hold */
double advise_rule_lasts(const struct advise_rule *rule);

#endif /* EXITLEDGER_ADVISE_RULES_H */
