// SPDX-License-Identifier: GPL-2.0-only
/* Reads BPF's current sums of one VM, without a collection. */
#include <errno.h>
#include <stdlib.h>

#include "lib/array.h"
#include "observe/observer_private.h"

static int by_vm(const void *a, const void *b)
{
	const struct observed_slot *x = a, *y = b;

	if (x->vm != y->vm)
		return x->vm < y->vm ? -1 : 1;
	return x->slot < y->slot ? -1 : x->slot > y->slot;
}

/* Returns the VM of a slot, or 0 if the slot is free or still being set up. */
static uint64_t vm_of(const struct obs_slot *slot)
{
	if (!__atomic_load_n(&slot->vcpu, __ATOMIC_ACQUIRE))
		return 0;
	return __atomic_load_n(&slot->vm, __ATOMIC_ACQUIRE);
}

static int index_slots(const struct observer_bpf__bss *bss,
		       struct observer_index *index)
{
	index->nr = 0;
	index->is_whole = true;
	for (uint32_t i = 0; i < OBS_SLOTS; i++) {
		const struct obs_slot *slot = &bss->slots[i];
		const uint64_t vm = vm_of(slot);
		struct observed_slot *added;

		if (!vm) {
			if (__atomic_load_n(&slot->vcpu, __ATOMIC_RELAXED))
				index->is_whole = false;
			continue;
		}
		added = array_append(index->slot, index->nr, index->room);
		if (!added)
			return -ENOMEM;
		*added = (struct observed_slot){ vm, i };
	}
	if (index->nr)
		qsort(index->slot, index->nr, sizeof(*index->slot), by_vm);
	return 0;
}

/*
 * Index the slots by VM.  A new vCPU takes a slot, then a serial number, then
 * gets its VM, all before its first exit.  So the index is complete as long as
 * no serial was added and no slot was being set up when it was made.
 */
static int make_index(struct observer *observer)
{
	struct observer_index *index = &observer->index;
	const struct observer_bpf__bss *bss = observer->bpf->bss;
	const u32 serials = __atomic_load_n(&bss->serials, __ATOMIC_ACQUIRE);
	int r;

	if (index->is_whole && index->serials == serials)
		return 0;
	r = index_slots(bss, index);
	index->serials = serials;
	index->is_whole &= !r;
	return r;
}

/* Note the VM's folder in debugfs.  All of its vCPUs must agree on it. */
static void add_folder(const struct obs_slot *slot, struct vm_sums *sums)
{
	if (sums->vcpus == 1)
		sums->folder = slot->folder;
	else if (sums->folder != slot->folder)
		sums->folder = 0;
}

static int add_slot(const struct obs_slot *slot, struct vm_sums *sums)
{
	uint32_t cells;
	int r = 0;

	sums->vcpus++;
	add_folder(slot, sums);
	sums->ending |= __atomic_load_n(&slot->vcpu, __ATOMIC_RELAXED) ==
			OBS_GONE;
	/*
	 * Read exit_ns before the counts: if the vCPU is outside of the guest
	 * by then, the counts include that exit.
	 */
	sums->outside += !!__atomic_load_n(&slot->exit_ns, __ATOMIC_ACQUIRE);
	cells = __atomic_load_n(&slot->cells, __ATOMIC_ACQUIRE);
	for (uint32_t i = 0; i < cells && i < OBS_CELLS && !r; i++) {
		const struct exit_times times = observer_cell_times(slot, i);

		sums->exits += times.exits;
		sums->time += times.ns;
		/*
		 * Skip the shared first cell, and exits whose reason was
		 * unreadable.
		 */
		if (i && slot->reason[i] != OBS_UNREADABLE)
			r = vm_sums_add(sums, slot->reason[i], times.exits,
					times.ns);
	}
	return r;
}

int observer_vm_sums(struct observer *observer, uint64_t vm,
		     struct vm_sums *sums)
{
	const struct observed_slot wanted = { .vm = vm };
	struct observer_index *index = &observer->index;
	const struct obs_slot *slots = observer->bpf->bss->slots;
	int r = make_index(observer);
	size_t at;

	vm_sums_clear(sums);
	at = array_lower_bound(&wanted, index->slot, index->nr, sizeof(wanted),
			       by_vm);
	for (; at < index->nr && index->slot[at].vm == vm && !r; at++) {
		const struct obs_slot *slot = &slots[index->slot[at].slot];

		if (vm_of(slot) == vm)
			r = add_slot(slot, sums);
	}
	return r;
}
