// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "compare/host_reads.h"
#include "exit_leaves.h"
#include "lib/clock.h"

int host_reads_open(struct host_reads *reads, const char *root, struct why *why)
{
	int r = kernel_vms_open(&reads->vms, root, why);

	reads->is_open = !r;
	return r;
}

/* --- what KVM has of a VM --- */

/* The parts that are missing in KVM's counters. */
struct host_gaps {
	uint64_t dropped; /* exits without a time */
	uint32_t uncounted; /* vCPUs of which exits are missing */
	bool spare; /* some reasons share a cell, and are in the total alone */
};

static int sum_record(const struct exit_file *file, uint32_t index,
		      struct vm_sums *sums, struct host_gaps *gaps)
{
	const struct exit_file_vcpu vcpu = exit_file_vcpu(file, index);
	uint32_t reason;
	int r = 0;

	sums->vcpus++;
	sums->exits += vcpu.exits;
	sums->time += vcpu.cycles;
	gaps->dropped += vcpu.dropped;
	gaps->uncounted += !!(vcpu.flags & EXIT_FILE_UNCOUNTED);
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

/* --- as answers --- */

/* The sums of one VM: what is held against each other. */
struct held_sums {
	const struct vm_sums *before, *kernel, *after;
	struct host_gaps gaps;
	bool timed;
	struct answer answer; /* what is the same in all */
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
	return r || !held->timed ? r :
				   put(held, books, EXIT_LEAF_CYCLES, 0,
				       held->kernel->time);
}

static int put_reason(struct held_sums *held, struct books *books,
		      uint32_t reason)
{
	const struct exit_times *before =
		&vm_sums_find(held->before, reason)->times;
	const struct exit_times *kernel =
		&vm_sums_find(held->kernel, reason)->times;
	const struct exit_times *after =
		&vm_sums_find(held->after, reason)->times;
	int r;

	/* Where KVM had no cell left, nobody knows which of the rest it is. */
	if (held->gaps.spare && !kernel->exits)
		return 0;
	held->answer.exits_before = before->exits;
	held->answer.exits_after = after->exits;
	held->answer.ns_before = before->ns;
	held->answer.ns_after = after->ns;
	r = put(held, books, EXIT_LEAF_REASON_EXITS, reason, kernel->exits);
	return r || !held->timed ? r :
				   put(held, books, EXIT_LEAF_REASON_CYCLES,
				       reason, kernel->ns);
}

/* Each reason that one of the books has an exit of, and the total. */
static int put_all(struct held_sums *held, struct books *books)
{
	const struct ledger_cells *ours = &held->after->cells;
	const struct ledger_cells *theirs = &held->kernel->cells;
	int r = 0;

	for (size_t i = 0; i < ours->nr && !r; i++)
		r = put_reason(held, books, ours->cell[i].reason);
	for (size_t i = 0; i < theirs->nr && !r; i++) {
		const uint32_t reason = theirs->cell[i].reason;

		if (vm_sums_find(held->after, reason)->reason != reason)
			r = put_reason(held, books, reason);
	}
	if (!r)
		r = put_total(held, books);
	if (!r && (held->gaps.dropped || held->gaps.uncounted))
		r = put(held, books, EXIT_LEAF_INFO, 2, held->gaps.dropped);
	return r;
}

/*
 * How many vCPUs may be counting just then.  Of a VM that was there before, one
 * that was in the guest when the observer came may have been counted by KVM,
 * and be seen by the observer in a moment.
 */
static uint32_t vcpus_of(const struct books *books, const struct ledger_vm *vm,
			 const struct held_sums *held)
{
	if (books_vm_is_late(books, vm->number) &&
	    held->kernel->vcpus > held->after->vcpus)
		return held->kernel->vcpus;
	return held->after->vcpus;
}

/* The moments between the two sums are what all is about: nothing else is done.
 */
static int read_vm(struct host_reads *reads, struct observer *observer,
		   uint64_t vm, struct kernel_vm *of, struct why *why)
{
	int r = observer_vm_sums(observer, vm, &reads->before);

	if (!r)
		r = kernel_vm_read_again(of, why);
	if (!r)
		r = observer_vm_sums(observer, vm, &reads->after);
	return r == -ENOMEM ? why_set(why, ENOMEM, "out of memory") : r;
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
	int r = host_pairs_find(&reads->pairs, &reads->vms, vm, &of);

	if (!r && of)
		r = read_vm(reads, observer, vm->number, of, why);
	if (r || !of || of->gone || held.after->ending ||
	    of->now.file.mode < EXIT_FILE_COUNT)
		return r;
	if (sum_file(&of->now.file, &reads->kernel, &held.gaps))
		return why_set(why, ENOMEM, "out of memory");
	held.timed = of->now.file.mode >= EXIT_FILE_TIME;
	held.answer.ns = clock_now_ns();
	held.answer.vcpus = vcpus_of(books, vm, &held);
	held.answer.outside = held.after->outside;
	return put_all(&held, books) ? why_set(why, ENOMEM, "out of memory") :
				       0;
}

static bool is_asked_for(const struct host_reads *reads,
			 const struct ledger_vm *vm)
{
	return !ledger_vm_ended(vm) &&
	       (!reads->only || pids_have(reads->only, vm->pid));
}

int host_reads_take(struct host_reads *reads, struct observer *observer,
		    struct books *books, struct why *why)
{
	const struct ledger *ledger = &books->ledger;
	int r;

	/* Else a VM that has ended could be taken for another one. */
	if (!reads->is_open || !books->sees_ends)
		return 0;
	r = kernel_vms_refresh(&reads->vms, why);
	host_pairs_begin(&reads->pairs, ledger);
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
	host_pairs_free(&reads->pairs);
	if (reads->is_open)
		kernel_vms_close(&reads->vms);
	memset(reads, 0, sizeof(*reads));
}
