// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "top/top_model.h"

/* The intervals that + and - select, in seconds. */
static const double intervals[] = { 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60 };

#define NR_INTERVALS (sizeof(intervals) / sizeof(intervals[0]))

void top_model_init(struct top_model *model, const struct monitor_shape *shape,
		    double interval)
{
	*model = (struct top_model){
		.shape = *shape,
		.interval = interval,
		/* Exits per second give the same order as exits. */
		.sort = shape->sort == COLUMN_EXITS ? COLUMN_PER_SECOND :
						      shape->sort,
		.page = 1,
	};
}

static bool same(const struct top_id *a, const struct top_id *b)
{
	return a->vm == b->vm && a->vcpu == b->vcpu && a->reason == b->reason &&
	       a->key == b->key;
}

/* Scroll as little as needed. */
static void keep_in_view(struct top_model *model)
{
	if (model->selected >= model->nr)
		model->selected = model->nr ? model->nr - 1 : 0;
	if (model->first > model->selected)
		model->first = model->selected;
	if (model->selected >= model->first + model->page)
		model->first = model->selected - model->page + 1;
	if (model->first && model->first + model->page > model->nr)
		model->first =
			model->nr > model->page ? model->nr - model->page : 0;
}

/*
 * Build the lines anew.  If @selected is given, select this line at its new
 * place; if it is NULL, select the line that is now at the old place.
 */
static int rebuild(struct top_model *model, const struct top_id *selected)
{
	int r = top_lines_build(model);

	for (size_t i = 0; selected && i < model->nr; i++) {
		if (same(&model->line[i].id, selected)) {
			model->selected = i;
			break;
		}
	}
	keep_in_view(model);
	return r;
}

static int refresh(struct top_model *model)
{
	struct top_id id;

	if (!model->follow || model->selected >= model->nr)
		return rebuild(model, NULL);
	id = model->line[model->selected].id;
	return rebuild(model, &id);
}

/* Do two ledgers have the same VMs and vCPUs, none of which had ended in @a? */
static bool same_host(const struct ledger *a, const struct ledger *b)
{
	if (a->nr_vms != b->nr_vms)
		return false;
	for (size_t i = 0; i < a->nr_vms; i++) {
		const struct ledger_vm *x = &a->vm[i], *y = &b->vm[i];

		if (x->number != y->number || x->nr_vcpus != y->nr_vcpus)
			return false;
		for (size_t j = 0; j < x->nr_vcpus; j++) {
			if (x->vcpu[j].id != y->vcpu[j].id || x->vcpu[j].gone)
				return false;
		}
	}
	return true;
}

/* Copy an interval.  If it has the vCPUs of the last one, reuse the memory. */
static int copy(struct ledger *to, const struct ledger *from)
{
	if (same_host(to, from))
		ledger_reset(to);
	else
		ledger_free(to);
	return ledger_add(to, from);
}

int top_model_update(struct top_model *model,
		     const struct monitor_sample *sample)
{
	int r;

	r = history_update(&model->history, sample->ledger, model->shape.filter,
			   sample->seconds);
	if (r)
		return r;
	/* Losses are shown even while the view is paused. */
	model->last.losses = sample->ledger->losses;
	if (model->paused && !model->speed) {
		model->paused_for++;
		return 0;
	}
	r = copy(&model->last, sample->ledger);
	if (r)
		return r;
	model->seconds = sample->seconds;
	return refresh(model);
}

/* Go one level down, into the selected line. */
static int open_line(struct top_model *model)
{
	const struct top_line *line;

	if (model->selected >= model->nr || model->level == TOP_KEYS)
		return 0;
	line = &model->line[model->selected];
	model->scope = line->id;
	/* Skip the list of vCPUs if there is only one. */
	if (model->level == TOP_VMS && line->vcpus < 2)
		model->level = TOP_REASONS;
	else
		model->level++;
	model->follow = false;
	model->selected = 0;
	model->first = 0;
	return rebuild(model, NULL);
}

/* Is there a list of vCPUs above this list of reasons? */
static bool has_vcpus(const struct top_model *model)
{
	const struct ledger_vm *vm =
		ledger_find_vm(&model->last, model->scope.vm);

	return vm && vm->nr_vcpus > 1;
}

/* Go one level up, and select the line that was opened. */
static int back(struct top_model *model)
{
	struct top_id id = model->scope;

	switch (model->level) {
	case TOP_VMS:
		return 0;
	case TOP_KEYS:
		model->level = TOP_REASONS;
		model->scope.reason = HISTORY_ALL;
		break;
	case TOP_REASONS:
		model->level = has_vcpus(model) ? TOP_VCPUS : TOP_VMS;
		model->scope.vcpu = HISTORY_ALL;
		break;
	case TOP_VCPUS:
		model->level = TOP_VMS;
		break;
	}
	id.key = 0;
	model->follow = true;
	model->selected = 0;
	model->first = 0;
	return rebuild(model, &id);
}

