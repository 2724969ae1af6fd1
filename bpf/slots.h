/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The slots of vCPUs: how a slot is found, how it is taken, and how its VM
 * knows it.
 */
#ifndef EXITLEDGER_SLOTS_H
#define EXITLEDGER_SLOTS_H

#include "exit_reason.h"

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

/*
 * Read or write memory that another thread uses: exactly once, and in program
 * order.
 */
#define READ_ONCE(x) (*(const volatile __typeof__(x) *)&(x))

/*
 * These are set before loading.  To the verifier they are constants, so that it
 * drops dead code.
 */
const volatile struct obs_config config;

/*
 * Indices that are single bytes of a slot are never checked against its size,
 * which saves the hot path instructions.  There is memory that far behind the
 * last slot, and only this program writes those indices.
 */
struct obs_slot slots[OBS_SLOTS + 4];
struct obs_losses losses;
u64 vms_seen; /* tells user space that there is a name to be found out */
u64 vcpus_ended; /* tells user space that there are slots to be freed */
u64 threads_stale; /* entries of the map threads that user space may delete */
u32 serials;

OBS_ASSERT(__builtin_offsetof(struct obs_slot, cell) +
		   256 * sizeof(struct obs_cell) <=
	   5 * sizeof(struct obs_slot));

struct vm {
	u64 number; /* addresses are reused; numbers are not */
	u32 head; /* 1 + index of the VM's newest slot */
	u32 vcpus;
	u64 mark_ns; /* marks.h */
	u32 marks;
	u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, OBS_SLOTS);
	__type(key, struct obs_vm_key);
	__type(value, struct vm);
} vms SEC(".maps");

/*
 * The slot of the last exit that a thread saw, for events that name only a
 * thread.  An entry counts only if the slot still has this thread.  Programs
 * never delete an entry: it could meanwhile be that of another vCPU, which the
 * thread has come to run.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 2 * OBS_SLOTS);
	__type(key, u32); /* tid */
	__type(value, u32); /* index of the slot */
} threads SEC(".maps");

static __always_inline void count(u64 *counter)
{
	__sync_fetch_and_add(counter, 1);
}

/*
 * The identity of a vCPU. This is the address of its struct kvm_vcpu; or, where
 * only the record of the classic tracepoint is available, its process and
 * number.  In the latter case the slot is the vCPU's own only while the vCPU is
 * on the thread that the slot has, @id: slot_not_own().
 */
#define CLASSIC_ID_BITS 22

static __always_inline u64 classic_key(u32 vcpu_id, u64 *id)
{
	u64 tgid;

	*id = bpf_get_current_pid_tgid();
	tgid = *id >> 32;
	/*
	 * Without this, clang makes a mask of it, which is one instruction
	 * more.
	 */
	asm volatile("" : "+r"(tgid));
	return tgid << CLASSIC_ID_BITS | vcpu_id;
}

static __always_inline u32 classic_id(u64 key)
{
	return key & ~(~0ull << CLASSIC_ID_BITS);
}

/*
 * Where a vCPU's slot is looked for first.  Addresses are multiples of a cache
 * line, and numbers are not; the upper bits of the product spread both.
 */
#define SLOT_BITS 11
OBS_ASSERT(OBS_HOMES == 1 << SLOT_BITS);

static __always_inline struct obs_slot *slot_home(u64 key)
{
	u32 hash = (u32)key * 0x9e3779b1u;
	struct obs_slot *slot = &slots[hash >> (32 - SLOT_BITS)];

	/* Without this, clang computes it again wherever it is used. */
	asm volatile("" : "+r"(slot));
	return slot;
}

/* The slot at an index; NULL: there is none. */
static __always_inline struct obs_slot *slot_at(u64 index)
{
	asm volatile("" : "+r"(index));
	if (index >= OBS_SLOTS)
		return NULL;
	/*
	 * Without this, clang computes the address before the index was
	 * checked.
	 */
	asm volatile("" : "+r"(index));
	return &slots[index];
}

/*
 * The vCPU that this thread runs, for events that do not name it: as long as it
 * runs one, KVM has its preempt notifier on the thread.  0: none.
 */
static __always_inline u64 vcpu_of_thread(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	u64 notifier;

	if (!bpf_core_field_exists(struct kvm_vcpu, preempt_notifier) ||
	    !bpf_core_field_exists(struct task_struct, preempt_notifiers))
		return 0;
	notifier = (u64)BPF_CORE_READ(task, preempt_notifiers.first);
	if (!notifier)
		return 0;
	return notifier -
	       bpf_core_field_offset(struct kvm_vcpu, preempt_notifier.link);
}

/*
 * Find the entry of a VM, or make it if this is the VM's first vCPU; NULL if
 * that failed.
 */
