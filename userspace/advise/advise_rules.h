/* SPDX-License-Identifier: GPL-2.0-only */
/* The rules by which advice is given: advise.def as data, and what its rows
 * mean. */
#ifndef EXITLEDGER_ADVISE_RULES_H
#define EXITLEDGER_ADVISE_RULES_H

#include "ledger/ledger.h"
#include "lib/format.h"
#include "lib/msg.h"

#define ADVISE_ISAS 2 /* entries of a row's exits */
#define ADVISE_REASONS 16 /* of an entry, at most */
#define ADVISE_BOUNDS 2

/* A property of exits that a bound is about. */
enum advise_measure {
	ADVISE_NONE,
	ADVISE_RATE, /* exits per second */
	ADVISE_TIME, /* their share of the vCPU's time, without preemption */
	ADVISE_MEAN, /* the mean time of an exit, without preemption: ns */
	ADVISE_POLLED, /* share of the vCPU's time: on the CPU, in these exits */
	ADVISE_POLLED_MEAN, /* the same of one exit: ns */
	ADVISE_PREEMPTED, /* share of the vCPU's time: preempted in these exits */
	ADVISE_MEASURES,
};

/* Observations that a rule needs, as bits. */
#define ADVISE_NEEDS_TIME 1u
#define ADVISE_NEEDS_OFF_CPU 2u
#define ADVISE_NEEDS_KEYS 4u

struct advise_bound {
	enum advise_measure measure;
	double least; /* at least so much */
	double below; /* and less than this; 0: no limit */
};

/* Which exits a rule is about on one kind of processor. */
struct advise_exits {
	const char *isa; /* isa.name */
	/* Names, separated by "|"; "*": all; NULL: it has no such exits. */
	const char *reasons;
	enum ledger_key_kind by; /* keys that tell which of them, or none */
	/* Patterns of their names, separated by "|"; NULL: those without. */
	const char *keys;
};

struct advise_rule {
	const char *id;
	const char *title;
	struct advise_exits exits[ADVISE_ISAS];
	const char *absent; /* why one kind of processor has none, or NULL */
	struct advise_bound bound[ADVISE_BOUNDS]; /* all of them must hold */
	/* In so much of the VM's time the first bound must hold; 0: the
	 * default. */
	double lasts;
	const char *seen, *usual, *change, *threshold, *sources;
};

extern const struct advise_rule advise_rules[];
extern const size_t advise_nr_rules;

/* Where nothing else is said: less is a moment, such as a boot. */
#define ADVISE_LASTS 0.25

/* A rule's exits by their numbers. */
struct advise_set {
	uint32_t reason[ADVISE_REASONS];
	size_t nr;
	bool all; /* of all reasons: @nr is 0 */
	enum ledger_key_kind by;
	const char *keys;
};

/**
 * advise_set_of - which exits a rule is about on this kind of processor
 * @isa: EXIT_LEAF_ISA_*
 *
 * 1; 0: there are none such; or -EINVAL with @why: a row has a wrong name, or
 * no entry for this ISA.
 */
int advise_set_of(const struct advise_rule *rule, uint32_t isa,
		  struct advise_set *set, struct why *why);

bool advise_set_has(const struct advise_set *set, uint32_t reason);

/** advise_set_has_key - is an exit with this key one of them? */
bool advise_set_has_key(const struct advise_set *set, uint64_t key);

/** advise_set_add - add the rule's exits of a vCPU to a sum */
void advise_set_add(const struct advise_set *set,
		    const struct ledger_vcpu *vcpu, struct exit_times *sum);

/** advise_needs - what a measure needs to be recorded: ADVISE_NEEDS_* */
unsigned int advise_needs(enum advise_measure measure);

/** advise_measure - its value; @seconds: of the time that the exits came in */
double advise_measure(enum advise_measure measure,
		      const struct exit_times *times, double seconds);

/** advise_measure_text - a value as people read it, with its unit */
struct text advise_measure_text(enum advise_measure measure, double value);

/* A measure in outputs. */
struct advise_measure_names {
	const char *json; /* a member */
	const char *header; /* of a column, of up to 9 columns */
	const char *words; /* with %s for a value: "%s exits per second" */
};

extern const struct advise_measure_names advise_measure_names[ADVISE_MEASURES];

/** advise_bound_holds - is a value within a bound? */
bool advise_bound_holds(const struct advise_bound *bound, double value);

/** advise_rule_lasts - the share of the time in which a rule must hold */
double advise_rule_lasts(const struct advise_rule *rule);

#endif /* EXITLEDGER_ADVISE_RULES_H */
