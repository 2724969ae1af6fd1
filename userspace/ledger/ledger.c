// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/ledger.h"
#include "lib/array.h"

static int compare_cells(const void *element, const void *key)
{
	const struct ledger_cell *cell = element;
	const uint32_t *reason = key;

	return cell->reason < *reason ? -1 : cell->reason > *reason;
}

struct ledger_cell *ledger_cell(struct ledger_cells *cells, uint32_t reason)
{
	size_t at = array_lower_bound(&reason, cells->cell, cells->nr,
				      sizeof(*cells->cell), compare_cells);
	struct ledger_cell *cell;

	if (at < cells->nr && cells->cell[at].reason == reason)
		return &cells->cell[at];
	cell = array_insert(cells->cell, cells->nr, cells->room, at);
	if (cell)
		cell->reason = reason;
	return cell;
}

static int compare_keys(const void *element, const void *key)
{
	const struct ledger_key *x = element, *y = key;

	if (x->reason != y->reason)
		return x->reason < y->reason ? -1 : 1;
	return x->key < y->key ? -1 : x->key > y->key;
}

struct ledger_key *ledger_key(struct ledger_keys *keys, uint32_t reason,
			      uint64_t key)
{
	const struct ledger_key wanted = { .reason = reason, .key = key };
	size_t at = array_lower_bound(&wanted, keys->key, keys->nr,
				      sizeof(*keys->key), compare_keys);
	struct ledger_key *found;

	if (at < keys->nr && !compare_keys(&keys->key[at], &wanted))
		return &keys->key[at];
	found = array_insert(keys->key, keys->nr, keys->room, at);
	if (found)
		*found = wanted;
	return found;
}

static int compare_vcpus(const void *element, const void *key)
{
	const struct ledger_vcpu *vcpu = element;
	const uint32_t *id = key;

	return vcpu->id < *id ? -1 : vcpu->id > *id;
}

static size_t vcpu_index(const struct ledger_vm *vm, uint32_t id)
{
	return array_lower_bound(&id, vm->vcpu, vm->nr_vcpus, sizeof(*vm->vcpu),
				 compare_vcpus);
}

struct ledger_vcpu *ledger_find_vcpu(const struct ledger_vm *vm, uint32_t id)
{
	size_t at = vcpu_index(vm, id);

	return at < vm->nr_vcpus && vm->vcpu[at].id == id ? &vm->vcpu[at] :
							    NULL;
}

struct ledger_vcpu *ledger_vcpu(struct ledger_vm *vm, uint32_t id)
{
	struct ledger_vcpu *vcpu = ledger_find_vcpu(vm, id);

	if (vcpu)
		return vcpu;
	vcpu = array_insert(vm->vcpu, vm->nr_vcpus, vm->room,
			    vcpu_index(vm, id));
	if (vcpu)
		vcpu->id = id;
	return vcpu;
}

static int compare_vms(const void *element, const void *key)
{
	const struct ledger_vm *vm = element;
	const uint64_t *number = key;

	return vm->number < *number ? -1 : vm->number > *number;
}

/* Returns the index of a VM, or the index at which it must be inserted. */
static size_t vm_index(const struct ledger *ledger, uint64_t number)
{
	return array_lower_bound(&number, ledger->vm, ledger->nr_vms,
				 sizeof(*ledger->vm), compare_vms);
}

struct ledger_vm *ledger_find_vm(const struct ledger *ledger, uint64_t number)
{
	size_t at = vm_index(ledger, number);

	return at < ledger->nr_vms && ledger->vm[at].number == number ?
		       &ledger->vm[at] :
		       NULL;
}

struct ledger_vm *ledger_vm(struct ledger *ledger, uint64_t number,
			    uint32_t pid)
{
	struct ledger_vm *vm = ledger_find_vm(ledger, number);

	if (vm)
		return vm;
	vm = array_insert(ledger->vm, ledger->nr_vms, ledger->room,
			  vm_index(ledger, number));
	if (vm) {
		vm->number = number;
		vm->pid = pid;
	}
	return vm;
}

int ledger_slow_add(struct ledger_slows *slows, const struct ledger_slow *slow)
{
	struct ledger_slow *added;

	added = array_append(slows->slow, slows->nr, slows->room);
	if (!added)
		return -ENOMEM;
	*added = *slow;
	return 0;
}

int ledger_mark_add(struct ledger_marks *marks, const struct ledger_mark *mark)
{
	struct ledger_mark *added;

	added = array_append(marks->mark, marks->nr, marks->room);
	if (!added)
		return -ENOMEM;
	*added = *mark;
	return 0;
}

