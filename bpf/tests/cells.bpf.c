// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs the observer's slots, cells, histograms and sums on made-up vCPUs and
 * reasons from user space.  For cells_run.c.
 */
#include "cells_layout.h"
#include "sums.h"

char LICENSE[] SEC("license") = "GPL";

u64 test_result;
u64 test_exits, test_ns, test_outside, test_id;
/* The memory of vCPUs, which has a kernel address. */
struct fake_vcpu test_vcpus[TEST_VCPUS];
u64 test_address;

SEC("raw_tp")
int test_tell_address(void *ctx __attribute__((unused)))
{
	test_address = (u64)&test_vcpus;
	return 0;
}

/* The arguments are (vcpu, reason).  Books an exit, and returns its cell. */
SEC("raw_tp")
int test_exit(u64 *ctx)
{
	struct obs_slot *slot = slot_of(ctx[0]);
	u64 cell;

	test_result = ~0ull;
	if (!slot)
		return 0;
	cell = cell_of(slot, ctx[1]);
	test_result = cell;
	if (cell < OBS_CELLS)
		slot->cell[cell].exits++;
	return 0;
}

/* The arguments are (vcpu, cell, ns).  Books a time. */
SEC("raw_tp")
int test_time(u64 *ctx)
{
	struct obs_slot *slot = slot_at(slot_find(ctx[0]));
	u64 cell = ctx[1];

	if (slot && cell < OBS_CELLS)
		book_time(&slot->cell[cell], ctx[2]);
	return 0;
}

/*
 * The arguments are (address of struct kvm, process, leaf, reason).  Adds up
 * the sums of a VM, and returns the number of its vCPUs.
 */
SEC("raw_tp")
int test_sum(u64 *ctx)
{
	struct obs_vm_key key = { .kvm = ctx[0], .tgid = ctx[1] };
	u32 by_reason = ctx[2] == EXIT_LEAF_REASON_EXITS ||
			ctx[2] == EXIT_LEAF_REASON_CYCLES;
	struct sum sum = {};
	struct vm *vm;

	vm = bpf_map_lookup_elem(&vms, &key);
	test_result = vm ? vm->vcpus : 0;
	if (vm)
		sum_vm(&sum, vm->head, by_reason, ctx[3]);
	test_exits = sum.exits;
	test_ns = sum.ns;
	test_outside = sum.outside;
	return 0;
}

/* The argument is (vcpu).  Ends this vCPU. */
SEC("raw_tp")
int test_end(u64 *ctx)
{
	return slot_end(ctx[0]);
}

/*
 * The argument is (vcpu).  Unless it is 0, the slot of this vCPU is stored as
 * this thread's slot.  Returns the vCPU of this thread's slot.
 */
SEC("raw_tp")
int test_thread(u64 *ctx)
{
	struct obs_slot *slot = ctx[0] ? slot_at(slot_find(ctx[0])) : NULL;

	if (slot)
		slot_know_thread(slot);
	slot = slot_of_thread(bpf_get_current_pid_tgid());
	test_result = slot ? slot->vcpu : 0;
	return 0;
}

/* Returns the vCPU of the slot of this thread's current vCPU. */
SEC("raw_tp")
int test_current(void *ctx __attribute__((unused)))
{
	struct obs_slot *slot = slot_of_current();

	test_result = slot ? slot->vcpu : 0;
	return 0;
}

/*
 * The argument is (vcpu id).  Returns the key by which classic tracepoints know
 * this vCPU.
 */
SEC("raw_tp")
int test_classic_key(u64 *ctx)
{
	u64 id;

	test_result = classic_key(ctx[0], &id);
	test_id = id;
	return 0;
}
