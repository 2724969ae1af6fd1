// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "run/run_cells.h"

/* What a cell has beside its exits. */
enum {
	HAS_TIME = 1, /* ns, min_ns, max_ns */
	HAS_FAST = 2,
	HAS_PREEMPTED = 4,
	HAS_BLOCKED = 8,
	HAS_HIST = 16,
	HAS_ALL = 31,
};

static void put_hist(const struct hist *hist, struct bytes *bytes)
{
	unsigned int before = 0, nr = 0;

	for (unsigned int i = 0; i < HIST_SPANS; i++) {
		const uint64_t *counts = hist_counts(hist, i);

		for (unsigned int j = 0; counts && j < HIST_SPAN; j++)
			nr += counts[j] != 0;
	}
	bytes_put(bytes, nr);
	for (unsigned int i = 0; i < HIST_SPANS; i++) {
		const uint64_t *counts = hist_counts(hist, i);

		for (unsigned int j = 0; counts && j < HIST_SPAN; j++) {
			if (!counts[j])
				continue;
			bytes_put(bytes, i * HIST_SPAN + j - before);
			bytes_put(bytes, counts[j]);
			before = i * HIST_SPAN + j;
		}
	}
}

static bool cell_is_empty(const struct ledger_cell *cell)
{
	return !cell->exits && !cell->max_ns;
}

static void put_cell(const struct ledger_cell *cell, struct bytes *bytes)
{
	unsigned int has = (cell->max_ns || cell->ns ? HAS_TIME : 0) |
			   (cell->fast ? HAS_FAST : 0) |
			   (cell->preempted_ns ? HAS_PREEMPTED : 0) |
			   (cell->blocked_ns ? HAS_BLOCKED : 0) |
			   (cell->hist.used ? HAS_HIST : 0);

	bytes_put(bytes, cell->reason);
	bytes_put(bytes, has);
	bytes_put(bytes, cell->exits);
	if (has & HAS_TIME) {
		bytes_put(bytes, cell->ns);
		bytes_put(bytes, cell->min_ns);
		bytes_put(bytes, cell->max_ns);
	}
	if (has & HAS_FAST)
		bytes_put(bytes, cell->fast);
	if (has & HAS_PREEMPTED)
		bytes_put(bytes, cell->preempted_ns);
	if (has & HAS_BLOCKED)
		bytes_put(bytes, cell->blocked_ns);
	if (has & HAS_HIST)
		put_hist(&cell->hist, bytes);
}

static void put_key(const struct ledger_key *key, struct bytes *bytes)
{
	bytes_put(bytes, key->reason);
	bytes_put(bytes, key->key);
	bytes_put(bytes, key->exits);
	bytes_put(bytes, key->timed);
	bytes_put(bytes, key->ns);
	bytes_put(bytes, key->min_ns);
	bytes_put(bytes, key->max_ns);
}

/* What is left of a vCPU when its cells are put: exits of no reason's cell. */
struct rest {
	size_t cells, keys;
	uint64_t exits, ns;
};

static struct rest rest_of(const struct ledger_vcpu *vcpu,
			   const struct filter *filter)
{
	struct rest rest = { .exits = vcpu->exits, .ns = vcpu->ns };

	for (size_t i = 0; i < vcpu->cells.nr; i++) {
		const struct ledger_cell *cell = &vcpu->cells.cell[i];

		rest.exits -= cell->exits;
		rest.ns -= cell->ns;
		rest.cells += !cell_is_empty(cell) &&
			      filter_has_number(&filter->reasons, cell->reason);
	}
	for (size_t i = 0; i < vcpu->keys.nr; i++)
		rest.keys += filter_has_number(&filter->reasons,
					       vcpu->keys.key[i].reason);
	return rest;
}

static void put_vcpu(const struct ledger_vm *vm, const struct ledger_vcpu *vcpu,
		     const struct filter *filter, struct bytes *bytes)
{
	struct rest rest = rest_of(vcpu, filter);

	if (!rest.cells && !rest.keys && !rest.exits && !rest.ns &&
	    !vcpu->missed_exits && !vcpu->missed_entries && !vcpu->sparse_full)
		return;
	bytes_put(bytes, vm->number);
	bytes_put(bytes, vcpu->id);
	bytes_put(bytes, rest.exits);
	bytes_put(bytes, rest.ns);
	bytes_put(bytes, vcpu->missed_exits);
	bytes_put(bytes, vcpu->missed_entries);
	bytes_put(bytes, vcpu->sparse_full);
	bytes_put(bytes, rest.cells);
	bytes_put(bytes, rest.keys);
	for (size_t i = 0; i < vcpu->cells.nr; i++) {
		const struct ledger_cell *cell = &vcpu->cells.cell[i];

		if (!cell_is_empty(cell) &&
		    filter_has_number(&filter->reasons, cell->reason))
			put_cell(cell, bytes);
	}
	for (size_t i = 0; i < vcpu->keys.nr; i++) {
		if (filter_has_number(&filter->reasons,
				      vcpu->keys.key[i].reason))
			put_key(&vcpu->keys.key[i], bytes);
	}
}

void run_cells_encode(const struct ledger *ledger, const struct filter *filter,
		      struct bytes *bytes)
{
	for (size_t i = 0; i < ledger->nr_vms; i++) {
		const struct ledger_vm *vm = &ledger->vm[i];

		if (!filter_has_vm(filter, vm))
			continue;
		for (size_t j = 0; j < vm->nr_vcpus; j++) {
			if (filter_has_number(&filter->vcpus, vm->vcpu[j].id))
				put_vcpu(vm, &vm->vcpu[j], filter, bytes);
		}
	}
}

