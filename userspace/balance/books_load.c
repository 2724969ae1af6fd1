// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "balance/books.h"
#include "balance/books_format.h"
#include "exit_leaves.h"
#include "lib/json_get.h"

struct number {
	const char *name;
	uint64_t *value;
};

/* Read several 64-bit members, and stop at the first one that is wrong. */
static int get_numbers(const json_t *json, const struct number *number,
		       size_t nr, struct why *why)
{
	for (size_t i = 0; i < nr; i++) {
		int r = json_get_u64(json, number[i].name, INT64_MAX,
				     number[i].value, why);

		if (r)
			return r;
	}
	return 0;
}

/* Read a member that older files do not have. */
static int get_later(const json_t *json, const char *name, uint64_t *value,
		     struct why *why)
{
	return json_object_get(json, name) ?
		       json_get_u64(json, name, INT64_MAX, value, why) :
		       0;
}

#define GET_NUMBERS(json, why, ...)                                  \
	get_numbers(json, (const struct number[]){ __VA_ARGS__ },    \
		    sizeof((const struct number[]){ __VA_ARGS__ }) / \
			    sizeof(struct number),                   \
		    why)

static int get_mode(const json_t *json, const char *name, int *mode,
		    struct why *why)
{
	const json_t *member = json_object_get(json, name);

	if (!json_is_integer(member))
		return why_set(why, EINVAL, "\"%s\" is no integer", name);
	*mode = json_integer_value(member);
	return 0;
}

static int load_host(const json_t *json, struct books *books, struct why *why)
{
	struct host *host = &books->host;
	int r;

	r = json_get_string(json, "kernel", host->kernel, sizeof(host->kernel),
			    why);
	if (!r)
		r = json_get_string(json, "vendor", host->vendor,
				    sizeof(host->vendor), why);
	if (!r)
		r = json_get_string(json, "hypervisor", host->hypervisor,
				    sizeof(host->hypervisor), why);
	if (!r)
		r = json_get_u32(json, "isa", &host->isa, why);
	if (!r)
		r = get_mode(json, "exit_stats", &host->exit_stats, why);
	if (!r)
		r = get_mode(json, "exit_stats_after", &books->exit_stats_after,
			     why);
	if (!r && json_object_get(json, "by_anchors"))
		r = json_get_bool(json, "by_anchors", &host->by_anchors, why);
	return r;
}

static int load_cells(const json_t *json, struct ledger_cells *cells,
		      struct why *why)
{
	json_t *array, *item;
	size_t i;
	int r;

	r = json_get_array(json, "reasons", &array, why);
	if (r)
		return r;
	json_array_foreach (array, i, item) {
		struct ledger_cell *cell;
		uint32_t reason;

		r = json_get_u32(item, "reason", &reason, why);
		if (r)
			return r;
		cell = ledger_cell(cells, reason);
		if (!cell)
			return why_set(why, ENOMEM, "out of memory");
		r = GET_NUMBERS(item, why, { "exits", &cell->times.exits },
				{ "ns", &cell->times.ns });
		if (r)
			return r;
	}
	return 0;
}

static int load_vcpu(const json_t *json, struct ledger_vm *vm, struct why *why)
{
	struct ledger_vcpu *vcpu;
	uint32_t id;
	int r;

	r = json_get_u32(json, "id", &id, why);
	if (r)
		return r;
	vcpu = ledger_vcpu(vm, id);
	if (!vcpu)
		return why_set(why, ENOMEM, "out of memory");
	r = json_get_u32(json, "tid", &vcpu->tid, why);
	if (!r)
		r = json_get_bool(json, "gone", &vcpu->gone, why);
	if (!r)
		r = GET_NUMBERS(json, why, { "exits", &vcpu->exits },
				{ "ns", &vcpu->ns },
				{ "prior_exits", &vcpu->prior_exits },
				{ "missed_exits", &vcpu->missed_exits },
				{ "missed_entries", &vcpu->missed_entries },
				{ "sparse_full", &vcpu->sparse_full });
	if (!r)
		r = get_later(json, "failed_entries", &vcpu->failed_entries,
			      why);
	if (!r)
		r = get_later(json, "emulated", &vcpu->emulated, why);
	return r ? r : load_cells(json, &vcpu->cells, why);
}

static int load_vms(const json_t *json, struct ledger *ledger, struct why *why)
{
	json_t *vms, *vcpus, *item, *vcpu;
	size_t i, j;
	int r;

	r = json_get_array(json, "vms", &vms, why);
	if (r)
		return r;
	json_array_foreach (vms, i, item) {
		struct ledger_vm *vm;
		uint64_t number;
		uint32_t pid;

		r = json_get_u64(item, "number", INT64_MAX, &number, why);
		if (!r)
			r = json_get_u32(item, "pid", &pid, why);
		if (r)
			return r;
		vm = ledger_vm(ledger, number, pid);
		if (!vm)
			return why_set(why, ENOMEM, "out of memory");
		r = json_get_u32(item, "isa", &vm->isa, why);
		if (!r)
			r = json_get_string(item, "name", vm->name,
					    sizeof(vm->name), why);
		if (!r)
			r = json_get_array(item, "vcpus", &vcpus, why);
		if (r)
			return r;
		json_array_foreach (vcpus, j, vcpu) {
			r = load_vcpu(vcpu, vm, why);
			if (r)
				return r;
		}
	}
	return 0;
}

