// SPDX-License-Identifier: GPL-2.0-only
/*
 * VM exit statistics: the file exit_stats of a VM's debugfs folder, in which
 * the host reads what was counted.  exit_file.h defines its layout.
 */
#include <linux/debugfs.h>
#include <linux/kvm_host.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "exit_stats.h"

/**
 * struct kvm_exit_file - an open file; its layout is fixed when it is opened
 * @kvm: the VM; debugfs lets no read begin once the VM is being destroyed
 * @nr_cells: cells of each vCPU
 * @nr_spans: spans of each vCPU's histograms; 0: the file has no histograms
 * @head_size: bytes before the first vCPU's record
 * @vcpu_size: bytes of a vCPU's record
 */
struct kvm_exit_file {
	struct kvm *kvm;
	u32 nr_cells;
	u32 nr_spans;
	u32 head_size;
	u32 vcpu_size;
};

/* The reason of the cell at @place, or 0 if it differs from vCPU to vCPU. */
static u32 kvm_exit_fixed_reason(u32 place)
{
	if (place >= kvm_exit_fixed_cells(kvm_exit_stats_isa))
		return 0;
	if (kvm_exit_stats_isa == EXIT_LEAF_ISA_VMX)
		return place;
	if (place < KVM_EXIT_SVM_DENSE)
		return place + KVM_EXIT_SVM_BASE;
	if (place < KVM_EXIT_SVM_REGS)
		return place - KVM_EXIT_SVM_DENSE + KVM_EXIT_NPF_BASE;

	place -= KVM_EXIT_SVM_REGS;
	return place >> 3 << 4 | (place & 7);
}

static void kvm_exit_file_head(const struct kvm_exit_file *of, u32 nr_vcpus,
			       struct exit_file_head *head)
{
	u32 i;

	*head = (struct exit_file_head){
		.magic = EXIT_FILE_MAGIC,
		.version = EXIT_FILE_VERSION,
		.head_size = of->head_size,
		.vcpu_size = of->vcpu_size,
		.nr_vcpus = nr_vcpus,
		.isa = kvm_exit_stats_isa,
		.mode = kvm_exit_stats_mode(),
		.tsc_khz = tsc_khz,
		.nr_cells = of->nr_cells,
		.nr_spans = of->nr_spans,
		.tsc = rdtsc(),
	};
	for (i = 0; i < of->nr_cells; i++)
		head->reason[i] = kvm_exit_fixed_reason(i);
}

static void kvm_exit_file_cells(const struct kvm_exit_cells *cells, u32 nr,
				struct exit_file_vcpu *record,
				struct exit_file_cell *cell)
{
	u32 i;

	/* Pairs with kvm_exit_stats_rare(). */
	record->nr_sparse = smp_load_acquire(&cells->nr_sparse);
	for (i = 0; i < record->nr_sparse; i++)
		record->sparse[i] = cells->sparse[i];

	record->exits = READ_ONCE(cells->exits);
	record->cycles = READ_ONCE(cells->cycles);
	record->dropped = READ_ONCE(cells->dropped);
	for (i = 0; i < nr; i++) {
		cell[i].exits = READ_ONCE(cells->cell[i].exits);
		cell[i].cycles = READ_ONCE(cells->cell[i].cycles);
	}
}

static void kvm_exit_file_hists(const struct kvm_exit_hists *hists, u32 nr,
				struct exit_file_hist *hist)
{
	u32 *count = (u32 *)(hist + nr);
	const u32 *from = hists->count[0];
	u32 i, j;

	for (i = 0; i < nr; i++) {
		hist[i].min = READ_ONCE(hists->hist[i].min);
		hist[i].max = READ_ONCE(hists->hist[i].max);
		for (j = 0; j < EXIT_FILE_OCTAVES; j++)
			hist[i].span[j] = READ_ONCE(hists->hist[i].span[j]);
	}

	/* Spans that were taken after that loop are empty, or nearly so. */
	nr = READ_ONCE(hists->spans) * EXIT_FILE_SPAN;
	for (i = 0; i < nr; i++)
		count[i] = READ_ONCE(from[i]);
}

/* Fill in a vCPU's record.  @record is zeroed, and has the file's vcpu_size. */
static void kvm_exit_file_vcpu(const struct kvm_exit_file *of,
			       struct kvm_vcpu *vcpu,
			       struct exit_file_vcpu *record)
{
	struct kvm_exit_stats *stats = kvm_exit_stats_of(vcpu);
	struct exit_file_cell *cell = (void *)(record + 1);
	const struct kvm_exit_cells *cells;
	const struct kvm_exit_hists *hists;

	record->id = vcpu->vcpu_id;
	record->pid = kvm_exit_stats_thread(vcpu);
	record->stamp = READ_ONCE(stats->stamp);
	if (READ_ONCE(stats->failed))
		record->flags |= EXIT_FILE_UNCOUNTED;

