/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Splits the time of exits on request: the part in which the thread ran the
 * VMM, from the return of KVM_RUN until its next call, without the time off the
 * CPU meanwhile.  The rest of an exit's time is KVM's own.
 */
#ifndef EXITLEDGER_SPLIT_H
#define EXITLEDGER_SPLIT_H

#include "extras.h"

struct obs_split splits[OBS_SLOTS];

static __always_inline struct obs_split *split_of(const struct obs_slot *slot)
{
	return OF_SLOT(splits, slot);
}

static __always_inline u64 off_so_far(const struct obs_slot *slot)
{
	return slot->preempted_ns + slot->blocked_ns;
}

/* KVM_RUN returns to the VMM. */
static __noinline int split_leave(struct obs_slot *slot, u64 now)
{
	struct obs_split *split;

	split = slot && slot->exit_ns ? split_of(slot) : NULL;
	if (!split)
		return 0;
	split->user_ns = now;
	split->user_off_ns = off_so_far(slot);
	return 0;
}

/* The VMM has called KVM_RUN again, perhaps on another thread. */
static __noinline int split_return(struct obs_slot *slot, u64 now)
{
	struct obs_split *split;
	u64 ns;

	split = slot && slot->exit_ns ? split_of(slot) : NULL;
	if (!split || !split->user_ns)
		return 0;
	/* If the thread that left is still off the CPU, that ends here. */
	if (slot->off_ns)
		end_off(slot, now);
	ns = now - split->user_ns - (off_so_far(slot) - split->user_off_ns);
	split->user_ns = 0;
	if (is_negative(ns))
		count(&losses.negative);
	else
		split->open_ns += ns;
	return 0;
}

/*
 * Book the VMM's part of an exit that ends.  Must be called before the time off
 * the CPU is booked.  The parts are never longer than the exit in all, even if
 * the CPUs' clocks differ.
 */
static __noinline int book_split(struct obs_slot *slot, u64 now, u64 ns)
{
	struct obs_split *split = slot ? split_of(slot) : NULL;
	u64 vmm, off;
	u32 open;

	if (!split)
		return 0;
	/* The kernel has skipped the program that sees KVM_RUN called. */
	if (split->user_ns)
		split_return(slot, now);
	vmm = split->open_ns;
	if (!vmm)
		return 0;
	split->open_ns = 0;
	if (slot->off_ns)
		end_off(slot, now);
	off = off_so_far(slot);
	open = slot->open;
	if (is_negative(ns) || open >= OBS_CELLS || off > ns)
		return 0;
	if (vmm > ns - off)
		vmm = ns - off;
	split->vmm_ns[open] += vmm;
	return 0;
}

/* Forget an exit without an entry. */
static __always_inline void forget_split(const struct obs_slot *slot)
{
	struct obs_split *split = split_of(slot);

	if (split)
		split->user_ns = split->open_ns = 0;
}

#endif /* EXITLEDGER_SPLIT_H */
