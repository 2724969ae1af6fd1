/* SPDX-License-Identifier: GPL-2.0-only */
/* Adds up the observer's current counts and times of a VM. */
#ifndef EXITLEDGER_SUMS_H
#define EXITLEDGER_SUMS_H

#include "cells.h"

struct sum {
	u32 next;
	u32 reason;
	u32 by_reason;
	u32 outside; /* as in obs_answer */
	u64 exits;
	u64 ns;
};

static __always_inline void sum_cell(struct sum *sum, struct obs_cell *cell)
{
	sum->exits += READ_ONCE(cell->exits);
	sum->ns += READ_ONCE(cell->ns);
}

static long sum_slot(u32 nr __attribute__((unused)), struct sum *sum)
{
	struct obs_slot *slot;
	u32 cell, cells;

	slot = slot_at((u64)sum->next - 1);
	if (!slot)
		return 1;
	sum->next = slot->next;
	/*
	 * Read this before the counts and the number of vCPUs, so that these
	 * include each vCPU that is counted here, and its exit.
	 */
	if (READ_ONCE(slot->exit_ns))
		sum->outside++;
	if (sum->by_reason) {
		cell = cell_find(slot, sum->reason);
		if (cell && cell < OBS_CELLS)
			sum_cell(sum, &slot->cell[cell]);
		return 0;
	}
	cells = READ_ONCE(slot->cells);
	for (u32 i = 0; i < OBS_CELLS; i++) {
		if (i >= cells)
			break;
		sum_cell(sum, &slot->cell[i]);
	}
	return 0;
}

/*
 * Add up the exits of a VM's vCPUs.
 * @by_reason: only those for @reason
 */
static __noinline int sum_vm(struct sum *sum, u32 head, u32 by_reason,
			     u32 reason)
{
	if (!sum)
		return 0;
	sum->next = head;
	sum->reason = reason;
	sum->by_reason = by_reason;
	bpf_loop(OBS_SLOTS, sum_slot, sum, 0);
	return 0;
}

#endif /* EXITLEDGER_SUMS_H */