static int add_cells(struct ledger_cells *to, const struct ledger_cells *cells)
{
	for (size_t i = 0; i < cells->nr; i++) {
		const struct ledger_cell *from = &cells->cell[i];
		struct ledger_cell *cell;

		if (!exit_times_any(&from->times))
			continue;
		cell = ledger_cell(to, from->reason);
		if (!cell || hist_add(&cell->hist, &from->hist))
			return -ENOMEM;
		exit_times_add(&cell->times, &from->times);
	}
	return 0;
}

static int add_keys(struct ledger_keys *to, const struct ledger_keys *keys)
{
	for (size_t i = 0; i < keys->nr; i++) {
		const struct ledger_key *from = &keys->key[i];
		struct ledger_key *key;

		if (!exit_times_any(&from->times))
			continue;
		key = ledger_key(to, from->reason, from->key);
		if (!key)
			return -ENOMEM;
		exit_times_add(&key->times, &from->times);
	}
	return 0;
}

int ledger_total_vcpu(const struct ledger_vcpu *vcpu,
		      struct ledger_total *total)
{
	total->exits += vcpu->exits;
	total->ns += vcpu->ns;
	total->prior_exits += vcpu->prior_exits;
	total->missed_exits += vcpu->missed_exits;
	total->missed_entries += vcpu->missed_entries;
	total->sparse_full += vcpu->sparse_full;
	total->gone += vcpu->gone;
	if (add_cells(&total->cells, &vcpu->cells) ||
	    add_keys(&total->keys, &vcpu->keys))
		return -ENOMEM;
	return 0;
}

void ledger_no_exits(const struct ledger_vm *vm, uint64_t *failed_entries,
		     uint64_t *emulated)
{
	*failed_entries = *emulated = 0;
	for (size_t i = 0; i < vm->nr_vcpus; i++) {
		*failed_entries += vm->vcpu[i].failed_entries;
		*emulated += vm->vcpu[i].emulated;
	}
}

int ledger_total(const struct ledger_vm *vm, struct ledger_total *total)
{
	memset(total, 0, sizeof(*total));
	for (size_t i = 0; i < vm->nr_vcpus; i++) {
		if (ledger_total_vcpu(&vm->vcpu[i], total)) {
			ledger_total_free(total);
			return -ENOMEM;
		}
	}
	return 0;
}

/*
 * Add a vCPU's counts.  If @sums is set, add only the vCPU's own sums, and
 * leave out its cells and keys.
 */
static int add_vcpu(struct ledger_vm *vm, const struct ledger_vcpu *from,
		    bool sums)
{
	struct ledger_vcpu *to = ledger_vcpu(vm, from->id);

	if (!to)
		return -ENOMEM;
	to->tid = from->tid;
	to->gone = from->gone;
	to->exits += from->exits;
	to->ns += from->ns;
	to->prior_exits = from->prior_exits;
	to->missed_exits += from->missed_exits;
	to->missed_entries += from->missed_entries;
	to->sparse_full += from->sparse_full;
	to->failed_entries += from->failed_entries;
	to->emulated += from->emulated;
	to->born_ns = from->born_ns;
	to->first_exit_ns = from->first_exit_ns;
	to->first_io_ns = from->first_io_ns;
	if (sums)
		return 0;
	if (add_cells(&to->cells, &from->cells) ||
	    add_keys(&to->keys, &from->keys))
		return -ENOMEM;
	return 0;
}

static int add_vms(struct ledger *to, const struct ledger *from, bool sums)
{
	for (size_t i = 0; i < from->nr_vms; i++) {
		const struct ledger_vm *vm = &from->vm[i];
		struct ledger_vm *sum = ledger_vm(to, vm->number, vm->pid);

		if (!sum)
			return -ENOMEM;
		sum->isa = vm->isa;
		memcpy(sum->name, vm->name, sizeof(sum->name));
		for (size_t j = 0; j < vm->nr_vcpus; j++) {
			if (add_vcpu(sum, &vm->vcpu[j], sums))
				return -ENOMEM;
		}
	}
	to->ns = from->ns;
	to->losses = from->losses;
	return 0;
}

int ledger_add(struct ledger *to, const struct ledger *from)
{
	return add_vms(to, from, false);
}

int ledger_add_sums(struct ledger *to, const struct ledger *from)
{
	return add_vms(to, from, true);
}

