// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/keys.h"
#include "ledger/reason_text.h"
#include "lib/array.h"
#include "lib/safe_text.h"
#include "top/top_model.h"

/* A line of a histogram is an octave, which has eight buckets. */
#define OCTAVE 8

static struct top_line *add_line(struct top_model *model)
{
	struct top_line *line =
		array_append(model->line, model->nr, model->room);

	if (!line)
		return NULL;
	line->id =
		(struct top_id){ model->scope.vm, HISTORY_ALL, HISTORY_ALL, 0 };
	line->idle = -1;
	return line;
}

/* Set the row of a VM or vCPU.  Its times are without those in HLT. */
static void set_sum(struct top_line *line, const struct row_group *group)
{
	line->row = group->work;
	line->row.times.exits = group->total.times.exits;
	line->row.times.fast = group->total.times.fast;
	line->ended = group->ended;
	line->vcpus = group->vcpus;
	if (exit_times_have(&group->total.times) && group->total.vcpu_ns > 0)
		line->idle = (group->total.times.ns - group->work.times.ns) /
			     group->total.vcpu_ns;
}

static int add_vms(struct top_model *model)
{
	struct rows rows;
	int r;

	r = rows_build(&model->last, model->shape.filter, false, model->seconds,
		       &rows);
	if (r)
		return r;
	for (size_t i = 0; i < rows.nr; i++) {
		const struct ledger_vm *vm = rows.group[i].vm;
		struct top_line *line = add_line(model);

		if (!line) {
			r = -ENOMEM;
			break;
		}
		set_sum(line, &rows.group[i]);
		line->id.vm = vm->number;
		line->pid = vm->pid;
		safe_copy(vm->name, sizeof(vm->name), line->name,
			  sizeof(line->name));
	}
	rows_free(&rows);
	return r;
}

static const struct ledger_vcpu *find_vcpu(const struct ledger_vm *vm,
					   uint64_t id)
{
	for (size_t i = 0; i < vm->nr_vcpus; i++) {
		if (vm->vcpu[i].id == id)
			return &vm->vcpu[i];
	}
	return NULL;
}

static int add_vcpu(struct top_model *model, const struct ledger_vm *vm,
		    const struct ledger_vcpu *vcpu)
{
	struct row_group group;
	struct top_line *line;
	int r;

	r = rows_group(&model->last, vm, vcpu, model->shape.filter,
		       model->seconds, &group);
	if (r < 0)
		return r;
	line = add_line(model);
	if (line)
		set_sum(line, &group);
	rows_group_free(&group);
	if (!line)
		return -ENOMEM;
	if (!vcpu) {
		snprintf(line->name, sizeof(line->name), "all");
		return 0;
	}
	line->id.vcpu = vcpu->id;
	line->pid = vcpu->tid;
	snprintf(line->name, sizeof(line->name), "vCPU %u", vcpu->id);
	return 0;
}

static int add_vcpus(struct top_model *model, const struct ledger_vm *vm)
{
	const struct filter *filter = model->shape.filter;
	int r = add_vcpu(model, vm, NULL);

	for (size_t i = 0; !r && i < vm->nr_vcpus; i++) {
		if (!filter ||
		    filter_has_number(&filter->vcpus, vm->vcpu[i].id))
			r = add_vcpu(model, vm, &vm->vcpu[i]);
	}
	return r;
}

static int add_reasons(struct top_model *model, const struct row_group *group)
{
	for (size_t i = 0; i < group->nr_reasons; i++) {
		struct top_line *line = add_line(model);

		if (!line)
			return -ENOMEM;
		line->row = group->reason[i];
		row_complete(&line->row);
		line->row.hist = NULL;
		line->complete = true;
		line->id.vcpu = model->scope.vcpu;
		line->id.reason = line->row.reason;
		snprintf(line->name, sizeof(line->name), "%s",
			 exit_reason_text(group->vm->isa, line->row.reason).s);
	}
	return 0;
}

static int add_keys(struct top_model *model, const struct row_group *group)
{
	for (size_t i = 0; i < group->nr_keys; i++) {
		struct top_line *line;

		if (group->key[i].reason != model->scope.reason)
			continue;
		line = add_line(model);
		if (!line)
			return -ENOMEM;
		line->row = group->key[i];
		line->complete = true;
		line->id.vcpu = model->scope.vcpu;
		line->id.reason = line->row.reason;
		line->id.key = line->row.key;
		snprintf(line->name, sizeof(line->name), "%s",
			 key_text(model->shape.by, line->row.key).s);
	}
	return 0;
}

