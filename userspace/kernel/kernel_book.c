// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host/host.h"
#include "kernel/kernel_book.h"
#include "kernel/kernel_growth.h"
#include "kernel/kernel_vms.h"
#include "lib/clock.h"

struct kernel_book {
	struct kernel_vms vms;
	struct kernel_buckets buckets;
	struct ledger_losses losses;
	struct why why;
	uint32_t mode;
};

/*
 * Has KVM counted exits of a vCPU, or allocated its cells?  It does that when
 * the vCPU is about to enter the guest.
 */
static bool has_run(const struct exit_file_vcpu *vcpu)
{
	return vcpu->exits || vcpu->flags & EXIT_FILE_HAS_CELLS;
}

static struct kernel_record record_of(const struct kernel_read *read,
				      const struct kernel_record *now)
{
	return kernel_record_find(&read->file, now->vcpu.id, now->index);
}

/*
 * Find or add a vCPU in a ledger, and set all of it except its counts.  Returns
 * NULL when out of memory.
 */
static struct ledger_vcpu *vcpu_of(struct ledger *ledger,
				   const struct kernel_vm *vm,
				   const struct kernel_record *now)
{
	struct ledger_vm *to = ledger_vm(ledger, vm->number, vm->pid);
	struct ledger_vcpu *vcpu;

	if (!to)
		return NULL;
	to->pid = vm->pid;
	to->isa = now->file->isa;
	strcpy(to->name, vm->name);
	vcpu = ledger_vcpu(to, now->vcpu.id);
	if (!vcpu)
		return NULL;
	vcpu->tid = now->vcpu.pid;
	vcpu->gone = vm->gone;
	vcpu->born_ns = vm->seen_ns;
	vcpu->prior_exits = record_of(&vm->first, now).vcpu.stat_exits;
	return vcpu;
}

static int add_growth(struct kernel_book *book, struct ledger *ledger,
		      const struct kernel_vm *vm,
		      const struct kernel_record *now,
		      const struct kernel_record *earlier)
{
	struct ledger_vcpu *vcpu = vcpu_of(ledger, vm, now);

	if (!vcpu)
		return -ENOMEM;
	kernel_buckets_set(&book->buckets, now->file->tsc_khz);
	return kernel_growth_add(now, earlier, &book->buckets, vcpu);
}

/* Add to the total the exits of a VM up to one reading. */
static int add_total(struct kernel_book *book, struct ledger *total,
		     const struct kernel_vm *vm, const struct kernel_read *read)
{
	int r = 0;

	for (uint32_t i = 0; i < read->file.nr_vcpus && !r; i++) {
		const struct kernel_record now = kernel_record(&read->file, i);
		const struct kernel_record first = record_of(&vm->first, &now);

		if (has_run(&now.vcpu))
			r = add_growth(book, total, vm, &now, &first);
	}
	return r;
}

static void add_losses(struct ledger_losses *losses,
		       const struct kernel_record *now,
		       const struct kernel_record *before)
{
	const uint32_t news = now->vcpu.flags & ~before->vcpu.flags;

	losses->negative += now->vcpu.dropped - before->vcpu.dropped;
	losses->no_span += kernel_growth_no_span(now, before);
	losses->uncounted += !!(news & EXIT_FILE_UNCOUNTED);
}

/*
 * Can a 32-bit count have wrapped since @first?  With fewer than 2^31 exits it
 * cannot.
 */
static bool may_wrap(const struct kernel_record *now,
		     const struct kernel_record *first)
{
	return (now->vcpu.exits - first->vcpu.exits) >> 31;
}

static int collect_vcpu(struct kernel_book *book, const struct kernel_vm *vm,
			uint32_t index, struct ledger *interval,
			struct ledger *total)
{
	const struct kernel_record now = kernel_record(&vm->now.file, index);
	const struct kernel_record before = record_of(&vm->before, &now);
	const struct kernel_record first = record_of(&vm->first, &now);
	struct ledger_vcpu *vcpu;
	int r;

	if (!has_run(&now.vcpu))
		return 0;
	add_losses(&book->losses, &now, &before);
	r = add_growth(book, interval, vm, &now, &before);
	if (r || !total || !may_wrap(&now, &first))
		return r;
	vcpu = vcpu_of(total, vm, &now);
	return vcpu ? kernel_growth_carry(&now, &before, &first, &book->buckets,
					  vcpu) :
		      -ENOMEM;
}

/*
 * The mode has changed, so records have other parts now.  Add the VM's exits up
 * to now to the total, and restart counting from here.
 */
static int begin_anew(struct kernel_book *book, struct kernel_vm *vm,
		      struct ledger *total)
{
	int r = total ? add_total(book, total, vm, &vm->before) : 0;

