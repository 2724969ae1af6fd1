// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "keys.h"
#include "reasons.h"
#include "render_losses.h"
#include "render_monitor.h"
#include "utf8.h"

#define REASON_WIDTH MONITOR_REASON_WIDTH
#define KEYS_SHOWN 10 /* of a reason */
#define SLOW_SHOWN 20 /* of an interval */

/* Lines are made here and not by printf, which takes ten times as long. */
struct line {
	char s[512];
	size_t length;
};

static void put(struct line *line, const char *text, size_t length)
{
	if (length > sizeof(line->s) - 1 - line->length)
		length = sizeof(line->s) - 1 - line->length;
	memcpy(line->s + line->length, text, length);
	line->length += length;
}

static void put_spaces(struct line *line, size_t length)
{
	if (length > sizeof(line->s) - 1 - line->length)
		length = sizeof(line->s) - 1 - line->length;
	memset(line->s + line->length, ' ', length);
	line->length += length;
}

static void put_left(struct line *line, size_t width, const char *text)
{
	size_t length = strlen(text);

	put(line, text, length < width ? length : width);
	put_spaces(line, length < width ? width - length : 0);
}

static void put_right(struct line *line, size_t width, const char *text,
		      size_t length)
{
	put_spaces(line, length < width ? width - length : 0);
	put(line, text, length);
}

static void put_number(struct line *line, size_t width, struct text number)
{
	put_right(line, width, number.s, number.length);
}

static void end(struct line *line, FILE *out)
{
	while (line->length && line->s[line->length - 1] == ' ')
		line->length--;
	line->s[line->length++] = '\n';
	fwrite_unlocked(line->s, 1, line->length, out);
	line->length = 0;
}

static void render_row(const char *name, const struct monitor_shape *shape,
		       const struct row *row, FILE *out)
{
	struct line line = { .length = 0 };

	put_left(&line, REASON_WIDTH, name);
	for (size_t i = 0; i < shape->columns.nr; i++) {
		enum column_id id = shape->columns.id[i];

		put_number(&line, columns[id].width + 1, column_text(id, row));
	}
	end(&line, out);
}

static void render_header(const struct monitor_shape *shape, FILE *out)
{
	struct line line = { .length = 0 };

	put_left(&line, REASON_WIDTH, "EXIT REASON");
	for (size_t i = 0; i < shape->columns.nr; i++) {
		const struct column *column = &columns[shape->columns.id[i]];

		put_right(&line, column->width + 1, column->header,
			  strlen(column->header));
	}
	end(&line, out);
}

/* The keys are sorted by reason first, whatever they are sorted by then. */
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
			exits += row->exits;
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

static void render_title(const struct row_group *group, FILE *out)
{
	const struct ledger_vm *vm = group->vm;

	fprintf(out, "\nVM %s, pid %u, ", format_name(vm->name).s, vm->pid);
	if (group->vcpu)
		fprintf(out, "vCPU %u, thread %u", group->vcpu->id,
			group->vcpu->tid);
	else if (group->vcpus == vm->nr_vcpus)
		fprintf(out, "%zu vCPU%s", vm->nr_vcpus,
			vm->nr_vcpus == 1 ? "" : "s");
	else
		fprintf(out, "%zu of %zu vCPUs", group->vcpus, vm->nr_vcpus);
	fprintf(out, "%s\n", group->ended ? ", ended" : "");
}

static void render_group(const struct row_group *group,
			 const struct monitor_shape *shape, FILE *out)
{
	render_title(group, out);
	if (!group->nr_reasons)
		return;
	render_header(shape, out);
	for (size_t i = 0; i < group->nr_reasons; i++) {
		const struct row *row = &group->reason[i];

		render_row(format_reason(group->vm->isa, row->reason).s, shape,
			   row, out);
		if (group->nr_keys)
			render_keys(group, row->reason, shape, out);
	}
	render_row("total", shape, &group->total, out);
	if (group->work.exits != group->total.exits)
		render_row("total without HLT", shape, &group->work, out);
}

static void render_slow(const struct ledger_slow *slow,
			const struct ledger_vm *vm,
			const struct monitor_shape *shape, FILE *out)
{
	uint64_t off_cpu = slow->preempted_ns + slow->blocked_ns;
	const struct exit_reason *known =
		exit_reason_find(vm ? vm->isa : 0, slow->reason);
	const struct text none = { "-", 1 };
	struct line line = { .length = 0 };
	struct name name = format_name(vm ? vm->name : "?");
	char what[96];

	/* The name alone, so that there is room for the key. */
	snprintf(what, sizeof(what), " %s %s",
		 known ? known->name : format_reason(0, slow->reason).s,
		 slow->has_key ? key_text(shape->by, slow->key).s : "");
	put_number(&line, 14, format_decimal(slow->at_ns / 1e9, 6));
	put_left(&line, 30, what);
	put_number(&line, 8, format_ns(slow->ns));
	put_number(&line, 8, off_cpu ? format_ns(off_cpu) : none);
	put_number(&line, 5, format_plain(slow->vcpu_id));
	put(&line, " ", 1);
	put(&line, name.s, utf8_cut(name.s, 14));
	end(&line, out);
}

static int slowest_first(const void *a, const void *b)
{
	const struct ledger_slow *const *x = a, *const *y = b;

	if ((*x)->ns != (*y)->ns)
		return (*x)->ns < (*y)->ns ? 1 : -1;
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
		fprintf(out, "\n%14s %-29s%8s%8s%5s %s\n", "AT", "SLOW EXIT",
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
