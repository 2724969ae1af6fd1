// SPDX-License-Identifier: GPL-2.0-only
/*
 * VM exit statistics: counted per vCPU and reason by the hooks in exit_stats.h,
 * read through exit_leaves.c.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kvm_host.h>
#include <linux/moduleparam.h>
#include <linux/slab.h>

#include "exit_stats.h"

enum kvm_exit_stats_mode {
	KVM_EXIT_STATS_OFF,
	KVM_EXIT_STATS_COUNT,
	KVM_EXIT_STATS_TIME,
};

DEFINE_STATIC_KEY_TRUE(kvm_exit_counting);
EXPORT_SYMBOL_GPL(kvm_exit_counting);
DEFINE_STATIC_KEY_TRUE(kvm_exit_timing);
EXPORT_SYMBOL_GPL(kvm_exit_timing);

/*
 * The loaded vendor module's ISA, and where its vCPUs and VMs have their
 * statistics.  The ISA is 0 while no vendor module has said so: none is loaded,
 * or one that was built without these statistics, whose vCPUs have none.
 */
u32 kvm_exit_stats_isa __read_mostly;
size_t kvm_exit_stats_offset __read_mostly;
size_t kvm_exit_stats_vm_offset __read_mostly;
static struct kmem_cache *kvm_exit_cells_cache __read_mostly;

/* For vCPUs without cells of their own: written by any, read by nobody. */
static union {
	struct kvm_exit_cells cells;
	u8 room[sizeof(struct kvm_exit_cells) +
		(KVM_EXIT_SVM_FIXED + KVM_EXIT_SPARSE + 1) *
			sizeof(struct kvm_exit_cell)];
} kvm_exit_sink ____cacheline_aligned;

/**
 * kvm_exit_stats_vendor - say where the vendor module keeps the statistics
 * @isa: EXIT_LEAF_ISA_VMX or EXIT_LEAF_ISA_SVM; 0: the vendor module goes
 * @vcpu_offset: of struct kvm_exit_stats in what the module allocates for a
 *		 vCPU, the first member of which is struct kvm_vcpu
 * @vm_offset: of struct kvm_exit_stats_vm in what it allocates for a VM
 *
 * To be called before the module lets anyone create a vCPU, and with 0 by
 * kvm_x86_vendor_exit(), whichever vendor module that is for.  The statistics
 * are the vendor's so that struct kvm_vcpu and struct kvm, and with them the
 * ABI of everything that KVM exports, stay as they are.
 */
void kvm_exit_stats_vendor(u32 isa, size_t vcpu_offset, size_t vm_offset)
{
	struct kvm_exit_cells *cells;
	size_t size;

	kvm_exit_stats_isa = 0;
	kmem_cache_destroy(kvm_exit_cells_cache);
	kvm_exit_cells_cache = NULL;
	if (!isa)
		return;

	/* Without it, no vCPU gets cells, which is what its guest is told. */
	size = struct_size(cells, cell,
			   kvm_exit_fixed_cells(isa) + KVM_EXIT_SPARSE + 1);
	kvm_exit_cells_cache = kmem_cache_create("kvm_exit_cells", size,
						 SMP_CACHE_BYTES, SLAB_ACCOUNT,
						 NULL);
	kvm_exit_stats_offset = vcpu_offset;
	kvm_exit_stats_vm_offset = vm_offset;
	kvm_exit_stats_isa = isa;
}
EXPORT_SYMBOL_GPL(kvm_exit_stats_vendor);

/* Any vCPU's cells, to read, or NULL if it has none. */
const struct kvm_exit_cells *kvm_exit_cells_of(struct kvm_vcpu *vcpu)
{
	struct kvm_exit_cell *cell;

	/* Pairs with kvm_exit_stats_allocate(): they are zeroed before. */
	cell = smp_load_acquire(&kvm_exit_stats_of(vcpu)->cell);
	return cell == kvm_exit_sink.cells.cell ? NULL : kvm_exit_cells_at(cell);
}

