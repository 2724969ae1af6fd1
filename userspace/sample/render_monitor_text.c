// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/keys.h"
#include "ledger/reason_text.h"
#include "ledger/reasons.h"
#include "ledger/render_losses.h"
#include "lib/safe_text.h"
#include "lib/table.h"
#include "sample/render_monitor.h"

#define REASON_WIDTH MONITOR_REASON_WIDTH
#define KEYS_SHOWN 10 /* keys of a reason */
#define SLOW_SHOWN 20 /* slow exits of an interval */

static void render_row(const char *name, const struct monitor_shape *shape,
		       const struct row *row, FILE *out)
{
	struct table_line line = { .length = 0 };

	table_left(&line, REASON_WIDTH, name);
	column_list_cells(&shape->columns, row, &line);
	table_end(&line, out);
}

static void render_header(const struct monitor_shape *shape, FILE *out)
{
	struct table_line line = { .length = 0 };

	table_left(&line, REASON_WIDTH, "EXIT REASON");
	column_list_head(&shape->columns, &line);
	table_end(&line, out);
}

/* Keys are sorted by reason first, and then by the chosen column. */
static void render_keys(const struct row_group *group, uint32_t reason,
			const struct monitor_shape *shape, FILE *out)
{
	size_t shown = 0, more = 0;
	uint64_t exits = 0;

	for (size_t i = 0; i < group->nr_keys; i++) {
		const struct row *row = &group->key[i];
		char name[48];

		if (row->reason != reason)
			continue;
		if (shown == KEYS_SHOWN) {
			more++;
			exits += row->times.exits;
			continue;
		}
		shown++;
		snprintf(name, sizeof(name), "  %s",
			 key_text(shape->by, row->key).s);
		render_row(name, shape, row, out);
	}
	if (more)
		fprintf(out, "  and %s more, with %s exits\n",
			format_count(more).s, format_count(exits).s);
}

/* After a long name, the rest of the title is on a second line. */
static void render_title(const struct row_group *group, FILE *out)
{
	const struct ledger_vm *vm = group->vm;
	char rest[96];
	int length = snprintf(rest, sizeof(rest), "pid %u, ", vm->pid);

	if (group->vcpu)
		length += snprintf(rest + length, sizeof(rest) - length,
				   "vCPU %u, thread %u", group->vcpu->id,
				   group->vcpu->tid);
	else if (group->vcpus == vm->nr_vcpus)
		length += snprintf(rest + length, sizeof(rest) - length,
				   "%zu vCPU%s", vm->nr_vcpus,
				   vm->nr_vcpus == 1 ? "" : "s");
	else
		length += snprintf(rest + length, sizeof(rest) - length,
				   "%zu of %zu vCPUs", group->vcpus,
				   vm->nr_vcpus);
	snprintf(rest + length, sizeof(rest) - length, "%s",
		 group->ended ? ", ended" : "");
	safe_title("VM ", vm->name, rest, out);
}

static void render_group(const struct row_group *group,
			 const struct monitor_shape *shape, FILE *out)
{
	fputc('\n', out);
	render_title(group, out);
	if (!group->nr_reasons)
		return;
	render_header(shape, out);
	for (size_t i = 0; i < group->nr_reasons; i++) {
		const struct row *row = &group->reason[i];

		render_row(exit_reason_text(group->vm->isa, row->reason).s,
			   shape, row, out);
		if (group->nr_keys)
			render_keys(group, row->reason, shape, out);
	}
	render_row("total", shape, &group->total, out);
	if (group->work.times.exits != group->total.times.exits)
		render_row("total without HLT", shape, &group->work, out);
}

