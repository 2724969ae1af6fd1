// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compare/host_reads.h"
#include "exit_leaves.h"
#include "lib/clock.h"

int host_reads_open(struct host_reads *reads, const char *root, struct why *why)
{
	int r = kernel_vms_open(&reads->vms, root, why);

	reads->is_open = !r;
	return r;
}

/* --- KVM's sums of a VM --- */

/* Gaps in KVM's sums. */
struct host_gaps {
	uint64_t dropped; /* exits whose time KVM dropped */
	uint32_t uncounted; /* vCPUs some of whose exits KVM did not count */
	/* true if some reasons share a cell and are only in the total */
	bool spare;
	bool begins; /* true if a vCPU that has exited does not count yet */
	/* vCPUs that count, or that are known to count nothing */
	uint32_t begun;
};

static int sum_record(const struct exit_file *file, uint32_t index,
		      struct vm_sums *sums, struct host_gaps *gaps)
{
	const struct exit_file_vcpu vcpu = exit_file_vcpu(file, index);
	const bool has_begun = vcpu.flags &
			       (EXIT_FILE_HAS_CELLS | EXIT_FILE_UNCOUNTED);
	uint32_t reason;
	int r = 0;

	sums->vcpus++;
	sums->exits += vcpu.exits;
	sums->time += vcpu.cycles;
	gaps->dropped += vcpu.dropped;
	gaps->uncounted += !!(vcpu.flags & EXIT_FILE_UNCOUNTED);
	gaps->begins |= !has_begun && vcpu.stat_exits;
	gaps->begun += has_begun;
	for (uint32_t i = 0; i < file->nr_cells && !r; i++) {
		const struct exit_file_cell cell =
			exit_file_cell(file, index, i);

		if (!cell.exits && !cell.cycles)
			continue;
		if (exit_file_reason(file, &vcpu, i, &reason))
			r = vm_sums_add(sums, reason, cell.exits, cell.cycles);
		else
			gaps->spare = true;
	}
	return r;
}

static int sum_file(const struct exit_file *file, struct vm_sums *sums,
		    struct host_gaps *gaps)
{
	int r = 0;

	vm_sums_clear(sums);
	*gaps = (struct host_gaps){ 0 };
	for (uint32_t i = 0; i < file->nr_vcpus && !r; i++)
		r = sum_record(file, i, sums, gaps);
	return r;
}

/*
 * Does every vCPU have a cell for this reason?  For the other reasons, only
 * those vCPUs have one that had a free cell when the reason occurred.
 */
static bool has_own_cell(const struct exit_file *file, uint32_t reason)
{
	static const struct exit_file_vcpu without_others;
	uint32_t of_cell;

	for (uint32_t i = 0; i < file->nr_cells; i++) {
		if (exit_file_reason(file, &without_others, i, &of_cell) &&
		    of_cell == reason)
			return true;
	}
	return false;
}

/* --- the sums as answers --- */

/* The sums of one VM that are compared. */
struct held_sums {
	const struct vm_sums *before, *kernel, *after;
	const struct exit_file *file;
	struct host_gaps gaps;
	struct answer answer; /* the members that are the same in all answers */
};

static int put(const struct held_sums *held, struct books *books, uint32_t leaf,
	       uint32_t index, uint64_t value)
{
	struct answer answer = held->answer;
	struct leaf_read *read = &answer.read;

	read->leaf = leaf;
	read->index = index;
	read->ebx = value >> 32;
	if (leaf == EXIT_LEAF_INFO || leaf_is_count(leaf))
		read->eax = value;
	else
		read->ecx = value;
	if (leaf == EXIT_LEAF_INFO)
		read->ecx = held->gaps.uncounted;
	else
		read->edx = (held->gaps.dropped ? EXIT_LEAF_DROPPED : 0) |
			    (held->gaps.uncounted ? EXIT_LEAF_UNCOUNTED : 0);
	return answers_add(&books->answers, &answer);
}

static int put_total(struct held_sums *held, struct books *books)
{
	int r;

	held->answer.exits_before = held->before->exits;
	held->answer.exits_after = held->after->exits;
	held->answer.ns_before = held->before->time;
	held->answer.ns_after = held->after->time;
	r = put(held, books, EXIT_LEAF_EXITS, 0, held->kernel->exits);
	return r || held->file->mode < EXIT_FILE_TIME ?
		       r :
		       put(held, books, EXIT_LEAF_CYCLES, 0,
			   held->kernel->time);
}

static struct exit_times times_of(const struct vm_sums *sums, uint32_t reason)
{
	const struct exit_times *times = vm_sums_find(sums, reason);

	return times ? *times : (struct exit_times){ .exits = 0 };
}

static int put_reason(struct held_sums *held, struct books *books,
		      uint32_t reason)
{
	const struct exit_times before = times_of(held->before, reason);
	const struct exit_times kernel = times_of(held->kernel, reason);
	const struct exit_times after = times_of(held->after, reason);
	int r;

	/*
	 * A vCPU without a free cell may have put the reason into the shared
	 * cell.
	 */
	if (held->gaps.spare && !has_own_cell(held->file, reason))
		return 0;
	held->answer.exits_before = before.exits;
	held->answer.exits_after = after.exits;
	held->answer.ns_before = before.ns;
	held->answer.ns_after = after.ns;
	r = put(held, books, EXIT_LEAF_REASON_EXITS, reason, kernel.exits);
	return r || held->file->mode < EXIT_FILE_TIME ?
		       r :
		       put(held, books, EXIT_LEAF_REASON_CYCLES, reason,
			   kernel.ns);
}

/*
 * Append an answer for each reason with an exit in either book, and the total.
 */