static int get_hist(struct cursor *cursor, struct hist *hist)
{
	uint64_t nr = cursor_get(cursor, HIST_BUCKETS), bucket = 0;

	while (nr-- && !cursor->failed) {
		uint64_t count;

		bucket += cursor_get(cursor, HIST_BUCKETS - 1);
		count = cursor_get(cursor, RUN_COUNT_MAX);
		if (bucket >= HIST_BUCKETS)
			return -EINVAL;
		if (hist_book(hist, bucket, count))
			return -ENOMEM;
	}
	return 0;
}

static int get_cell(struct cursor *cursor, struct ledger_vcpu *vcpu)
{
	uint32_t reason = cursor_get(cursor, UINT32_MAX);
	uint64_t has = cursor_get(cursor, HAS_ALL);
	uint64_t exits = cursor_get(cursor, RUN_COUNT_MAX), ns = 0, min, max;
	struct ledger_cell *cell;

	if (cursor->failed)
		return -EINVAL;
	cell = ledger_cell(&vcpu->cells, reason);
	if (!cell)
		return -ENOMEM;
	cell->exits += exits;
	if (has & HAS_TIME) {
		ns = cursor_get(cursor, RUN_NS_MAX);
		min = cursor_get(cursor, RUN_NS_MAX);
		max = cursor_get(cursor, RUN_NS_MAX);
		cell->ns += ns;
		ledger_widen(&cell->min_ns, &cell->max_ns, min, max);
	}
	if (has & HAS_FAST)
		cell->fast += cursor_get(cursor, RUN_COUNT_MAX);
	if (has & HAS_PREEMPTED)
		cell->preempted_ns += cursor_get(cursor, RUN_NS_MAX);
	if (has & HAS_BLOCKED)
		cell->blocked_ns += cursor_get(cursor, RUN_NS_MAX);
	vcpu->exits += exits;
	vcpu->ns += ns;
	return has & HAS_HIST ? get_hist(cursor, &cell->hist) : 0;
}

static int get_key(struct cursor *cursor, struct ledger_vcpu *vcpu)
{
	uint32_t reason = cursor_get(cursor, UINT32_MAX);
	uint64_t number = cursor_get(cursor, UINT64_MAX), min, max;
	struct ledger_key *key;

	if (cursor->failed)
		return -EINVAL;
	key = ledger_key(&vcpu->keys, reason, number);
	if (!key)
		return -ENOMEM;
	key->exits += cursor_get(cursor, RUN_COUNT_MAX);
	key->timed += cursor_get(cursor, RUN_COUNT_MAX);
	key->ns += cursor_get(cursor, RUN_NS_MAX);
	min = cursor_get(cursor, RUN_NS_MAX);
	max = cursor_get(cursor, RUN_NS_MAX);
	ledger_widen(&key->min_ns, &key->max_ns, min, max);
	return 0;
}

/* A vCPU that is there already. */
static struct ledger_vcpu *find_vcpu(struct ledger *ledger, uint64_t number,
				     uint32_t id)
{
	struct ledger_vm *vm = ledger_find_vm(ledger, number);
	size_t low = 0, high = vm ? vm->nr_vcpus : 0;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (vm->vcpu[mid].id == id)
			return &vm->vcpu[mid];
		if (vm->vcpu[mid].id < id)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

static int get_vcpu(struct cursor *cursor, struct ledger *ledger)
{
	uint64_t number = cursor_get(cursor, INT64_MAX), cells, keys;
	uint32_t id = cursor_get(cursor, UINT32_MAX);
	struct ledger_vcpu *vcpu = find_vcpu(ledger, number, id);
	int r = 0;

	if (!vcpu || cursor->failed)
		return -EINVAL;
	vcpu->exits += cursor_get(cursor, RUN_COUNT_MAX);
	vcpu->ns += cursor_get(cursor, RUN_NS_MAX);
	vcpu->missed_exits += cursor_get(cursor, RUN_COUNT_MAX);
	vcpu->missed_entries += cursor_get(cursor, RUN_COUNT_MAX);
	vcpu->sparse_full += cursor_get(cursor, RUN_COUNT_MAX);
	cells = cursor_get(cursor, UINT32_MAX);
	keys = cursor_get(cursor, UINT32_MAX);
	while (!r && cells--)
		r = get_cell(cursor, vcpu);
	while (!r && keys--)
		r = get_key(cursor, vcpu);
	return r;
}

int run_cells_decode(struct cursor cursor, struct ledger *ledger)
{
	int r = 0;

	while (!r && cursor_has_more(&cursor))
		r = get_vcpu(&cursor, ledger);
	return r ? r : cursor.failed ? -EINVAL : 0;
}

static void sum_vcpu(const struct ledger_vcpu *vcpu,
		     const struct filter *filter, uint64_t *exits, uint64_t *ns)
{
	for (size_t i = 0; i < vcpu->cells.nr; i++) {
		const struct ledger_cell *cell = &vcpu->cells.cell[i];

		if (!filter_has_number(&filter->reasons, cell->reason))
			continue;
		*exits += cell->exits;
		*ns += cell->ns;
	}
}

void run_cells_sum(const struct ledger *ledger, const struct filter *filter,
		   uint64_t *exits, uint64_t *ns)
{
	*exits = 0;
	*ns = 0;
	for (size_t i = 0; i < ledger->nr_vms; i++) {
		const struct ledger_vm *vm = &ledger->vm[i];

		if (!filter_has_vm(filter, vm))
			continue;
		for (size_t j = 0; j < vm->nr_vcpus; j++) {
			if (filter_has_number(&filter->vcpus, vm->vcpu[j].id))
				sum_vcpu(&vm->vcpu[j], filter, exits, ns);
		}
	}
}