static __noinline struct vm *vm_find(const struct obs_vm_key *key)
{
	struct vm fresh = {}, *vm;

	if (!key)
		return NULL;
	vm = bpf_map_lookup_elem(&vms, key);
	if (vm)
		return vm;
	fresh.number = __sync_fetch_and_add(&vms_seen, 1) + 1;
	bpf_map_update_elem(&vms, key, &fresh, BPF_NOEXIST);
	return bpf_map_lookup_elem(&vms, key);
}

/*
 * Find the VM of a vCPU by the vCPU's address, or 0.  To be called on one of
 * the VM's own threads.
 */
static __always_inline struct obs_vm_key vm_key(u64 address)
{
	struct kvm_vcpu *vcpu = (void *)address;
	struct obs_vm_key key = {};

	if (address && bpf_core_field_exists(struct kvm_vcpu, kvm))
		key.kvm = (u64)BPF_CORE_READ(vcpu, kvm);
	if (config.no_ends || !key.kvm)
		key.tgid = bpf_get_current_pid_tgid() >> 32;
	return key;
}

/* The entry of the VM of a vCPU that has a slot; NULL: it is gone. */
static __always_inline struct vm *vm_of(const struct obs_slot *slot)
{
	const struct obs_vm_key in = vm_key(slot->address);

	return bpf_map_lookup_elem(&vms, &in);
}

/*
 * The inode of the folder in debugfs that a vCPU's VM has: no other VM has it
 * meanwhile.  debugfs gives them numbers of 32 bits.  0: there is none, or it
 * is not known.
 */
static __always_inline u32 folder_of(u64 address)
{
	struct kvm_vcpu *vcpu = (void *)address;

	if (!address || !bpf_core_field_exists(struct kvm, debugfs_dentry))
		return 0;
	return BPF_CORE_READ(vcpu, kvm, debugfs_dentry, d_inode, i_ino);
}

static __always_inline void slot_identify(struct obs_slot *slot, u64 key)
{
	struct kvm_vcpu *vcpu = (void *)slot->address;
	struct vcpu_svm *svm = (void *)key;
	struct task_struct *task = (void *)bpf_get_current_task();
	u64 id = bpf_get_current_pid_tgid();

	BPF_CORE_READ_STR_INTO(&slot->comm, task, group_leader, comm);
	slot->tgid = id >> 32;
	slot->tid = (u32)id;
	slot->folder = folder_of(slot->address);
	if (config.classic) {
		slot->vcpu_id = classic_id(key);
		/* If KVM's types are not known, no address is known either. */
		if (bpf_core_field_exists(struct kvm_vcpu, vcpu_id) &&
		    slot->address == key)
			slot->vcpu_id = BPF_CORE_READ(vcpu, vcpu_id);
		return;
	}
	slot->vcpu_id = BPF_CORE_READ(vcpu, vcpu_id);
	slot->prior_exits = BPF_CORE_READ(vcpu, stat.exits);
	if (bpf_core_field_exists(struct vcpu_svm, vmcb01))
		slot->vmcb01 = (u64)BPF_CORE_READ(svm, vmcb01.ptr);
}

/*
 * Fill in a slot that was just taken, and make it known to its VM. Like some
 * other functions it is not static, so that the verifier looks at it once, and
 * not in the state of each caller.
 */
