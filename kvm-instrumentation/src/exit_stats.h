/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ARCH_X86_KVM_EXIT_STATS_H
#define ARCH_X86_KVM_EXIT_STATS_H

#include <linux/jump_label.h>
#include <linux/types.h>

#include <asm/msr.h>

#include "exit_leaves.h"

struct kvm_vcpu;

/*
 * VM exits and the time that they took, per vCPU and exit reason.
 *
 * A cell per reason.  Reasons below KVM_EXIT_DENSE (all of VMX's, most of
 * SVM's) and SVM's nested page faults (0x400 and up) have theirs at a fixed
 * place.  Any other reason gets one of the last KVM_EXIT_SPARSE cells when it
 * is first seen and keeps its raw number there; once those are taken, it is in
 * the vCPU's total alone.
 */
#define KVM_EXIT_DENSE		0xc0
#define KVM_EXIT_NPF_BASE	0x400
#define KVM_EXIT_NPF		0x10
#define KVM_EXIT_FIXED		(KVM_EXIT_DENSE + KVM_EXIT_NPF)
#define KVM_EXIT_SPARSE		16
#define KVM_EXIT_CELLS		(KVM_EXIT_FIXED + KVM_EXIT_SPARSE)

struct kvm_exit_cell {
	u64 exits;
	u64 cycles;
};

/**
 * struct kvm_exit_stats - what one vCPU's thread has counted
 * @exits: exits, of all reasons
 * @cycles: TSC cycles from an exit to the next entry, of all reasons
 * @stamp: the TSC at the exit that no entry has followed yet, or 0
 * @open: that exit's cell, or NULL if it has none
 * @dropped: exits whose time is in no sum, as the TSC went back meanwhile
 * @sparse: raw numbers of the reasons in the last cells
 * @nr_sparse: how many of @sparse are taken
 * @cell: exits and cycles by reason
 *
 * Only the vCPU's own thread writes, with plain stores.  Everyone else reads
 * with READ_ONCE().  A vCPU lives as long as its VM, so a VM's numbers are the
 * sums over its vCPUs, and no VM shares a cache line with another.
 */
struct kvm_exit_stats {
	u64 exits;
	u64 cycles;
	u64 stamp;
	struct kvm_exit_cell *open;
	u64 dropped;
	u32 sparse[KVM_EXIT_SPARSE];
	u32 nr_sparse;
	struct kvm_exit_cell cell[KVM_EXIT_CELLS];
};

DECLARE_STATIC_KEY_TRUE(kvm_exit_counting);
DECLARE_STATIC_KEY_TRUE(kvm_exit_timing);

struct kvm_exit_cell *kvm_exit_stats_sparse(struct kvm_exit_stats *stats,
					    u32 reason);
void kvm_exit_stats_vendor(u32 isa, size_t offset);
bool __kvm_exit_stats_cpuid(struct kvm_vcpu *vcpu, u32 *eax, u32 *ebx,
			    u32 *ecx, u32 *edx);

static __always_inline void __kvm_exit_stats_exit(struct kvm_exit_stats *stats,
						  u32 reason)
{
	struct kvm_exit_cell *cell;

	if (likely(reason < KVM_EXIT_DENSE))
		cell = &stats->cell[reason];
	else if (likely(reason - KVM_EXIT_NPF_BASE < KVM_EXIT_NPF))
		cell = &stats->cell[reason - KVM_EXIT_NPF_BASE + KVM_EXIT_DENSE];
	else
		cell = kvm_exit_stats_sparse(stats, reason);

	stats->exits++;
	if (likely(cell))
		cell->exits++;

	if (static_branch_likely(&kvm_exit_timing)) {
		stats->open = cell;
		stats->stamp = rdtsc();
	}
}

/*
 * Book an exit.  Called with interrupts off, from the vendor's vcpu_run, just
 * before the place of trace_kvm_exit().  @reason is a basic exit reason (VMX)
 * or an exit code (SVM).  A macro, so that @reason is evaluated only if exits
 * are counted.
 */
#define kvm_exit_stats_exit(stats, reason)				\
do {									\
	if (static_branch_likely(&kvm_exit_counting))			\
		__kvm_exit_stats_exit(stats, reason);			\
} while (0)

/*
 * Book the time of the exit that this entry follows, if there is one: a vCPU's
 * first entry follows none.  Called with interrupts off, from the vendor's
 * vcpu_run, just after trace_kvm_entry().
 *
 * The TSC can be behind the stamp: this CPU's may be behind that of the exit's,
 * and it starts from zero when the host resumes from S3.  The difference is no
 * time then, and booked as one it would spoil the sums for ever.
 */
static __always_inline void kvm_exit_stats_entry(struct kvm_exit_stats *stats)
{
	u64 cycles;

	if (!static_branch_likely(&kvm_exit_timing) || !stats->stamp)
		return;

	cycles = rdtsc() - stats->stamp;
	stats->stamp = 0;
	if (unlikely((s64)cycles < 0)) {
		stats->dropped++;
		return;
	}

	stats->cycles += cycles;
	if (likely(stats->open))
		stats->open->cycles += cycles;
}

/*
 * Answer CPUID if the leaf is one of ours and guests may read it: registers in
 * and out as for kvm_cpuid().  Returns false, and touches nothing, if not.
 */
static inline bool kvm_exit_stats_cpuid(struct kvm_vcpu *vcpu, u32 *eax,
					u32 *ebx, u32 *ecx, u32 *edx)
{
	/* One compare keeps common leaves from paying for this. */
	return unlikely(*eax >= EXIT_LEAF_FIRST) &&
	       __kvm_exit_stats_cpuid(vcpu, eax, ebx, ecx, edx);
}

#endif /* ARCH_X86_KVM_EXIT_STATS_H */
