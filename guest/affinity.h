/* SPDX-License-Identifier: GPL-2.0-only */
/* Keeps this program on one CPU, and lets it run on all of its CPUs again. */
#ifndef EXITLEDGER_GUEST_AFFINITY_H
#define EXITLEDGER_GUEST_AFFINITY_H

#include <sched.h>
#include <stdbool.h>

/* Room for 8192 CPUs, the largest number that Linux supports on x86. */
struct affinity {
	cpu_set_t set[8192 / CPU_SETSIZE];
	bool known;
};

/**
 * affinity_stay - stay on the current CPU from now on
 * @before: set to the CPUs on which the program could run until now
 *
 * Only if all reads are made on one vCPU does the host see them in their order.
 * Does nothing if the current CPUs cannot be found out, because they could not
 * be restored.
 */
void affinity_stay(struct affinity *before);

/** affinity_restore - let the program run on these CPUs again */
void affinity_restore(const struct affinity *before);

#endif /* EXITLEDGER_GUEST_AFFINITY_H */
