/* SPDX-License-Identifier: GPL-2.0-only */
/* Books named moments: the marks that a guest sets, and resets of a VM. */
#ifndef EXITLEDGER_MARKS_H
#define EXITLEDGER_MARKS_H

#include "guest_marks.h"
#include "sums.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 17);
} marks SEC(".maps");

u64 marks_booked;

/*
 * The value of RIP at the first instruction after a reset: SDM 3A, 9.1.4;
 * APM 2, 14.1.5.
 */
#define RESET_RIP 0xfff0

/*
 * A guest can set marks as fast as it wants.  Accept OBS_MARK_BURST marks in a
 * row, then one per OBS_MARK_NS, and a limited number in total.  This is the
 * generic cell rate algorithm (ITU-T I.371); mark_ns is the time at which the
 * next mark is due.
 */
static __always_inline int mark_allowed(struct vm *vm)
{
	u64 now = bpf_ktime_get_ns(), due = vm->mark_ns;

	if (due < now)
		due = now;
	if (due - now >= OBS_MARK_BURST * OBS_MARK_NS ||
	    vm->marks >= OBS_VM_MARKS || marks_booked >= OBS_MARKS)
		return 0;
	vm->mark_ns = due + OBS_MARK_NS;
	__sync_fetch_and_add(&vm->marks, 1);
	count(&marks_booked);
	return 1;
}

/* Returns the current number of exits that the observer has for a slot's VM. */
static __noinline u64 exits_of(struct obs_slot *slot)
{
	struct sum sum = {};
	struct vm *vm;

	vm = slot ? vm_of(slot) : NULL;
	if (vm)
		sum_vm(&sum, vm->head, 0, 0);
	return sum.exits;
}

/* Returns the current number of exits that the observer has for a vCPU. */
static __noinline u64 own_exits(struct obs_slot *slot)
{
	u64 exits = 0;

	for (u32 i = 0; slot && i < OBS_CELLS; i++)
		exits += READ_ONCE(slot->cell[i].exits);
	return exits;
}

static __always_inline struct obs_mark *mark_begin(const struct obs_slot *slot,
						   u32 kind)
{
	struct vm *vm = vm_of(slot);
	struct obs_mark *mark;

	mark = bpf_ringbuf_reserve(&marks, sizeof(*mark), 0);
	if (!mark) {
		count(&losses.marks);
		return NULL;
	}
	__builtin_memset(mark, 0, sizeof(*mark));
	mark->vm = slot->vm;
	mark->ns = bpf_ktime_get_ns();
	mark->kind = kind;
	mark->vcpu_id = slot->vcpu_id;
	mark->vcpus = vm ? vm->vcpus : 0;
	return mark;
}

/*
 * Book a guest's mark.  Called when the sequence of its CPUIDs is complete and
 * KVM has answered the last one; @args: kvm_cpuid's arguments.
 */
static __always_inline void mark_book(struct obs_slot *slot, const u64 *args)
{
	struct obs_mark *mark = mark_begin(slot, OBS_MARK_GUEST);

	if (!mark)
		return;
	mark->kernel_exits = (u64)(u32)args[3] << 32 | (u32)args[2];
	mark->has_kernel = args[6] & 1;
	/*
	 * Add the exit of this CPUID, if there was one.  There was none if KVM
	 * emulated the CPUID (real mode without unrestricted guest).
	 */
	mark->exits_before =
		slot->marking.exits + (own_exits(slot) != slot->marking.own);
	mark->exits = exits_of(slot);
	__builtin_memcpy(mark->text, slot->marking.text, sizeof(mark->text));
	bpf_ringbuf_submit(mark, 0);
}

/* Drop the mark that a vCPU has begun, and count it as lost. */
static __always_inline void mark_lost(struct obs_marking *marking)
{
	marking->words = 0;
	count(&losses.marks);
}

static __always_inline void mark_header(struct obs_slot *slot, u32 word)
{
	struct obs_marking *marking = &slot->marking;
	u32 length = word & 0xff;
	struct vm *vm = vm_of(slot);

	if (!length || length > GUEST_MARK_TEXT ||
	    word != GUEST_MARK_HEADER(length) || !vm || !mark_allowed(vm)) {
		mark_lost(marking);
		return;
	}
	__builtin_memset(marking->text, 0, sizeof(marking->text));
	marking->length = (length + 3) / 4;
	marking->words = 2;
	marking->sum = guest_mark_sum(GUEST_MARK_SUM, word);
}

static __always_inline void mark_text(struct obs_slot *slot, u32 word)
{
	struct obs_marking *marking = &slot->marking;
	u32 at = marking->words - 2;

	asm volatile("" : "+r"(at));
	if (at >= GUEST_MARK_WORDS)
		return;
	marking->text[at] = word;
	marking->sum = guest_mark_sum(marking->sum, word);
	marking->words++;
	if (at + 1 == marking->length) {
		marking->own = own_exits(slot);
		marking->exits = exits_of(slot);
	}
}

/* Must be called when leaf EXITS was read; @args: kvm_cpuid's arguments */
static __noinline int mark_word(struct obs_slot *slot, const u64 *args)
{
	struct obs_marking *marking;
	int ends;
	u32 word;

	if (!slot || !args)
		return 0;
	marking = &slot->marking;
	word = args[1];
	ends = marking->words >= 2 && marking->words - 2 == marking->length;
	if (ends && word == marking->sum) {
		marking->words = 0;
		mark_book(slot, args);
	} else if (word == GUEST_MARK_START) {
		if (marking->words)
			count(&losses.marks);
		marking->words = 1;
	} else if (ends) {
		mark_lost(marking);
	} else if (marking->words == 1) {
		mark_header(slot, word);
	} else if (marking->words) {
		mark_text(slot, word);
	}
	return 0;
}

/*
 * Book a reset of the VM if user space sets the first vCPU's RIP to RESET_RIP.
 * A VMM does this to reset a VM, for whatever reason (triple fault, keyboard
 * controller, ACPI, port 0xcf9), and KVM has no event for a reset.  If the VM
 * had no exit yet, this is not a reset: the VMM is still setting up the VM.
 */
static __always_inline int book_reset(u64 vcpu, u64 rip)
{
	struct obs_slot *slot;
	struct obs_mark *mark;
	struct vm *vm;
	u64 exits;

	if (rip != RESET_RIP)
		return 0;
	slot = slot_at(slot_find(vcpu));
	if (!slot || slot->vcpu_id)
		return 0;
	exits = exits_of(slot);
	/* If nothing has run since the last reset, it is still the same one. */
	if (!exits || exits == slot->marking.reset_exits)
		return 0;
	slot->marking.reset_exits = exits;
	slot->marking.words = 0;
	vm = vm_of(slot);
	if (!vm || !mark_allowed(vm)) {
		count(&losses.marks);
		return 0;
	}
	mark = mark_begin(slot, OBS_MARK_RESET);
	if (!mark)
		return 0;
	mark->exits_before = mark->exits = exits;
	bpf_ringbuf_submit(mark, 0);
	return 0;
}

#endif /* EXITLEDGER_MARKS_H */
