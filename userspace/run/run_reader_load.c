// SPDX-License-Identifier: GPL-2.0-only
/* Reads the small tables of a run completely. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "run/run_cells.h"
#include "run/run_reader_private.h"

int run_damaged(const struct run_reader *reader, struct why *why,
		const char *what)
{
	return why_set(why, EINVAL, "%s: is damaged: %s", reader->path, what);
}

bool run_column(sqlite3_stmt *row, int column, uint64_t max, uint64_t *value)
{
	int64_t number = sqlite3_column_int64(row, column);

	*value = number;
	return sqlite3_column_type(row, column) == SQLITE_INTEGER &&
	       number >= 0 && (uint64_t)number <= max;
}

/* Read a text, cut to @size.  Returns false if it is not a text. */
static bool text_column(sqlite3_stmt *row, int column, char *text, size_t size)
{
	const void *from;
	size_t length;

	/*
	 * Check the type first, because reading a value as text may convert it.
	 */
	if (sqlite3_column_type(row, column) != SQLITE_TEXT)
		return false;
	from = sqlite3_column_text(row, column);
	length = sqlite3_column_bytes(row, column);
	if (!from)
		return false;
	if (length >= size)
		length = size - 1;
	memcpy(text, from, length);
	text[length] = '\0';
	return true;
}

/* Call @row for each row of a query; 0, or -errno with @why. */
static int each_row(struct run_reader *reader, const char *sql,
		    int (*row)(struct run_reader *reader, sqlite3_stmt *row),
		    const char *table, struct why *why)
{
	sqlite3_stmt *get;
	int r = 0, step = SQLITE_DONE;

	if (sqlite3_prepare_v2(reader->db, sql, -1, &get, NULL) != SQLITE_OK)
		return run_sql_error(reader->db, reader->path, why);
	while (!r && (step = sqlite3_step(get)) == SQLITE_ROW)
		r = row(reader, get);
	if (r == -ENOMEM)
		why_set(why, ENOMEM, "out of memory");
	else if (r)
		why_set(why, EINVAL,
			"%s: is damaged: a row of its table %s makes no sense",
			reader->path, table);
	else if (step != SQLITE_DONE)
		r = run_sql_error(reader->db, reader->path, why);
	sqlite3_finalize(get);
	return r;
}

static int load_vm(struct run_reader *reader, sqlite3_stmt *row)
{
	uint64_t number, pid, isa;
	struct ledger_vm *vm;

	if (!run_column(row, 0, INT64_MAX, &number) ||
	    !run_column(row, 1, UINT32_MAX, &pid) ||
	    !run_column(row, 2, UINT32_MAX, &isa))
		return -EINVAL;
	vm = ledger_vm(&reader->vms, number, pid);
	if (!vm)
		return -ENOMEM;
	vm->isa = isa;
	return text_column(row, 3, vm->name, sizeof(vm->name)) ? 0 : -EINVAL;
}

/*
 * Make room for one more element after @nr.  The array has room for the next
 * power of two, so it is full only if @nr is 0 or a power of two; it is then
 * doubled.
 */
static void *grow(void *array, size_t nr, size_t size)
{
	if (nr & (nr - 1))
		return array;
	return reallocarray(array, nr ? 2 * nr : 1, size);
}

static int load_vcpu(struct run_reader *reader, sqlite3_stmt *row)
{
	struct run_vcpu *vcpus, vcpu = { .gone_ns = UINT64_MAX };
	uint64_t id, tid;

	if (!run_column(row, 0, INT64_MAX, &vcpu.vm) ||
	    !run_column(row, 1, UINT32_MAX, &id) ||
	    !run_column(row, 2, INT64_MAX, &vcpu.seen_ns) ||
	    !run_column(row, 3, UINT32_MAX, &tid) ||
	    !run_column(row, 4, INT64_MAX, &vcpu.prior_exits) ||
	    (sqlite3_column_type(row, 5) != SQLITE_NULL &&
	     !run_column(row, 5, INT64_MAX, &vcpu.gone_ns)) ||
	    !ledger_find_vm(&reader->vms, vcpu.vm))
		return -EINVAL;
	vcpu.id = id;
	vcpu.tid = tid;
	vcpus = grow(reader->vcpu, reader->nr_vcpus, sizeof(*vcpus));
	if (!vcpus)
		return -ENOMEM;
	vcpus[reader->nr_vcpus++] = vcpu;
	reader->vcpu = vcpus;
	return 0;
}

/* Read the counts of a mark, if it has any. */
static bool get_exits(sqlite3_stmt *row, struct run_mark *mark)
{
	uint64_t vcpu, vcpus;

	if (sqlite3_column_type(row, 7) == SQLITE_NULL)
		return true;
	mark->has_exits = true;
	mark->has_kernel = sqlite3_column_type(row, 6) != SQLITE_NULL;
	if (!run_column(row, 4, UINT32_MAX, &vcpu) ||
	    !run_column(row, 5, UINT32_MAX, &vcpus) ||
	    (mark->has_kernel &&
	     !run_column(row, 6, RUN_COUNT_MAX, &mark->kernel_exits)) ||
	    !run_column(row, 7, RUN_COUNT_MAX, &mark->bpf_exits) ||
	    !run_column(row, 8, RUN_COUNT_MAX, &mark->bpf_before))
		return false;
	mark->vcpu = vcpu;
	mark->vcpus = vcpus;
	return true;
}

