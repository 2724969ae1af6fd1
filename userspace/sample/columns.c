// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/reasons.h"
#include "sample/columns.h"

static bool get_exits(const struct row *row, struct value *value)
{
	value->count = row->times.exits;
	return true;
}

static bool get_per_second(const struct row *row, struct value *value)
{
	if (row->seconds <= 0)
		return false;
	value->real = row->times.exits / row->seconds;
	return true;
}

static bool get_share(const struct row *row, struct value *value)
{
	if (!row->all_exits)
		return false;
	value->real = (double)row->times.exits / row->all_exits;
	return true;
}

static bool get_fast(const struct row *row, struct value *value)
{
	value->count = row->times.fast;
	return row->kind != ROW_KEY;
}

static bool get_time(const struct row *row, struct value *value)
{
	value->count = row->times.ns;
	return exit_times_have(&row->times);
}

static bool get_time_share(const struct row *row, struct value *value)
{
	if (!exit_times_have(&row->times) || row->vcpu_ns <= 0)
		return false;
	value->real = row->times.ns / row->vcpu_ns;
	return true;
}

static bool get_preempted(const struct row *row, struct value *value)
{
	value->count = row->times.preempted_ns;
	return row->times.max_ns && row->kind != ROW_KEY;
}

static bool get_blocked(const struct row *row, struct value *value)
{
	value->count = row->times.blocked_ns;
	return row->times.max_ns && row->kind != ROW_KEY;
}

static bool get_vmm(const struct row *row, struct value *value)
{
	value->count = row->times.vmm_ns;
	return row->times.max_ns && row->kind != ROW_KEY;
}

static bool get_kvm(const struct row *row, struct value *value)
{
	value->count = exit_times_kvm(&row->times);
	return row->times.max_ns && row->kind != ROW_KEY;
}

static bool get_timed(const struct row *row, struct value *value)
{
	value->count = row->times.timed;
	return exit_times_have(&row->times);
}

static bool get_mean(const struct row *row, struct value *value)
{
	if (!row->times.timed)
		return false;
	value->count =
		(row->times.ns + row->times.timed / 2) / row->times.timed;
	return true;
}

static bool get_min(const struct row *row, struct value *value)
{
	value->count = row->times.min_ns;
	return row->times.max_ns;
}

static bool get_max(const struct row *row, struct value *value)
{
	value->count = row->times.max_ns;
	return row->times.max_ns;
}

/* Clamp to the known least and most: a bucket's middle can lie outside them. */
static bool get_percentile(const struct row *row, enum row_percentile which,
			   struct value *value)
{
	value->count = row->percentile[which];
	if (!value->count)
		return false;
	if (row->times.max_ns && value->count > row->times.max_ns)
		value->count = row->times.max_ns;
	if (value->count < row->times.min_ns)
		value->count = row->times.min_ns;
	return true;
}

static bool get_p50(const struct row *row, struct value *value)
{
	return get_percentile(row, ROW_P50, value);
}

static bool get_p90(const struct row *row, struct value *value)
{
	return get_percentile(row, ROW_P90, value);
}

static bool get_p99(const struct row *row, struct value *value)
{
	return get_percentile(row, ROW_P99, value);
}

static bool get_p999(const struct row *row, struct value *value)
{
	return get_percentile(row, ROW_P999, value);
}

static bool get_class(const struct row *row, struct value *value)
{
	if (row->kind != ROW_REASON)
		return false;
	value->name = exit_reason_class(row->isa, row->reason);
	return true;
}

/* clang-format off */
const struct column columns[NR_COLUMNS] = {
	[COLUMN_EXITS] = { "exits", "exits", "EXITS", UNIT_COUNT, 10, 0, false, get_exits },
	[COLUMN_PER_SECOND] = { "per_second", "per_second", "PER SECOND", UNIT_PER_SECOND, 10, 0, false, get_per_second },
	[COLUMN_SHARE] = { "share", "share", "SHARE", UNIT_SHARE, 7, 0, false, get_share },
	[COLUMN_FAST] = { "fast", "fast", "FAST", UNIT_COUNT, 9, NEEDS_FAST, false, get_fast },
	[COLUMN_TIME] = { "time", "ns", "TIME", UNIT_NS, 7, NEEDS_SUMS, false, get_time },
	[COLUMN_TIME_SHARE] = { "time_share", "time_share", "TIME %", UNIT_SHARE, 7, NEEDS_SUMS, false, get_time_share },
	[COLUMN_PREEMPTED] = { "preempted", "preempted_ns", "PREEMPT", UNIT_NS, 7, NEEDS_OFF_CPU, false, get_preempted },
	[COLUMN_BLOCKED] = { "blocked", "blocked_ns", "BLOCKED", UNIT_NS, 7, NEEDS_OFF_CPU, false, get_blocked },
	[COLUMN_VMM] = { "vmm", "vmm_ns", "VMM", UNIT_NS, 7, NEEDS_SPLIT, false, get_vmm },
	[COLUMN_KVM] = { "kvm", "kvm_ns", "KVM", UNIT_NS, 7, NEEDS_SPLIT, false, get_kvm },
	[COLUMN_TIMED] = { "timed", "timed", "TIMED", UNIT_COUNT, 10, NEEDS_SUMS, true, get_timed },
	[COLUMN_MEAN] = { "mean", "mean_ns", "MEAN", UNIT_NS, 7, NEEDS_SUMS, true, get_mean },
	[COLUMN_MIN] = { "min", "min_ns", "MIN", UNIT_NS, 7, NEEDS_TIME, false, get_min },
	[COLUMN_P50] = { "p50", "p50_ns", "P50", UNIT_NS, 7, NEEDS_TIME, true, get_p50 },
	[COLUMN_P90] = { "p90", "p90_ns", "P90", UNIT_NS, 7, NEEDS_TIME, true, get_p90 },
	[COLUMN_P99] = { "p99", "p99_ns", "P99", UNIT_NS, 7, NEEDS_TIME, true, get_p99 },
	[COLUMN_P999] = { "p999", "p999_ns", "P99.9", UNIT_NS, 7, NEEDS_TIME, true, get_p999 },
	[COLUMN_MAX] = { "max", "max_ns", "MAX", UNIT_NS, 7, NEEDS_TIME, false, get_max },
	[COLUMN_CLASS] = { "class", "class", "CLASS", UNIT_NAME, 10, 0, false, get_class },
};
/* clang-format on */

