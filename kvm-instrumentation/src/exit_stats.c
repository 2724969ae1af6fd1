// SPDX-License-Identifier: GPL-2.0-only
/*
 * VM exit statistics: counted per vCPU and reason by the hooks in exit_stats.h,
 * read through exit_leaves.c and exit_file.c.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kvm_host.h>
#include <linux/moduleparam.h>
#include <linux/slab.h>

#include "exit_stats.h"

/*
 * The loaded vendor module's ISA, and where its vCPUs and VMs have their
 * statistics.  The ISA is 0 while no vendor module is loaded, or if the loaded
 * one was built without these statistics: its vCPUs have none then.
 */
u32 kvm_exit_stats_isa __read_mostly;
size_t kvm_exit_stats_offset __read_mostly;
size_t kvm_exit_stats_vm_offset __read_mostly;
static struct kmem_cache *kvm_exit_cells_cache __read_mostly;
static struct kmem_cache *kvm_exit_hists_cache __read_mostly;

DEFINE_STATIC_KEY_TRUE(kvm_exit_counting);
EXPORT_SYMBOL_FOR_KVM_INTERNAL(kvm_exit_counting);
DEFINE_STATIC_KEY_TRUE(kvm_exit_timing);
EXPORT_SYMBOL_FOR_KVM_INTERNAL(kvm_exit_timing);
DEFINE_STATIC_KEY_FALSE(kvm_exit_histograms);
EXPORT_SYMBOL_FOR_KVM_INTERNAL(kvm_exit_histograms);

/* Cells for all vCPUs without cells of their own, which nobody reads. */
static union {
	struct kvm_exit_cells cells;
	u8 room[sizeof(struct kvm_exit_cells) +
		KVM_EXIT_MAX_CELLS * sizeof(struct exit_file_cell)];
} kvm_exit_sink ____cacheline_aligned;

/**
 * kvm_exit_stats_vendor - say where the vendor module keeps the statistics
 * @isa: EXIT_LEAF_ISA_VMX or EXIT_LEAF_ISA_SVM; 0: the module is being unloaded
 * @vcpu_offset: of struct kvm_exit_stats in what the module allocates for a
 *		 vCPU, the first member of which is struct kvm_vcpu
 * @vm_offset: of struct kvm_exit_stats_vm in what it allocates for a VM
 *
 * To be called before the module lets anyone create a vCPU, and with 0 by
 * kvm_x86_vendor_exit(), when any vendor module is unloaded.  The statistics
 * are the vendor's so that struct kvm_vcpu and struct kvm, and with them the
 * ABI of everything that KVM exports, stay as they are.
 */
void kvm_exit_stats_vendor(u32 isa, size_t vcpu_offset, size_t vm_offset)
{
	struct kvm_exit_cells *cells;
	struct kvm_exit_hists *hists;
	u32 nr;

	kvm_exit_stats_isa = 0;
	kmem_cache_destroy(kvm_exit_cells_cache);
	kmem_cache_destroy(kvm_exit_hists_cache);
	kvm_exit_cells_cache = NULL;
	kvm_exit_hists_cache = NULL;
	if (!isa)
		return;

	nr = kvm_exit_nr_cells(isa);
	/*
	 * If a cache cannot be made, vCPUs get no cells, and their guests are
	 * told so, or no histograms, and the host sees this in their records.
	 */
	kvm_exit_cells_cache = kmem_cache_create("kvm_exit_cells",
						 struct_size(cells, cell, nr),
						 SMP_CACHE_BYTES, SLAB_ACCOUNT,
						 NULL);
	kvm_exit_hists_cache = kmem_cache_create("kvm_exit_hists",
						 struct_size(hists, hist, nr),
						 0, SLAB_ACCOUNT, NULL);
	kvm_exit_stats_offset = vcpu_offset;
	kvm_exit_stats_vm_offset = vm_offset;
	kvm_exit_stats_isa = isa;
}
EXPORT_SYMBOL_FOR_KVM_INTERNAL(kvm_exit_stats_vendor);

/* A vCPU's cells, for reading by any thread, or NULL if it has none. */
const struct kvm_exit_cells *kvm_exit_cells_of(struct kvm_vcpu *vcpu)
{
	struct exit_file_cell *cell;

	/* Pairs with kvm_exit_cells_allocate(): they were zeroed before. */
	cell = smp_load_acquire(&kvm_exit_stats_of(vcpu)->cell);
	return cell == kvm_exit_sink.cells.cell ? NULL : kvm_exit_cells_at(cell);
}

