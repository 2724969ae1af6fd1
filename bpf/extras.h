/* SPDX-License-Identifier: GPL-2.0-only */
/* Books optional data: keys of exits, time off the CPU, and slow exits. */
#ifndef EXITLEDGER_EXTRAS_H
#define EXITLEDGER_EXTRAS_H

#include "cells.h"
#include "guest_rip.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, OBS_KEYS);
	__type(key, struct obs_key);
	__type(value, struct obs_keyed);
} keyed SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} slow SEC(".maps");

static __always_inline struct obs_keyed *keyed_of(const struct obs_slot *slot,
						  u32 reason)
{
	struct obs_key key = {
		.key = slot->key,
		.reason = reason,
		.slot = slot_index_of(slot),
		.serial = slot->serial,
	};
	struct obs_keyed fresh = { .min_ns = ~0ull }, *entry;

	entry = bpf_map_lookup_elem(&keyed, &key);
	if (entry)
		return entry;
	bpf_map_update_elem(&keyed, &key, &fresh, BPF_NOEXIST);
	return bpf_map_lookup_elem(&keyed, &key);
}

/*
 * Returns the reason of a slot's open exit, or OBS_UNREADABLE if the reason has
 * no cell of its own.
 */
static __always_inline u32 open_reason(const struct obs_slot *slot)
{
	u32 open = slot->open;

	return open && open < OBS_CELLS ? slot->reason[open] : OBS_UNREADABLE;
}

/* Count the open exit's key as lost. */
static __always_inline void lose_key(struct obs_slot *slot)
{
	slot->has_key = OBS_KEY_LOST;
	count(&losses.no_key);
}

/*
 * Book the open exit's key.  An exit may have several keys; only the first one
 * is booked.
 */
static __noinline int book_key(struct obs_slot *slot, u64 key)
{
	struct obs_keyed *entry;

	if (!slot || slot->has_key || !slot->exit_ns)
		return 0;
	slot->key = key;
	entry = keyed_of(slot, open_reason(slot));
	if (!entry) {
		lose_key(slot);
		return 0;
	}
	slot->has_key = OBS_KEY_BOOKED;
	entry->exits++;
	return 0;
}

/* Returns the port in EXITINFO1 or in the qualification of an I/O exit. */
static __always_inline u64 port_of(u64 info)
{
	return info >> 16 & 0xffff;
}

/*
 * If this bit is set in a page fault's EXITINFO1, the page table entry has
 * reserved bits that are set.
 */
#define NPF_RESERVED 8

/*
 * Book a key that is known at the exit, where nothing can interrupt this
 * program.  Such keys are in the guest's registers or in the VMCB.  An address
 * is booked only if KVM knows that it is not memory; KVM then has set reserved
 * bits in the page table entry.
 */
static __always_inline void book_key_at_exit(void *vcpu, struct obs_slot *slot,
					     u32 reason)
{
	struct kvm_vcpu *v = vcpu;
	u64 rip;

	switch (config.by) {
	case OBS_BY_PORT:
		if (config.info_at_exit && reason == config.roles.io)
			book_key(slot, port_of(svm_exit_info(vcpu, 1)));
		break;
	case OBS_BY_MMIO:
		if (config.info_at_exit && reason == config.roles.mmio &&
		    svm_exit_info(vcpu, 1) & NPF_RESERVED)
			book_key(slot, svm_exit_info(vcpu, 2));
		break;
	case OBS_BY_MSR:
		if (reason == config.roles.msr_read ||
		    reason == config.roles.msr_write)
			book_key(slot,
				 (u32)BPF_CORE_READ(v, arch.regs[OBS_RCX]));
		break;
	case OBS_BY_HYPERCALL:
		if (reason == config.roles.hypercall)
			book_key(slot, BPF_CORE_READ(v, arch.regs[OBS_RAX]));
		break;
	case OBS_BY_CPUID:
		if (reason == config.roles.cpuid)
			book_key(slot,
				 (u32)BPF_CORE_READ(v, arch.regs[OBS_RAX]));
		break;
	case OBS_BY_RIP:
		if (guest_rip(vcpu, config.isa, &rip))
			book_key(slot, rip);
		else
			lose_key(slot);
		break;
	}
}

/*
 * Book a key that is known only after KVM has handled the exit.  Such keys are
 * in an exit qualification, or belong to a guest with encrypted registers
 * (SEV-ES).
 */
