/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Captures each answer of KVM's counters to a guest, with the observer's sums
 * at that moment.
 */
#ifndef EXITLEDGER_LEAF_READS_H
#define EXITLEDGER_LEAF_READS_H

#include "sums.h"

/* For each slot, the guest's read that has not been answered yet. */
struct obs_read leaf_reads[OBS_SLOTS];

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} answers SEC(".maps");

/* The registers of a CPUID, in the order of kvm_cpuid and of the vCPU. */
struct cpuid_registers {
	u32 eax, ebx, ecx, edx;
};

static __always_inline struct obs_read *
leaf_read_of(const struct obs_slot *slot)
{
	return OF_SLOT(leaf_reads, slot);
}

static __always_inline u32 is_leaf(u32 leaf)
{
	return leaf >= config.leaf_first && leaf <= config.leaf_last;
}

/* Is the leaf about one reason?  Otherwise, it is about all exits. */
static __always_inline u32 is_by_reason(u32 leaf)
{
	return config.leaf_by_reason >> ((leaf - config.leaf_first) & 31) & 1;
}

/*
 * Must be called at a CPUID exit.  If the guest reads one of our leaves,
 * remember the VM's current sums.
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
	if (!is_leaf(leaf))
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
	sum_vm(&sum, vm->head, is_by_reason(leaf), read->index);
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
		sum_vm(&sum, vm->head, is_by_reason(answer->leaf),
		       answer->index);
		/* Read this last, to include new vCPUs. */
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
 * Must be called at kvm_cpuid.  Captures the registers of the answer, with the
 * sums at the exit and the current sums.
 */
static __always_inline int book_answer(const u64 *args)
{
	const struct cpuid_registers registers = { args[2], args[3], args[4],
						   args[5] };
	u32 leaf = args[0], index = args[1];
	struct obs_read *read = NULL;
	struct obs_answer *answer;
	struct obs_slot *slot;

	if (!is_leaf(leaf) || config.answers_at_entry)
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
	 * If KVM did not answer a read, because of a fault or because the read
	 * was reflected to the guest's own hypervisor, it must not be paired
	 * with a later read by the emulator.
	 */
	if (slot && read && read->leaf == leaf && read->index == index)
		answer_pair(answer, slot, read);
	bpf_ringbuf_submit(answer, 0);
	return 0;
}

/*
 * Must be called at the entry after a read that the program on kvm_cpuid did
 * not see, or was not to see (config.answers_at_entry).  From Linux 7 on, a
 * program on kvm_cpuid can be preempted; if another vCPU then reaches kvm_cpuid
 * on the same CPU, the kernel does not run the program for it.  This does not
 * happen to programs on entries and exits, as interrupts are off there.  If KVM
 * has moved RIP past the CPUID, the registers have its answer; otherwise there
 * was none.  The exit is still open, so obs_answer.outside includes this vCPU.
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
	/* If this is unknown, an answer may be lost. */
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
