/* SPDX-License-Identifier: GPL-2.0-only */
/* Finds and takes the slots of vCPUs, and links them to VMs. */
#ifndef EXITLEDGER_SLOTS_H
#define EXITLEDGER_SLOTS_H

#include "exit_reason.h"

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

/* Read shared memory exactly once, and in program order. */
#define READ_ONCE(x) (*(const volatile __typeof__(x) *)&(x))

/*
 * These options are set before loading.  To the verifier they are constants, so
 * it removes unused code.
 */
const volatile struct obs_config config;

/*
 * The indices of cells are single bytes of a slot.  Programs do not check them,
 * which saves instructions in the common path.  They are always valid, because
 * only these programs write them, but the verifier does not know this.  For the
 * verifier, an index can reach beyond the last slot, so there is memory after
 * it.
 */
struct obs_slot slots[OBS_SLOTS + 4] __attribute__((aligned(OBS_LINE)));
struct obs_losses losses;
u64 vms_seen; /* shows user space that a VM's name must be looked up */
u64 vcpus_ended; /* shows user space that slots must be freed */
u64 threads_stale; /* how many entries of threads (threads.h) are of no use */
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

static __always_inline void count(u64 *counter)
{
	__sync_fetch_and_add(counter, 1);
}

/*
 * The identity of a vCPU.  It is the address of its struct kvm_vcpu; or its
 * process and number, if only the record of a classic tracepoint is available.
 * In the latter case, vCPUs of two VMs of a process can have the same identity.
 * The slot is certain to be the vCPU's own only if it has the current thread:
 * slot_not_own().
 */
#define CLASSIC_ID_BITS 22

static __always_inline u64 classic_key(u32 vcpu_id, u64 *id)
{
	u64 tgid;

	*id = bpf_get_current_pid_tgid();
	tgid = *id >> 32;
	/* Without this, clang uses a mask, which is one instruction more. */
	asm volatile("" : "+r"(tgid));
	return tgid << CLASSIC_ID_BITS | vcpu_id;
}

static __always_inline u32 classic_id(u64 key)
{
	return key & ~(~0ull << CLASSIC_ID_BITS);
}

/*
 * The slot at which the search for a vCPU begins.  Addresses are multiples of a
 * cache line, and numbers are not; the upper bits of the product distribute
 * both well.
 */
#define SLOT_BITS 11
OBS_ASSERT(OBS_HOMES == 1 << SLOT_BITS);

static __always_inline struct obs_slot *slot_home(u64 key)
{
	u32 hash = (u32)key * 0x9e3779b1u;
	struct obs_slot *slot = &slots[hash >> (32 - SLOT_BITS)];

	/* Without this, clang computes the slot again at each use. */
	asm volatile("" : "+r"(slot));
	return slot;
}

/*
 * Returns the index of a slot.  BPF has no signed division, and its unsigned one
 * is slow.  A slot is an odd number of cache lines long, and a division without
 * a remainder by an odd number is a multiplication by its inverse modulo 2^32.
 */
#define SLOT_LINES (sizeof(struct obs_slot) / OBS_LINE)
#define SLOT_LINES_INVERSE 0xc0fc0fc1u
OBS_ASSERT((SLOT_LINES * SLOT_LINES_INVERSE & 0xffffffffu) == 1);

static __always_inline u32 slot_index_of(const struct obs_slot *slot)
{
	u64 bytes = (u64)slot - (u64)slots;

	return (u32)(bytes / OBS_LINE) * SLOT_LINES_INVERSE;
}

/*
 * The element of a slot in another array that has one for each slot; NULL if
 * the verifier thinks that there is none.  Without the second barrier, clang
 * computes the address before the check.
 */
#define OF_SLOT(array, slot)                              \
	({                                                \
		u64 of_slot = slot_index_of(slot);        \
		__typeof__(&(array)[0]) element = NULL;   \
                                                          \
		asm volatile("" : "+r"(of_slot));         \
		if (of_slot < OBS_SLOTS) {                \
			asm volatile("" : "+r"(of_slot)); \
			element = &(array)[of_slot];      \
		}                                         \
		element;                                  \
	})

