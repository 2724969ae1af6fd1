// SPDX-License-Identifier: GPL-2.0-only
/*
 * VM exit statistics: what was counted, read by the host in the file exit_stats
 * of a VM's debugfs folder, whose layout is that of exit_file.h.
 */
#include <linux/debugfs.h>
#include <linux/kvm_host.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "exit_stats.h"

/**
 * struct kvm_exit_file - the file as one who has opened it reads it
 * @kvm: the VM, which is there for as long as debugfs lets a read begin
 * @nr_cells: of each vCPU
 * @nr_spans: of each vCPU's histograms, or 0: it shows none
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

/* The reason that the cell at @place has in all vCPUs; 0: it may differ. */
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

	/* Those that were taken meanwhile are empty, or nearly so. */
	nr = READ_ONCE(hists->spans) * EXIT_FILE_SPAN;
	for (i = 0; i < nr; i++)
		count[i] = READ_ONCE(from[i]);
}

/* @record is zeroed, and as long as the file's records are. */
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

	/* Last, as KVM counts an exit here after it was counted there. */
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
 * debugfs is root's alone, and the file as readable as KVM's statistics beside
 * it are, so that a program can open the folder as root, give up its rights, and
 * go on to read VMs that come later.  The files go before the VM does, and
 * debugfs waits for who is reading one.
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
