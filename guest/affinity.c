// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "affinity.h"

void affinity_stay(struct affinity *before)
{
	struct affinity here;
	int cpu = sched_getcpu();

	memset(before, 0, sizeof(*before));
	before->known = cpu >= 0 &&
			!sched_getaffinity(0, sizeof(before->set), before->set);
	if (!before->known)
		return;
	memset(&here, 0, sizeof(here));
	CPU_SET_S(cpu, sizeof(here.set), here.set);
	sched_setaffinity(0, sizeof(here.set), here.set);
}

void affinity_restore(const struct affinity *before)
{
	if (before->known)
		sched_setaffinity(0, sizeof(before->set), before->set);
}
