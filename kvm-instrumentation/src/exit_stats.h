/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ARCH_X86_KVM_EXIT_STATS_H
#define ARCH_X86_KVM_EXIT_STATS_H

#include <linux/container_of.h>
#include <linux/jump_label.h>
#include <linux/types.h>

#include <asm/msr.h>

#include "exit_file.h"
#include "exit_leaves.h"

struct kvm;
struct kvm_vcpu;

/*
 * VM exits and the time that they took, per vCPU and exit reason.
 *
 * A reason has a cell.  Most reasons have theirs at a place that follows from
 * their number: on VMX those below KVM_EXIT_VMX_FIXED, that is all; on SVM
 * those from KVM_EXIT_SVM_BASE on, nested page faults (0x400 and up), and the
 * accesses to the registers CR0-7 and DR0-7.  Any other reason gets one of
 * KVM_EXIT_SPARSE cells when it is first seen, and keeps its raw number there;
 * once those are taken, it is in the vCPU's total, and in a spare cell that
 * no reason belongs to.
 */
#define KVM_EXIT_VMX_FIXED	0x58
#define KVM_EXIT_SVM_BASE	0x40
#define KVM_EXIT_SVM_DENSE	0x68
#define KVM_EXIT_NPF_BASE	0x400
#define KVM_EXIT_NPF		4
#define KVM_EXIT_SVM_REGS	(KVM_EXIT_SVM_DENSE + KVM_EXIT_NPF)
#define KVM_EXIT_SVM_FIXED	(KVM_EXIT_SVM_REGS + 32)
#define KVM_EXIT_SPARSE		EXIT_FILE_SPARSE

#define KVM_EXIT_MAX_CELLS	(KVM_EXIT_SVM_FIXED + KVM_EXIT_SPARSE + 1)

/* With this number of spans, three struct kvm_exit_hists fit into 32 KiB. */
#define KVM_EXIT_SPANS		112

/* The size of a reason's struct exit_file_hist, in cells. */
#define KVM_EXIT_HIST_CELLS						\
	(sizeof(struct exit_file_hist) / sizeof(struct exit_file_cell))

/**
 * struct kvm_exit_hists - least, most and histogram of one vCPU's exits
 * @spans: how many of @count are taken; the first always is: see exit_file.h
 * @count: how many exits are in each bucket of a span
 * @hist: by reason, in the order of the cells
 *
 * Written and read as struct kvm_exit_cells is.
 */
struct kvm_exit_hists {
	u32 spans;
	u32 count[KVM_EXIT_SPANS][EXIT_FILE_SPAN];
	struct exit_file_hist hist[];
};

/**
 * struct kvm_exit_cells - what one vCPU's thread has counted
 * @exits: exits, of all reasons
 * @cycles: TSC cycles from an exit to the next entry, of all reasons
 * @hists: its histograms, or NULL if it has none, or none yet
 * @dropped: exits whose time is in no sum, as the TSC went back meanwhile
 * @nr_sparse: how many of @sparse are taken
 * @sparse: raw numbers of the reasons in the cells after the fixed ones
 * @cell: exits and cycles by reason: the fixed ones, the sparse ones, the spare
 *
 * Only the vCPU's own thread writes, with plain stores.  Everyone else reads
 * with READ_ONCE().  A vCPU lives as long as its VM, so a VM's numbers are the
 * sums over its vCPUs, and no VM shares a cache line with another.
 */
struct kvm_exit_cells {
	u64 exits;
	u64 cycles;
	struct kvm_exit_hists *hists;
	u64 dropped;
	u32 nr_sparse;
	u32 sparse[KVM_EXIT_SPARSE];
	struct exit_file_cell cell[] __aligned(16);
};

/**
 * struct kvm_exit_stats - a vCPU's statistics, in the vendor's structure
 * @cell: the first cell of its struct kvm_exit_cells; until exits are counted
 *	  for the first time, of one that all vCPUs share and nobody reads
 * @open: where the cell of the last exit is, in bytes from @cell
 * @stamp: the TSC at the exit that no entry has followed yet, or 0
 * @failed: there was no memory for its cells once: exits are missing
 *
 * This is in one cache line.  The cells are allocated by the vCPU's own thread,
 * on its way into the guest, and freed with the vCPU.  No reader outlives the
 * vCPU: a reader is a vCPU of the same VM, holds kvm_lock, or reads a file in
 * the VM's debugfs folder, which is removed first.  @cell points to what the
 * hooks need most, and is never NULL, so they need no other check or pointer.
 */