	for (uint32_t i = 0; total && i < vm->now.file.nr_vcpus && !r; i++) {
		const struct kernel_record now =
			kernel_record(&vm->now.file, i);
		const struct kernel_record before =
			record_of(&vm->before, &now);

		if (has_run(&now.vcpu))
			r = add_growth(book, total, vm, &now, &before);
	}
	return r ? r : kernel_vm_rebase(vm);
}

/* Note in the interval that a VM has ended, and add its exits to the total. */
static int end_vm(struct kernel_book *book, struct kernel_vm *vm,
		  struct ledger *interval, struct ledger *total)
{
	bool any = false;

	for (uint32_t i = 0; i < vm->now.file.nr_vcpus; i++) {
		const struct kernel_record now =
			kernel_record(&vm->now.file, i);

		if (!has_run(&now.vcpu))
			continue;
		any = true;
		if (!vcpu_of(interval, vm, &now))
			return -ENOMEM;
	}
	book->losses.unread += any;
	return total ? add_total(book, total, vm, &vm->now) : 0;
}

static int collect_vm(struct kernel_book *book, struct kernel_vm *vm,
		      struct ledger *interval, struct ledger *total)
{
	const struct exit_file *now = &vm->now.file;
	const struct exit_file *before = &vm->before.file;
	int r = 0;

	if (vm->gone)
		return end_vm(book, vm, interval, total);
	book->mode = now->mode;
	if (before->bytes && !exit_file_has_cells_of(now, before))
		return -EPROTO;
	for (uint32_t i = 0; i < now->nr_vcpus && !r; i++)
		r = collect_vcpu(book, vm, i, interval, total);
	if (!r && before->bytes && now->nr_spans != before->nr_spans)
		r = begin_anew(book, vm, total);
	return r;
}

static int explain(struct kernel_book *book, int r, const struct kernel_vm *vm)
{
	if (r == -EPROTO)
		return why_set(
			&book->why, EPROTO,
			"%s: KVM's file exit_stats is damaged: its reasons or the TSC's rate have changed",
			vm->folder);
	if (r == -EINVAL)
		return why_set(
			&book->why, EINVAL,
			"%s: KVM's file exit_stats is damaged: counters went back",
			vm->folder);
	return r ? why_set(&book->why, -r, "out of memory") : 0;
}

int kernel_book_collect(struct kernel_book *book, struct ledger *interval,
			struct ledger *total)
{
	int r = kernel_vms_refresh(&book->vms, &book->why);

	interval->ns = clock_now_ns();
	for (size_t i = 0; i < book->vms.nr && !r; i++) {
		struct kernel_vm *vm = book->vms.vm[i];

		if (vm->number)
			r = explain(book, collect_vm(book, vm, interval, total),
				    vm);
	}
	interval->losses = book->losses;
	/*
	 * Reading a VM that has ended fails, but that is no failure of the
	 * book: drop its message.
	 */
	if (!r)
		book->why.text[0] = '\0';
	return r;
}

int kernel_book_total(struct kernel_book *book, struct ledger *interval,
		      struct ledger *total)
{
	int r = 0;

	for (size_t i = 0; i < book->vms.nr && !r; i++) {
		const struct kernel_vm *vm = book->vms.vm[i];

		if (vm->number && !vm->gone)
			r = explain(book, add_total(book, total, vm, &vm->now),
				    vm);
	}
	total->ns = interval->ns;
	total->losses = interval->losses;
	return r;
}

/*
 * Count the vCPUs for whose counters KVM had no memory even before the start,
 * as add_losses() counts only new ones.
 */
static void count_uncounted(struct kernel_book *book)
{
	for (size_t i = 0; i < book->vms.nr; i++) {
		const struct exit_file *file = &book->vms.vm[i]->now.file;

		for (uint32_t j = 0; j < file->nr_vcpus; j++)
			book->losses.uncounted +=
				!!(exit_file_vcpu(file, j).flags &
				   EXIT_FILE_UNCOUNTED);
	}
}

int kernel_book_open(struct kernel_book **result, const char *root,
		     struct why *why)
{
	struct kernel_book *book = calloc(1, sizeof(*book));
	struct host host;
	int r;

	if (!book)
		return why_set(why, ENOMEM, "out of memory");
	r = kernel_vms_open(&book->vms, root, why);
	if (r) {
		free(book);
		return r;
	}
	host_read_at(root, &host);
	book->mode = host.exit_stats;
	count_uncounted(book);
	*result = book;
	return 0;
}

const struct why *kernel_book_why(const struct kernel_book *book)
{
	return &book->why;
}

uint32_t kernel_book_mode(const struct kernel_book *book)
{
	return book->mode;
}

void kernel_book_close(struct kernel_book *book)
{
	if (!book)
		return;
	kernel_vms_close(&book->vms);
	free(book);
}
