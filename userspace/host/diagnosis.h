/* SPDX-License-Identifier: GPL-2.0-only */
/* Holds what was found out about a host, as a list of findings. */
#ifndef EXITLEDGER_DIAGNOSIS_H
#define EXITLEDGER_DIAGNOSIS_H

#include <stdbool.h>
#include <stddef.h>

enum doctor_state {
	DOCTOR_OK,
	DOCTOR_WARNING, /* a feature is degraded or missing */
	DOCTOR_MISSING, /* the monitor cannot run without it */
	DOCTOR_UNKNOWN, /* this user has no right to find it out */
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
	bool can_monitor; /* true if nothing is missing */
	/*
	 * True if the monitor can run, BPF can read the vCPU and the reason of
	 * an exit, KVM's counters are on, and guests may read them.
	 */
	bool can_compare;
};

/** diagnosis_add - add a finding, whose fact is formatted */
__attribute__((format(printf, 5, 6))) void
diagnosis_add(struct diagnosis *diagnosis, const char *name,
	      enum doctor_state state, const char *advice, const char *fmt,
	      ...);

#endif /* EXITLEDGER_DIAGNOSIS_H */
