// SPDX-License-Identifier: GPL-2.0-only
/*
 * The second book: counts a host's VM exits, and the time from each to the
 * next entry, by VM, vCPU and reason, on the tracepoints kvm_exit and
 * kvm_entry; and captures, on kvm_cpuid, what a guest is told by KVM's own
 * counters together with this book's sums at that moment.
 *
 * One object for both vendors and all kernels from 5.17 on.  Every program
 * comes for both kinds of attachment, and user space loads one of them.
 */
#include "kvm_types.h"

#include <linux/bpf.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "exit_leaves.h"
#include "exit_reason_codes.h"

char LICENSE[] SEC("license") = "GPL";

#define REASON_UNREADABLE 0xfffffffeu

struct obs_slot slots[OBS_SLOTS];
struct obs_losses losses;
u64 vms_seen;

struct vm {
	u64 number; /* addresses are reused; numbers are not */
	u32 head; /* 1 + index of the VM's newest slot */
	u32 vcpus;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, OBS_SLOTS);
	__type(key, u64); /* address of struct kvm */
	__type(value, struct vm);
} vms SEC(".maps");

/* A vCPU thread's read of a leaf, between its kvm_exit and its kvm_cpuid. */
struct leaf_read {
	u64 kvm;
	u64 vm;
	u64 exits;
	u64 ns;
	u32 vcpu_id;
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

static __always_inline void count(u64 *counter)
{
	__sync_fetch_and_add(counter, 1);
}

/* The raw exit reason: VMX: the basic reason; SVM: the exit code. */
static __always_inline u32 exit_reason(void *vcpu, u32 isa)
{
	u32 reason = REASON_UNREADABLE;

	if (isa == EXIT_LEAF_ISA_SVM) {
		struct vcpu_svm *svm = vcpu;

		if (bpf_core_type_exists(struct vcpu_svm))
			reason = BPF_CORE_READ(svm, vmcb, control.exit_code);
	} else if (bpf_core_field_exists(struct vcpu_vmx, exit_reason)) {
		struct vcpu_vmx *vmx = vcpu;

		reason = BPF_CORE_READ(vmx, exit_reason.full) & 0xffff;
	} else if (bpf_core_field_exists(struct vcpu_vmx___618, vt)) {
		struct vcpu_vmx___618 *vmx = vcpu;

		reason = BPF_CORE_READ(vmx, vt.exit_reason.full) & 0xffff;
	}
	return reason;
}

/*
 * Was the vCPU's last entry a VM-Fail?  Then it was traced, but nothing ran,
 * and no exit followed.
 */
static __always_inline int entry_failed(void *vcpu, u32 isa)
{
	struct vcpu_vmx *vmx = vcpu;

	if (isa != EXIT_LEAF_ISA_VMX ||
	    !bpf_core_field_exists(struct vcpu_vmx, fail))
		return 0;
	return BPF_CORE_READ(vmx, fail);
}

/* Where a vCPU's slot is looked for first.  vCPUs lie a cache line apart. */
static __always_inline u32 slot_home(void *vcpu)
{
	u32 low = (u32)(u64)vcpu;

	return (low >> 6) * 0x9e3779b1u >> (32 - 11);
}

OBS_ASSERT(OBS_SLOTS == 1 << 11);

/* The entry of a VM, made if this is the first of it; NULL if that failed. */
static __noinline struct vm *vm_find(u64 kvm)
{
	struct vm fresh = {}, *vm;

	vm = bpf_map_lookup_elem(&vms, &kvm);
	if (vm)
		return vm;
	fresh.number = __sync_fetch_and_add(&vms_seen, 1) + 1;
	bpf_map_update_elem(&vms, &kvm, &fresh, BPF_NOEXIST);
	return bpf_map_lookup_elem(&vms, &kvm);
}

/* Fill in a slot just taken, and make it known to its VM. */
static __noinline int slot_set_up(void *vcpu, u32 index)
{
	struct obs_slot *slot = &slots[index & (OBS_SLOTS - 1)];
	u64 id = bpf_get_current_pid_tgid();
	struct kvm_vcpu *v = vcpu;
	struct vm *vm;
	u64 kvm;

	kvm = (u64)BPF_CORE_READ(v, kvm);
	vm = vm_find(kvm);
	if (!vm) {
		count(&losses.no_vm);
		slot->vcpu = 0;
		return -1;
	}
	slot->vcpu_id = BPF_CORE_READ(v, vcpu_id);
	slot->prior_exits = BPF_CORE_READ(v, stat.exits);
	slot->tgid = id >> 32;
	slot->tid = (u32)id;
	slot->since_ns = bpf_ktime_get_ns();
	slot->open = OBS_CELLS;
	__sync_fetch_and_add(&vm->vcpus, 1);
	slot->next = vm->head;
	for (int i = 0; i < 64; i++) {
		u32 head = slot->next;

		slot->next =
			__sync_val_compare_and_swap(&vm->head, head, index + 1);
		if (slot->next == head)
			break;
	}
	slot->vm = vm->number;
	return 0;
}

/* The index of a vCPU's slot, taken if it has none yet; OBS_SLOTS: none free. */
static __noinline u32 slot_search(void *vcpu)
{
	u32 home = slot_home(vcpu);

	for (u32 i = 0; i < OBS_PROBES; i++) {
		u32 index = (home + i) & (OBS_SLOTS - 1);

		if (slots[index].vcpu == (u64)vcpu)
			return index;
	}
	for (u32 i = 0; i < OBS_PROBES; i++) {
		u32 index = (home + i) & (OBS_SLOTS - 1);

		if (slots[index].vcpu)
			continue;
		if (__sync_val_compare_and_swap(&slots[index].vcpu, 0,
						(u64)vcpu))
			continue;
		return slot_set_up(vcpu, index) ? OBS_SLOTS : index;
	}
	return OBS_SLOTS;
}

static __always_inline struct obs_slot *slot_of(void *vcpu)
{
	u32 index = slot_home(vcpu) & (OBS_SLOTS - 1);

	if (slots[index].vcpu != (u64)vcpu) {
		index = slot_search(vcpu);
		if (index >= OBS_SLOTS) {
			count(&losses.no_slot);
			return NULL;
		}
	}
	return &slots[index];
}

/* The cell of a reason without a fixed one; OBS_CELLS: none, and none free. */
static __noinline u32 cell_sparse(struct obs_slot *slot, u32 reason, u32 take)
{
	u32 nr;

	if (!slot)
		return OBS_CELLS;
	nr = slot->nr_sparse;
	for (u32 i = 0; i < OBS_SPARSE; i++) {
		if (i >= nr) {
			if (!take)
				break;
			slot->sparse[i] = reason;
			slot->nr_sparse = i + 1;
			return OBS_FIXED + i;
		}
		if (slot->sparse[i] == reason)
			return OBS_FIXED + i;
	}
	return OBS_CELLS;
}

static __always_inline u32 cell_of(struct obs_slot *slot, u32 reason, u32 take)
{
	if (reason < OBS_DENSE)
		return reason;
	if (reason - OBS_NPF_BASE < OBS_NPF)
		return reason - OBS_NPF_BASE + OBS_DENSE;
	return cell_sparse(slot, reason, take);
}

/*
 * A slot's cell by its index; NULL for OBS_CELLS.  The barriers keep clang from
 * proving the check away, and from computing the address before it, by
 * arithmetic that the verifier cannot follow.
 */
static __always_inline struct obs_cell *cell_at(struct obs_slot *slot, u64 cell)
{
	asm volatile("" : "+r"(cell));
	if (cell >= OBS_CELLS)
		return NULL;
	asm volatile("" : "+r"(cell));
	return &slot->cell[cell];
}

struct sum {
	u32 next;
	u32 reason;
	u32 by_reason;
	u32 pad;
	u64 exits;
	u64 ns;
};

static long sum_slot(u32 nr __attribute__((unused)), struct sum *sum)
{
	struct obs_slot *slot;
	struct obs_cell *cell;

	if (!sum->next)
		return 1;
	slot = &slots[(sum->next - 1) & (OBS_SLOTS - 1)];
	sum->next = slot->next;
	if (!sum->by_reason) {
		sum->exits += *(volatile u64 *)&slot->exits;
		sum->ns += *(volatile u64 *)&slot->ns;
		return 0;
	}
	cell = cell_at(slot, cell_of(slot, sum->reason, 0));
	if (cell) {
		sum->exits += *(volatile u64 *)&cell->exits;
		sum->ns += *(volatile u64 *)&cell->ns;
	}
	return 0;
}

/* This book's sums over a VM's vCPUs, of what a leaf is about. */
static __noinline int sum_vm(struct sum *sum, u32 head, u32 leaf, u32 index)
{
	if (!sum)
		return 0;
	sum->next = head;
	sum->reason = index;
	sum->by_reason = leaf == EXIT_LEAF_REASON_EXITS ||
			 leaf == EXIT_LEAF_REASON_CYCLES;
	bpf_loop(OBS_SLOTS, sum_slot, sum, 0);
	return 0;
}

/* At a CPUID exit: if it reads one of our leaves, remember the sums as of now. */
static __noinline int leaf_read_begin(void *vcpu, struct obs_slot *slot)
{
	struct leaf_read read = {};
	struct kvm_vcpu *v = vcpu;
	struct sum sum = {};
	u32 leaf, tid;
	struct vm *vm;

	if (!slot)
		return 0;
	leaf = BPF_CORE_READ(v, arch.regs[0]);
	if (leaf < EXIT_LEAF_FIRST || leaf > EXIT_LEAF_LAST)
		return 0;
	read.kvm = (u64)BPF_CORE_READ(v, kvm);
	vm = bpf_map_lookup_elem(&vms, &read.kvm);
	if (!vm)
		return 0;
	sum_vm(&sum, vm->head, leaf, BPF_CORE_READ(v, arch.regs[1]));
	read.vm = slot->vm;
	read.exits = sum.exits;
	read.ns = sum.ns;
	read.vcpu_id = slot->vcpu_id;
	tid = bpf_get_current_pid_tgid();
	bpf_map_update_elem(&reads, &tid, &read, BPF_ANY);
	return 0;
}

/* Book the time of the exit before this one: KVM has by now, see soundness.md. */
static __always_inline void book_time(struct obs_slot *slot)
{
	struct obs_cell *cell;

	if (!slot->pending_ns)
		return;
	slot->ns += slot->pending_ns;
	cell = cell_at(slot, slot->open);
	if (cell)
		cell->ns += slot->pending_ns;
	slot->pending_ns = 0;
}

static __always_inline int book_exit(void *vcpu, u32 isa)
{
	u32 reason = exit_reason(vcpu, isa);
	struct obs_slot *slot;
	struct obs_cell *cell;

	slot = slot_of(vcpu);
	if (!slot)
		return 0;
	if (reason == REASON_UNREADABLE)
		count(&losses.unreadable);
	if (slot->exit_ns)
		slot->missed_entries++;
	book_time(slot);
	slot->isa = isa;
	slot->exits++;
	slot->open = cell_of(slot, reason, 1);
	cell = cell_at(slot, slot->open);
	if (cell)
		cell->exits++;
	else
		slot->sparse_full++;
	if (reason ==
	    (isa == EXIT_LEAF_ISA_SVM ? EXIT_SVM_CPUID : EXIT_VMX_CPUID))
		leaf_read_begin(vcpu, slot);
	/* Last, so that this program's own time is not booked as the exit's. */
	slot->exit_ns = bpf_ktime_get_ns();
	return 0;
}

static __always_inline int book_entry(void *vcpu)
{
	u64 now = bpf_ktime_get_ns();
	struct obs_slot *slot;

	slot = slot_of(vcpu);
	if (!slot)
		return 0;
	if (slot->exit_ns) {
		slot->pending_ns = now - slot->exit_ns;
		slot->exit_ns = 0;
		/* From here on exits are seen: none before the next entry? */
		slot->paired = 1;
	} else if (slot->paired && !entry_failed(vcpu, slot->isa)) {
		slot->missed_exits++;
	}
	return 0;
}

static __always_inline int book_answer(const u64 *args)
{
	u32 leaf = args[0], index = args[1], tid;
	struct obs_answer *answer;
	struct leaf_read *read;
	struct sum sum = {};
	struct vm *vm;

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
		answer->flags |= OBS_ANSWER_PAIRED;
		answer->vm = read->vm;
		answer->vcpu_id = read->vcpu_id;
		answer->exits_before = read->exits;
		answer->ns_before = read->ns;
		vm = bpf_map_lookup_elem(&vms, &read->kvm);
		if (vm) {
			answer->vcpus = vm->vcpus;
			sum_vm(&sum, vm->head, leaf, index);
		}
		answer->exits_after = sum.exits;
		answer->ns_after = sum.ns;
		bpf_map_delete_elem(&reads, &tid);
	}
	bpf_ringbuf_submit(answer, 0);
	return 0;
}