/* Returns the slot at an index, or NULL if there is none. */
static __always_inline struct obs_slot *slot_at(u64 index)
{
	asm volatile("" : "+r"(index));
	if (index >= OBS_SLOTS)
		return NULL;
	/* Without this, clang computes the address before the check. */
	asm volatile("" : "+r"(index));
	return &slots[index];
}

/*
 * Returns the address of the vCPU that this thread runs, or 0.  This is used
 * for events that do not name their vCPU.  While a thread runs a vCPU, it has
 * the vCPU's preempt notifier.
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
 * Find the entry of a VM, or make it for the VM's first vCPU.  Returns NULL if
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
 * Returns the key of a vCPU's VM; @address is 0 if it is unknown.  Must be
 * called on a thread of the VM's process.
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

/* Returns the entry of a vCPU's VM, or NULL if the VM has ended. */
static __always_inline struct vm *vm_of(const struct obs_slot *slot)
{
	const struct obs_vm_key in = vm_key(slot->address);

	return bpf_map_lookup_elem(&vms, &in);
}

/*
 * Returns the inode of the VM's folder in debugfs.  No other VM has it at the
 * same time, and debugfs uses 32-bit numbers.  Returns 0 if there is no folder,
 * or if it is unknown.
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
		/* If KVM's types are unknown, addresses are unknown, too. */
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
 * Fill in a slot that was just taken, and link it to its VM.  Like some other
 * functions it is not static, so that the verifier checks it only once, not for
 * each caller.
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
 * Take a slot for a vCPU that has none.  Returns its index, or OBS_SLOTS if
 * none is free.
 */
static __noinline u32 slot_take(u64 key)
{
	u32 home = slot_index_of(slot_home(key));

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

/* Returns the index of a vCPU's slot, or OBS_SLOTS if it has none. */
static __always_inline u32 slot_find(u64 key)
{
	struct obs_slot *slot = slot_home(key);
	u32 home = slot_index_of(slot);

#pragma clang loop unroll(full)
	for (u32 i = 0; i < OBS_PROBES; i++) {
		if (slot[i].vcpu == key)
			return home + i;
	}
	return OBS_SLOTS;
}

/* Mark a slot whose vCPU has ended, so that user space frees it. */
static __always_inline void slot_give_up(struct obs_slot *slot)
{
	if (slot->thread_known)
		count(&threads_stale);
	slot->vcpu = OBS_GONE;
	count(&vcpus_ended);
}

/*
 * For classic tracepoints: returns the right slot if a vCPU with the process
 * and number of the slot is seen on another thread.  Either the vCPU has moved
 * to this thread, or it belongs to another VM of the process.  The vCPUs of
 * further VMs are identified by their addresses.
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
 * Returns the right slot if the slot that was found may belong to another vCPU.
 * With classic tracepoints, this is a vCPU with the same number in the same
 * process: see slot_of_other_thread().  If the ends of vCPUs cannot be seen, it
 * is an ended vCPU of another process, which had the same address.
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

/* Read the first argument as a number, even if it is a pointer. */
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

/* Returns the index of the slot with this address, or OBS_SLOTS. */
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
 * Give up the slot of a vCPU that is being freed, and its VM's entry, because
 * both addresses may soon be reused.
 */
static __always_inline int slot_end(u64 address)
{
	struct obs_slot *slot = slot_at(slot_of_address(address));
	struct obs_vm_key in;

	/*
	 * A vCPU without a slot, such as one that KVM failed to make, does not
	 * end its VM.
	 */
	if (slot) {
		in = vm_key(address);
		bpf_map_delete_elem(&vms, &in);
		slot_give_up(slot);
	}
	return 0;
}

#endif /* EXITLEDGER_SLOTS_H */
