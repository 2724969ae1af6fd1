// SPDX-License-Identifier: GPL-2.0-only
/*
 * VM exit statistics: the CPUID leaves of exit_leaves.h, through which a guest
 * reads what was counted, and the host's decision whether it may.
 */
#include <linux/debugfs.h>
#include <linux/kvm_host.h>
#include <linux/moduleparam.h>
#include <linux/nospec.h>
#include <linux/uaccess.h>

#include "exit_stats.h"

/*
 * The host's decision for one VM.  While there is none, which is the default,
 * the parameter exit_stats_leaves decides whether the guest may read.
 */
enum kvm_exit_leaves {
	KVM_EXIT_LEAVES_DEFAULT,
	KVM_EXIT_LEAVES_NO,
	KVM_EXIT_LEAVES_YES,
};

static bool __read_mostly exit_stats_leaves = true;
module_param(exit_stats_leaves, bool, 0644);
MODULE_PARM_DESC(exit_stats_leaves,
		 "Guests may read their VM's exit statistics with CPUID");

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

/* The place of a reason's cell if it is the same in all vCPUs, or U32_MAX. */
static u32 kvm_exit_fixed_place(u32 reason)
{
	if (kvm_exit_stats_isa == EXIT_LEAF_ISA_VMX)
		return reason < KVM_EXIT_VMX_FIXED ? reason : U32_MAX;
	if (reason - KVM_EXIT_SVM_BASE < KVM_EXIT_SVM_DENSE)
		return reason - KVM_EXIT_SVM_BASE;
	if (reason - KVM_EXIT_NPF_BASE < KVM_EXIT_NPF)
		return reason - KVM_EXIT_NPF_BASE + KVM_EXIT_SVM_DENSE;
	return kvm_exit_is_svm_reg(reason) ? kvm_exit_svm_reg_place(reason) :
					     U32_MAX;
}

/* A vCPU's cell of a reason, for reading, or NULL if it has none. */
static const struct exit_file_cell *
kvm_exit_stats_read(const struct kvm_exit_cells *cells, u32 reason)
{
	const u32 fixed = kvm_exit_fixed_cells(kvm_exit_stats_isa);
	u32 i, nr, place = kvm_exit_fixed_place(reason);

	/* A guest chose the reason: not even speculation may pass the cells. */
	if (place < fixed)
		return &cells->cell[array_index_nospec(place, fixed)];

	/* Pairs with kvm_exit_stats_rare(). */
	nr = smp_load_acquire(&cells->nr_sparse);
	for (i = 0; i < nr; i++) {
		if (cells->sparse[i] == reason)
			return &cells->cell[fixed + i];
	}

	return NULL;
}

static void kvm_exit_stats_sum(struct kvm *kvm, u64 *exits, u64 *cycles)
{
	const struct kvm_exit_cells *cells;
	struct kvm_vcpu *vcpu;
	unsigned long i;

	kvm_for_each_vcpu(i, vcpu, kvm) {
		cells = kvm_exit_cells_of(vcpu);
		if (!cells)
			continue;

		*exits += READ_ONCE(cells->exits);
		*cycles += READ_ONCE(cells->cycles);
	}
}

static void kvm_exit_stats_sum_reason(struct kvm *kvm, u32 reason, u64 *exits,
				      u64 *cycles)
{
	const struct kvm_exit_cells *cells;
	const struct exit_file_cell *cell;
	struct kvm_vcpu *vcpu;
	unsigned long i;

	kvm_for_each_vcpu(i, vcpu, kvm) {
		cells = kvm_exit_cells_of(vcpu);
		cell = cells ? kvm_exit_stats_read(cells, reason) : NULL;
		if (!cell)
			continue;

		*exits += READ_ONCE(cell->exits);
		*cycles += READ_ONCE(cell->cycles);
	}
}

/*
 * Find out what is missing in a VM's sums, and return the flags for it:
 * EXIT_LEAF_DROPPED and EXIT_LEAF_UNCOUNTED.
 * @dropped: set to the number of exits whose time is in no sum
 * @uncounted: set to the number of vCPUs of which exits are missing
 */