/* A vCPU is being freed: its address, and its VM's, may be another's soon. */
static __always_inline int book_end(void *vcpu)
{
	struct kvm_vcpu *v = vcpu;
	u32 home = slot_home(vcpu);
	u64 kvm;

	kvm = (u64)BPF_CORE_READ(v, kvm);
	bpf_map_delete_elem(&vms, &kvm);
	for (u32 i = 0; i < OBS_PROBES; i++) {
		struct obs_slot *slot = &slots[(home + i) & (OBS_SLOTS - 1)];

		if (slot->vcpu == (u64)vcpu) {
			slot->vcpu = OBS_GONE;
			break;
		}
	}
	return 0;
}

/*
 * Programs are attached in this order.  Exits come last: an entry that follows
 * an exit that was seen is then seen too, also when attached to running vCPUs.
 *
 * The arguments are (vcpu, isa) from 5.16 on.  On kernels that mark tp_btf's
 * pointers as possibly NULL the verifier wants the check.
 */
SEC("fentry/kvm_arch_vcpu_destroy")
int vcpu_end(u64 *ctx)
{
	return book_end((void *)ctx[0]);
}

SEC("tp_btf/kvm_entry")
int entry_btf(u64 *ctx)
{
	void *vcpu = (void *)ctx[0];

	return vcpu ? book_entry(vcpu) : 0;
}

SEC("tp_btf/kvm_cpuid")
int cpuid_btf(u64 *ctx)
{
	return book_answer(ctx);
}

SEC("raw_tp/kvm_entry")
int entry_raw(u64 *ctx)
{
	return book_entry((void *)ctx[0]);
}

SEC("raw_tp/kvm_cpuid")
int cpuid_raw(u64 *ctx)
{
	return book_answer(ctx);
}

SEC("tp_btf/kvm_exit")
int exit_btf(u64 *ctx)
{
	void *vcpu = (void *)ctx[0];

	return vcpu ? book_exit(vcpu, ctx[1]) : 0;
}

SEC("raw_tp/kvm_exit")
int exit_raw(u64 *ctx)
{
	return book_exit((void *)ctx[0], ctx[1]);
}
