// SPDX-License-Identifier: GPL-2.0-only
#include "render_monitor.h"

static const struct ledger_vm *find_vm(const struct ledger *ledger,
				       uint64_t number)
{
	size_t low = 0, high = ledger->nr_vms;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (ledger->vm[mid].number == number)
			return &ledger->vm[mid];
		if (ledger->vm[mid].number < number)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

bool monitor_slow(const struct monitor_sample *sample,
		  const struct monitor_shape *shape,
		  const struct ledger_slow *slow, const struct ledger_vm **vm)
{
	const struct filter *filter = shape->filter;

	*vm = find_vm(sample->ledger, slow->vm);
	if (!filter)
		return true;
	if (*vm ? !filter_has_vm(filter, *vm) :
		  filter->nr_vms || filter->pids.nr)
		return false;
	return filter_has_number(&filter->vcpus, slow->vcpu_id) &&
	       filter_has_number(&filter->reasons, slow->reason);
}
