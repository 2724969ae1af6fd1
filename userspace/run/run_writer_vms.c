// SPDX-License-Identifier: GPL-2.0-only
/* Records when VMs and vCPUs appear and end, and the marks for that. */
#include <stdlib.h>
#include <string.h>

#include "ledger/isa.h"
#include "lib/array.h"
#include "run/run_cells.h"
#include "run/run_writer_private.h"

static int put_mark(struct run_writer *writer, uint64_t at_ns, const char *kind,
		    const struct ledger_vm *vm)
{
	sqlite3_stmt *put = writer->put[PUT_MARK];

	sqlite3_bind_int64(put, 1, at_ns);
	sqlite3_bind_text(put, 2, kind, -1, SQLITE_STATIC);
	sqlite3_bind_int64(put, 3, vm->number);
	sqlite3_bind_text(put, 4, vm->name, -1, SQLITE_TRANSIENT);
	return run_put(writer, PUT_MARK);
}

/* When a VM was first seen, its first exit, and the first for an I/O port. */
struct firsts {
	uint64_t born_ns, exit_ns, io_ns;
};

/* Returns the earlier of two times; 0 means unknown. */
static uint64_t earlier(uint64_t a, uint64_t b)
{
	return !a || (b && b < a) ? b : a;
}

/* Times that are unknown, or before this interval, are set to its start. */
static struct firsts firsts_of(const struct run_writer *writer,
			       const struct ledger_vm *vm)
{
	struct firsts firsts = { 0 };
	uint64_t *const each[] = { &firsts.born_ns, &firsts.exit_ns,
				   &firsts.io_ns };

	for (size_t i = 0; i < vm->nr_vcpus; i++) {
		const struct ledger_vcpu *vcpu = &vm->vcpu[i];

		firsts.born_ns = earlier(firsts.born_ns, vcpu->born_ns);
		firsts.exit_ns = earlier(firsts.exit_ns, vcpu->first_exit_ns);
		firsts.io_ns = earlier(firsts.io_ns, vcpu->first_io_ns);
	}
	for (size_t i = 0; i < sizeof(each) / sizeof(each[0]); i++) {
		if (*each[i] < writer->since_ns)
			*each[i] = writer->since_ns;
	}
	return firsts;
}

static int compare_marks(const void *element, const void *key)
{
	const struct run_vm_marks *marks = element;
	const uint64_t *vm = key;

	return marks->vm < *vm ? -1 : marks->vm > *vm;
}

static struct run_vm_marks *marks_of(struct run_writer *writer, uint64_t vm)
{
	size_t at = array_lower_bound(&vm, writer->marks, writer->nr_marks,
				      sizeof(*writer->marks), compare_marks);
	struct run_vm_marks *marks;

	if (at < writer->nr_marks && writer->marks[at].vm == vm)
		return &writer->marks[at];
	marks = array_insert(writer->marks, writer->nr_marks,
			     writer->marks_room, at);
	if (marks)
		marks->vm = vm;
	return marks;
}

/*
 * Is this an I/O exit?  KVM passes it to user space, unless KVM emulates the
 * device itself.
 */
static bool is_io(uint32_t isa, uint32_t reason)
{
	return reason == isa_roles(isa)->io;
}

static int put_first_exits(struct run_writer *writer,
			   const struct ledger_vm *vm)
{
	struct run_vm_marks *marks = marks_of(writer, vm->number);
	const struct firsts firsts = firsts_of(writer, vm);
	bool exits = false, io = false;
	int r = SQLITE_OK;

	if (!marks)
		return SQLITE_NOMEM;
	if (marks->exits && marks->io)
		return SQLITE_OK;
	for (size_t i = 0; i < vm->nr_vcpus; i++) {
		const struct ledger_cells *cells = &vm->vcpu[i].cells;

		exits |= vm->vcpu[i].exits > 0;
		for (size_t j = 0; j < cells->nr; j++)
			io |= cells->cell[j].times.exits &&
			      is_io(vm->isa, cells->cell[j].reason);
	}
	if (exits && !marks->exits) {
		r = put_mark(writer, firsts.exit_ns, RUN_MARK_FIRST_EXIT, vm);
		marks->exits = true;
	}
	if (r == SQLITE_OK && io && !marks->io) {
		r = put_mark(writer, firsts.io_ns, RUN_MARK_FIRST_IO, vm);
		marks->io = true;
	}
	return r;
}

static int put_vcpu(struct run_writer *writer, const struct ledger *interval,
		    const struct ledger_vm *vm, const struct ledger_vcpu *vcpu,
		    struct ledger_vm *known)
{
	size_t before = known->nr_vcpus;
	struct ledger_vcpu *to = ledger_vcpu(known, vcpu->id);
	unsigned int statement = PUT_VCPU_AGAIN;
	sqlite3_stmt *put;
	int r = SQLITE_OK;

