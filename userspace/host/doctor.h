/* SPDX-License-Identifier: GPL-2.0-only */
/* Judges whether VM exits can be observed on a host, and says what to do about
 * obstacles. */
#ifndef EXITLEDGER_DOCTOR_H
#define EXITLEDGER_DOCTOR_H

#include "host/diagnosis.h"
#include "host/host_facts.h"

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
