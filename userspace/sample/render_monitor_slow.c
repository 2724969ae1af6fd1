// SPDX-License-Identifier: GPL-2.0-only
#include "sample/render_monitor.h"

bool monitor_slow(const struct monitor_sample *sample,
		  const struct monitor_shape *shape,
		  const struct ledger_slow *slow, const struct ledger_vm **vm)
{
	const struct filter *filter = shape->filter;

	*vm = ledger_find_vm(sample->ledger, slow->vm);
	if (!filter)
		return true;
	if (*vm ? !filter_has_vm(filter, *vm) :
		  filter->nr_vms || filter->pids.nr)
		return false;
	return filter_has_number(&filter->vcpus, slow->vcpu_id) &&
	       filter_has_number(&filter->reasons, slow->reason);
}