struct kvm_exit_stats {
	struct exit_file_cell *cell;
	unsigned long open;
	u64 stamp;
	bool failed;
} __aligned(32);

/**
 * struct kvm_exit_stats_vm - a VM's statistics, in the vendor's structure
 * @leaves: may its guest read?  enum kvm_exit_leaves
 */
struct kvm_exit_stats_vm {
	u8 leaves;
};

/* Let a vCPU allocate what it needs.  KVM's own requests have lower numbers. */
#define KVM_REQ_EXIT_STATS	KVM_ARCH_REQ(55)

DECLARE_STATIC_KEY_TRUE(kvm_exit_counting);
DECLARE_STATIC_KEY_TRUE(kvm_exit_timing);
DECLARE_STATIC_KEY_FALSE(kvm_exit_histograms);

/* The loaded vendor module's: see kvm_exit_stats_vendor(). */
extern u32 kvm_exit_stats_isa;
extern size_t kvm_exit_stats_offset;
extern size_t kvm_exit_stats_vm_offset;

void kvm_exit_stats_vendor(u32 isa, size_t vcpu_offset, size_t vm_offset);
void kvm_exit_stats_create_vcpu(struct kvm_vcpu *vcpu);
void kvm_exit_stats_destroy_vcpu(struct kvm_vcpu *vcpu);
void kvm_exit_stats_allocate(struct kvm_vcpu *vcpu);
void kvm_exit_stats_create_debugfs(struct kvm *kvm);
u32 kvm_exit_stats_thread(struct kvm_vcpu *vcpu);
void kvm_exit_leaves_create_file(struct kvm *kvm);
unsigned int kvm_exit_stats_mode(void);
const struct kvm_exit_cells *kvm_exit_cells_of(struct kvm_vcpu *vcpu);
const struct kvm_exit_hists *kvm_exit_hists_of(const struct kvm_exit_cells *cells);
unsigned long kvm_exit_stats_rare(struct kvm_exit_cells *cells, u32 reason);
void kvm_exit_hist_rare(struct kvm_exit_hists *hists, unsigned long cell,
			u64 cycles);
bool __kvm_exit_stats_cpuid(struct kvm_vcpu *vcpu, u32 *eax, u32 *ebx,
			    u32 *ecx, u32 *edx);

/* Call this only while kvm_exit_stats_isa is not 0. */
static inline struct kvm_exit_stats *kvm_exit_stats_of(struct kvm_vcpu *vcpu)
{
	return (void *)vcpu + kvm_exit_stats_offset;
}

static inline u32 kvm_exit_fixed_cells(u32 isa)
{
	return isa == EXIT_LEAF_ISA_VMX ? KVM_EXIT_VMX_FIXED :
					  KVM_EXIT_SVM_FIXED;
}

/* All cells of a vCPU: the fixed ones, the sparse ones, and the spare one. */
static inline u32 kvm_exit_nr_cells(u32 isa)
{
	return kvm_exit_fixed_cells(isa) + KVM_EXIT_SPARSE + 1;
}

/* SVM: the accesses to CR0-7 and DR0-7, which are 8 codes in each 16. */
static inline bool kvm_exit_is_svm_reg(u32 reason)
{
	return reason < KVM_EXIT_SVM_BASE && !(reason & 8);
}

static inline u32 kvm_exit_svm_reg_place(u32 reason)
{
	return KVM_EXIT_SVM_REGS + (reason >> 4 << 3 | (reason & 7));
}

static __always_inline struct kvm_exit_cells *
kvm_exit_cells_at(struct exit_file_cell *cell)
{
	return container_of(cell, struct kvm_exit_cells, cell[0]);
}

/* Where the cell of a reason is, in bytes from the first one. */
static __always_inline unsigned long
kvm_exit_stats_place(struct exit_file_cell *cell, u32 isa, u32 reason)
{
	if (isa == EXIT_LEAF_ISA_VMX) {
		if (likely(reason < KVM_EXIT_VMX_FIXED))
			return reason * sizeof(*cell);
	} else {
		if (likely(reason - KVM_EXIT_SVM_BASE < KVM_EXIT_SVM_DENSE))
			return (reason - KVM_EXIT_SVM_BASE) * sizeof(*cell);
		if (likely(reason - KVM_EXIT_NPF_BASE < KVM_EXIT_NPF))
			return (reason - KVM_EXIT_NPF_BASE +
				KVM_EXIT_SVM_DENSE) * sizeof(*cell);
	}

	return kvm_exit_stats_rare(kvm_exit_cells_at(cell), reason);
}