static u32 kvm_exit_stats_gaps(struct kvm *kvm, u64 *dropped, u32 *uncounted)
{
	const struct kvm_exit_cells *cells;
	struct kvm_vcpu *vcpu;
	unsigned long i;

	*dropped = *uncounted = 0;
	kvm_for_each_vcpu(i, vcpu, kvm) {
		cells = kvm_exit_cells_of(vcpu);
		if (cells)
			*dropped += READ_ONCE(cells->dropped);
		*uncounted += READ_ONCE(kvm_exit_stats_of(vcpu)->failed);
	}

	return (*dropped ? EXIT_LEAF_DROPPED : 0) |
	       (*uncounted ? EXIT_LEAF_UNCOUNTED : 0);
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

/*
 * The highest defined reason below KVM_EXIT_NPF_BASE.  Not all numbers up to it
 * are defined; SVM's reasons from KVM_EXIT_NPF_BASE on are far apart.
 */
static u32 kvm_exit_reason_dense_limit(void)
{
	const struct kvm_exit_reasons *reasons =
		&kvm_exit_reasons[kvm_exit_stats_isa];
	u32 limit = 0;
	u32 i;

	for (i = 0; i < reasons->nr; i++) {
		if (reasons->code[i] < KVM_EXIT_NPF_BASE)
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
		kvm_exit_stats_gaps(kvm, &dropped, ecx);
		*eax = lower_32_bits(dropped);
		*ebx = upper_32_bits(dropped);
		break;
	}
}

/*
 * Call this only while kvm_exit_stats_isa is not 0: kvm_exit_stats_vm_offset is
 * valid only then.
 */
static struct kvm_exit_stats_vm *kvm_exit_stats_vm_of(struct kvm *kvm)
{
	return (void *)kvm + kvm_exit_stats_vm_offset;
}

static bool kvm_exit_stats_readable(struct kvm *kvm)
{
	switch (READ_ONCE(kvm_exit_stats_vm_of(kvm)->leaves)) {
	case KVM_EXIT_LEAVES_NO:
		return false;
	case KVM_EXIT_LEAVES_YES:
		return true;
	default:
		return READ_ONCE(exit_stats_leaves);
	}
}

/*
 * The slow half of kvm_exit_stats_cpuid(), for the leaf EXIT_LEAF_FIRST and all
 * leaves above it.
 */
bool __kvm_exit_stats_cpuid(struct kvm_vcpu *vcpu, u32 *eax, u32 *ebx,
			    u32 *ecx, u32 *edx)
{
	u32 function = *eax, index = *ecx;
	u64 exits = 0, cycles = 0, dropped;
	u32 uncounted;

	if (function > EXIT_LEAF_LAST || !kvm_exit_stats_isa ||
	    !kvm_exit_stats_readable(vcpu->kvm))
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

	/* Last, so that the flags cover every gap that the sums may have. */
	*edx = kvm_exit_stats_gaps(vcpu->kvm, &dropped, &uncounted);
	return true;
}

static ssize_t kvm_exit_leaves_read(struct file *file, char __user *buf,
				    size_t len, loff_t *pos)
{
	static const char *const texts[] = {
		[KVM_EXIT_LEAVES_DEFAULT] = "default\n",
		[KVM_EXIT_LEAVES_NO] = "N\n",
		[KVM_EXIT_LEAVES_YES] = "Y\n",
	};
	struct kvm_exit_stats_vm *vm = kvm_exit_stats_vm_of(file->private_data);
	const char *text = texts[READ_ONCE(vm->leaves)];

	return simple_read_from_buffer(buf, len, pos, text, strlen(text));
}

static ssize_t kvm_exit_leaves_write(struct file *file, const char __user *buf,
				     size_t len, loff_t *pos)
{
	struct kvm_exit_stats_vm *vm = kvm_exit_stats_vm_of(file->private_data);
	char text[16] = {};
	bool leaves;
	int r;

	if (len >= sizeof(text))
		return -EINVAL;

	if (copy_from_user(text, buf, len))
		return -EFAULT;

	if (sysfs_streq(text, "default")) {
		WRITE_ONCE(vm->leaves, KVM_EXIT_LEAVES_DEFAULT);
		return len;
	}

	r = kstrtobool(text, &leaves);
	if (r)
		return r;

	WRITE_ONCE(vm->leaves, leaves ? KVM_EXIT_LEAVES_YES :
					KVM_EXIT_LEAVES_NO);
	return len;
}

static const struct file_operations kvm_exit_leaves_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.read = kvm_exit_leaves_read,
	.write = kvm_exit_leaves_write,
	.llseek = default_llseek,
};

/*
 * Create the file with the host's decision for one VM: "Y", "N", or "default",
 * with which the parameter kvm.exit_stats_leaves decides.
 */
void kvm_exit_leaves_create_file(struct kvm *kvm)
{
	debugfs_create_file("exit_stats_leaves", 0644, kvm->debugfs_dentry,
			    kvm, &kvm_exit_leaves_fops);
}