static int load_answer(const json_t *json, struct answers *answers,
		       struct why *why)
{
	struct answer answer = { 0 };
	struct {
		const char *name;
		uint32_t *value;
	} field[] = {
		{ "leaf", &answer.read.leaf }, { "index", &answer.read.index },
		{ "eax", &answer.read.eax },   { "ebx", &answer.read.ebx },
		{ "ecx", &answer.read.ecx },   { "edx", &answer.read.edx },
		{ "vcpu", &answer.vcpu_id },   { "vcpus", &answer.vcpus },
	};
	int r;

	for (size_t i = 0; i < sizeof(field) / sizeof(field[0]); i++) {
		r = json_get_u32(json, field[i].name, field[i].value, why);
		if (r)
			return r;
	}
	if (answer.read.leaf < EXIT_LEAF_FIRST ||
	    answer.read.leaf > EXIT_LEAF_LAST)
		return why_set(why, EINVAL,
			       "leaf 0x%x is not a leaf of the exit counters",
			       answer.read.leaf);
	/* Older books do not have this member. */
	r = json_object_get(json, "outside") ?
		    json_get_u32(json, "outside", &answer.outside, why) :
		    0;
	if (!r)
		r = json_get_bool(json, "found", &answer.found, why);
	if (!r)
		r = json_get_bool(json, "paired", &answer.paired, why);
	if (!r && json_object_get(json, "host"))
		r = json_get_bool(json, "host", &answer.host, why);
	if (!r)
		r = GET_NUMBERS(json, why, { "vm", &answer.vm },
				{ "at_ns", &answer.ns },
				{ "exits_before", &answer.exits_before },
				{ "exits_after", &answer.exits_after },
				{ "ns_before", &answer.ns_before },
				{ "ns_after", &answer.ns_after });
	if (!r && answers_add(answers, &answer))
		r = why_set(why, ENOMEM, "out of memory");
	return r;
}

static int load_answers(const json_t *json, struct books *books,
			struct why *why)
{
	struct why cause;
	json_t *array, *item;
	size_t i;
	int r;

	r = json_get_array(json, "answers", &array, why);
	if (r)
		return r;
	json_array_foreach (array, i, item) {
		r = load_answer(item, &books->answers, &cause);
		if (r)
			return why_set(why, -r, "answer %zu: %s", i,
				       cause.text);
	}
	return 0;
}

static int load_pids(const json_t *json, const char *name, struct pids *pids,
		     struct why *why)
{
	json_t *array, *item;
	size_t i;
	int r = json_get_array(json, name, &array, why);

	if (r)
		return r;
	json_array_foreach (array, i, item) {
		if (!json_is_integer(item))
			return why_set(why, EINVAL,
				       "\"%s\" has a value that is not a pid",
				       name);
		if (pids_add(pids, json_integer_value(item)))
			return why_set(why, ENOMEM, "out of memory");
	}
	return 0;
}

/* Load members that older books do not have; these are then unknown. */
static int load_start(const json_t *json, struct books *books, struct why *why)
{
	int r;

	if (!json_object_get(json, "started_ns"))
		return 0;
	r = json_get_u64(json, "started_ns", INT64_MAX, &books->started_ns,
			 why);
	if (!r)
		r = json_get_bool(json, "switched", &books->switched, why);
	if (!r)
		r = json_get_bool(json, "leaves_on", &books->leaves_on, why);
	if (!r)
		r = load_pids(json, "running", &books->running, why);
	if (!r && json_object_get(json, "withheld"))
		r = load_pids(json, "withheld", &books->withheld, why);
	return r;
}

static int load_statistics(const json_t *json, struct books *books,
			   struct why *why)
{
	json_t *array, *item;
	size_t i;
	int r;

	if (!json_object_get(json, "statistics"))
		return 0;
	r = json_get_array(json, "statistics", &array, why);
	if (r)
		return r;
	books->statistics =
		calloc(json_array_size(array) + 1, sizeof(*books->statistics));
	if (!books->statistics)
		return why_set(why, ENOMEM, "out of memory");
	json_array_foreach (array, i, item) {
		struct statistics *to = &books->statistics[i];

		r = json_get_u32(item, "vcpus", &to->vcpus, why);
		if (!r)
			r = GET_NUMBERS(item, why, { "vm", &to->vm },
					{ "before", &to->before },
					{ "exits", &to->exits },
					{ "after", &to->after });
		if (!r)
			r = get_later(item, "failed_entries",
				      &to->failed_entries, why);
		if (!r)
			r = get_later(item, "emulated", &to->emulated, why);
		if (r)
			return r;
		books->nr_statistics++;
	}
	return 0;
}

