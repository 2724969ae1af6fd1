// SPDX-License-Identifier: GPL-2.0-only
/*
 * VM exit statistics: counted per vCPU and reason by the hooks in exit_stats.h,
 * read here, by a guest, through the CPUID leaves of exit_leaves.h.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kvm_host.h>
#include <linux/moduleparam.h>
#include <linux/nospec.h>

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
 * The loaded vendor module's ISA, and where its vCPUs have their statistics.  The
 * ISA is 0 while no vendor module has said so: none is loaded, or one that was
 * built without these statistics, whose vCPUs have none.
 */
static u32 kvm_exit_stats_isa __read_mostly;
static size_t kvm_exit_stats_offset __read_mostly;

static bool __read_mostly exit_stats_leaves = true;
module_param(exit_stats_leaves, bool, 0644);

/* The reasons that the vendors' manuals define, ascending. */
#define EXIT_REASON(code, ...) code,
static const u32 vmx_exit_reasons[] = {
#include "vmx_exit_reasons.def"
};

static const u32 svm_exit_reasons[] = {
#include "svm_exit_reasons.def"
};

#undef EXIT_REASON

static const struct kvm_exit_reasons {
	const u32 *code;
	u32 nr;
} kvm_exit_reasons[] = {
	[EXIT_LEAF_ISA_VMX] = { vmx_exit_reasons, ARRAY_SIZE(vmx_exit_reasons) },
	[EXIT_LEAF_ISA_SVM] = { svm_exit_reasons, ARRAY_SIZE(svm_exit_reasons) },
};

/**
 * kvm_exit_stats_vendor - say where the vendor module keeps the statistics
 * @isa: EXIT_LEAF_ISA_VMX or EXIT_LEAF_ISA_SVM; 0: the vendor module goes
 * @offset: of struct kvm_exit_stats in what the module allocates for a vCPU,
 *	    the first member of which is struct kvm_vcpu
 *
 * To be called before the module lets anyone create a vCPU, and with 0 by
 * kvm_x86_vendor_exit(), whichever vendor module that is for.  The statistics
 * are the vendor's so that struct kvm_vcpu, and with it the ABI of everything
 * that KVM exports, stays as it is.
 */
void kvm_exit_stats_vendor(u32 isa, size_t offset)
{
	kvm_exit_stats_isa = isa;
	kvm_exit_stats_offset = offset;
}
EXPORT_SYMBOL_GPL(kvm_exit_stats_vendor);

/* Only while there is an ISA. */
static struct kvm_exit_stats *kvm_exit_stats_of(struct kvm_vcpu *vcpu)
{
	return (void *)vcpu + kvm_exit_stats_offset;
}

/**
 * kvm_exit_stats_sparse - find or make the cell of a reason with no fixed one
 * @stats: the calling thread's vCPU's
 * @reason: its raw number
 *
 * Returns NULL when all of them are taken by others.
 */
struct kvm_exit_cell *kvm_exit_stats_sparse(struct kvm_exit_stats *stats,
					    u32 reason)
{
	u32 i;

	for (i = 0; i < stats->nr_sparse; i++) {
		if (stats->sparse[i] == reason)
			return &stats->cell[KVM_EXIT_FIXED + i];
	}

	if (i == KVM_EXIT_SPARSE)
		return NULL;

	stats->sparse[i] = reason;
	/* Pairs with kvm_exit_stats_read(): the number is there before its place. */
	smp_store_release(&stats->nr_sparse, i + 1);
	return &stats->cell[KVM_EXIT_FIXED + i];
}
EXPORT_SYMBOL_GPL(kvm_exit_stats_sparse);

/* One vCPU's cell for a reason, to read, or NULL if it has seen none. */
static const struct kvm_exit_cell *
kvm_exit_stats_read(const struct kvm_exit_stats *stats, u32 reason)
{
	u32 i, nr;

	/* The reason is a guest's: no index beyond the cells, not even a guessed one. */
	if (reason < KVM_EXIT_DENSE)
		return &stats->cell[array_index_nospec(reason, KVM_EXIT_DENSE)];

	i = reason - KVM_EXIT_NPF_BASE;
	if (i < KVM_EXIT_NPF) {
		i = array_index_nospec(i, KVM_EXIT_NPF);
		return &stats->cell[i + KVM_EXIT_DENSE];
	}

	/* Pairs with kvm_exit_stats_sparse(). */
	nr = smp_load_acquire(&stats->nr_sparse);
	for (i = 0; i < nr; i++) {
		if (stats->sparse[i] == reason)
			return &stats->cell[KVM_EXIT_FIXED + i];
	}

	return NULL;
}

static void kvm_exit_stats_sum(struct kvm *kvm, u64 *exits, u64 *cycles)
{
	struct kvm_vcpu *vcpu;
	unsigned long i;

	kvm_for_each_vcpu(i, vcpu, kvm) {
		const struct kvm_exit_stats *stats = kvm_exit_stats_of(vcpu);

		*exits += READ_ONCE(stats->exits);
		*cycles += READ_ONCE(stats->cycles);
	}
}