/* The compiler counts the columns, so that no list has a wrong length. */
#define COLUMNS(...)                                                    \
	{                                                               \
		.id = { __VA_ARGS__ },                                  \
		.nr = sizeof((const enum column_id[]){ __VA_ARGS__ }) / \
		      sizeof(enum column_id),                           \
	}

const struct column_list columns_by_use[NR_USES] = {
	[USE_TABLE] = COLUMNS(COLUMN_EXITS, COLUMN_TIME_SHARE, COLUMN_FAST,
			      COLUMN_KVM, COLUMN_VMM, COLUMN_PREEMPTED,
			      COLUMN_BLOCKED, COLUMN_P99, COLUMN_MAX,
			      COLUMN_P50, COLUMN_PER_SECOND, COLUMN_SHARE,
			      COLUMN_TIME, COLUMN_MEAN, COLUMN_MIN, COLUMN_P90,
			      COLUMN_P999, COLUMN_TIMED, COLUMN_CLASS),
	[USE_KEYS] = COLUMNS(COLUMN_EXITS, COLUMN_TIME_SHARE, COLUMN_FAST,
			     COLUMN_KVM, COLUMN_VMM, COLUMN_PREEMPTED,
			     COLUMN_BLOCKED, COLUMN_MEAN, COLUMN_MAX,
			     COLUMN_P99, COLUMN_PER_SECOND),
	[USE_TOP] = COLUMNS(COLUMN_PER_SECOND, COLUMN_TIME_SHARE, COLUMN_FAST,
			    COLUMN_KVM, COLUMN_VMM, COLUMN_PREEMPTED,
			    COLUMN_BLOCKED, COLUMN_P99, COLUMN_MAX, COLUMN_P50,
			    COLUMN_EXITS, COLUMN_SHARE, COLUMN_MEAN,
			    COLUMN_TIME, COLUMN_P90, COLUMN_P999),
	[USE_TOP_TIMES] = COLUMNS(COLUMN_EXITS, COLUMN_SHARE),
	[USE_REPORT] = COLUMNS(COLUMN_EXITS, COLUMN_SHARE, COLUMN_TIME,
			       COLUMN_P50, COLUMN_P99, COLUMN_MAX, COLUMN_MEAN),
	[USE_REPORT_KEYS] = COLUMNS(COLUMN_EXITS, COLUMN_SHARE, COLUMN_TIME,
				    COLUMN_MEAN, COLUMN_MAX),
	[USE_PAGE] = COLUMNS(COLUMN_EXITS, COLUMN_SHARE, COLUMN_FAST,
			     COLUMN_TIME, COLUMN_MEAN, COLUMN_P50, COLUMN_P90,
			     COLUMN_P99, COLUMN_MAX, COLUMN_PREEMPTED,
			     COLUMN_BLOCKED),
};

static void names(char *text, size_t size)
{
	size_t length = 0;

	for (size_t i = 0; i < NR_COLUMNS; i++)
		length += snprintf(text + length, size - length, "%s%s",
				   i ? ", " : "", columns[i].name);
}

int column_find(const char *name, enum column_id *id, struct why *why)
{
	char all[256];

	for (size_t i = 0; i < NR_COLUMNS; i++) {
		if (!strcmp(columns[i].name, name)) {
			*id = i;
			return 0;
		}
	}
	names(all, sizeof(all));
	return why_set(why, EINVAL, "there is no column '%.40s'; there are %s",
		       name, all);
}

int column_list_parse(const char *text, struct column_list *list,
		      struct why *why)
{
	list->nr = 0;
	for (;;) {
		size_t length = strcspn(text, ",");
		enum column_id id;
		char name[48];

		snprintf(name, sizeof(name), "%.*s", (int)length, text);
		if (column_find(name, &id, why))
			return -EINVAL;
		for (size_t i = 0; i < list->nr; i++) {
			if (list->id[i] == id)
				return why_set(why, EINVAL,
					       "column '%s' is given twice",
					       name);
		}
		list->id[list->nr++] = id;
		if (!text[length])
			return 0;
		text += length + 1;
	}
}

