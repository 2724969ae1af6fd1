/* SPDX-License-Identifier: GPL-2.0-only */
/* Judges whether VM exits can be observed on a host, and says what to do about
 * obstacles. */
#ifndef EXITLEDGER_DOCTOR_H
#define EXITLEDGER_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>

#include "host/host_facts.h"

enum doctor_state {
	DOCTOR_OK,
	DOCTOR_WARNING, /* something works less well, or not at all */
	DOCTOR_MISSING, /* the monitor cannot run without it */
	DOCTOR_UNKNOWN, /* could not be seen by this user */
};

struct doctor_finding {
	const char *name; /* a word that stays the same, for scripts */
	enum doctor_state state;
	char fact[200]; /* one line without a full stop */
	char advice[320]; /* what to do; "" if nothing */
};

#define DOCTOR_FINDINGS 24

struct diagnosis {
	struct doctor_finding finding[DOCTOR_FINDINGS];
	size_t nr;
	bool can_monitor; /* nothing is missing */
	bool can_compare; /* and KVM has counters, which guests may read */
};

/** doctor_diagnose - go through the facts, the most basic ones first */
void doctor_diagnose(const struct host_facts *facts,
		     struct diagnosis *diagnosis);

/**
 * doctor_check - can VM exits be observed on this host?
 *
 * 0, or -ENOTSUP with @why: the first thing that 'exitledger doctor' would call
 * missing.
 */
int doctor_check(const struct host_facts *facts, struct why *why);

/** doctor_state_name - "ok", "warning", "missing", "unknown" */
const char *doctor_state_name(enum doctor_state state);

#endif /* EXITLEDGER_DOCTOR_H */