/* On its first way into the guest, a vCPU looks whether it is to have cells. */
void kvm_exit_stats_create_vcpu(struct kvm_vcpu *vcpu)
{
	if (!kvm_exit_stats_isa)
		return;

	kvm_exit_stats_of(vcpu)->cell = kvm_exit_sink.cells.cell;
	kvm_make_request(KVM_REQ_EXIT_STATS, vcpu);
}

void kvm_exit_stats_destroy_vcpu(struct kvm_vcpu *vcpu)
{
	const struct kvm_exit_cells *cells;

	if (!kvm_exit_stats_isa)
		return;

	cells = kvm_exit_cells_of(vcpu);
	if (cells)
		kmem_cache_free(kvm_exit_cells_cache, (void *)cells);
}

/**
 * kvm_exit_stats_allocate - give the calling thread's vCPU its cells
 * @vcpu: on its way into the guest, where it may still sleep
 *
 * If there is no memory for them, the guest goes on: the exits of this vCPU are
 * not counted from now on, and the answers to the guest have the flag
 * EXIT_LEAF_UNCOUNTED.
 */
void kvm_exit_stats_allocate(struct kvm_vcpu *vcpu)
{
	struct kvm_exit_cells *cells = NULL;
	struct kvm_exit_stats *stats;

	if (!kvm_exit_stats_isa || !static_key_enabled(&kvm_exit_counting) ||
	    kvm_exit_cells_of(vcpu))
		return;

	stats = kvm_exit_stats_of(vcpu);
	if (kvm_exit_cells_cache)
		cells = kmem_cache_zalloc(kvm_exit_cells_cache,
					  GFP_KERNEL_ACCOUNT);
	if (!cells) {
		WRITE_ONCE(stats->failed, true);
		pr_warn_ratelimited("No memory to count the exits of a vCPU\n");
		return;
	}

	/* The last exit was not counted here, so its time is not, either. */
	stats->stamp = 0;
	/* Pairs with kvm_exit_cells_of(). */
	smp_store_release(&stats->cell, cells->cell);
}

/**
 * kvm_exit_stats_rare - find or make the cell of a reason, wherever it is
 * @cells: the calling thread's vCPU's
 * @reason: its raw number, which has none of the places that the hook looks at
 *
 * Returns the spare cell when all others are taken.
 */
struct kvm_exit_cell *kvm_exit_stats_rare(struct kvm_exit_cells *cells,
					  u32 reason)
{
	const u32 fixed = kvm_exit_fixed_cells(kvm_exit_stats_isa);
	u32 i;

	if (kvm_exit_stats_isa == EXIT_LEAF_ISA_SVM &&
	    kvm_exit_is_svm_reg(reason))
		return &cells->cell[kvm_exit_svm_reg_place(reason)];

	for (i = 0; i < cells->nr_sparse; i++) {
		if (cells->sparse[i] == reason)
			return &cells->cell[fixed + i];
	}

	if (i == KVM_EXIT_SPARSE)
		return &cells->cell[fixed + i];

	cells->sparse[i] = reason;
	/* Pairs with kvm_exit_stats_read(): the number is there before its place. */
	smp_store_release(&cells->nr_sparse, i + 1);
	return &cells->cell[fixed + i];
}
EXPORT_SYMBOL_GPL(kvm_exit_stats_rare);

/*
 * Call @visit for every vCPU of every VM.  A VM without online vCPUs is left
 * out, because kvm_for_each_vcpu() has no upper end then: it could come upon a
 * vCPU that is still being created, and is freed again if that fails.
 */
static void kvm_exit_stats_visit_all(void (*visit)(struct kvm_vcpu *vcpu))
{
	struct kvm_vcpu *vcpu;
	struct kvm *kvm;
	unsigned long i;

	if (!kvm_exit_stats_isa)
		return;

	mutex_lock(&kvm_lock);
	list_for_each_entry(kvm, &vm_list, vm_list) {
		if (!atomic_read(&kvm->online_vcpus))
			continue;

		kvm_for_each_vcpu(i, vcpu, kvm)
			visit(vcpu);
	}
	mutex_unlock(&kvm_lock);
}

