// SPDX-License-Identifier: GPL-2.0-only
/*
 * The totals of vCPUs since the start.  These are BPF's own sums: adding up the
 * intervals would cost as much again as collecting them.
 */
#include <errno.h>

#include "observe/observer_private.h"

#define CARRY (1ull << 32)

static int add_cell(const struct observer *observer,
		    const struct obs_slot *slot, u32 index,
		    struct ledger_cell *cell)
{
	const struct obs_cell *from = &slot->cell[index];
	struct exit_times times = observer_cell_times(slot, index);

	times.vmm_ns = observer_vmm_ns(observer, slot, index);
	exit_times_fit(&times, &(const struct exit_times){ 0 });

	exit_times_add(&cell->times, &times);
	for (u32 i = 0; i < HIST_SPANS; i++) {
		const struct obs_span *span =
			&observer->bpf->bss->spans[from->span[i]];

		if (from->span[i] &&
		    hist_add_counts(&cell->hist, i, span->count))
			return -ENOMEM;
	}
	return 0;
}

int observer_total_slot(struct observer *observer, const struct obs_slot *slot,
			const struct collection *collection)
{
	struct ledger_vcpu *vcpu = observer_vcpu(
		observer, slot, collection->total, collection->interval);
	struct ledger_cell *cell;

	if (!vcpu)
		return -ENOMEM;
	vcpu->tid = slot->tid;
	vcpu->gone = slot->vcpu == OBS_GONE;
	vcpu->prior_exits = slot->prior_exits;
	vcpu->born_ns = slot->born_ns;
	vcpu->first_exit_ns = slot->first_exit_ns;
	vcpu->first_io_ns = slot->first_io_ns;
	vcpu->missed_exits += slot->missed_exits;
	vcpu->missed_entries += slot->missed_entries;
	vcpu->failed_entries += slot->failed_entries;
	vcpu->emulated += slot->emulated;
	vcpu->sparse_full += slot->cell[0].exits;
	for (u32 i = 0; i < slot->cells && i < OBS_CELLS; i++) {
		vcpu->exits += slot->cell[i].exits;
		vcpu->ns += slot->cell[i].ns;
		if (!i || (!slot->cell[i].exits && !slot->cell[i].ns))
			continue;
		cell = ledger_cell(&vcpu->cells, slot->reason[i]);
		if (!cell || add_cell(observer, slot, i, cell))
			return -ENOMEM;
	}
	return 0;
}

int observer_total_key(struct observer *observer, const struct obs_key *key,
		       const struct obs_keyed *keyed,
		       const struct collection *collection)
{
	const struct obs_slot *slot = &observer->bpf->bss->slots[key->slot];
	struct ledger_vcpu *vcpu = observer_vcpu(
		observer, slot, collection->total, collection->interval);
	struct ledger_key *to =
		vcpu ? ledger_key(&vcpu->keys, key->reason, key->key) : NULL;
	const struct exit_times times = observer_key_times(keyed);

	if (!to)
		return -ENOMEM;
	exit_times_add(&to->times, &times);
	return 0;
}

static struct ledger_cell *total_cell(struct observer *observer,
				      const struct obs_slot *slot, u32 index,
				      const struct collection *collection)
{
	struct ledger_vcpu *vcpu = observer_vcpu(
		observer, slot, collection->total, collection->interval);

	return vcpu ? ledger_cell(&vcpu->cells, slot->reason[index]) : NULL;
}

int observer_carry_fast(struct observer *observer, const struct obs_slot *slot,
			u32 index, const struct collection *collection)
{
	struct ledger_cell *cell;

	if (!collection->total)
		return 0;
	cell = total_cell(observer, slot, index, collection);
	if (!cell)
		return -ENOMEM;
	cell->times.fast += CARRY;
	return 0;
}

int observer_carry_hist(struct observer *observer, const struct obs_slot *slot,
			u32 index, unsigned int bucket,
			const struct collection *collection)
{
	struct ledger_cell *cell;

	if (!collection->total)
		return 0;
	cell = total_cell(observer, slot, index, collection);
	return cell ? hist_book(&cell->hist, bucket, CARRY) : -ENOMEM;
}

/* Add a key, unless its slot has been given to another vCPU. */
static int add_key(struct observer *observer, const struct obs_key *key,
		   const struct obs_keyed *keyed,
		   const struct collection *collection)
{
	const struct obs_slot *slot = &observer->bpf->bss->slots[key->slot];

	if (!slot->vcpu || !slot->vm || slot->serial != key->serial)
		return 0;
	return observer_total_key(observer, key, keyed, collection);
}

int observer_total(struct observer *observer, struct ledger *interval,
		   struct ledger *total)
{
	const struct collection collection = { .interval = interval,
					       .total = total };
	int r = 0;

	for (size_t i = 0; i < OBS_SLOTS && !r; i++) {
		const struct obs_slot *slot = &observer->bpf->bss->slots[i];

		if (slot->vcpu && slot->vm)
			r = observer_total_slot(observer, slot, &collection);
	}
	if (!r && observer->options.by)
		r = observer_each_key(observer, add_key, &collection);
	total->ns = interval->ns;
	total->losses = interval->losses;
	return r;
}