static void render_slow(const struct ledger_slow *slow,
			const struct ledger_vm *vm,
			const struct monitor_shape *shape, FILE *out)
{
	uint64_t off_cpu = slow->times.preempted_ns + slow->times.blocked_ns;
	const struct exit_reason *known =
		exit_reason_find(vm ? vm->isa : 0, slow->reason);
	const struct text none = { "-", 1 };
	struct table_line line = { .length = 0 };
	char what[96];

	/* Show only the reason's name, to have room for the key. */
	snprintf(what, sizeof(what), "%s %s",
		 known ? known->name : exit_reason_text(0, slow->reason).s,
		 slow->has_key ? key_text(shape->by, slow->key).s : "");
	table_number(&line, 14, format_decimal_in(slow->at_ns / 1e9, 6, 14));
	table_left(&line, 29, safe_short(what, 29).s);
	table_number(&line, 7, format_ns_in(slow->times.ns, 7));
	table_number(&line, 7, off_cpu ? format_ns_in(off_cpu, 7) : none);
	table_number(&line, 4, format_plain(slow->vcpu_id));
	table_left(&line, 0,
		   vm ? safe_name(vm->name, vm->pid, table_room(&line, 9)).s :
			"?");
	table_end(&line, out);
}

static int slowest_first(const void *a, const void *b)
{
	const struct ledger_slow *const *x = a, *const *y = b;

	if ((*x)->times.ns != (*y)->times.ns)
		return (*x)->times.ns < (*y)->times.ns ? 1 : -1;
	return (*x)->at_ns < (*y)->at_ns ? -1 : (*x)->at_ns > (*y)->at_ns;
}

static int render_slows(const struct monitor_sample *sample,
			const struct monitor_shape *shape, FILE *out)
{
	const struct ledger_slows *slows = &sample->ledger->slows;
	const struct ledger_slow **list;
	const struct ledger_vm *vm;
	size_t nr = 0;

	if (!slows->nr)
		return 0;
	list = calloc(slows->nr, sizeof(struct ledger_slow *));
	if (!list)
		return -ENOMEM;
	for (size_t i = 0; i < slows->nr; i++) {
		if (monitor_slow(sample, shape, &slows->slow[i], &vm))
			list[nr++] = &slows->slow[i];
	}
	qsort(list, nr, sizeof(struct ledger_slow *), slowest_first);
	if (nr)
		fprintf(out, "\n%14s %-29s %7s %7s %4s %s\n", "AT", "SLOW EXIT",
			"TIME", "OFF CPU", "VCPU", "VM");
	for (size_t i = 0; i < nr && i < SLOW_SHOWN; i++) {
		monitor_slow(sample, shape, list[i], &vm);
		render_slow(list[i], vm, shape, out);
	}
	if (nr > SLOW_SHOWN)
		fprintf(out, "and %s more, none of them slower\n",
			format_count(nr - SLOW_SHOWN).s);
	free(list);
	return 0;
}

int render_monitor_text(const struct monitor_sample *sample,
			const struct monitor_shape *shape, FILE *out)
{
	bool any = false;
	struct rows rows;
	int r;

	r = rows_build(sample->ledger, shape->filter, shape->by_vcpu,
		       sample->seconds, &rows);
	if (r)
		return r;
	for (size_t i = 0; !r && i < rows.nr; i++)
		r = rows_group_complete(&rows.group[i]);
	if (r) {
		rows_free(&rows);
		return r;
	}
	rows_sort(&rows, shape->sort);
	fprintf(out, "%s%.1f s\n", sample->total ? "\nin total, " : "",
		sample->seconds);
	for (size_t i = 0; i < rows.nr; i++) {
		any |= rows.group[i].nr_reasons > 0;
		render_group(&rows.group[i], shape, out);
	}
	if (!any)
		fputs("no VM exits\n", out);
	rows_free(&rows);
	r = render_slows(sample, shape, out);
	render_losses_text(sample->ledger, out);
	fputc('\n', out);
	return r;
}

static void begin(const struct monitor_shape *shape, const char *title,
		  FILE *out)
{
	(void)shape;
	fprintf(out, "%s\n", title);
}

static void put_mark(const char *text, FILE *out)
{
	fprintf(out, "mark     %s\n", text);
}

const struct monitor_format monitor_format_text = {
	.name = "text",
	.sample = render_monitor_text,
	.begin = begin,
	.mark = put_mark,
};
