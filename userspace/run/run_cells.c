// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "run/run_cells.h"

/* The parts that a cell may have beside its exits. */
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
	struct {
		unsigned int skipped;
		uint64_t count;
	} bucket[HIST_BUCKETS];
	unsigned int before = 0, nr = 0;

	for (unsigned int i = 0; i < HIST_SPANS; i++) {
		const uint64_t *counts = hist_counts(hist, i);

		for (unsigned int j = 0; counts && j < HIST_SPAN; j++) {
			if (!counts[j])
				continue;
			bucket[nr].skipped = i * HIST_SPAN + j - before;
			bucket[nr++].count = counts[j];
			before = i * HIST_SPAN + j;
		}
	}
	bytes_put(bytes, nr);
	for (unsigned int i = 0; i < nr; i++) {
		bytes_put(bytes, bucket[i].skipped);
		bytes_put(bytes, bucket[i].count);
	}
}

/*
 * The numbers that a cell may have besides its exits and its time, in the order
 * in which they are stored.
 */
static const struct {
	unsigned int has;
	size_t at; /* offset in struct exit_times */
	uint64_t most;
} parts[] = {
	{ HAS_FAST, offsetof(struct exit_times, fast), RUN_COUNT_MAX },
	{ HAS_PREEMPTED, offsetof(struct exit_times, preempted_ns),
	  RUN_NS_MAX },
	{ HAS_BLOCKED, offsetof(struct exit_times, blocked_ns), RUN_NS_MAX },
};

#define NR_PARTS (sizeof(parts) / sizeof(parts[0]))

static uint64_t *part_of(struct exit_times *times, size_t part)
{
	return (uint64_t *)((char *)times + parts[part].at);
}

static void put_cell(const struct ledger_cell *cell, struct bytes *bytes)
{
	struct exit_times times = cell->times;
	unsigned int has = (times.max_ns || times.ns ? HAS_TIME : 0) |
			   (cell->hist.used ? HAS_HIST : 0);

	for (size_t i = 0; i < NR_PARTS; i++)
		has |= *part_of(&times, i) ? parts[i].has : 0;
	bytes_put(bytes, cell->reason);
	bytes_put(bytes, has);
	bytes_put(bytes, times.exits);
	if (has & HAS_TIME) {
		bytes_put(bytes, times.ns);
		bytes_put(bytes, times.min_ns);
		bytes_put(bytes, times.max_ns);
	}
	for (size_t i = 0; i < NR_PARTS; i++) {
		if (has & parts[i].has)
			bytes_put(bytes, *part_of(&times, i));
	}
	if (has & HAS_HIST)
		put_hist(&cell->hist, bytes);
}

static void put_key(const struct ledger_key *key, struct bytes *bytes)
{
	bytes_put(bytes, key->reason);
	bytes_put(bytes, key->key);
	bytes_put(bytes, key->times.exits);
	bytes_put(bytes, key->times.timed);
	bytes_put(bytes, key->times.ns);
	bytes_put(bytes, key->times.min_ns);
	bytes_put(bytes, key->times.max_ns);
}

/* The remainder of a vCPU: exits that belong to no reason's cell. */
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

		rest.exits -= cell->times.exits;
		rest.ns -= cell->times.ns;
		rest.cells += exit_times_any(&cell->times) &&
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

		if (exit_times_any(&cell->times) &&
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
	struct exit_times times = { .exits =
					    cursor_get(cursor, RUN_COUNT_MAX) };
	struct ledger_cell *cell;

	if (cursor->failed)
		return -EINVAL;
	cell = ledger_cell(&vcpu->cells, reason);
	if (!cell)
		return -ENOMEM;
	if (has & HAS_TIME) {
		times.ns = cursor_get(cursor, RUN_NS_MAX);
		times.min_ns = cursor_get(cursor, RUN_NS_MAX);
		times.max_ns = cursor_get(cursor, RUN_NS_MAX);
	}
	for (size_t i = 0; i < NR_PARTS; i++) {
		if (has & parts[i].has)
			*part_of(&times, i) = cursor_get(cursor, parts[i].most);
	}
	exit_times_add(&cell->times, &times);
	vcpu->exits += times.exits;
	vcpu->ns += times.ns;
	return has & HAS_HIST ? get_hist(cursor, &cell->hist) : 0;
}

static int get_key(struct cursor *cursor, struct ledger_vcpu *vcpu)
{
	uint32_t reason = cursor_get(cursor, UINT32_MAX);
	uint64_t number = cursor_get(cursor, UINT64_MAX);
	struct exit_times times = { 0 };
	struct ledger_key *key;

	if (cursor->failed)
		return -EINVAL;
	key = ledger_key(&vcpu->keys, reason, number);
	if (!key)
		return -ENOMEM;
	times.exits = cursor_get(cursor, RUN_COUNT_MAX);
	times.timed = cursor_get(cursor, RUN_COUNT_MAX);
	times.ns = cursor_get(cursor, RUN_NS_MAX);
	times.min_ns = cursor_get(cursor, RUN_NS_MAX);
	times.max_ns = cursor_get(cursor, RUN_NS_MAX);
	exit_times_add(&key->times, &times);
	return 0;
}

/* @make: add the VMs and vCPUs that the ledger does not have. */
static int get_vcpu(struct cursor *cursor, bool make, struct ledger *ledger)
{
	uint64_t number = cursor_get(cursor, INT64_MAX), cells, keys;
	uint32_t id = cursor_get(cursor, UINT32_MAX);
	struct ledger_vcpu *vcpu = NULL;
	struct ledger_vm *vm;
	int r = 0;

	if (cursor->failed)
		return -EINVAL;
	vm = make ? ledger_vm(ledger, number, 0) :
		    ledger_find_vm(ledger, number);
	if (vm)
		vcpu = make ? ledger_vcpu(vm, id) : ledger_find_vcpu(vm, id);
	if (!vcpu)
		return make ? -ENOMEM : -EINVAL;
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

static int decode(struct cursor cursor, bool make, struct ledger *ledger)
{
	int r = 0;

	while (!r && cursor_has_more(&cursor))
		r = get_vcpu(&cursor, make, ledger);
	return r ? r : cursor.failed ? -EINVAL : 0;
}

int run_cells_decode(struct cursor cursor, struct ledger *ledger)
{
	return decode(cursor, false, ledger);
}

static void sum_vcpu(const struct ledger_vcpu *vcpu,
		     const struct filter *filter, uint64_t *exits, uint64_t *ns)
{
	for (size_t i = 0; i < vcpu->cells.nr; i++) {
		const struct ledger_cell *cell = &vcpu->cells.cell[i];

		if (!filter_has_number(&filter->reasons, cell->reason))
			continue;
		*exits += cell->times.exits;
		*ns += cell->times.ns;
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

int run_cells_total(struct cursor cursor, uint64_t *exits, uint64_t *ns)
{
	const struct filter all = { .nr_vms = 0 };
	struct ledger ledger = { .ns = 0 };
	int r = decode(cursor, true, &ledger);

	run_cells_sum(&ledger, &all, exits, ns);
	ledger_free(&ledger);
	return r;
}
