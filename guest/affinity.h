/* SPDX-License-Identifier: GPL-2.0-only */
/* Keeps this program on one CPU, and lets it run anywhere again. */
#ifndef EXITLEDGER_GUEST_AFFINITY_H
#define EXITLEDGER_GUEST_AFFINITY_H

#include <sched.h>
#include <stdbool.h>

/* Room for 8192 CPUs, as many as Linux has on x86. */
struct affinity {
	cpu_set_t set[8192 / CPU_SETSIZE];
	bool known;
};

/**
 * affinity_stay - stay on the current CPU from now on
 * @before: set to the CPUs on which the program could run until now
 *
 * Reads must be on one vCPU, so that the host sees them in order, too.  Does
 * nothing if the current CPUs cannot be found out, because they could not be
 * restored.
 */
void affinity_stay(struct affinity *before);

/** affinity_restore - let the program run on these CPUs again */
void affinity_restore(const struct affinity *before);

#endif /* EXITLEDGER_GUEST_AFFINITY_H */
