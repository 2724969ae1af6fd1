// SPDX-License-Identifier: GPL-2.0-only
/* The names under which VMs are booked, and when they are dropped. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "export/export_book_private.h"
#include "lib/array.h"
#include "lib/safe_text.h"

/* Room for a name, a pid and the VM's number. */
#define NAME_SIZE (LEDGER_NAME + 64)

/* --- entries --- */

static int compare_entries(const void *element, const void *key)
{
	const struct export_entry *entry = element;
	const uint64_t *number = key;

	return entry->number < *number ? -1 : entry->number > *number;
}

static size_t entry_index(const struct export_book *book, uint64_t number)
{
	return array_lower_bound(&number, book->entry, book->nr_entries,
				 sizeof(*book->entry), compare_entries);
}

struct export_entry *export_book_entry(const struct export_book *book,
				       uint64_t number)
{
	size_t at = entry_index(book, number);

	return at < book->nr_entries && book->entry[at].number == number ?
		       &book->entry[at] :
		       NULL;
}

void export_book_end(struct export_entry *entry, uint64_t now_ns)
{
	struct export_vm *vm = entry->vm;

	if (!entry->live)
		return;
	entry->live = false;
	entry->ended_ns = now_ns;
	vm->live--;
	vm->ended_ns = now_ns;
}

/* --- VMs --- */

static int compare_names(const void *element, const void *key)
{
	const struct export_vm_place *place = element;

	return strcmp(place->vm->name, key);
}

static size_t vm_index(const struct export_book *book, const char *name)
{
	return array_lower_bound(name, book->vm, book->nr_vms,
				 sizeof(*book->vm), compare_names);
}

static struct export_vm *find_vm(const struct export_book *book,
				 const char *name)
{
	size_t at = vm_index(book, name);

	return at < book->nr_vms && !strcmp(book->vm[at].vm->name, name) ?
		       book->vm[at].vm :
		       NULL;
}

void export_vm_free(struct export_vm *vm)
{
	for (size_t i = 0; i < vm->nr_cells; i++)
		hist_free(&vm->cell[i].hist);
	free(vm->cell);
	free(vm->keys.key);
	free(vm->name);
	export_text_free(&vm->labels);
	free(vm);
}

static struct export_vm *make_vm(const struct export_book *book,
				 const char *name)
{
	struct export_vm *vm = calloc(1, sizeof(*vm));

	if (!vm)
		return NULL;
	vm->since_ns = export_book_began(book);
	vm->name = strdup(name);
	export_text_label(&vm->labels, "vm", name);
	if (vm->name && !vm->labels.failed)
		return vm;
	export_vm_free(vm);
	return NULL;
}

static struct export_vm *insert_vm(struct export_book *book, const char *name)
{
	struct export_vm *vm = make_vm(book, name);
	struct export_vm_place *place;

	if (!vm)
		return NULL;
	place = array_insert(book->vm, book->nr_vms, book->vms_room,
			     vm_index(book, name));
	if (!place) {
		export_vm_free(vm);
		return NULL;
	}
	place->vm = vm;
	return vm;
}

/* Find or create the VM that sums all VMs without series of their own. */
static struct export_vm *other_vm(struct export_book *book)
{
	if (!book->other)
		book->other = make_vm(book, EXPORT_OTHER);
	return book->other;
}

/* Does another live VM use this name? */
static bool is_taken(const struct export_book *book, const char *name)
{
	const struct export_vm *vm = find_vm(book, name);

	return (vm && vm->live) || !strcmp(name, EXPORT_OTHER);
}

/*
 * A VM with the name of a VM that has ended continues its counters.  In a graph
 * a restarted VM is then one line, and rate() does not lose the exits of the
 * last seconds before the restart.
 */
static struct export_vm *choose_vm(struct export_book *book,
				   const struct ledger_vm *vm)
{
	char plain[LEDGER_NAME], name[NAME_SIZE];
	struct export_vm *known;

	safe_copy(vm->name, sizeof(vm->name), plain, sizeof(plain));
	snprintf(name, sizeof(name), "%s", plain);
	if (is_taken(book, name))
		snprintf(name, sizeof(name), "%s (%" PRIu32 ")", plain,
			 vm->pid);
	if (is_taken(book, name))
		snprintf(name, sizeof(name), "%s (%" PRIu32 ", VM %" PRIu64 ")",
			 plain, vm->pid, vm->number);
	known = find_vm(book, name);
	if (known)
		return known;
	return book->nr_vms < book->options.max_vms ? insert_vm(book, name) :
						      other_vm(book);
}

static void begin(const struct export_book *book, struct export_entry *entry,
		  const struct ledger_vm *from)
{
	struct export_vm *vm = entry->vm;

	entry->number = from->number;
	entry->isa = from->isa;
	entry->live = true;
	vm->live++;
	if (vm == book->other)
		return;
	vm->pid = from->pid;
	memset(&vm->facts, 0, sizeof(vm->facts));
	if (book->options.facts)
		book->options.facts(book->options.context, from->pid,
				    &vm->facts);
}

struct export_entry *export_book_enter(struct export_book *book,
				       const struct ledger_vm *from)
{
	size_t at = entry_index(book, from->number);
	bool known = at < book->nr_entries &&
		     book->entry[at].number == from->number;
	struct export_entry *entry;
	struct export_vm *vm;

	/* A VM marked as ended can get a new vCPU; it is entered anew. */
	if (known && (book->entry[at].live || ledger_vm_ended(from))) {
		book->entry[at].isa = from->isa;
		return &book->entry[at];
	}
	vm = choose_vm(book, from);
	if (!vm)
		return NULL;
	entry = known ? &book->entry[at] :
			array_insert(book->entry, book->nr_entries,
				     book->entries_room, at);
	if (!entry)
		return NULL;
	entry->vm = vm;
	begin(book, entry, from);
	return entry;
}

/* --- dropping VMs that ended long ago --- */

static bool is_old(uint64_t ended_ns, uint64_t now_ns)
{
	return now_ns >= ended_ns + EXPORT_KEEP_NS;
}

static void forget_entries(struct export_book *book, uint64_t now_ns)
{
	size_t kept = 0;

	for (size_t i = 0; i < book->nr_entries; i++) {
		const struct export_entry *entry = &book->entry[i];

		if (entry->live || !is_old(entry->ended_ns, now_ns))
			book->entry[kept++] = *entry;
	}
	book->nr_entries = kept;
}

void export_book_forget(struct export_book *book, uint64_t now_ns)
{
	size_t kept = 0;

	forget_entries(book, now_ns);
	for (size_t i = 0; i < book->nr_vms; i++) {
		struct export_vm *vm = book->vm[i].vm;

		if (vm->live || !is_old(vm->ended_ns, now_ns))
			book->vm[kept++].vm = vm;
		else
			export_vm_free(vm);
	}
	book->nr_vms = kept;
	if (book->other && !book->other->live &&
	    is_old(book->other->ended_ns, now_ns)) {
		export_vm_free(book->other);
		book->other = NULL;
	}
}

uint64_t export_book_live(const struct export_book *book, uint64_t *folded)
{
	uint64_t live = 0;

	for (size_t i = 0; i < book->nr_vms; i++)
		live += book->vm[i].vm->live;
	*folded = book->other ? book->other->live : 0;
	return live + *folded;
}