static int put_all(struct held_sums *held, struct books *books)
{
	const struct ledger_cells *ours = &held->after->cells;
	const struct ledger_cells *theirs = &held->kernel->cells;
	int r = 0;

	for (size_t i = 0; i < ours->nr && !r; i++)
		r = put_reason(held, books, ours->cell[i].reason);
	for (size_t i = 0; i < theirs->nr && !r; i++) {
		const uint32_t reason = theirs->cell[i].reason;

		if (!vm_sums_find(held->after, reason))
			r = put_reason(held, books, reason);
	}
	if (!r)
		r = put_total(held, books);
	if (!r && (held->gaps.dropped || held->gaps.uncounted))
		r = put(held, books, EXIT_LEAF_INFO, 2, held->gaps.dropped);
	return r;
}

/*
 * Returns how many vCPUs may be counting at the time of the read.  If the VM
 * ran before the observer was attached, a vCPU can be in the guest since then:
 * KVM has it, but the observer sees it only at its next exit.  So count each
 * vCPU that KVM has and the first sum did not have.
 */
static uint32_t vcpus_of(const struct books *books, const struct ledger_vm *vm,
			 const struct held_sums *held)
{
	const uint32_t seen = held->before->vcpus;
	uint32_t unseen = 0;

	if (books_vm_is_late(books, vm->number) && held->kernel->vcpus > seen)
		unseen = held->kernel->vcpus - seen;
	return held->after->vcpus + unseen;
}

/*
 * Does the folder's name still belong to this VM?  Then the file that was read
 * does, too.  After the VM has ended, another VM can get the same name.
 */
static bool is_still_there(const struct kernel_vms *vms,
			   const struct kernel_vm *vm)
{
	int fd = kvm_dir_open(&vms->dir, vms->root, vm->folder);
	struct stat stat;
	bool is_same;

	if (fd < 0)
		return false;
	is_same = !fstat(fd, &stat) && stat.st_ino == vm->inode;
	close(fd);
	return is_same;
}

/*
 * Sum, read KVM's file and sum again.  The shorter the time between the two
 * sums, the stricter the check, so nothing else is done in between.
 * @of: set to KVM's VM, or to NULL if there is nothing to compare with the sums
 */
static int read_vm(struct host_reads *reads, struct observer *observer,
		   uint64_t vm, struct kernel_vm **of, struct why *why)
{
	int r = observer_vm_sums(observer, vm, &reads->before);

	*of = r || !reads->before.folder ?
		      NULL :
		      kernel_vms_find(&reads->vms, reads->before.folder);
	if (*of && (!(*of)->number || (*of)->gone))
		*of = NULL;
	if (*of)
		r = kernel_vm_read_again(*of, why);
	if (*of && !r)
		r = observer_vm_sums(observer, vm, &reads->after);
	if (r == -ENOMEM)
		return why_set(why, ENOMEM, "out of memory");
	if (!r && *of &&
	    ((*of)->gone || reads->before.ending || reads->after.ending ||
	     !is_still_there(&reads->vms, *of)))
		*of = NULL;
	return r;
}

static int take_vm(struct host_reads *reads, struct observer *observer,
		   struct books *books, const struct ledger_vm *vm,
		   struct why *why)
{
	struct held_sums held = {
		.before = &reads->before,
		.kernel = &reads->kernel,
		.after = &reads->after,
		.answer = { .vm = vm->number,
			    .found = true,
			    .paired = true,
			    .host = true },
	};
	struct kernel_vm *of;
	int r = read_vm(reads, observer, vm->number, &of, why);

	if (r || !of || of->now.file.mode < EXIT_FILE_COUNT)
		return r;
	held.file = &of->now.file;
	if (sum_file(held.file, &reads->kernel, &held.gaps))
		return why_set(why, ENOMEM, "out of memory");
	/* Counting was switched on recently and has not begun in every vCPU. */
	if (held.gaps.begins || held.gaps.begun < held.before->vcpus)
		return 0;
	held.answer.ns = clock_now_ns();
	held.answer.vcpus = vcpus_of(books, vm, &held);
	held.answer.outside = held.after->outside;
	return put_all(&held, books) ? why_set(why, ENOMEM, "out of memory") :
				       0;
}

/* If a vCPU is gone, the sums no longer have its exits; leave out such a VM. */
static bool is_whole(const struct ledger_vm *vm)
{
	for (size_t i = 0; i < vm->nr_vcpus; i++) {
		if (vm->vcpu[i].gone)
			return false;
	}
	return true;
}

static bool is_asked_for(const struct host_reads *reads,
			 const struct ledger_vm *vm)
{
	return is_whole(vm) &&
	       (!reads->only || pids_have(reads->only, vm->pid));
}

int host_reads_take(struct host_reads *reads, struct observer *observer,
		    struct books *books, struct why *why)
{
	const struct ledger *ledger = &books->ledger;
	int r;

	/*
	 * If VMs' ends are not seen, an ended VM's sums could be compared with
	 * a new VM's file.
	 */
	if (!reads->is_open || !books->sees_ends)
		return 0;
	r = kernel_vms_refresh(&reads->vms, why);
	for (size_t i = 0; i < ledger->nr_vms && !r; i++) {
		if (is_asked_for(reads, &ledger->vm[i]))
			r = take_vm(reads, observer, books, &ledger->vm[i],
				    why);
	}
	books->host_reads += !r;
	return r;
}

void host_reads_close(struct host_reads *reads)
{
	vm_sums_free(&reads->before);
	vm_sums_free(&reads->kernel);
	vm_sums_free(&reads->after);
	if (reads->is_open)
		kernel_vms_close(&reads->vms);
	memset(reads, 0, sizeof(*reads));
}
