// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "export/export_book_private.h"
#include "ledger/reasons.h"
#include "lib/array.h"
#include "lib/format.h"

uint64_t export_book_began(const struct export_book *book)
{
	return book->last_ns ? book->last_ns : book->since_ns;
}

/* --- reasons --- */

int export_reason_compare(const struct export_reason *a,
			  const struct export_reason *b)
{
	if (a->isa != b->isa)
		return a->isa < b->isa ? -1 : 1;
	return a->code < b->code ? -1 : a->code > b->code;
}

static int compare_reasons(const void *element, const void *key)
{
	const struct export_reason_place *place = element;

	return export_reason_compare(place->reason, key);
}

/*
 * Label a reason by its name or, if the tables do not have it, by its number.
 */
static void put_labels(struct export_reason *reason)
{
	const struct exit_reason *known =
		exit_reason_find(reason->isa, reason->code);
	char name[32];

	snprintf(name, sizeof(name), "UNKNOWN(0x%x)", reason->code);
	export_text_label(&reason->labels, "reason",
			  known ? known->name : name);
	export_text_label(&reason->labels, "class",
			  exit_reason_class(reason->isa, reason->code));
}

struct export_reason *export_book_reason(struct export_book *book, uint32_t isa,
					 uint32_t code)
{
	const struct export_reason key = { .isa = isa, .code = code };
	size_t at = array_lower_bound(&key, book->reason, book->nr_reasons,
				      sizeof(*book->reason), compare_reasons);
	struct export_reason_place *place;
	struct export_reason *made;

	if (at < book->nr_reasons &&
	    !export_reason_compare(book->reason[at].reason, &key))
		return book->reason[at].reason;
	made = calloc(1, sizeof(*made));
	if (!made)
		return NULL;
	*made = key;
	made->since_ns = export_book_began(book);
	put_labels(made);
	place = made->labels.failed ?
			NULL :
			array_insert(book->reason, book->nr_reasons,
				     book->reasons_room, at);
	if (!place) {
		export_text_free(&made->labels);
		free(made);
		return NULL;
	}
	place->reason = made;
	return made;
}

/* --- cells --- */

static int compare_cells(const void *element, const void *key)
{
	const struct export_cell *a = element, *b = key;

	if (a->vcpu != b->vcpu)
		return a->vcpu < b->vcpu ? -1 : 1;
	return export_reason_compare(a->reason, b->reason);
}

struct export_cell *export_book_cell(const struct export_book *book,
				     struct export_vm *vm, uint32_t vcpu,
				     struct export_reason *reason)
{
	const struct export_cell key = {
		.reason = reason,
		.vcpu = book->options.by_vcpu ? vcpu : EXPORT_ALL_VCPUS,
		.since_ns = export_book_began(book),
	};
	size_t at = array_lower_bound(&key, vm->cell, vm->nr_cells,
				      sizeof(*vm->cell), compare_cells);
	struct export_cell *cell;

	if (at < vm->nr_cells && !compare_cells(&vm->cell[at], &key))
		return &vm->cell[at];
	cell = array_insert(vm->cell, vm->nr_cells, vm->cells_room, at);
	if (cell)
		*cell = key;
	return cell;
}

bool export_book_has_reason(const struct export_book *book, uint32_t code)
{
	return !book->options.filter ||
	       filter_has_number(&book->options.filter->reasons, code);
}

bool export_book_has_vcpu(const struct export_book *book, uint32_t id)
{
	return !book->options.filter ||
	       filter_has_number(&book->options.filter->vcpus, id);
}

static void note_slowest(struct export_reason *reason,
			 const struct ledger_vm *vm,
			 const struct ledger_vcpu *vcpu, uint64_t ns)
{
	struct export_slowest *slowest = &reason->slowest;

	if (ns <= slowest->ns)
		return;
	slowest->ns = ns;
	memcpy(slowest->vm, vm->name, sizeof(slowest->vm));
	slowest->pid = vm->pid;
	slowest->vcpu = vcpu->id;
	slowest->tid = vcpu->tid;
}

static int add_cell(struct export_book *book, struct export_vm *vm,
		    const struct ledger_vm *from,
		    const struct ledger_vcpu *vcpu,
		    const struct ledger_cell *more)
{
	struct export_reason *reason =
		export_book_reason(book, from->isa, more->reason);
	struct export_cell *cell;

	if (!reason)
		return -ENOMEM;
	cell = export_book_cell(book, vm, vcpu->id, reason);
	if (!cell ||
	    hist_add(book->options.vm_histograms ? &cell->hist : &reason->hist,
		     &more->hist))
		return -ENOMEM;
	exit_times_add(&cell->times, &more->times);
	reason->ns += more->times.ns;
	note_slowest(reason, from, vcpu, more->times.max_ns);
	return 0;
}