static __always_inline void __kvm_exit_stats_exit(struct kvm_exit_stats *stats,
						  u32 isa, u32 reason)
{
	struct exit_file_cell *cell;
	unsigned long place;

	place = kvm_exit_stats_place(stats->cell, isa, reason);
	cell = (void *)stats->cell + place;
	kvm_exit_cells_at(stats->cell)->exits++;
	cell->exits++;

	if (static_branch_likely(&kvm_exit_timing)) {
		stats->open = place;
		stats->stamp = rdtsc();
	}
}

/*
 * Book an exit.  Called with interrupts off, from the vendor's vcpu_run, just
 * before the place of trace_kvm_exit().  @isa is a constant, and @reason a basic
 * exit reason (VMX) or an exit code (SVM).  A macro, so that @reason is
 * evaluated only if exits are counted.
 */
#define kvm_exit_stats_exit(stats, isa, reason)				\
do {									\
	if (static_branch_likely(&kvm_exit_counting))			\
		__kvm_exit_stats_exit(stats, isa, reason);		\
} while (0)

/*
 * Book a time in the histogram of the reason whose cell is at @place.  A time
 * that is the least or the most so far, or the first in its octave, takes the
 * slow way.
 */
static __always_inline void kvm_exit_hist_book(struct kvm_exit_hists *hists,
					       unsigned long place, u64 cycles)
{
	const u64 x = cycles + EXIT_FILE_OFFSET;
	const unsigned long order = __fls(x);
	struct exit_file_hist *hist;
	unsigned long span;

	hist = (void *)hists->hist + place * KVM_EXIT_HIST_CELLS;
	if (likely(cycles <= hist->max && cycles >= hist->min)) {
		span = hist->span[order - EXIT_FILE_FIRST_ORDER];
		if (likely(span)) {
			hists->count[span][(x * EXIT_FILE_SPAN >> order) -
					   EXIT_FILE_SPAN]++;
			return;
		}
	}

	kvm_exit_hist_rare(hists, place, cycles);
}

/*
 * Book the time of the exit that this entry follows, if there is one: a vCPU's
 * first entry follows none.  Called with interrupts off, from the vendor's
 * vcpu_run, just after trace_kvm_entry().
 *
 * The TSC can be behind the stamp: this CPU's TSC may be behind that of the
 * exit's CPU, and it starts from zero when the host resumes from S3.  Then the
 * difference is no time, and would spoil the sums for ever.
 */
static __always_inline void kvm_exit_stats_entry(struct kvm_exit_stats *stats)
{
	struct kvm_exit_cells *cells;
	struct exit_file_cell *cell;
	unsigned long place;
	s64 cycles;

	if (!static_branch_likely(&kvm_exit_timing) || !stats->stamp)
		return;

	cycles = rdtsc() - stats->stamp;
	stats->stamp = 0;
	cells = kvm_exit_cells_at(stats->cell);
	if (unlikely(cycles < 0)) {
		cells->dropped++;
		return;
	}

	place = stats->open;
	cell = (void *)stats->cell + place;
	cells->cycles += cycles;
	cell->cycles += cycles;

	if (static_branch_unlikely(&kvm_exit_histograms) && cells->hists)
		kvm_exit_hist_book(cells->hists, place, cycles);
}

/*
 * Answer CPUID if the leaf is one of ours and guests may read it: registers in
 * and out as for kvm_cpuid().  Returns false, and touches nothing, if not.
 */
static inline bool kvm_exit_stats_cpuid(struct kvm_vcpu *vcpu, u32 *eax,
					u32 *ebx, u32 *ecx, u32 *edx)
{
	/* One compare keeps the leaves below ours from paying for this. */
	return unlikely(*eax >= EXIT_LEAF_FIRST) &&
	       __kvm_exit_stats_cpuid(vcpu, eax, ebx, ecx, edx);
}

#endif /* ARCH_X86_KVM_EXIT_STATS_H */