	if (!to)
		return SQLITE_NOMEM;
	if (known->nr_vcpus != before)
		statement = PUT_VCPU;
	if (statement == PUT_VCPU || to->tid != vcpu->tid ||
	    to->prior_exits != vcpu->prior_exits) {
		put = writer->put[statement];
		sqlite3_bind_int64(put, 1, vm->number);
		sqlite3_bind_int64(put, 2, vcpu->id);
		sqlite3_bind_int64(put, 3, vcpu->tid);
		sqlite3_bind_int64(put, 4, vcpu->prior_exits);
		if (statement == PUT_VCPU)
			sqlite3_bind_int64(put, 5, interval->ns);
		r = run_put(writer, statement);
	}
	to->tid = vcpu->tid;
	to->prior_exits = vcpu->prior_exits;
	to->gone = vcpu->gone;
	if (r != SQLITE_OK || !vcpu->gone)
		return r;
	put = writer->put[PUT_VCPU_GONE];
	sqlite3_bind_int64(put, 1, vm->number);
	sqlite3_bind_int64(put, 2, vcpu->id);
	sqlite3_bind_int64(put, 3, interval->ns);
	return run_put(writer, PUT_VCPU_GONE);
}

static bool was_running(const struct ledger_vm *vm)
{
	for (size_t i = 0; i < vm->nr_vcpus; i++) {
		if (vm->vcpu[i].prior_exits)
			return true;
	}
	return false;
}

static int put_new_vm(struct run_writer *writer, const struct ledger *interval,
		      const struct ledger_vm *vm)
{
	sqlite3_stmt *put = writer->put[PUT_VM];
	int r;

	sqlite3_bind_int64(put, 1, vm->number);
	sqlite3_bind_int64(put, 2, vm->pid);
	sqlite3_bind_int64(put, 3, vm->isa);
	sqlite3_bind_text(put, 4, vm->name, -1, SQLITE_TRANSIENT);
	sqlite3_bind_int64(put, 5, interval->ns);
	r = run_put(writer, PUT_VM);
	if (r == SQLITE_OK)
		r = was_running(vm) ?
			    put_mark(writer, writer->since_ns, RUN_MARK_RUNNING,
				     vm) :
			    put_mark(writer, firsts_of(writer, vm).born_ns,
				     RUN_MARK_CREATED, vm);
	return r;
}

static int put_vm(struct run_writer *writer, const struct ledger *interval,
		  const struct ledger_vm *vm)
{
	struct ledger_vm *known = ledger_find_vm(&writer->known, vm->number);
	int r = SQLITE_OK;

	if (!known) {
		known = ledger_vm(&writer->known, vm->number, vm->pid);
		if (!known)
			return SQLITE_NOMEM;
		r = put_new_vm(writer, interval, vm);
	}
	for (size_t i = 0; r == SQLITE_OK && i < vm->nr_vcpus; i++) {
		if (filter_has_number(&writer->filter->vcpus, vm->vcpu[i].id))
			r = put_vcpu(writer, interval, vm, &vm->vcpu[i], known);
	}
	if (r == SQLITE_OK)
		r = put_first_exits(writer, vm);
	if (r != SQLITE_OK || !ledger_vm_ended(vm))
		return r;
	sqlite3_bind_int64(writer->put[PUT_VM_ENDED], 1, vm->number);
	sqlite3_bind_int64(writer->put[PUT_VM_ENDED], 2, interval->ns);
	r = run_put(writer, PUT_VM_ENDED);
	return r == SQLITE_OK ?
		       put_mark(writer, interval->ns, RUN_MARK_ENDED, vm) :
		       r;
}

int run_writer_vms(struct run_writer *writer, const struct ledger *interval)
{
	int r = SQLITE_OK;

	for (size_t i = 0; r == SQLITE_OK && i < interval->nr_vms; i++) {
		if (filter_has_vm(writer->filter, &interval->vm[i]))
			r = put_vm(writer, interval, &interval->vm[i]);
	}
	/* A vCPU that has ended gets a new row if it appears again. */
	ledger_reset(&writer->known);
	return r;
}

static int put_exits(struct run_writer *writer, const struct ledger_vm *vm,
		     const struct ledger_mark *mark)
{
	sqlite3_stmt *put = writer->put[PUT_MARK_EXITS];

	sqlite3_bind_int64(put, 1, mark->at_ns);
	sqlite3_bind_text(put, 2, mark->reset ? RUN_MARK_RESET : RUN_MARK_GUEST,
			  -1, SQLITE_STATIC);
	sqlite3_bind_int64(put, 3, mark->vm);
	sqlite3_bind_text(put, 4, mark->reset ? vm->name : mark->text, -1,
			  SQLITE_STATIC);
	sqlite3_bind_int64(put, 5, mark->vcpu_id);
	sqlite3_bind_int64(put, 6, mark->vcpus);
	if (mark->has_kernel && mark->kernel_exits <= RUN_COUNT_MAX)
		sqlite3_bind_int64(put, 7, mark->kernel_exits);
	sqlite3_bind_int64(put, 8, mark->exits);
	sqlite3_bind_int64(put, 9, mark->exits_before);
	return run_put(writer, PUT_MARK_EXITS);
}

int run_writer_marks(struct run_writer *writer, const struct ledger *interval)
{
	int r = SQLITE_OK;

	for (size_t i = 0; r == SQLITE_OK && i < interval->marks.nr; i++) {
		const struct ledger_mark *mark = &interval->marks.mark[i];
		const struct ledger_vm *vm = ledger_find_vm(interval, mark->vm);

		if (vm && filter_has_vm(writer->filter, vm))
			r = put_exits(writer, vm, mark);
	}
	return r;
}