static void kvm_exit_stats_sum_reason(struct kvm *kvm, u32 reason, u64 *exits,
				      u64 *cycles)
{
	const struct kvm_exit_cell *cell;
	struct kvm_vcpu *vcpu;
	unsigned long i;

	kvm_for_each_vcpu(i, vcpu, kvm) {
		cell = kvm_exit_stats_read(kvm_exit_stats_of(vcpu), reason);
		if (!cell)
			continue;

		*exits += READ_ONCE(cell->exits);
		*cycles += READ_ONCE(cell->cycles);
	}
}

/* Exits of a VM whose time is in none of its sums. */
static u64 kvm_exit_stats_dropped(struct kvm *kvm)
{
	struct kvm_vcpu *vcpu;
	unsigned long i;
	u64 dropped = 0;

	kvm_for_each_vcpu(i, vcpu, kvm)
		dropped += READ_ONCE(kvm_exit_stats_of(vcpu)->dropped);

	return dropped;
}

static bool kvm_exit_reason_defined(u32 reason)
{
	const struct kvm_exit_reasons *reasons =
		&kvm_exit_reasons[kvm_exit_stats_isa];
	u32 i;

	for (i = 0; i < reasons->nr; i++) {
		if (reasons->code[i] == reason)
			return true;
	}

	return false;
}

/* The highest defined reason of those that count up from 0 without a jump. */
static u32 kvm_exit_reason_dense_limit(void)
{
	const struct kvm_exit_reasons *reasons =
		&kvm_exit_reasons[kvm_exit_stats_isa];
	u32 limit = 0;
	u32 i;

	for (i = 0; i < reasons->nr; i++) {
		if (reasons->code[i] < KVM_EXIT_DENSE)
			limit = max(limit, reasons->code[i]);
	}

	return limit;
}

static void kvm_exit_stats_info(struct kvm *kvm, u32 index, u32 *eax, u32 *ebx,
				u32 *ecx, u32 *edx)
{
	u64 dropped;

	switch (index) {
	case 0:
		*eax = EXIT_LEAF_ABI;
		*ebx = EXIT_LEAF_SIG_EBX;
		*ecx = EXIT_LEAF_SIG_ECX;
		*edx = EXIT_LEAF_SIG_EDX;
		break;
	case 1:
		*eax = kvm_exit_stats_isa;
		*ebx = kvm_exit_reason_dense_limit();
		*ecx = atomic_read(&kvm->online_vcpus);
		if (static_key_enabled(&kvm_exit_counting))
			*edx |= EXIT_LEAF_COUNTING;
		if (static_key_enabled(&kvm_exit_timing))
			*edx |= EXIT_LEAF_TIMING;
		break;
	case 2:
		dropped = kvm_exit_stats_dropped(kvm);
		*eax = lower_32_bits(dropped);
		*ebx = upper_32_bits(dropped);
		break;
	}
}

/* The slow half of kvm_exit_stats_cpuid(): any leaf from ours on. */
bool __kvm_exit_stats_cpuid(struct kvm_vcpu *vcpu, u32 *eax, u32 *ebx,
			    u32 *ecx, u32 *edx)
{
	u32 function = *eax, index = *ecx;
	u64 exits = 0, cycles = 0;

	if (function > EXIT_LEAF_LAST || !READ_ONCE(exit_stats_leaves) ||
	    !kvm_exit_stats_isa)
		return false;

	*eax = *ebx = *ecx = *edx = 0;

	switch (function) {
	case EXIT_LEAF_INFO:
		kvm_exit_stats_info(vcpu->kvm, index, eax, ebx, ecx, edx);
		return true;
	case EXIT_LEAF_REASON_EXITS:
	case EXIT_LEAF_REASON_CYCLES:
		if (!kvm_exit_reason_defined(index)) {
			*edx = EXIT_LEAF_UNDEFINED;
			return true;
		}
		kvm_exit_stats_sum_reason(vcpu->kvm, index, &exits, &cycles);
		break;
	default:
		kvm_exit_stats_sum(vcpu->kvm, &exits, &cycles);
		break;
	}

	if (function == EXIT_LEAF_EXITS || function == EXIT_LEAF_REASON_EXITS) {
		*eax = lower_32_bits(exits);
		*ebx = upper_32_bits(exits);
	} else {
		*ebx = upper_32_bits(cycles);
		*ecx = lower_32_bits(cycles);
	}

	/* After the sums: of a gap in them it is known by now. */
	if (kvm_exit_stats_dropped(vcpu->kvm))
		*edx = EXIT_LEAF_DROPPED;

	return true;
}

/*
 * Forget the exits whose time was to be booked at an entry: once timing is on
 * again, their stamps would be from before it was switched off.  The hooks run
 * with interrupts off, and switching a static key off waits for every CPU to
 * take an interrupt, so by now none of them is between its check of the key
 * and its stores.
 */
static void kvm_exit_stats_forget_stamps(void)
{
	struct kvm_vcpu *vcpu;
	struct kvm *kvm;
	unsigned long i;

	if (!kvm_exit_stats_isa)
		return;

	mutex_lock(&kvm_lock);
	list_for_each_entry(kvm, &vm_list, vm_list) {
		kvm_for_each_vcpu(i, vcpu, kvm)
			WRITE_ONCE(kvm_exit_stats_of(vcpu)->stamp, 0);
	}
	mutex_unlock(&kvm_lock);
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
		kvm_exit_stats_forget_stamps();

	kvm_exit_stats_switch(&kvm_exit_counting, mode >= KVM_EXIT_STATS_COUNT);
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