__noinline int slot_set_up(u64 key, u32 index)
{
	struct obs_slot *slot = slot_at(index);
	struct obs_vm_key in;
	struct vm *vm;

	if (!slot)
		return -1;
	slot->address = config.classic ? vcpu_of_thread() : key;
	in = vm_key(slot->address);
	vm = vm_find(&in);
	if (!vm) {
		count(&losses.no_vm);
		slot->vcpu = 0;
		return -1;
	}
	slot_identify(slot, key);
	slot->born_ns = bpf_ktime_get_ns();
	slot->serial = __sync_fetch_and_add(&serials, 1) + 1;
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

/*
 * Take a slot for a vCPU that has none.  Returns its index; OBS_SLOTS: none is
 * free.
 */
static __noinline u32 slot_take(u64 key)
{
	u32 home = slot_home(key) - slots;

	for (u32 i = 0; i < OBS_PROBES; i++) {
		u32 index = (home & (OBS_HOMES - 1)) + i;

		if (slots[index].vcpu)
			continue;
		if (__sync_val_compare_and_swap(&slots[index].vcpu, 0, key))
			continue;
		return slot_set_up(key, index) ? OBS_SLOTS : index;
	}
	count(&losses.no_slot);
	return OBS_SLOTS;
}

/* Find the slot that a vCPU has.  Returns its index; OBS_SLOTS: it has none. */
static __always_inline u32 slot_find(u64 key)
{
	struct obs_slot *slot = slot_home(key);
	u32 home = slot - slots;

#pragma clang loop unroll(full)
	for (u32 i = 0; i < OBS_PROBES; i++) {
		if (slot[i].vcpu == key)
			return home + i;
	}
	return OBS_SLOTS;
}

/* The vCPU of this slot is gone; user space frees the slot. */
static __always_inline void slot_give_up(struct obs_slot *slot)
{
	if (slot->thread_known)
		count(&threads_stale);
	slot->vcpu = OBS_GONE;
	count(&vcpus_ended);
}

/*
 * For classic tracepoints: a vCPU of this process and number is on another
 * thread than the slot has.  Either it has moved, or the process has several
 * VMs.  The vCPUs of the others are known by their addresses.
 */
static __always_inline u32 slot_of_other_thread(u32 index, u64 id)
{
	struct obs_slot *slot = slot_at(index);
	u64 address = vcpu_of_thread();
	u32 other;

	if (!slot)
		return OBS_SLOTS;
	if (address && slot->address != address) {
		other = slot_find(address);
		return other < OBS_SLOTS ? other : slot_take(address);
	}
	if (!address)
		count(&losses.shared);
	if (slot->thread_known)
		count(&threads_stale);
	slot->thread_known = 0;
	slot->tid = (u32)id;
	return index;
}

/*
 * Is a slot that was found for a vCPU another one's?  See above.  It may also
 * be that of a vCPU that had the same address before, where the end of a vCPU
 * cannot be seen.
 */
__noinline u32 slot_not_own(u64 key, u32 index)
{
	struct obs_slot *slot = slot_at(index);
	u64 id = bpf_get_current_pid_tgid();

	if (!slot)
		return OBS_SLOTS;
	if (config.classic)
		return slot->tid == (u32)id ? index :
					      slot_of_other_thread(index, id);
	if (slot->tgid == id >> 32)
		return index;
	slot_give_up(slot);
	return slot_take(key);
}

/* Find the slot of a vCPU, or take one if one is free. */
__noinline u32 slot_index(u64 key)
{
	u32 index = slot_find(key);

	if (index >= OBS_SLOTS)
		return slot_take(key);
	if (config.classic || config.no_ends)
		return slot_not_own(key, index);
	return index;
}

/* Where the verifier knows an argument as a pointer, as the number that it is. */
static __always_inline u64 first_argument(const void *ctx)
{
	u64 argument = 0;

	bpf_probe_read_kernel(&argument, sizeof(argument), ctx);
	return argument;
}

static __always_inline struct obs_slot *slot_of(u64 key)
{
	return slot_at(slot_index(key));
}

/*
 * The thread ran another vCPU, or the vCPU had another thread.  The vCPU that
 * had the thread's entry before has to ask for it again.
 */
static __noinline int slot_take_thread(struct obs_slot *slot)
{
	u32 tid = bpf_get_current_pid_tgid(), index, *had;
	struct obs_slot *before;

	if (!slot)
		return 0;
	index = slot - slots;
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
 * To be called at an exit, so that events that name a thread find the vCPU that
 * it ran last.
 */
static __always_inline void slot_know_thread(struct obs_slot *slot)
{
	u32 tid = bpf_get_current_pid_tgid();

	if (unlikely(slot->tid != tid || !slot->thread_known))
		slot_take_thread(slot);
}

/* The slot of the vCPU that a thread ran last, or NULL. */
static __always_inline struct obs_slot *slot_of_thread(u32 tid)
{
	u32 *index = bpf_map_lookup_elem(&threads, &tid);
	struct obs_slot *slot;

	slot = index ? slot_at(*index) : NULL;
	return slot && slot->tid == tid ? slot : NULL;
}

/* The slot of the vCPU that this thread runs, or NULL. */
static __always_inline struct obs_slot *slot_of_current(void)
{
	u64 vcpu;

	if (config.classic)
		return slot_of_thread(bpf_get_current_pid_tgid());
	vcpu = vcpu_of_thread();
	return vcpu ? slot_at(slot_find(vcpu)) : NULL;
}

/* The slot of a vCPU by its address alone; OBS_SLOTS: none. */
static __always_inline u32 slot_of_address(u64 address)
{
	if (!config.classic)
		return slot_find(address);
	for (u32 i = 0; i < OBS_SLOTS; i++) {
		if (slots[i].address == address && slots[i].vcpu > OBS_GONE)
			return i;
	}
	return OBS_SLOTS;
}

/*
 * A vCPU is being freed: its address and that of its VM may soon be used again.
 */
static __always_inline int slot_end(u64 address)
{
	struct obs_slot *slot = slot_at(slot_of_address(address));
	struct obs_vm_key in;

	/*
	 * A vCPU that never ran, because KVM could not make it, does not end
	 * its VM.
	 */
	if (slot) {
		in = vm_key(address);
		bpf_map_delete_elem(&vms, &in);
		slot_give_up(slot);
	}
	return 0;
}

#endif /* EXITLEDGER_SLOTS_H */
