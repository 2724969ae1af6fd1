/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Captures each answer of KVM's counters to a guest, with the sums of this book
 * at that moment.
 */
#ifndef EXITLEDGER_LEAF_READS_H
#define EXITLEDGER_LEAF_READS_H

#include "sums.h"

/* The read that is open in each slot. */
struct obs_read leaf_reads[OBS_SLOTS];

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} answers SEC(".maps");

/* The registers of a CPUID, as kvm_cpuid and the vCPU have them. */
struct cpuid_registers {
	u32 eax, ebx, ecx, edx;
};

static __always_inline struct obs_read *
leaf_read_of(const struct obs_slot *slot)
{
	u64 index = slot - slots;

	asm volatile("" : "+r"(index));
	if (index >= OBS_SLOTS)
		return NULL;
	asm volatile("" : "+r"(index));
	return &leaf_reads[index];
}

/*
 * To be called at a CPUID exit.  If it reads one of our leaves, remember the
 * sums as of now.
 */
static __noinline int leaf_read_begin(void *vcpu, struct obs_slot *slot)
{
	struct kvm_vcpu *v = vcpu;
	struct obs_read *read;
	struct sum sum = {};
	struct vm *vm;
	u32 leaf;

	if (!slot)
		return 0;
	leaf = BPF_CORE_READ(v, arch.regs[OBS_RAX]);
	if (leaf < EXIT_LEAF_FIRST || leaf > EXIT_LEAF_LAST)
		return 0;
	read = leaf_read_of(slot);
	vm = vm_of(slot);
	if (!read || !vm) {
		count(&losses.answers);
		return 0;
	}
	read->leaf = leaf;
	read->index = BPF_CORE_READ(v, arch.regs[OBS_RCX]);
	read->control = exit_control(vcpu, config.isa);
	sum_vm(&sum, vm->head, read->leaf, read->index);
	read->exits = sum.exits;
	read->ns = sum.ns;
	slot->reading = 1;
	return 0;
}

static __always_inline void answer_pair(struct obs_answer *answer,
					const struct obs_slot *slot,
					const struct obs_read *read)
{
	struct vm *vm = vm_of(slot);
	struct sum sum = {};

	answer->flags |= OBS_ANSWER_PAIRED;
	answer->vm = slot->vm;
	answer->vcpu_id = slot->vcpu_id;
	answer->exits_before = read->exits;
	answer->ns_before = read->ns;
	if (vm) {
		sum_vm(&sum, vm->head, answer->leaf, answer->index);
		/*
		 * It is read last, so that it includes vCPUs that came
		 * meanwhile.
		 */
		answer->vcpus = READ_ONCE(vm->vcpus);
	}
	answer->outside = sum.outside;
	answer->exits_after = sum.exits;
	answer->ns_after = sum.ns;
}

static __always_inline struct obs_answer *
answer_begin(u32 leaf, u32 index, const struct cpuid_registers *registers)
{
	struct obs_answer *answer;

	answer = bpf_ringbuf_reserve(&answers, sizeof(*answer), 0);
	if (!answer) {
		count(&losses.answers);
		return NULL;
	}
	__builtin_memset(answer, 0, sizeof(*answer));
	answer->ns = bpf_ktime_get_ns();
	answer->leaf = leaf;
	answer->index = index;
	answer->eax = registers->eax;
	answer->ebx = registers->ebx;
	answer->ecx = registers->ecx;
	answer->edx = registers->edx;
	return answer;
}

/*
 * To be called at kvm_cpuid: capture the registers of the answer, and the sums
 * at the exit and now.
 */
static __always_inline int book_answer(const u64 *args)
{
	const struct cpuid_registers registers = { args[2], args[3], args[4],
						   args[5] };
	u32 leaf = args[0], index = args[1];
	struct obs_read *read = NULL;
	struct obs_answer *answer;
	struct obs_slot *slot;

	if (leaf < EXIT_LEAF_FIRST || leaf > EXIT_LEAF_LAST)
		return 0;
	slot = slot_of_current();
	if (slot && slot->reading) {
		slot->reading = 0;
		read = leaf_read_of(slot);
	}
	answer = answer_begin(leaf, index, &registers);
	if (!answer)
		return 0;
	if (args[6] & 1)
		answer->flags |= OBS_ANSWER_FOUND;
	/*
	 * A read that was not answered (because of a fault, or because it was
	 * reflected to a guest's own hypervisor) does not belong to what the
	 * emulator asks later.
	 */
	if (slot && read && read->leaf == leaf && read->index == index)
		answer_pair(answer, slot, read);
	bpf_ringbuf_submit(answer, 0);
	return 0;
}

/*
 * To be called at the entry after a read that kvm_cpuid did not show.  From
 * Linux 7 on its programs can be preempted, and the kernel skips those that
 * another vCPU would run on that CPU meanwhile.  Programs on entries and exits
 * are safe, as interrupts are off.  If KVM moved on behind the CPUID, the
 * answer is in the registers; otherwise there was none.  The exit is still
 * open, so its vCPU is outside of the guest.
 */
static __noinline int answer_at_entry(void *vcpu, struct obs_slot *slot)
{
	struct cpuid_registers registers = {};
	struct kvm_vcpu *v = vcpu;
	struct obs_answer *answer;
	struct obs_read *read;
	int skipped;

	if (!slot)
		return 0;
	slot->reading = 0;
	read = leaf_read_of(slot);
	skipped = was_skipped(v);
	/* There may have been an answer. */
	if (skipped < 0)
		count(&losses.answers);
	if (!read || skipped != 1 ||
	    read->control != exit_control(vcpu, config.isa) ||
	    exit_reason(vcpu, config.isa) != config.roles.cpuid)
		return 0;
	registers.eax = BPF_CORE_READ(v, arch.regs[OBS_RAX]);
	registers.ebx = BPF_CORE_READ(v, arch.regs[OBS_RBX]);
	registers.ecx = BPF_CORE_READ(v, arch.regs[OBS_RCX]);
	registers.edx = BPF_CORE_READ(v, arch.regs[OBS_RDX]);
	answer = answer_begin(read->leaf, read->index, &registers);
	if (!answer)
		return 0;
	answer->flags |= OBS_ANSWER_ENTRY;
	answer_pair(answer, slot, read);
	bpf_ringbuf_submit(answer, 0);
	return 0;
}

#endif /* EXITLEDGER_LEAF_READS_H */