/* The histograms of these cells, for reading, or NULL if they have none. */
const struct kvm_exit_hists *kvm_exit_hists_of(const struct kvm_exit_cells *cells)
{
	/* Pairs with kvm_exit_hists_allocate(). */
	return smp_load_acquire(&cells->hists);
}

/* Let a new vCPU check before its first entry whether it needs cells. */
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
	if (!cells)
		return;

	if (cells->hists)
		kmem_cache_free(kvm_exit_hists_cache, cells->hists);
	kmem_cache_free(kvm_exit_cells_cache, (void *)cells);
}

static void *kvm_exit_stats_zalloc(struct kmem_cache *cache, const char *what)
{
	void *object = cache ? kmem_cache_zalloc(cache, GFP_KERNEL_ACCOUNT) :
			       NULL;

	if (!object)
		pr_warn_ratelimited("No memory for the %s of a vCPU\n", what);
	return object;
}

static bool kvm_exit_cells_allocate(struct kvm_exit_stats *stats)
{
	struct kvm_exit_cells *cells;

	cells = kvm_exit_stats_zalloc(kvm_exit_cells_cache, "exit counters");
	if (!cells) {
		WRITE_ONCE(stats->failed, true);
		return false;
	}

	/* These cells do not have the last exit, so leave out its time, too. */
	stats->stamp = 0;
	/* Pairs with kvm_exit_cells_of(). */
	smp_store_release(&stats->cell, cells->cell);
	return true;
}

static void kvm_exit_hists_allocate(struct kvm_exit_cells *cells)
{
	struct kvm_exit_hists *hists;
	u32 i;

	hists = kvm_exit_stats_zalloc(kvm_exit_hists_cache, "exit histograms");
	if (!hists)
		return;

	hists->spans = 1;
	for (i = 0; i < kvm_exit_nr_cells(kvm_exit_stats_isa); i++)
		hists->hist[i].min = U64_MAX;
	/* Pairs with kvm_exit_hists_of(). */
	smp_store_release(&cells->hists, hists);
}

/**
 * kvm_exit_stats_allocate - allocate the cells and, if they are switched on,
 *			     the histograms of a vCPU
 * @vcpu: the calling thread's, on its way into the guest, where the thread may
 *	  still sleep
 *
 * If there is no memory, the guest runs on.  Without cells, this vCPU's exits
 * are not counted, and the answers to the guest have the flag
 * EXIT_LEAF_UNCOUNTED.  Without histograms, its times are in no histogram, and
 * its record in the host's file lacks EXIT_FILE_HAS_HIST.
 */
void kvm_exit_stats_allocate(struct kvm_vcpu *vcpu)
{
	struct kvm_exit_stats *stats;
	struct kvm_exit_cells *cells;

	if (!kvm_exit_stats_isa || !static_key_enabled(&kvm_exit_counting))
		return;

	stats = kvm_exit_stats_of(vcpu);
	if (!kvm_exit_cells_of(vcpu) && !kvm_exit_cells_allocate(stats))
		return;

	cells = kvm_exit_cells_at(stats->cell);
	if (static_key_enabled(&kvm_exit_histograms) && !cells->hists)
		kvm_exit_hists_allocate(cells);
}

/**
 * kvm_exit_stats_rare - find or make the cell of a reason, wherever it is
 * @cells: those of the calling thread's vCPU
 * @reason: its raw number, for which the hook itself knows no place
 *
 * Returns its place, in bytes from the first cell; that of the spare cell when
 * all others are taken.
 */
unsigned long kvm_exit_stats_rare(struct kvm_exit_cells *cells, u32 reason)
{
	const u32 fixed = kvm_exit_fixed_cells(kvm_exit_stats_isa);
	u32 i;

	if (kvm_exit_stats_isa == EXIT_LEAF_ISA_SVM &&
	    kvm_exit_is_svm_reg(reason))
		return kvm_exit_svm_reg_place(reason) * sizeof(cells->cell[0]);

	for (i = 0; i < cells->nr_sparse; i++) {
		if (cells->sparse[i] == reason)
			break;
	}

	if (i == cells->nr_sparse && i < KVM_EXIT_SPARSE) {
		cells->sparse[i] = reason;
		/* Pairs with nr_sparse's readers: the reason is there first. */
		smp_store_release(&cells->nr_sparse, i + 1);
	}

	return (fixed + i) * sizeof(cells->cell[0]);
}
EXPORT_SYMBOL_FOR_KVM_INTERNAL(kvm_exit_stats_rare);

