// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/isa.h"
#include "lib/array.h"
#include "sample/rows.h"

bool row_is_idle(uint32_t isa, uint32_t reason)
{
	return reason == isa_roles(isa)->hlt;
}

/*
 * Set a row's percentiles, and its number of exits with a time, from the
 * histogram of one or several reasons.
 */
static void set_times(struct row *row, const struct hist *hist)
{
	static const double shares[ROW_PERCENTILES] = { 0.5, 0.9, 0.99, 0.999 };

	row->times.timed = hist_percentiles(hist, shares, ROW_PERCENTILES,
					    row->percentile);
	/*
	 * A complete histogram has the exact number of exits with a time.  If
	 * there is none, use the number of exits, of which some may have no
	 * time yet.
	 */
	if (exit_times_have(&row->times) &&
	    (!row->times.timed || row->spans_lost))
		row->times.timed = row->times.exits ? row->times.exits : 1;
}

void row_complete(struct row *row)
{
	set_times(row, row->hist);
}

static void add_row(struct row *to, const struct row *row)
{
	exit_times_add(&to->times, &row->times);
	to->spans_lost |= row->spans_lost;
}

static void set_reason(struct row *row, uint32_t isa,
		       const struct ledger_cell *cell, bool spans_lost)
{
	*row = (struct row){
		.kind = ROW_REASON,
		.reason = cell->reason,
		.isa = isa,
		.times = cell->times,
		.hist = &cell->hist,
		.spans_lost = spans_lost,
	};
}

static int fill_reasons(struct row_group *group,
			const struct ledger_cells *cells,
			const struct filter *filter, bool spans_lost)
{
	if (!cells->nr)
		return 0;
	group->reason = calloc(cells->nr, sizeof(*group->reason));
	if (!group->reason)
		return -ENOMEM;
	for (size_t i = 0; i < cells->nr; i++) {
		const struct ledger_cell *cell = &cells->cell[i];

		if (exit_times_any(&cell->times) &&
		    (!filter ||
		     filter_has_number(&filter->reasons, cell->reason)))
			set_reason(&group->reason[group->nr_reasons++],
				   group->vm->isa, cell, spans_lost);
	}
	return 0;
}

static int fill_keys(struct row_group *group, const struct ledger_keys *keys,
		     const struct filter *filter)
{
	if (!keys->nr)
		return 0;
	group->key = calloc(keys->nr, sizeof(*group->key));
	if (!group->key)
		return -ENOMEM;
	for (size_t i = 0; i < keys->nr; i++) {
		const struct ledger_key *key = &keys->key[i];

		if (!exit_times_any(&key->times) ||
		    (filter &&
		     !filter_has_number(&filter->reasons, key->reason)))
			continue;
		group->key[group->nr_keys++] = (struct row){
			.kind = ROW_KEY,
			.reason = key->reason,
			.isa = group->vm->isa,
			.key = key->key,
			.times = key->times,
		};
	}
	return 0;
}

static void fill_totals(struct row_group *group)
{
	group->total = (struct row){ .kind = ROW_TOTAL };
	group->work = (struct row){ .kind = ROW_WORK };
	for (size_t i = 0; i < group->nr_reasons; i++) {
		const struct row *row = &group->reason[i];

		add_row(&group->total, row);
		if (!row_is_idle(group->vm->isa, row->reason))
			add_row(&group->work, row);
	}
}

/* Add up the histograms of all idle reasons, or of all other reasons. */
static int add_histograms(const struct row_group *group, bool idle,
			  struct hist *sum)
{
	for (size_t i = 0; i < group->nr_reasons; i++) {
		const struct row *row = &group->reason[i];

		if (row_is_idle(group->vm->isa, row->reason) == idle &&
		    hist_add(sum, row->hist))
			return -ENOMEM;
	}
	return 0;
}

int rows_group_complete(struct row_group *group)
{
	struct hist sum = { 0 };
	int r;

	for (size_t i = 0; i < group->nr_reasons; i++)
		row_complete(&group->reason[i]);
	r = add_histograms(group, false, &sum);
	set_times(&group->work, &sum);
	if (!r)
		r = add_histograms(group, true, &sum);
	set_times(&group->total, &sum);
	hist_free(&sum);
	return r;
}