static __noinline int book_key_at_entry(struct obs_slot *slot)
{
	void *vcpu;
	u64 info;
	u32 reason;

	if (!slot)
		return 0;
	reason = open_reason(slot);
	if (config.by == OBS_BY_MMIO && !config.info_at_exit &&
	    reason == config.roles.mmio)
		lose_key(slot);
	if (config.by != OBS_BY_PORT || config.classic ||
	    reason != config.roles.io_late)
		return 0;
	vcpu = (void *)slot->address;
	if (exit_reason(vcpu, config.isa) == config.roles.io &&
	    exit_info_at_entry(vcpu, config.isa, &info))
		book_key(slot, port_of(info));
	else if (config.roles.io_late == config.roles.io)
		lose_key(slot);
	return 0;
}

static __always_inline void book_key_time(struct obs_slot *slot, u64 ns)
{
	struct obs_keyed *entry = NULL;

	if (!slot->has_key && config.by <= OBS_BY_MMIO)
		book_key_at_entry(slot);
	if (slot->has_key == OBS_KEY_BOOKED)
		entry = keyed_of(slot, open_reason(slot));
	slot->has_key = 0;
	/* Negative times are counted where the reason's time is booked. */
	if (!entry || is_negative(ns))
		return;
	entry->timed++;
	entry->ns += ns;
	if (ns < entry->min_ns)
		entry->min_ns = ns;
	if (ns > entry->max_ns)
		entry->max_ns = ns;
}

/* Book an address for the vCPU that this event's thread runs. */
static __always_inline int book_thread_key(u64 key)
{
	return book_key(slot_of_current(), key);
}

/* If a thread leaves the CPU during its vCPU's exit, remember when and how. */
static __always_inline void book_off(u32 tid, int runnable, u64 now)
{
	struct obs_slot *slot = slot_of_thread(tid);

	if (!slot || !slot->exit_ns)
		return;
	slot->off_ns = now;
	slot->off_runnable = runnable;
}

/* The vCPU's thread runs again: book the time that it was off the CPU. */
static __always_inline void end_off(struct obs_slot *slot, u64 now)
{
	u64 ns = now - slot->off_ns;

	slot->off_ns = 0;
	if (is_negative(ns))
		count(&losses.negative);
	else if (slot->off_runnable)
		slot->preempted_ns += ns;
	else
		slot->blocked_ns += ns;
}

static __always_inline void book_on(u32 tid, u64 now)
{
	struct obs_slot *slot = slot_of_thread(tid);

	if (slot && slot->off_ns)
		end_off(slot, now);
}

static __noinline int book_was_off(struct obs_slot *slot, u64 ns)
{
	struct obs_cell *cell;
	u32 open;

	if (!slot)
		return 0;
	open = slot->open;
	if (open >= OBS_CELLS)
		return 0;
	/*
	 * If the thread that saw the exit is still off the CPU, another thread
	 * enters the guest.  The time off the CPU ends at this entry.
	 */
	if (slot->off_ns)
		end_off(slot, slot->exit_ns + ns);
	if (!is_negative(ns)) {
		cell = &slot->cell[open];
		cell->preempted_ns += slot->preempted_ns;
		cell->blocked_ns += slot->blocked_ns;
	}
	slot->preempted_ns = slot->blocked_ns = 0;
	return 0;
}

/* Must be called before exit_ns is reset. */
static __always_inline void book_off_cpu(struct obs_slot *slot, u64 ns)
{
	if (unlikely(slot->preempted_ns | slot->blocked_ns | slot->off_ns))
		book_was_off(slot, ns);
}

/*
 * Forget an exit without an entry, so that its data are not booked for the next
 * exit.
 */
static __always_inline void forget_open(struct obs_slot *slot)
{
	slot->has_key = slot->handled = slot->reading = 0;
	slot->off_ns = slot->preempted_ns = slot->blocked_ns = 0;
}

static __noinline int book_slow(struct obs_slot *slot, u64 now, u64 ns)
{
	struct obs_slow *event;
	u32 reason;

	if (!slot || is_negative(ns))
		return 0;
	reason = open_reason(slot);
	if (!config.slow_hlt && reason == config.roles.hlt)
		return 0;
	if (config.by && !slot->has_key && config.by <= OBS_BY_MMIO)
		book_key_at_entry(slot);
	event = bpf_ringbuf_reserve(&slow, sizeof(*event), 0);
	if (!event) {
		count(&losses.slow);
		return 0;
	}
	event->at_ns = now;
	event->vm = slot->vm;
	event->ns = ns;
	event->preempted_ns = slot->preempted_ns;
	event->blocked_ns = slot->blocked_ns;
	event->key = slot->key;
	event->vcpu_id = slot->vcpu_id;
	event->tid = slot->tid;
	event->reason = reason;
	event->has_key = slot->has_key == OBS_KEY_BOOKED;
	bpf_ringbuf_submit(event, 0);
	return 0;
}

#endif /* EXITLEDGER_EXTRAS_H */
