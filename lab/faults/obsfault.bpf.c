// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes the observer's numbers wrong, so that tests can see whether compare
 * finds that.  The observer's programs stay as they are.  These programs run
 * after them, at the same exits and entries, and change what was just booked to
 * what a faulty observer would have booked.
 */
#include "exit_reason.h"
#include "obsfault.h"

char LICENSE[] SEC("license") = "GPL";

/* The number of the exit or entry at which a single fault happens; any number
 * will do. */
#define ONCE 1100

const volatile u32 fault;
const volatile u32 isa; /* EXIT_LEAF_ISA_* */
const volatile struct exit_roles roles; /* of @isa */
const volatile u64 slots_at; /* where `slots` is in the observer's .bss */

/* The observer's own .bss and its map of VMs, which user space puts here. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(u32));
	__uint(value_size, sizeof(u64));
} observer_bss SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(struct obs_vm_key));
	__uint(value_size, sizeof(u64));
} vms SEC(".maps");

/* The state of a vCPU; the key is the vCPU's address. */
struct vcpu_state {
	u64 exits;
	u64 entries;
	u64 stamp; /* clock at the last exit, as the observer has it */
	u32 slot; /* index */
	u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, u64);
	__type(value, struct vcpu_state);
} vcpus SEC(".maps");

/* The time at which a thread left the kernel for userspace. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, u32); /* tid */
	__type(value, u64);
} in_userspace SEC(".maps");

static __always_inline struct obs_slot *slot_nr(u32 index)
{
	u32 zero = 0;
	char *bss = bpf_map_lookup_elem(&observer_bss, &zero);

	if (!bss || index >= OBS_SLOTS)
		return NULL;
	return (void *)(bss + slots_at + index * sizeof(struct obs_slot));
}

struct search {
	u64 vcpu;
	u32 found;
	u32 pad;
};

static long is_slot(u32 index, struct search *search)
{
	struct obs_slot *slot = slot_nr(index);

	if (!slot || slot->vcpu != search->vcpu)
		return 0;
	search->found = index;
	return 1;
}

/* Returns the state of a vCPU, or NULL if the observer has no slot for it. */
static __noinline struct vcpu_state *state_of(u64 vcpu)
{
	struct vcpu_state *state = bpf_map_lookup_elem(&vcpus, &vcpu);
	struct search search = { .vcpu = vcpu, .found = OBS_SLOTS };
	struct vcpu_state fresh = {};
	struct obs_slot *slot;

	slot = state ? slot_nr(state->slot) : NULL;
	if (slot && slot->vcpu == vcpu)
		return state;
	if (fault == FAULT_NO_SLOT)
		return NULL;
	bpf_loop(OBS_SLOTS, is_slot, &search, 0);
	if (search.found == OBS_SLOTS)
		return NULL;
	if (!state)
		bpf_map_update_elem(&vcpus, &vcpu, &fresh, BPF_ANY);
	state = bpf_map_lookup_elem(&vcpus, &vcpu);
	if (state)
		state->slot = search.found;
	return state;
}

static __always_inline void forget_exit(struct obs_slot *slot)
{
	slot->cell[slot->open].exits--;
	slot->exit_ns = 0;
}

/* Make the mistakes that concern only HLT. */
static __always_inline void change_hlt(struct obs_slot *slot)
{
	u32 open = slot->open;

	if (open < 2 || open >= OBS_CELLS || slot->reason[open] != roles.hlt)
		return;
	if (fault == FAULT_UNREADABLE) {
		slot->reason[open] = OBS_UNREADABLE;
		return;
	}
	slot->cell[open].exits--;
	slot->cell[open - 1].exits++;
	slot->open = open - 1;
}

static __always_inline void clear(struct obs_slot *slot)
{
	for (u32 i = 0; i < OBS_CELLS; i++) {
		slot->cell[i].exits = 0;
		slot->cell[i].ns = 0;
	}
}

/* Do what the observer does when a vCPU is freed. */
static __always_inline void end(struct obs_slot *slot)
{
	struct kvm_vcpu *vcpu = (void *)slot->vcpu;
	struct obs_vm_key in = { .kvm = (u64)BPF_CORE_READ(vcpu, kvm) };

	bpf_map_delete_elem(&vms, &in);
	slot->vcpu = OBS_GONE;
}

SEC("raw_tp/kvm_exit")
int after_exit(u64 *ctx)
{
	struct vcpu_state *state = state_of(ctx[0]);
	struct obs_slot *slot;
	u64 stamp;

	slot = state ? slot_nr(state->slot) : NULL;
	if (!slot)
		return 0;
	stamp = state->stamp;
	state->stamp = slot->exit_ns;
	state->exits++;
	if (fault == FAULT_MISSED_EXIT && state->exits == ONCE)
		forget_exit(slot);
	else if (fault == FAULT_LOST_COUNT && state->exits == ONCE)
		slot->cell[slot->open].exits--;
	else if (fault == FAULT_TWICE && state->exits == ONCE)
		slot->cell[slot->open].exits++;
	else if (fault == FAULT_NEIGHBOUR_CELL || fault == FAULT_UNREADABLE)
		change_hlt(slot);
	else if (fault == FAULT_UNSEEN_VCPU && slot->vcpu_id)
		forget_exit(slot);
	else if (fault == FAULT_CLEARED_SLOT && state->exits == ONCE)
		clear(slot);
	else if (fault == FAULT_ENDED_SLOT && state->exits == ONCE)
		end(slot);
	else if (fault == FAULT_UNLINKED_SLOT)
		slot->next = 0;
	else if (fault == FAULT_OLD_STAMP && stamp)
		slot->exit_ns = stamp;
	return 0;
}

/* Subtract the time in userspace from the time that is booked at the next exit.
 */
static __always_inline void leave_userspace_out(struct obs_slot *slot)
{
	u32 tid = bpf_get_current_pid_tgid();
	u64 *since = bpf_map_lookup_elem(&in_userspace, &tid);
	u64 ns;

	if (since && slot->pending_ns) {
		ns = bpf_ktime_get_ns() - *since;
		/* The clock is later here than when the observer read it. */
		if (ns >= slot->pending_ns)
			ns = slot->pending_ns - 1;
		slot->pending_ns -= ns;
	}
	bpf_map_delete_elem(&in_userspace, &tid);
}

SEC("raw_tp/kvm_entry")
int after_entry(u64 *ctx)
{
	struct vcpu_state *state = state_of(ctx[0]);
	struct obs_slot *slot;

	slot = state ? slot_nr(state->slot) : NULL;
	if (!slot)
		return 0;
	state->entries++;
	if (fault == FAULT_MISSED_ENTRY && state->entries == ONCE) {
		slot->exit_ns = state->stamp;
		slot->pending_ns = 0;
	} else if (fault == FAULT_UNSEEN_VCPU && slot->vcpu_id) {
		slot->missed_exits = 0;
	} else if (fault == FAULT_NO_USER_TIME) {
		leave_userspace_out(slot);
	}
	return 0;
}

SEC("raw_tp/kvm_userspace_exit")
int to_userspace(void *ctx __attribute__((unused)))
{
	u32 tid = bpf_get_current_pid_tgid();
	u64 now = bpf_ktime_get_ns();

	bpf_map_update_elem(&in_userspace, &tid, &now, BPF_ANY);
	return 0;
}
