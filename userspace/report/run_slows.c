// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/run_slows.h"

static int slowest_first(const void *a, const void *b)
{
	const struct ledger_slow *x = a, *y = b;

	if (x->times.ns != y->times.ns)
		return x->times.ns < y->times.ns ? 1 : -1;
	return x->at_ns < y->at_ns ? -1 : x->at_ns > y->at_ns;
}

void run_slows_finish(struct run_slows *slows)
{
	if (slows->nr)
		qsort(slows->slow, slows->nr, sizeof(*slows->slow),
		      slowest_first);
	if (slows->nr > RUN_SLOWS)
		slows->nr = RUN_SLOWS;
}

/* There is room for 2 * RUN_SLOWS, so that they are rarely sorted. */
static int add(struct run_slows *slows, const struct ledger_slow *slow)
{
	if (!slows->slow)
		slows->slow = calloc(2 * RUN_SLOWS, sizeof(*slows->slow));
	if (!slows->slow)
		return -ENOMEM;
	if (slows->nr == 2 * RUN_SLOWS)
		run_slows_finish(slows);
	slows->slow[slows->nr++] = *slow;
	slows->count++;
	return 0;
}

static bool passes(const struct ledger_slow *slow, const struct ledger *known,
		   const struct filter *filter)
{
	const struct ledger_vm *vm = ledger_find_vm(known, slow->vm);

	if (vm ? !filter_has_vm(filter, vm) : filter->nr_vms || filter->pids.nr)
		return false;
	return filter_has_number(&filter->vcpus, slow->vcpu_id) &&
	       filter_has_number(&filter->reasons, slow->reason);
}

int run_slows_add(struct run_slows *slows, const struct ledger_slows *interval,
		  const struct ledger *known, const struct filter *filter)
{
	for (size_t i = 0; i < interval->nr; i++) {
		const struct ledger_slow *slow = &interval->slow[i];

		if (passes(slow, known, filter) && add(slows, slow))
			return -ENOMEM;
	}
	return 0;
}

void run_slows_free(struct run_slows *slows)
{
	free(slows->slow);
	memset(slows, 0, sizeof(*slows));
}