/* Load the numbers of answers and reports that were left out. */
static int load_left_out(const json_t *json, struct books *books,
			 struct why *why)
{
	uint64_t cleared = 0, dropped = 0, damaged = 0, host_reads = 0;
	int r = 0;

	if (json_object_get(json, "statistics_cleared"))
		r = json_get_u64(json, "statistics_cleared", INT64_MAX,
				 &cleared, why);
	if (!r && json_object_get(json, "answers_dropped"))
		r = json_get_u64(json, "answers_dropped", INT64_MAX, &dropped,
				 why);
	if (!r && json_object_get(json, "reports_damaged"))
		r = json_get_u64(json, "reports_damaged", INT64_MAX, &damaged,
				 why);
	if (!r && json_object_get(json, "host_reads"))
		r = json_get_u64(json, "host_reads", INT64_MAX, &host_reads,
				 why);
	books->host_reads = host_reads;
	books->reports_damaged = damaged;
	books->statistics_cleared = cleared;
	books->answers.dropped += dropped;
	return r;
}

static int load_reports(const json_t *json, struct books *books,
			struct why *why)
{
	const json_t *last = json_object_get(json, "guest_report"), *item;
	struct guest_report report;
	size_t i;
	int r;

	json_array_foreach (json_object_get(json, "earlier_reports"), i, item) {
		r = guest_report_parse(item, &report, why);
		if (r)
			return r;
		if (books_add_report(books, &report))
			return why_set(why, ENOMEM, "out of memory");
	}
	if (!last)
		return 0;
	r = guest_report_parse(last, &report, why);
	if (!r && books_add_report(books, &report))
		r = why_set(why, ENOMEM, "out of memory");
	return r;
}

static void load_rates(const json_t *json, struct books *books)
{
	books->tsc_khz = json_number_value(json_object_get(json, "tsc_khz"));
	books->tsc_khz_low =
		json_number_value(json_object_get(json, "tsc_khz_low"));
	books->tsc_khz_high =
		json_number_value(json_object_get(json, "tsc_khz_high"));
}

static int load_all(const json_t *json, struct books *books, struct why *why)
{
	struct ledger_losses *losses = &books->ledger.losses;
	uint64_t status = 0;
	int r;

	r = json_get_format(json, BOOKS_FORMAT, BOOKS_VERSION, why);
	if (!r)
		r = load_host(json_object_get(json, "host"), books, why);
	if (!r)
		r = json_get_string(json, "attach", books->attach,
				    sizeof(books->attach), why);
	if (!r)
		r = json_get_bool(json, "sees_ends", &books->sees_ends, why);
	if (!r)
		r = json_get_string(json, "command", books->command,
				    sizeof(books->command), why);
	if (!r)
		r = GET_NUMBERS(json, why, { "command_status", &status },
				{ "ended_ns", &books->ledger.ns });
	if (!r)
		r = GET_NUMBERS(json_object_get(json, "losses"), why,
				{ "no_slot", &losses->no_slot },
				{ "no_vm", &losses->no_vm },
				{ "answers", &losses->answers },
				{ "unreadable", &losses->unreadable },
				{ "recursion", &losses->recursion });
	if (!r && json_object_get(json_object_get(json, "losses"), "negative"))
		r = GET_NUMBERS(json_object_get(json, "losses"), why,
				{ "negative", &losses->negative });
	if (!r)
		r = load_start(json, books, why);
	if (!r)
		r = load_vms(json, &books->ledger, why);
	if (!r)
		r = load_answers(json, books, why);
	books->command_status = status;
	load_rates(json, books);
	if (!r && json_object_get(json, "sees_no_entries"))
		r = json_get_bool(json, "sees_no_entries",
				  &books->sees_no_entries, why);
	if (!r && json_object_get(json, "numbering"))
		r = json_get_string(json, "numbering", books->numbering,
				    sizeof(books->numbering), why);
	if (!r && json_object_get(json, "marks_alone"))
		r = json_get_bool(json, "marks_alone", &books->marks_alone,
				  why);
	if (!r && json_object_get(json, "report_missing"))
		r = json_get_bool(json, "report_missing",
				  &books->report_missing, why);
	if (!r)
		r = load_statistics(json, books, why);
	if (!r)
		r = load_left_out(json, books, why);
	return r ? r : load_reports(json, books, why);
}

int books_load(const char *path, struct books *books, struct why *why)
{
	struct why cause = { "" };
	json_t *json;
	int r;

	memset(books, 0, sizeof(*books));
	json = json_load_path(path, why);
	if (!json)
		return -EINVAL;
	r = load_all(json, books, &cause);
	json_decref(json);
	if (r) {
		why_set(why, -r, "%s: %s", path, cause.text);
		books_free(books);
	}
	return r;
}