/* Add a line for each octave of a reason's times. */
static int add_times(struct top_model *model, const struct row *row)
{
	uint64_t count[HIST_BUCKETS / OCTAVE] = { 0 };
	size_t low = HIST_BUCKETS / OCTAVE, high = 0;

	model->times = true;
	for (size_t i = 0; i < HIST_BUCKETS; i++) {
		const uint64_t *span = hist_counts(row->hist, i / HIST_SPAN);
		size_t octave = i / OCTAVE;

		if (!span || !span[i % HIST_SPAN])
			continue;
		count[octave] += span[i % HIST_SPAN];
		low = octave < low ? octave : low;
		high = octave;
	}
	for (size_t i = low; i <= high && i < HIST_BUCKETS / OCTAVE; i++) {
		struct top_line *line = add_line(model);

		if (!line)
			return -ENOMEM;
		line->id.vcpu = model->scope.vcpu;
		line->id.reason = model->scope.reason;
		line->id.key = i;
		line->complete = true;
		line->row = (struct row){ .kind = ROW_KEY,
					  .times.exits = count[i],
					  .all_exits = hist_count(row->hist),
					  .seconds = model->seconds };
		snprintf(line->name, sizeof(line->name), "%s %s",
			 i ? "from" : "below",
			 format_ns(hist_lower((i ? i : 1) * OCTAVE)).s);
	}
	return 0;
}

static int add_details(struct top_model *model, const struct row_group *group)
{
	int r = add_keys(model, group);

	for (size_t i = 0; !r && !model->nr && i < group->nr_reasons; i++) {
		if (group->reason[i].reason == model->scope.reason)
			r = add_times(model, &group->reason[i]);
	}
	return r;
}

/* Add the reasons of a VM or a vCPU, or the keys or times of a reason. */
static int add_within(struct top_model *model, const struct ledger_vm *vm)
{
	const struct ledger_vcpu *vcpu = NULL;
	struct row_group group;
	int r;

	if (model->scope.vcpu != HISTORY_ALL) {
		vcpu = find_vcpu(vm, model->scope.vcpu);
		if (!vcpu)
			return 0;
	}
	r = rows_group(&model->last, vm, vcpu, model->shape.filter,
		       model->seconds, &group);
	if (r < 0)
		return r;
	r = model->level == TOP_REASONS ? add_reasons(model, &group) :
					  add_details(model, &group);
	rows_group_free(&group);
	return r;
}

static int compare(const void *a, const void *b, void *context)
{
	const struct top_model *model = context;
	const struct top_line *x = a, *y = b;
	bool x_all, y_all;
	int order;

	/* The line for all vCPUs of a VM stays on top. */
	x_all = model->level == TOP_VCPUS && x->id.vcpu == HISTORY_ALL;
	y_all = model->level == TOP_VCPUS && y->id.vcpu == HISTORY_ALL;
	if (x_all != y_all)
		return x_all ? -1 : 1;
	order = column_compare(model->sort, &x->row, &y->row);
	if (model->reverse)
		order = -order;
	if (order)
		return order;
	if (x->id.vm != y->id.vm)
		return x->id.vm < y->id.vm ? -1 : 1;
	return x->id.vcpu < y->id.vcpu ? -1 : x->id.vcpu > y->id.vcpu;
}

/* Shares of VMs refer to the host's exits, and shares of vCPUs to the VM's. */
static void set_shares(struct top_model *model)
{
	uint64_t exits = 0;

	for (size_t i = 0; i < model->nr; i++) {
		if (model->level == TOP_VMS ||
		    model->line[i].id.vcpu != HISTORY_ALL)
			exits += model->line[i].row.times.exits;
	}
	for (size_t i = 0; i < model->nr; i++)
		model->line[i].row.all_exits = exits;
}

int top_line_complete(const struct top_model *model, struct top_line *line)
{
	const struct ledger_vm *vm = ledger_find_vm(&model->last, line->id.vm);
	const struct ledger_vcpu *vcpu = NULL;
	struct row_group group;
	uint64_t all_exits;
	int r;

	if (line->complete || !vm)
		return 0;
	if (line->id.vcpu != HISTORY_ALL)
		vcpu = find_vcpu(vm, line->id.vcpu);
	r = rows_group(&model->last, vm, vcpu, model->shape.filter,
		       model->seconds, &group);
	if (r < 0)
		return r;
	r = rows_group_complete(&group);
	all_exits = line->row.all_exits;
	set_sum(line, &group);
	line->row.all_exits = all_exits;
	line->complete = true;
	rows_group_free(&group);
	return r;
}

int top_lines_build(struct top_model *model)
{
	const struct ledger_vm *vm = NULL;
	int r = 0;

	model->nr = 0;
	model->times = false;
	if (model->level == TOP_VMS)
		r = add_vms(model);
	else
		vm = ledger_find_vm(&model->last, model->scope.vm);
	if (vm)
		r = model->level == TOP_VCPUS ? add_vcpus(model, vm) :
						add_within(model, vm);
	if (model->level == TOP_VMS || model->level == TOP_VCPUS)
		set_shares(model);
	for (size_t i = 0; !r && columns[model->sort].of_times && i < model->nr;
	     i++)
		r = top_line_complete(model, &model->line[i]);
	/* A histogram's lines are already in the order of their times. */
	if (!r && model->nr && !model->times)
		qsort_r(model->line, model->nr, sizeof(*model->line), compare,
			model);
	return r;
}
