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
	DOCTOR_WARNING, /* a feature is degraded or missing */
	DOCTOR_MISSING, /* the monitor cannot run without it */
	DOCTOR_UNKNOWN, /* this user may not find it out */
};

struct doctor_finding {
	const char *name; /* a stable identifier, for scripts */
	enum doctor_state state;
	char fact[200]; /* one line without a full stop */
	char advice[320]; /* what to do; "" if nothing needs to be done */
};

#define DOCTOR_FINDINGS 24

struct diagnosis {
	struct doctor_finding finding[DOCTOR_FINDINGS];
	size_t nr;
	bool can_monitor; /* nothing is missing */
	bool can_compare; /* KVM also has counters, which guests may read */
};

/** doctor_diagnose - fill in a diagnosis, the most basic findings first */
void doctor_diagnose(const struct host_facts *facts,
		     struct diagnosis *diagnosis);

/**
 * doctor_check - can VM exits be observed on this host?
 *
 * Returns 0, or -ENOTSUP with @why: the first finding that 'exitledger doctor'
 * would show as missing.
 */
int doctor_check(const struct host_facts *facts, struct why *why);

/** doctor_state_name - "ok", "warning", "missing", "unknown" */
const char *doctor_state_name(enum doctor_state state);

#endif /* EXITLEDGER_DOCTOR_H */
