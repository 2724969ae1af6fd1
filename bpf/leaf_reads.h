/* SPDX-License-Identifier: GPL-2.0-only */
/* What a guest is told by KVM's own counters, and this book's sums by then. */
#ifndef EXITLEDGER_LEAF_READS_H
#define EXITLEDGER_LEAF_READS_H

#include "sums.h"

/* A vCPU thread's read of a leaf, between its kvm_exit and its kvm_cpuid. */
struct leaf_read {
	struct obs_vm_key in;
	u64 vm;
	u64 exits;
	u64 ns;
	u32 vcpu_id;
	u32 leaf;
	u32 index;
	u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, OBS_SLOTS);
	__type(key, u32); /* tid */
	__type(value, struct leaf_read);
} reads SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} answers SEC(".maps");

/* At a CPUID exit: if it reads one of our leaves, remember the sums as of now. */
static __noinline int leaf_read_begin(void *vcpu, struct obs_slot *slot)
{
	struct leaf_read read = {};
	struct kvm_vcpu *v = vcpu;
	struct sum sum = {};
	struct vm *vm;
	u32 tid;

	if (!slot)
		return 0;
	read.leaf = BPF_CORE_READ(v, arch.regs[0]);
	if (read.leaf < EXIT_LEAF_FIRST || read.leaf > EXIT_LEAF_LAST)
		return 0;
	read.index = BPF_CORE_READ(v, arch.regs[1]);
	read.in = vm_key(slot->address);
	vm = bpf_map_lookup_elem(&vms, &read.in);
	if (!vm)
		return 0;
	sum_vm(&sum, vm->head, read.leaf, read.index);
	read.vm = slot->vm;
	read.exits = sum.exits;
	read.ns = sum.ns;
	read.vcpu_id = slot->vcpu_id;
	tid = bpf_get_current_pid_tgid();
	bpf_map_update_elem(&reads, &tid, &read, BPF_ANY);
	return 0;
}

static __always_inline void answer_pair(struct obs_answer *answer,
					const struct leaf_read *read)
{
	struct sum sum = {};
	struct vm *vm;

	answer->flags |= OBS_ANSWER_PAIRED;
	answer->vm = read->vm;
	answer->vcpu_id = read->vcpu_id;
	answer->exits_before = read->exits;
	answer->ns_before = read->ns;
	vm = bpf_map_lookup_elem(&vms, &read->in);
	if (vm) {
		sum_vm(&sum, vm->head, answer->leaf, answer->index);
		/* Not before: of one that comes meanwhile it must be known. */
		answer->vcpus = READ_ONCE(vm->vcpus);
	}
	answer->outside = sum.outside;
	answer->exits_after = sum.exits;
	answer->ns_after = sum.ns;
}

/* At kvm_cpuid: the answer's registers, and the sums at the exit and now. */
static __always_inline int book_answer(const u64 *args)
{
	u32 leaf = args[0], index = args[1], tid;
	struct obs_answer *answer;
	struct leaf_read *read;

	if (leaf < EXIT_LEAF_FIRST || leaf > EXIT_LEAF_LAST)
		return 0;
	tid = bpf_get_current_pid_tgid();
	read = bpf_map_lookup_elem(&reads, &tid);
	answer = bpf_ringbuf_reserve(&answers, sizeof(*answer), 0);
	if (!answer) {
		count(&losses.answers);
		return 0;
	}
	__builtin_memset(answer, 0, sizeof(*answer));
	answer->ns = bpf_ktime_get_ns();
	answer->leaf = leaf;
	answer->index = index;
	answer->eax = args[2];
	answer->ebx = args[3];
	answer->ecx = args[4];
	answer->edx = args[5];
	if (args[6] & 1)
		answer->flags |= OBS_ANSWER_FOUND;
	if (read) {
		/*
		 * One that was not answered (a fault, or reflected to a guest's
		 * own hypervisor) is no part of what the emulator asks later.
		 */
		if (read->leaf == leaf && read->index == index)
			answer_pair(answer, read);
		bpf_map_delete_elem(&reads, &tid);
	}
	bpf_ringbuf_submit(answer, 0);
	return 0;
}

#endif /* EXITLEDGER_LEAF_READS_H */
