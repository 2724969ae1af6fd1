// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs the observer's marks for made-up vCPUs, for test_marks.c.  The vCPU that
 * a thread runs is an argument here.
 */
#include "marks.h"

char LICENSE[] SEC("license") = "GPL";

/* The argument is (vcpu).  Counts an exit. */
SEC("raw_tp")
int test_exit(u64 *ctx)
{
	struct obs_slot *slot = slot_of(ctx[0]);

	if (slot) {
		slot->vcpu_id = ctx[0] >> 16;
		slot->cells = 1;
		slot->cell[0].exits++;
	}
	return 0;
}

/* The arguments are the eight arguments of kvm_cpuid, and then the vCPU. */
SEC("raw_tp")
int test_cpuid(u64 *ctx)
{
	return mark_word(slot_at(slot_find(ctx[8])), ctx);
}

/* The arguments are (vcpu, rip).  User space sets the vCPU's RIP. */
SEC("raw_tp")
int test_reset(u64 *ctx)
{
	return book_reset(ctx[0], ctx[1]);
}