static int add_vcpu(struct export_book *book, struct export_vm *vm,
		    const struct ledger_vm *from,
		    const struct ledger_vcpu *vcpu)
{
	for (size_t i = 0; i < vcpu->cells.nr; i++) {
		const struct ledger_cell *cell = &vcpu->cells.cell[i];

		if (!exit_times_any(&cell->times) ||
		    !export_book_has_reason(book, cell->reason))
			continue;
		if (add_cell(book, vm, from, vcpu, cell))
			return -ENOMEM;
	}
	return 0;
}

/* --- intervals --- */

static void count_vcpus(struct export_entry *entry, const struct ledger_vm *vm)
{
	uint64_t vcpus = 0;

	for (size_t i = 0; i < vm->nr_vcpus; i++)
		vcpus += !vm->vcpu[i].gone;
	entry->vm->vcpus += vcpus - entry->vcpus;
	entry->vcpus = vcpus;
}

static int add_vm(struct export_book *book, const struct ledger_vm *from,
		  uint64_t now_ns)
{
	struct export_entry *entry = export_book_enter(book, from);
	int r = 0;

	if (!entry)
		return -ENOMEM;
	for (size_t i = 0; i < from->nr_vcpus && !r; i++) {
		if (export_book_has_vcpu(book, from->vcpu[i].id))
			r = add_vcpu(book, entry->vm, from, &from->vcpu[i]);
	}
	if (!r && book->options.by)
		r = export_book_add_keys(book, entry->vm, from);
	count_vcpus(entry, from);
	if (ledger_vm_ended(from))
		export_book_end(entry, now_ns);
	return r;
}

/* Losses are counted for the whole host, regardless of the filter. */
static void add_losses(struct export_book *book, const struct ledger *interval)
{
	book->losses = interval->losses;
	for (size_t i = 0; i < interval->nr_vms; i++) {
		const struct ledger_vm *vm = &interval->vm[i];

		for (size_t j = 0; j < vm->nr_vcpus; j++) {
			const struct ledger_vcpu *vcpu = &vm->vcpu[j];

			book->missed.missed_exits += vcpu->missed_exits;
			book->missed.missed_entries += vcpu->missed_entries;
			book->missed.sparse_full += vcpu->sparse_full;
		}
	}
}

static int add_slow(struct export_book *book, const struct ledger_slow *slow)
{
	const struct export_entry *entry = export_book_entry(book, slow->vm);
	struct export_reason *reason;
	struct export_cell *cell;

	/* A VM that the filter excludes has no entry. */
	if (!entry || !export_book_has_vcpu(book, slow->vcpu_id) ||
	    !export_book_has_reason(book, slow->reason))
		return 0;
	reason = export_book_reason(book, entry->isa, slow->reason);
	cell = reason ? export_book_cell(book, entry->vm, slow->vcpu_id,
					 reason) :
			NULL;
	if (!cell)
		return -ENOMEM;
	cell->slow++;
	return 0;
}

int export_book_add(struct export_book *book, const struct ledger *interval,
		    uint64_t now_ns)
{
	int r = 0;

	for (size_t i = 0; i < interval->nr_vms && !r; i++) {
		const struct ledger_vm *vm = &interval->vm[i];

		if (!book->options.filter ||
		    filter_has_vm(book->options.filter, vm))
			r = add_vm(book, vm, now_ns);
	}
	for (size_t i = 0; i < interval->slows.nr && !r; i++)
		r = add_slow(book, &interval->slows.slow[i]);
	add_losses(book, interval);
	export_book_forget(book, now_ns);
	book->last_ns = now_ns;
	return r;
}

void export_book_kvm(struct export_book *book, uint64_t number, uint64_t exits)
{
	struct export_entry *entry = export_book_entry(book, number);

	if (!entry || exits < entry->kvm_exits)
		return;
	entry->vm->kvm_exits += exits - entry->kvm_exits;
	entry->vm->has_kvm = true;
	entry->kvm_exits = exits;
}

void export_book_scraped(struct export_book *book)
{
	for (size_t i = 0; i < book->nr_reasons; i++)
		book->reason[i].reason->slowest.ns = 0;
}

size_t export_book_losses(const struct export_book *book,
			  struct loss list[LOSSES_MAX])
{
	struct ledger_vcpu missed = book->missed;
	struct ledger_vm vm = { .vcpu = &missed, .nr_vcpus = 1 };
	const struct ledger all = { .losses = book->losses,
				    .vm = &vm,
				    .nr_vms = 1 };

	return render_losses_list(&all, list);
}

void export_book_free(struct export_book *book)
{
	for (size_t i = 0; i < book->nr_vms; i++)
		export_vm_free(book->vm[i].vm);
	if (book->other)
		export_vm_free(book->other);
	for (size_t i = 0; i < book->nr_reasons; i++) {
		export_text_free(&book->reason[i].reason->labels);
		hist_free(&book->reason[i].reason->hist);
		free(book->reason[i].reason);
	}
	free(book->vm);
	free(book->entry);
	free(book->reason);
	memset(book, 0, sizeof(*book));
}
