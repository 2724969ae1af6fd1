// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "top/top_history.h"

/* Returns the slot of an entry, or the free slot for it. */
static uint32_t *slot_of(const struct history *history, uint64_t vm,
			 uint64_t vcpu, uint64_t reason)
{
	uint64_t hash = vm * 0x9e3779b97f4a7c15;
	uint32_t *slot;

	hash = (hash ^ vcpu) * 0x9e3779b97f4a7c15;
	hash = (hash ^ reason) * 0x9e3779b97f4a7c15;
	for (size_t at = hash >> 32;; at++) {
		const struct history_entry *entry;

		slot = &history->index[at & (history->slots - 1)];
		if (!*slot)
			return slot;
		entry = &history->entry[*slot - 1];
		if (entry->vm == vm && entry->vcpu == vcpu &&
		    entry->reason == reason)
			return slot;
	}
}

/* Drop entries that are too old, and make room for new ones. */
static int rebuild(struct history *history)
{
	struct history_entry *grown;
	size_t kept = 0, slots = 64;

	for (size_t i = 0; i < history->nr; i++) {
		if (history->entry[i].last + HISTORY > history->interval)
			history->entry[kept++] = history->entry[i];
	}
	history->nr = kept;
	while (slots < 4 * kept)
		slots *= 2;
	free(history->index);
	history->index = calloc(slots, sizeof(*history->index));
	history->slots = history->index ? slots : 0;
	grown = reallocarray(history->entry, slots / 2, sizeof(*grown));
	if (grown) {
		history->entry = grown;
		history->room = slots / 2;
	}
	if (!grown || !history->index)
		return -ENOMEM;
	for (size_t i = 0; i < kept; i++) {
		const struct history_entry *entry = &history->entry[i];

		*slot_of(history, entry->vm, entry->vcpu, entry->reason) =
			i + 1;
	}
	return 0;
}

static struct history_entry *entry_of(struct history *history, uint64_t vm,
				      uint64_t vcpu, uint64_t reason)
{
	struct history_entry *entry;
	uint32_t *slot;

	/* Keep the table at most half full, so that look-ups stay fast. */
	if (history->nr == history->room && rebuild(history))
		return NULL;
	slot = slot_of(history, vm, vcpu, reason);
	if (*slot)
		return &history->entry[*slot - 1];
	entry = &history->entry[history->nr++];
	*slot = history->nr;
	*entry = (struct history_entry){
		.vm = vm,
		.vcpu = vcpu,
		.reason = reason,
		.last = history->interval,
	};
	return entry;
}

/* Add to the rate of the newest interval. */
static int add(struct history *history, uint64_t vm, uint64_t vcpu,
	       uint64_t reason, double rate)
{
	uint64_t now = history->interval;
	struct history_entry *entry = entry_of(history, vm, vcpu, reason);

	if (!entry)
		return -ENOMEM;
	if (now - entry->last >= HISTORY) {
		memset(entry->rate, 0, sizeof(entry->rate));
		entry->last = now;
	}
	for (; entry->last < now; entry->last++)
		entry->rate[(entry->last + 1) % HISTORY] = 0;
	entry->rate[now % HISTORY] += rate;
	return 0;
}

static int add_vcpu(struct history *history, uint64_t vm,
		    const struct ledger_vcpu *vcpu, const struct filter *filter,
		    double seconds)
{
	uint64_t exits = 0;

	for (size_t i = 0; i < vcpu->cells.nr; i++) {
		const struct ledger_cell *cell = &vcpu->cells.cell[i];

		if (!cell->times.exits ||
		    (filter &&
		     !filter_has_number(&filter->reasons, cell->reason)))
			continue;
		exits += cell->times.exits;
		if (add(history, vm, HISTORY_ALL, cell->reason,
			cell->times.exits / seconds))
			return -ENOMEM;
	}
	if (!exits)
		return 0;
	if (add(history, vm, vcpu->id, HISTORY_ALL, exits / seconds) ||
	    add(history, vm, HISTORY_ALL, HISTORY_ALL, exits / seconds))
		return -ENOMEM;
	return 0;
}

int history_update(struct history *history, const struct ledger *ledger,
		   const struct filter *filter, double seconds)
{
	int r = 0;

	history->interval++;
	if (seconds <= 0)
		return 0;
	for (size_t i = 0; i < ledger->nr_vms; i++) {
		const struct ledger_vm *vm = &ledger->vm[i];

		if (filter && !filter_has_vm(filter, vm))
			continue;
		for (size_t j = 0; !r && j < vm->nr_vcpus; j++) {
			if (!filter ||
			    filter_has_number(&filter->vcpus, vm->vcpu[j].id))
				r = add_vcpu(history, vm->number, &vm->vcpu[j],
					     filter, seconds);
		}
	}
	if (!r && history->interval % HISTORY == 0)
		r = rebuild(history);
	return r;
}

bool history_read(const struct history *history, uint64_t vm, uint64_t vcpu,
		  uint64_t reason, uint64_t ago, float rate[HISTORY])
{
	const struct history_entry *entry;
	uint32_t slot;

	memset(rate, 0, HISTORY * sizeof(*rate));
	if (!history->slots)
		return false;
	slot = *slot_of(history, vm, vcpu, reason);
	if (!slot)
		return false;
	entry = &history->entry[slot - 1];
	for (uint64_t back = ago; back < HISTORY; back++) {
		uint64_t interval = history->interval - back;

		/* Stop before the first interval, or where the ring ends. */
		if (back >= history->interval ||
		    interval + HISTORY <= entry->last)
			break;
		if (interval <= entry->last)
			rate[HISTORY - 1 - (back - ago)] =
				entry->rate[interval % HISTORY];
	}
	return true;
}

void history_free(struct history *history)
{
	free(history->entry);
	free(history->index);
	memset(history, 0, sizeof(*history));
}
