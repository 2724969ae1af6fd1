/* SPDX-License-Identifier: GPL-2.0-only */
/* On which CPUs this program may run. */
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
 * affinity_stay - stay on the CPU that this is, from now on
 * @before: filled in: where it might run
 *
 * Reads on one vCPU are in order for the host, too.  It does nothing where the
 * way back is not known.
 */
void affinity_stay(struct affinity *before);

/** affinity_restore - run wherever it might before */
void affinity_restore(const struct affinity *before);

#endif /* EXITLEDGER_GUEST_AFFINITY_H */