static void cells_free(struct ledger_cells *cells)
{
	for (size_t i = 0; i < cells->nr; i++)
		hist_free(&cells->cell[i].hist);
	free(cells->cell);
	memset(cells, 0, sizeof(*cells));
}

static void vcpu_free(struct ledger_vcpu *vcpu)
{
	cells_free(&vcpu->cells);
	free(vcpu->keys.key);
}

void ledger_vm_free(struct ledger_vm *vm)
{
	for (size_t i = 0; i < vm->nr_vcpus; i++)
		vcpu_free(&vm->vcpu[i]);
	free(vm->vcpu);
}

static void vcpu_reset(struct ledger_vcpu *vcpu)
{
	vcpu->exits = 0;
	vcpu->ns = 0;
	vcpu->missed_exits = 0;
	vcpu->missed_entries = 0;
	vcpu->sparse_full = 0;
	vcpu->failed_entries = 0;
	vcpu->emulated = 0;
	for (size_t i = 0; i < vcpu->cells.nr; i++) {
		struct ledger_cell *cell = &vcpu->cells.cell[i];

		hist_reset(&cell->hist);
		*cell = (struct ledger_cell){ .reason = cell->reason,
					      .hist = cell->hist };
	}
	vcpu->keys.nr = 0;
}

/*
 * Zero a VM's counts, and drop the vCPUs that have ended.  Returns false if the
 * VM has no vCPUs left.
 */
static bool vm_reset(struct ledger_vm *vm)
{
	size_t kept = 0;

	for (size_t i = 0; i < vm->nr_vcpus; i++) {
		if (vm->vcpu[i].gone) {
			vcpu_free(&vm->vcpu[i]);
			continue;
		}
		vcpu_reset(&vm->vcpu[i]);
		vm->vcpu[kept++] = vm->vcpu[i];
	}
	vm->nr_vcpus = kept;
	if (!kept)
		free(vm->vcpu);
	return kept;
}

bool ledger_vm_ended(const struct ledger_vm *vm)
{
	for (size_t i = 0; i < vm->nr_vcpus; i++) {
		if (!vm->vcpu[i].gone)
			return false;
	}
	return vm->nr_vcpus;
}

/* Add a VM to the one that has all VMs that ended long ago. */
static int fold(struct ledger_vm *vm, struct ledger_vm *older)
{
	for (size_t i = 0; i < vm->nr_vcpus; i++) {
		vm->vcpu[i].id = 0;
		vm->vcpu[i].prior_exits +=
			older->nr_vcpus ? older->vcpu->prior_exits : 0;
		if (add_vcpu(older, &vm->vcpu[i], false))
			return -ENOMEM;
	}
	older->isa = vm->isa;
	older->older++;
	snprintf(older->name, sizeof(older->name), "(%" PRIu64 " older VMs)",
		 older->older);
	return 0;
}

int ledger_forget(struct ledger *ledger)
{
	size_t ended = 0, kept;
	int r = 0;

	for (size_t i = 0; i < ledger->nr_vms; i++)
		ended += ledger->vm[i].number &&
			 ledger_vm_ended(&ledger->vm[i]);
	if (ended < 2 * LEDGER_ENDED)
		return 0;
	if (!ledger_vm(ledger, 0, 0))
		return -ENOMEM;
	kept = 1;
	for (size_t i = 1; i < ledger->nr_vms; i++) {
		struct ledger_vm *vm = &ledger->vm[i];

		if (r || ended <= LEDGER_ENDED || !ledger_vm_ended(vm)) {
			ledger->vm[kept++] = *vm;
			continue;
		}
		r = fold(vm, &ledger->vm[0]);
		ledger_vm_free(vm);
		ended--;
	}
	ledger->nr_vms = kept;
	return r;
}

void ledger_reset(struct ledger *ledger)
{
	size_t kept = 0;

	for (size_t i = 0; i < ledger->nr_vms; i++) {
		if (vm_reset(&ledger->vm[i]))
			ledger->vm[kept++] = ledger->vm[i];
	}
	ledger->nr_vms = kept;
	ledger->slows.nr = 0;
	ledger->marks.nr = 0;
}

void ledger_total_free(struct ledger_total *total)
{
	cells_free(&total->cells);
	free(total->keys.key);
	memset(total, 0, sizeof(*total));
}

void ledger_free(struct ledger *ledger)
{
	for (size_t i = 0; i < ledger->nr_vms; i++)
		ledger_vm_free(&ledger->vm[i]);
	free(ledger->vm);
	free(ledger->slows.slow);
	free(ledger->marks.mark);
	memset(ledger, 0, sizeof(*ledger));
}