/*
 * Forget the exit whose time was to be booked at the next entry: once timing is
 * on again, its stamp would be from before timing was switched off.  The hooks
 * run with interrupts off, and switching a static key off waits for every CPU
 * to take an interrupt, so by now none of them is between its check of the key
 * and its stores.
 */
static void kvm_exit_stats_forget_stamp(struct kvm_vcpu *vcpu)
{
	WRITE_ONCE(kvm_exit_stats_of(vcpu)->stamp, 0);
}

/*
 * Have a vCPU look again whether it is to have cells, at once if it runs in the
 * guest: counting begins with its next entry.  Its own thread allocates them,
 * as KVM's shrinker takes kvm_lock.
 */
static void kvm_exit_stats_request(struct kvm_vcpu *vcpu)
{
	if (kvm_exit_cells_of(vcpu))
		return;

	kvm_make_request(KVM_REQ_EXIT_STATS, vcpu);
	kvm_vcpu_kick(vcpu);
}

static void kvm_exit_stats_switch(struct static_key_true *key, bool on)
{
	if (on)
		static_branch_enable(key);
	else
		static_branch_disable(key);
}

/* Calls are serialized by the parameter lock of the module. */
static int kvm_exit_stats_set_mode(const char *val,
				   const struct kernel_param *kp)
{
	unsigned int mode;
	int r;

	r = kstrtouint(val, 0, &mode);
	if (r)
		return r;

	if (mode > KVM_EXIT_STATS_TIME)
		return -EINVAL;

	kvm_exit_stats_switch(&kvm_exit_timing, mode >= KVM_EXIT_STATS_TIME);
	if (mode < KVM_EXIT_STATS_TIME)
		kvm_exit_stats_visit_all(kvm_exit_stats_forget_stamp);

	kvm_exit_stats_switch(&kvm_exit_counting, mode >= KVM_EXIT_STATS_COUNT);
	if (mode >= KVM_EXIT_STATS_COUNT)
		kvm_exit_stats_visit_all(kvm_exit_stats_request);

	return 0;
}

static int kvm_exit_stats_get_mode(char *buffer, const struct kernel_param *kp)
{
	unsigned int mode = static_key_enabled(&kvm_exit_counting) +
			    static_key_enabled(&kvm_exit_timing);

	return sysfs_emit(buffer, "%u\n", mode);
}

static const struct kernel_param_ops kvm_exit_stats_ops = {
	.set = kvm_exit_stats_set_mode,
	.get = kvm_exit_stats_get_mode,
};

/* 0: off; 1: count exits; 2: count them and the cycles that they take. */
module_param_cb(exit_stats, &kvm_exit_stats_ops, NULL, 0644);
__MODULE_PARM_TYPE(exit_stats, "uint");
MODULE_PARM_DESC(exit_stats,
		 "Count VM exits: 0 off, 1 count, 2 count and time (default)");

static int kvm_exit_stats_set_isa(const char *val, const struct kernel_param *kp)
{
	return -EPERM;
}

static const struct kernel_param_ops kvm_exit_stats_isa_ops = {
	.set = kvm_exit_stats_set_isa,
	.get = param_get_uint,
};

/* Whose exits are counted: EXIT_LEAF_ISA_*, or 0 if the vendor module counts none. */
module_param_cb(exit_stats_isa, &kvm_exit_stats_isa_ops, &kvm_exit_stats_isa, 0444);
__MODULE_PARM_TYPE(exit_stats_isa, "uint");
MODULE_PARM_DESC(exit_stats_isa,
		 "Whose exits are counted: 1 VMX, 2 SVM, 0 nobody's (read only)");