/**
 * kvm_exit_hist_rare - book a time that is the least or the most so far, or the
 *			first in its octave
 * @hists: those of the calling thread's vCPU
 * @place: of the reason's cell, in bytes from the first one
 * @cycles: not negative
 */
void kvm_exit_hist_rare(struct kvm_exit_hists *hists, unsigned long place,
			u64 cycles)
{
	struct exit_file_hist *hist =
		&hists->hist[place / sizeof(struct exit_file_cell)];
	unsigned long order;
	u8 *span;
	u64 x;

	/* Longer times all come here: they are above hist->max for ever. */
	cycles = min_t(u64, cycles, EXIT_FILE_LONGEST);
	if (cycles < hist->min)
		WRITE_ONCE(hist->min, cycles);
	if (cycles > hist->max)
		WRITE_ONCE(hist->max, cycles);

	x = cycles + EXIT_FILE_OFFSET;
	order = __fls(x);
	span = &hist->span[order - EXIT_FILE_FIRST_ORDER];
	if (!*span && hists->spans < KVM_EXIT_SPANS)
		WRITE_ONCE(*span, hists->spans++);
	hists->count[*span][(x * EXIT_FILE_SPAN >> order) - EXIT_FILE_SPAN]++;
}
EXPORT_SYMBOL_FOR_KVM_INTERNAL(kvm_exit_hist_rare);

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
 * Let a vCPU check again whether it needs cells or histograms, at once if it is
 * in the guest.  Its own thread allocates them before its next entry.  This
 * function must not: it is called with kvm_lock held, and an allocation may run
 * KVM's shrinker, which takes kvm_lock.
 */
static void kvm_exit_stats_request(struct kvm_vcpu *vcpu)
{
	const struct kvm_exit_cells *cells = kvm_exit_cells_of(vcpu);

	if (cells && (kvm_exit_hists_of(cells) ||
		      !static_key_enabled(&kvm_exit_histograms)))
		return;

	kvm_make_request(KVM_REQ_EXIT_STATS, vcpu);
	kvm_vcpu_kick(vcpu);
}

static void kvm_exit_stats_switch(struct static_key *key, bool on)
{
	if (on)
		static_key_enable(key);
	else
		static_key_disable(key);
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

	if (mode > EXIT_FILE_HIST)
		return -EINVAL;

	kvm_exit_stats_switch(&kvm_exit_histograms.key, mode >= EXIT_FILE_HIST);
	kvm_exit_stats_switch(&kvm_exit_timing.key, mode >= EXIT_FILE_TIME);
	if (mode < EXIT_FILE_TIME)
		kvm_exit_stats_visit_all(kvm_exit_stats_forget_stamp);

	kvm_exit_stats_switch(&kvm_exit_counting.key, mode >= EXIT_FILE_COUNT);
	if (mode >= EXIT_FILE_COUNT)
		kvm_exit_stats_visit_all(kvm_exit_stats_request);

	return 0;
}

/* Returns what is counted now: EXIT_FILE_OFF to EXIT_FILE_HIST. */
unsigned int kvm_exit_stats_mode(void)
{
	/* While the mode is being raised, a higher mode's key is on first. */
	if (!static_key_enabled(&kvm_exit_counting))
		return EXIT_FILE_OFF;
	if (!static_key_enabled(&kvm_exit_timing))
		return EXIT_FILE_COUNT;

	return static_key_enabled(&kvm_exit_histograms) ? EXIT_FILE_HIST :
							  EXIT_FILE_TIME;
}

static int kvm_exit_stats_get_mode(char *buffer, const struct kernel_param *kp)
{
	return sysfs_emit(buffer, "%u\n", kvm_exit_stats_mode());
}

static const struct kernel_param_ops kvm_exit_stats_ops = {
	.set = kvm_exit_stats_set_mode,
	.get = kvm_exit_stats_get_mode,
};

/* EXIT_FILE_OFF, EXIT_FILE_COUNT, EXIT_FILE_TIME or EXIT_FILE_HIST. */
module_param_cb(exit_stats, &kvm_exit_stats_ops, NULL, 0644);
__MODULE_PARM_TYPE(exit_stats, "uint");
MODULE_PARM_DESC(exit_stats,
		 "Count VM exits: 0 off, 1 count, 2 and time (default), 3 and histograms");

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