static void set_scale(struct row_group *group, double seconds)
{
	double vcpu_ns = seconds * 1e9 * group->vcpus;
	uint64_t exits = group->total.times.exits;
	struct row *single[] = { &group->total, &group->work };

	for (size_t i = 0; i < 2; i++) {
		single[i]->all_exits = exits;
		single[i]->seconds = seconds;
		single[i]->vcpu_ns = vcpu_ns;
	}
	for (size_t i = 0; i < group->nr_reasons + group->nr_keys; i++) {
		struct row *row = i < group->nr_reasons ?
					  &group->reason[i] :
					  &group->key[i - group->nr_reasons];

		row->all_exits = exits;
		row->seconds = seconds;
		row->vcpu_ns = vcpu_ns;
	}
}

/*
 * Find the cells and keys from which a group's rows are made: those of a single
 * vCPU, or the sums of several vCPUs, which this adds up.
 */
static int add_up(struct row_group *group, const struct filter *filter,
		  const struct ledger_cells **cells,
		  const struct ledger_keys **keys)
{
	const struct ledger_vcpu *only = group->vcpu;

	group->vcpus = 0;
	for (size_t i = 0; i < group->vm->nr_vcpus; i++) {
		const struct ledger_vcpu *vcpu = &group->vm->vcpu[i];

		if (group->vcpu ? vcpu == group->vcpu :
				  !filter || filter_has_number(&filter->vcpus,
							       vcpu->id)) {
			group->vcpus++;
			only = vcpu;
		}
	}
	*cells = &group->sum.cells;
	*keys = &group->sum.keys;
	if (!group->vcpus)
		return 0;
	if (group->vcpus == 1 && only) {
		*cells = &only->cells;
		*keys = &only->keys;
		return 0;
	}
	for (size_t i = 0; i < group->vm->nr_vcpus; i++) {
		const struct ledger_vcpu *vcpu = &group->vm->vcpu[i];

		if ((!filter || filter_has_number(&filter->vcpus, vcpu->id)) &&
		    ledger_total_vcpu(vcpu, &group->sum))
			return -ENOMEM;
	}
	return 0;
}

int rows_group(const struct ledger *ledger, const struct ledger_vm *vm,
	       const struct ledger_vcpu *vcpu, const struct filter *filter,
	       double seconds, struct row_group *group)
{
	const struct ledger_cells *cells;
	const struct ledger_keys *keys;

	*group = (struct row_group){
		.vm = vm,
		.vcpu = vcpu,
		.ended = vcpu ? vcpu->gone : ledger_vm_ended(vm),
	};
	if (add_up(group, filter, &cells, &keys) ||
	    fill_reasons(group, cells, filter, ledger->losses.no_span) ||
	    fill_keys(group, keys, filter)) {
		rows_group_free(group);
		return -ENOMEM;
	}
	fill_totals(group);
	set_scale(group, seconds);
	return group->vcpus && (group->nr_reasons || group->ended);
}

static int add_group(struct rows *rows, const struct ledger *ledger,
		     const struct ledger_vm *vm, const struct ledger_vcpu *vcpu,
		     const struct filter *filter, double seconds)
{
	struct row_group *group =
		array_append(rows->group, rows->nr, rows->room);
	int r;

	if (!group)
		return -ENOMEM;
	r = rows_group(ledger, vm, vcpu, filter, seconds, group);
	if (!r)
		rows_group_free(group);
	if (r <= 0)
		rows->nr--;
	return r < 0 ? r : 0;
}

int rows_build(const struct ledger *ledger, const struct filter *filter,
	       bool by_vcpu, double seconds, struct rows *rows)
{
	int r = 0;

	*rows = (struct rows){ 0 };
	for (size_t i = 0; !r && i < ledger->nr_vms; i++) {
		const struct ledger_vm *vm = &ledger->vm[i];

		if (filter && !filter_has_vm(filter, vm))
			continue;
		if (!by_vcpu) {
			r = add_group(rows, ledger, vm, NULL, filter, seconds);
			continue;
		}
		for (size_t j = 0; !r && j < vm->nr_vcpus; j++) {
			const struct ledger_vcpu *vcpu = &vm->vcpu[j];

			if (!filter ||
			    filter_has_number(&filter->vcpus, vcpu->id))
				r = add_group(rows, ledger, vm, vcpu, filter,
					      seconds);
		}
	}
	if (r)
		rows_free(rows);
	return r;
}

void rows_group_free(struct row_group *group)
{
	free(group->reason);
	free(group->key);
	ledger_total_free(&group->sum);
	group->reason = NULL;
	group->key = NULL;
}

void rows_free(struct rows *rows)
{
	for (size_t i = 0; i < rows->nr; i++)
		rows_group_free(&rows->group[i]);
	free(rows->group);
	*rows = (struct rows){ 0 };
}
