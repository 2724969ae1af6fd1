/* SPDX-License-Identifier: GPL-2.0-only */
/* Finds the vCPU of an event that names only a thread. */
#ifndef EXITLEDGER_THREADS_H
#define EXITLEDGER_THREADS_H

#include "slots.h"

/*
 * The slot of the last exit that a thread saw, for events that name only a
 * thread.  An entry is valid only if the slot still has this thread.  Programs
 * never delete an entry, because the thread may run another vCPU by then, and
 * the entry may already be for that one.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 2 * OBS_SLOTS);
	__type(key, u32); /* tid */
	__type(value, u32); /* index of the slot */
} threads SEC(".maps");

/*
 * Store this thread's slot in the map, after the thread ran another vCPU, or
 * the vCPU ran on another thread.  If this overwrites the entry of another
 * vCPU, that vCPU must store its entry again at its next exit.
 */
static __noinline int slot_take_thread(struct obs_slot *slot)
{
	u32 tid = bpf_get_current_pid_tgid(), index, *had;
	struct obs_slot *before;

	if (!slot)
		return 0;
	index = slot_index_of(slot);
	had = bpf_map_lookup_elem(&threads, &tid);
	before = had && *had != index ? slot_at(*had) : NULL;
	if (before && before->tid == tid)
		before->thread_known = 0;
	if (slot->thread_known && slot->tid != tid)
		count(&threads_stale);
	slot->off_ns = 0;
	slot->tid = tid;
	slot->thread_known =
		!bpf_map_update_elem(&threads, &tid, &index, BPF_ANY);
	if (!slot->thread_known)
		count(&losses.no_thread);
	return 0;
}

/*
 * Must be called at an exit, so that events that name a thread find the vCPU
 * that it ran last.
 */
static __always_inline void slot_know_thread(struct obs_slot *slot)
{
	u32 tid = bpf_get_current_pid_tgid();

	if (unlikely(slot->tid != tid || !slot->thread_known))
		slot_take_thread(slot);
}

/* Returns the slot of the vCPU that a thread ran last, or NULL. */
static __always_inline struct obs_slot *slot_of_thread(u32 tid)
{
	u32 *index = bpf_map_lookup_elem(&threads, &tid);
	struct obs_slot *slot;

	slot = index ? slot_at(*index) : NULL;
	return slot && slot->tid == tid ? slot : NULL;
}

/*
 * Returns the slot of the vCPU that this thread runs, or NULL.  With classic
 * tracepoints it is the one of the thread's last exit.  That may be another
 * vCPU, whose exit is still open, if the thread runs several in turn: KVM ends
 * an access to MMIO in the vCPU's next run.
 */
static __always_inline struct obs_slot *slot_of_current(void)
{
	u64 vcpu = vcpu_of_thread();
	struct obs_slot *slot;

	if (!config.classic)
		return vcpu ? slot_at(slot_find(vcpu)) : NULL;
	slot = slot_of_thread(bpf_get_current_pid_tgid());
	if (slot && slot->address && vcpu && slot->address != vcpu)
		return NULL;
	return slot;
}

#endif /* EXITLEDGER_THREADS_H */