void column_list_all(unsigned int has, struct column_list *list)
{
	list->nr = 0;
	for (size_t i = 0; i < NR_COLUMNS; i++) {
		if (!(columns[i].needs & ~has))
			list->id[list->nr++] = i;
	}
}

void column_list_fit(const struct column_list *order, unsigned int has,
		     unsigned int width, struct column_list *list)
{
	bool taken[NR_COLUMNS] = { false };

	for (size_t i = 0; i < order->nr; i++) {
		const struct column *column = &columns[order->id[i]];

		if (column->needs & ~has || column->width + 1 > width ||
		    taken[order->id[i]])
			continue;
		taken[order->id[i]] = true;
		width -= column->width + 1;
	}
	list->nr = 0;
	for (size_t i = 0; i < NR_COLUMNS; i++) {
		if (taken[i])
			list->id[list->nr++] = i;
	}
}

static struct text name_text(const char *name)
{
	struct text text;

	text.length = snprintf(text.s, sizeof(text.s), "%s", name);
	return text;
}

struct text column_text_in(enum column_id id, const struct row *row,
			   size_t width)
{
	struct value value = { 0 };
	const struct text none = { "-", 1 };

	if (!columns[id].get(row, &value))
		return none;
	switch (columns[id].unit) {
	case UNIT_COUNT:
		return format_count_in(value.count, width);
	case UNIT_PER_SECOND:
		return format_count_in(llround(fmin(value.real, 9e18)), width);
	case UNIT_NS:
		return format_ns_in(value.count, width);
	case UNIT_SHARE:
		return format_percent_in(value.real, width);
	case UNIT_NAME:
		return name_text(value.name);
	}
	return none;
}

struct text column_text(enum column_id id, const struct row *row)
{
	return column_text_in(id, row, SIZE_MAX);
}

struct text column_cell(enum column_id id, const struct row *row)
{
	return column_text_in(id, row, columns[id].width);
}

void column_list_head(const struct column_list *list, struct table_line *line)
{
	for (size_t i = 0; i < list->nr; i++)
		table_right(line, columns[list->id[i]].width,
			    columns[list->id[i]].header);
}

void column_list_cells(const struct column_list *list, const struct row *row,
		       struct table_line *line)
{
	for (size_t i = 0; i < list->nr; i++)
		table_number(line, columns[list->id[i]].width,
			     column_cell(list->id[i], row));
}

static int compare_values(enum column_id id, const struct row *a,
			  const struct row *b)
{
	struct value x = { 0 }, y = { 0 };
	bool has_x = columns[id].get(a, &x), has_y = columns[id].get(b, &y);

	if (has_x != has_y)
		return has_x ? -1 : 1;
	if (x.name && y.name)
		return strcmp(x.name, y.name);
	if (x.count != y.count)
		return x.count < y.count ? 1 : -1;
	if (x.real != y.real)
		return x.real < y.real ? 1 : -1;
	return 0;
}

int column_compare(enum column_id id, const struct row *a, const struct row *b)
{
	int order = compare_values(id, a, b);

	if (order)
		return order;
	if (a->reason != b->reason)
		return a->reason < b->reason ? -1 : 1;
	return a->key < b->key ? -1 : a->key > b->key;
}

static int by_column(const void *a, const void *b, void *id)
{
	return column_compare(*(enum column_id *)id, a, b);
}

/* Sort keys by reason first, so that keys of the same reason stay together. */
static int keys_by_column(const void *a, const void *b, void *id)
{
	const struct row *x = a, *y = b;

	if (x->reason != y->reason)
		return x->reason < y->reason ? -1 : 1;
	return column_compare(*(enum column_id *)id, x, y);
}

static int groups_by_column(const void *a, const void *b, void *id)
{
	const struct row_group *x = a, *y = b;
	int order;

	order = column_compare(*(enum column_id *)id, &x->total, &y->total);
	if (order)
		return order;
	if (x->vm->number != y->vm->number)
		return x->vm->number < y->vm->number ? -1 : 1;
	if (x->vcpu && y->vcpu)
		return x->vcpu->id < y->vcpu->id ? -1 :
						   x->vcpu->id > y->vcpu->id;
	return 0;
}

void rows_sort_group(struct row_group *group, enum column_id id)
{
	if (group->nr_reasons)
		qsort_r(group->reason, group->nr_reasons,
			sizeof(*group->reason), by_column, &id);
	if (group->nr_keys)
		qsort_r(group->key, group->nr_keys, sizeof(*group->key),
			keys_by_column, &id);
}

void rows_sort(struct rows *rows, enum column_id id)
{
	for (size_t i = 0; i < rows->nr; i++)
		rows_sort_group(&rows->group[i], id);
	if (rows->nr)
		qsort_r(rows->group, rows->nr, sizeof(*rows->group),
			groups_by_column, &id);
}
