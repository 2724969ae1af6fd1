// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ledger.h"

/* Make room for one more element at @at; NULL when out of memory. */
static void *insert(void **array, size_t *nr, size_t *room, size_t size,
		    size_t at)
{
	char *slot;

	if (*nr == *room) {
		size_t more = *room ? 2 * *room : 8;
		void *grown = reallocarray(*array, more, size);

		if (!grown)
			return NULL;
		*array = grown;
		*room = more;
	}
	slot = (char *)*array + at * size;
	memmove(slot + size, slot, (*nr - at) * size);
	memset(slot, 0, size);
	(*nr)++;
	return slot;
}

struct ledger_cell *ledger_cell(struct ledger_cells *cells, uint32_t reason)
{
	struct ledger_cell *cell;
	size_t low = 0, high = cells->nr;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (cells->cell[mid].reason == reason)
			return &cells->cell[mid];
		if (cells->cell[mid].reason < reason)
			low = mid + 1;
		else
			high = mid;
	}
	cell = insert((void **)&cells->cell, &cells->nr, &cells->room,
		      sizeof(*cell), low);
	if (cell)
		cell->reason = reason;
	return cell;
}

struct ledger_vcpu *ledger_vcpu(struct ledger_vm *vm, uint32_t id)
{
	struct ledger_vcpu *vcpu;
	size_t i = vm->nr_vcpus;

	while (i > 0 && vm->vcpu[i - 1].id >= id) {
		if (vm->vcpu[i - 1].id == id)
			return &vm->vcpu[i - 1];
		i--;
	}
	vcpu = insert((void **)&vm->vcpu, &vm->nr_vcpus, &vm->room,
		      sizeof(*vcpu), i);
	if (vcpu)
		vcpu->id = id;
	return vcpu;
}

struct ledger_vm *ledger_vm(struct ledger *ledger, uint64_t number,
			    uint32_t pid)
{
	size_t i = ledger->nr_vms;
	struct ledger_vm *vm;

	while (i > 0 && ledger->vm[i - 1].number >= number) {
		if (ledger->vm[i - 1].number == number)
			return &ledger->vm[i - 1];
		i--;
	}
	vm = insert((void **)&ledger->vm, &ledger->nr_vms, &ledger->room,
		    sizeof(*vm), i);
	if (vm) {
		vm->number = number;
		vm->pid = pid;
	}
	return vm;
}

int ledger_total(const struct ledger_vm *vm, struct ledger_total *total)
{
	memset(total, 0, sizeof(*total));
	for (size_t i = 0; i < vm->nr_vcpus; i++) {
		const struct ledger_vcpu *vcpu = &vm->vcpu[i];

		total->exits += vcpu->exits;
		total->ns += vcpu->ns;
		total->prior_exits += vcpu->prior_exits;
		total->missed_exits += vcpu->missed_exits;
		total->missed_entries += vcpu->missed_entries;
		total->sparse_full += vcpu->sparse_full;
		total->gone += vcpu->gone;
		for (size_t j = 0; j < vcpu->cells.nr; j++) {
			const struct ledger_cell *from = &vcpu->cells.cell[j];
			struct ledger_cell *to;

			to = ledger_cell(&total->cells, from->reason);
			if (!to) {
				ledger_cells_free(&total->cells);
				return -ENOMEM;
			}
			to->exits += from->exits;
			to->ns += from->ns;
		}
	}
	return 0;
}

static int copy_vm(const struct ledger_vm *from, struct ledger *ledger)
{
	struct ledger_vm *to = ledger_vm(ledger, from->number, from->pid);

	if (!to)
		return -ENOMEM;
	to->isa = from->isa;
	memcpy(to->name, from->name, sizeof(to->name));
	for (size_t i = 0; i < from->nr_vcpus; i++) {
		const struct ledger_cells *cells = &from->vcpu[i].cells;
		struct ledger_vcpu *vcpu = ledger_vcpu(to, from->vcpu[i].id);

		if (!vcpu)
			return -ENOMEM;
		*vcpu = from->vcpu[i];
		memset(&vcpu->cells, 0, sizeof(vcpu->cells));
		if (!cells->nr)
			continue;
		vcpu->cells.cell = malloc(cells->nr * sizeof(*cells->cell));
		if (!vcpu->cells.cell)
			return -ENOMEM;
		memcpy(vcpu->cells.cell, cells->cell,
		       cells->nr * sizeof(*cells->cell));
		vcpu->cells.nr = vcpu->cells.room = cells->nr;
	}
	return 0;
}

int ledger_copy(const struct ledger *from, struct ledger *to)
{
	memset(to, 0, sizeof(*to));
	to->ns = from->ns;
	to->losses = from->losses;
	for (size_t i = 0; i < from->nr_vms; i++) {
		if (copy_vm(&from->vm[i], to)) {
			ledger_free(to);
			return -ENOMEM;
		}
	}
	return 0;
}

static int subtract(struct ledger_total *total, const struct ledger_total *old)
{
	total->exits -= old->exits;
	total->ns -= old->ns;
	total->missed_exits -= old->missed_exits;
	total->missed_entries -= old->missed_entries;
	total->sparse_full -= old->sparse_full;
	for (size_t i = 0; i < old->cells.nr; i++) {
		const struct ledger_cell *from = &old->cells.cell[i];
		struct ledger_cell *cell;

		cell = ledger_cell(&total->cells, from->reason);
		if (!cell)
			return -ENOMEM;
		cell->exits -= from->exits;
		cell->ns -= from->ns;
	}
	return 0;
}

int ledger_since(const struct ledger *before, const struct ledger_vm *vm,
		 struct ledger_total *total)
{
	struct ledger_total old;
	size_t i = 0;
	int r;

	r = ledger_total(vm, total);
	while (i < before->nr_vms && before->vm[i].number != vm->number)
		i++;
	if (r || i == before->nr_vms)
		return r;
	r = ledger_total(&before->vm[i], &old);
	if (!r) {
		r = subtract(total, &old);
		ledger_cells_free(&old.cells);
	}
	if (r)
		ledger_cells_free(&total->cells);
	return r;
}

void ledger_cells_free(struct ledger_cells *cells)
{
	free(cells->cell);
	memset(cells, 0, sizeof(*cells));
}

void ledger_free(struct ledger *ledger)
{
	for (size_t i = 0; i < ledger->nr_vms; i++) {
		struct ledger_vm *vm = &ledger->vm[i];

		for (size_t j = 0; j < vm->nr_vcpus; j++)
			ledger_cells_free(&vm->vcpu[j].cells);
		free(vm->vcpu);
	}
	free(ledger->vm);
	memset(ledger, 0, sizeof(*ledger));
}