	cells = kvm_exit_cells_of(vcpu);
	if (cells) {
		record->flags |= EXIT_FILE_HAS_CELLS;
		kvm_exit_file_cells(cells, of->nr_cells, record, cell);
		hists = of->nr_spans ? kvm_exit_hists_of(cells) : NULL;
		if (hists) {
			record->flags |= EXIT_FILE_HAS_HIST;
			kvm_exit_file_hists(hists, of->nr_cells,
					    (void *)(cell + of->nr_cells));
		}
	}

	/* Read this last: KVM counts an exit in it after the hooks have. */
	record->stat_exits = READ_ONCE(vcpu->stat.exits);
}

/*
 * Make the part of the file in which @pos is: the head, or a vCPU's record.
 * Returns where it begins, and its length in @size.
 */
static loff_t kvm_exit_file_part(const struct kvm_exit_file *of, u32 nr_vcpus,
				 loff_t pos, void *part, size_t *size)
{
	u64 i;

	if (pos < of->head_size) {
		memset(part, 0, of->head_size);
		kvm_exit_file_head(of, nr_vcpus, part);
		*size = of->head_size;
		return 0;
	}

	i = div_u64(pos - of->head_size, of->vcpu_size);
	memset(part, 0, of->vcpu_size);
	kvm_exit_file_vcpu(of, kvm_get_vcpu(of->kvm, i), part);
	*size = of->vcpu_size;
	return of->head_size + i * of->vcpu_size;
}

static ssize_t kvm_exit_file_read(struct file *file, char __user *buf,
				  size_t len, loff_t *ppos)
{
	const struct kvm_exit_file *of = file->private_data;
	u32 nr_vcpus = atomic_read(&of->kvm->online_vcpus);
	loff_t end = of->head_size + (loff_t)nr_vcpus * of->vcpu_size;
	loff_t pos = *ppos;
	size_t done = 0;
	ssize_t r = 0;
	void *part;

	/* A number of 64 bits is read in one piece. */
	len = round_down(len, sizeof(u64));
	if (pos < 0 || pos % sizeof(u64) || !len)
		return -EINVAL;

	part = kmalloc(max(of->head_size, of->vcpu_size), GFP_KERNEL);
	if (!part)
		return -ENOMEM;

	while (done < len && pos < end) {
		size_t size, skip, nr;

		skip = pos - kvm_exit_file_part(of, nr_vcpus, pos, part, &size);
		nr = min(size - skip, len - done);
		if (copy_to_user(buf + done, part + skip, nr)) {
			r = -EFAULT;
			break;
		}
		done += nr;
		pos += nr;
		if (fatal_signal_pending(current)) {
			r = -EINTR;
			break;
		}
		cond_resched();
	}
	kfree(part);
	*ppos = pos;
	return done ? done : r;
}

static int kvm_exit_file_open(struct inode *inode, struct file *file)
{
	struct exit_file_head *head;
	struct kvm_exit_file *of;

	of = kzalloc(sizeof(*of), GFP_KERNEL);
	if (!of)
		return -ENOMEM;

	of->kvm = inode->i_private;
	of->nr_cells = kvm_exit_nr_cells(kvm_exit_stats_isa);
	of->head_size = ALIGN(struct_size(head, reason, of->nr_cells),
			      sizeof(u64));
	of->vcpu_size = sizeof(struct exit_file_vcpu) +
			of->nr_cells * sizeof(struct exit_file_cell);
	if (kvm_exit_stats_mode() == EXIT_FILE_HIST) {
		of->nr_spans = KVM_EXIT_SPANS;
		of->vcpu_size += of->nr_cells * sizeof(struct exit_file_hist) +
				 of->nr_spans * EXIT_FILE_SPAN * sizeof(u32);
	}
	file->private_data = of;
	return 0;
}

static int kvm_exit_file_release(struct inode *inode, struct file *file)
{
	kfree(file->private_data);
	return 0;
}

static const struct file_operations kvm_exit_file_fops = {
	.owner = THIS_MODULE,
	.open = kvm_exit_file_open,
	.release = kvm_exit_file_release,
	.read = kvm_exit_file_read,
	.llseek = default_llseek,
};

/*
 * Only root can enter debugfs.  The file itself is readable for everyone, as
 * KVM's statistics beside it are, so that a program can open the folder as
 * root, give up its rights, and still read the files of VMs that are created
 * later.  KVM removes the files before the VM, and debugfs waits for reads.
 */
void kvm_exit_stats_create_debugfs(struct kvm *kvm)
{
	if (!kvm_exit_stats_isa)
		return;

	BUILD_BUG_ON(sizeof(struct exit_file_vcpu) % sizeof(u64));
	BUILD_BUG_ON(sizeof(struct exit_file_hist) %
		     sizeof(struct exit_file_cell));
	BUILD_BUG_ON(KVM_EXIT_SPANS > U8_MAX);

	debugfs_create_file("exit_stats", 0444, kvm->debugfs_dentry, kvm,
			    &kvm_exit_file_fops);
	kvm_exit_leaves_create_file(kvm);
}