static int load_mark(struct run_reader *reader, sqlite3_stmt *row)
{
	struct run_marks *marks = &reader->marks;
	struct run_mark *all, mark = { .vm = 0 };

	if (!run_column(row, 0, INT64_MAX, &mark.at_ns) ||
	    !text_column(row, 1, mark.kind, sizeof(mark.kind)) ||
	    (sqlite3_column_type(row, 2) != SQLITE_NULL &&
	     !run_column(row, 2, INT64_MAX, &mark.vm)) ||
	    !text_column(row, 3, mark.text, sizeof(mark.text)) ||
	    !get_exits(row, &mark))
		return -EINVAL;
	all = grow(marks->mark, marks->nr, sizeof(*all));
	if (!all)
		return -ENOMEM;
	all[marks->nr++] = mark;
	marks->mark = all;
	return 0;
}

static int by_time(const void *a, const void *b)
{
	const struct run_vcpu *x = *(struct run_vcpu *const *)a;
	const struct run_vcpu *y = *(struct run_vcpu *const *)b;

	if (x->seen_ns != y->seen_ns)
		return x->seen_ns < y->seen_ns ? -1 : 1;
	return x < y ? -1 : x > y;
}

/*
 * Sort the vCPUs by the time at which they were first seen: a reader goes
 * through them once.
 */
static int order_vcpus(struct run_reader *reader, struct why *why)
{
	const size_t nr = reader->nr_vcpus;

	reader->by_time = calloc(nr + 1, sizeof(void *));
	reader->present = calloc(nr + 1, sizeof(void *));
	if (!reader->by_time || !reader->present)
		return why_set(why, ENOMEM, "out of memory");
	for (size_t i = 0; i < nr; i++)
		reader->by_time[i] = &reader->vcpu[i];
	qsort(reader->by_time, nr, sizeof(void *), by_time);
	return 0;
}

int run_reader_load(struct run_reader *reader, struct why *why)
{
	int r = each_row(
		reader, "SELECT number, pid, isa, name FROM vm ORDER BY number",
		load_vm, "vm", why);

	if (!r)
		r = each_row(
			reader,
			"SELECT vm, id, seen_ns, tid, prior_exits, gone_ns FROM vcpu ORDER BY vm, id, seen_ns",
			load_vcpu, "vcpu", why);
	if (!r)
		r = order_vcpus(reader, why);
	if (!r)
		r = each_row(
			reader,
			"SELECT at_ns, kind, vm, text, vcpu, vcpus, kernel_exits, bpf_exits, bpf_before FROM mark ORDER BY at_ns, id",
			load_mark, "mark", why);
	return r;
}

/*
 * Add the vCPUs that were first seen up to @end_ns, and drop those that were
 * gone at @begin_ns.
 */
static void update_present(struct run_reader *reader, uint64_t begin_ns,
			   uint64_t end_ns)
{
	size_t kept = 0;

	/*
	 * A period that begins before the end of the last one is a part of that
	 * one: drop no vCPU, as later parts may need it.
	 */
	if (begin_ns >= reader->present_ns) {
		for (size_t i = 0; i < reader->nr_present; i++) {
			if (reader->present[i]->gone_ns > begin_ns)
				reader->present[kept++] = reader->present[i];
		}
		reader->nr_present = kept;
	}
	if (end_ns > reader->present_ns)
		reader->present_ns = end_ns;
	while (reader->nr_came < reader->nr_vcpus &&
	       reader->by_time[reader->nr_came]->seen_ns <= end_ns)
		reader->present[reader->nr_present++] =
			reader->by_time[reader->nr_came++];
}

int run_reader_present(struct run_reader *reader, uint64_t begin_ns,
		       uint64_t end_ns, struct ledger *ledger)
{
	const struct ledger_vm *named = NULL;
	struct ledger_vm *vm = NULL;

	update_present(reader, begin_ns, end_ns);
	for (size_t i = 0; i < reader->nr_present; i++) {
		const struct run_vcpu *from = reader->present[i];
		struct ledger_vcpu *vcpu;

		if (from->seen_ns > end_ns || from->gone_ns <= begin_ns)
			continue;
		if (!vm || vm->number != from->vm) {
			named = ledger_find_vm(&reader->vms, from->vm);
			vm = ledger_vm(ledger, from->vm, named->pid);
			if (!vm)
				return -ENOMEM;
			vm->isa = named->isa;
			memcpy(vm->name, named->name, sizeof(vm->name));
		}
		vcpu = ledger_vcpu(vm, from->id);
		if (!vcpu)
			return -ENOMEM;
		vcpu->tid = from->tid;
		vcpu->prior_exits = from->prior_exits;
		vcpu->gone = from->gone_ns <= end_ns;
	}
	return 0;
}