/* Sort by the next or the previous column that has values. */
static int sort_by(struct top_model *model, int step)
{
	unsigned int has = model->shape.has & ~model->hidden;
	int id = model->sort;

	do {
		id = (id + step + NR_COLUMNS) % NR_COLUMNS;
	} while (columns[id].needs & ~has);
	model->sort = id;
	return refresh(model);
}

static int pause_or_not(struct top_model *model)
{
	model->paused = !model->paused;
	model->paused_for = 0;
	return 0;
}

/* Hide or show columns that were asked for. */
static int toggle(struct top_model *model, unsigned int needs)
{
	model->hidden ^= needs;
	if (columns[model->sort].needs & model->hidden)
		model->sort = COLUMN_PER_SECOND;
	return refresh(model);
}

static void change_interval(struct top_model *model, bool longer)
{
	size_t i = 0;

	if (longer) {
		while (i < NR_INTERVALS - 1 && intervals[i] <= model->interval)
			i++;
		if (intervals[i] > model->interval)
			model->interval = intervals[i];
		return;
	}
	i = NR_INTERVALS - 1;
	while (i && intervals[i] >= model->interval)
		i--;
	if (intervals[i] < model->interval)
		model->interval = intervals[i];
}

static void move_by(struct top_model *model, size_t lines, bool down)
{
	model->follow = true;
	if (down)
		model->selected += lines;
	else
		model->selected -= lines < model->selected ? lines :
							     model->selected;
	keep_in_view(model);
}

/* Handle the keys of a replay. */
static void play(struct top_model *model, enum top_command command)
{
	if (!model->speed)
		return;
	if (command == TOP_STEP) {
		model->paused = true;
		model->steps++;
	}
	if (command == TOP_FASTER && model->speed < TOP_SPEED_MAX)
		model->speed *= 2;
	if (command == TOP_SLOWER && model->speed > TOP_SPEED_MIN)
		model->speed /= 2;
}

int top_model_command(struct top_model *model, enum top_command command)
{
	/* While the help is shown, any key but q only closes it. */
	if (model->help && command != TOP_QUIT && command != TOP_NONE) {
		model->help = false;
		return 0;
	}
	switch (command) {
	case TOP_NONE:
	case TOP_OTHER:
		return 0;
	case TOP_UP:
	case TOP_DOWN:
		move_by(model, 1, command == TOP_DOWN);
		return 0;
	case TOP_PAGE_UP:
	case TOP_PAGE_DOWN:
		move_by(model, model->page, command == TOP_PAGE_DOWN);
		return 0;
	case TOP_FIRST:
	case TOP_LAST:
		move_by(model, model->nr, command == TOP_LAST);
		return 0;
	case TOP_OPEN:
		return open_line(model);
	case TOP_BACK:
		return back(model);
	case TOP_SORT_NEXT:
	case TOP_SORT_PREVIOUS:
		return sort_by(model, command == TOP_SORT_NEXT ? 1 : -1);
	case TOP_REVERSE:
		model->reverse = !model->reverse;
		return refresh(model);
	case TOP_PAUSE:
		return pause_or_not(model);
	case TOP_FAST:
		return toggle(model, NEEDS_FAST);
	case TOP_OFF_CPU:
		return toggle(model, NEEDS_OFF_CPU);
	case TOP_LONGER:
	case TOP_SHORTER:
		change_interval(model, command == TOP_LONGER);
		return 0;
	case TOP_SLOWER:
	case TOP_FASTER:
	case TOP_STEP:
		play(model, command);
		return 0;
	case TOP_HELP:
		model->help = true;
		return 0;
	case TOP_QUIT:
		return 1;
	}
	return 0;
}

int top_model_page(struct top_model *model, size_t page)
{
	int r = 0;

	model->page = page ? page : 1;
	keep_in_view(model);
	for (size_t i = model->first;
	     !r && i < model->nr && i < model->first + model->page; i++)
		r = top_line_complete(model, &model->line[i]);
	return r;
}

bool top_model_trend(const struct top_model *model, const struct top_line *line,
		     float rate[HISTORY])
{
	/* There are trends of VMs, of vCPUs, and of a VM's reasons. */
	if (model->level == TOP_KEYS ||
	    (line->id.vcpu != HISTORY_ALL && line->id.reason != HISTORY_ALL))
		return false;
	return history_read(&model->history, line->id.vm, line->id.vcpu,
			    line->id.reason, model->paused_for, rate);
}

void top_model_columns(const struct top_model *model, unsigned int width,
		       struct column_list *list)
{
	const struct column_list *by_use = &columns_by_use[USE_TOP];
	struct column_list order = { .id = { model->sort }, .nr = 1 };

	if (model->times) {
		column_list_fit(&columns_by_use[USE_TOP_TIMES], 0, width, list);
		return;
	}
	memcpy(&order.id[1], by_use->id, by_use->nr * sizeof(by_use->id[0]));
	order.nr += by_use->nr;
	column_list_fit(&order, model->shape.has & ~model->hidden, width, list);
}

void top_model_free(struct top_model *model)
{
	history_free(&model->history);
	ledger_free(&model->last);
	free(model->line);
	*model = (struct top_model){ 0 };
}
