// SPDX-License-Identifier: GPL-2.0-only
#include "balance/books.h"
#include "balance/books_format.h"
#include "lib/json_save.h"

static json_t *host_json(const struct books *books)
{
	const struct host *host = &books->host;

	return json_pack("{s:o,s:o,s:o,s:I,s:i,s:i}", "kernel",
			 json_text(host->kernel), "vendor",
			 json_text(host->vendor), "hypervisor",
			 json_text(host->hypervisor), "isa",
			 (json_int_t)host->isa, "exit_stats", host->exit_stats,
			 "exit_stats_after", books->exit_stats_after);
}

static json_t *cells_json(const struct ledger_cells *cells)
{
	json_t *array = json_array();

	for (size_t i = 0; i < cells->nr; i++) {
		const struct ledger_cell *cell = &cells->cell[i];

		json_array_append_new(
			array, json_pack("{s:I,s:I,s:I}", "reason",
					 (json_int_t)cell->reason, "exits",
					 (json_int_t)cell->times.exits, "ns",
					 (json_int_t)cell->times.ns));
	}
	return array;
}

static json_t *vcpu_json(const struct ledger_vcpu *vcpu)
{
	return json_pack("{s:I,s:I,s:b,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:o}",
			 "id", (json_int_t)vcpu->id, "tid",
			 (json_int_t)vcpu->tid, "gone", vcpu->gone, "exits",
			 (json_int_t)vcpu->exits, "ns", (json_int_t)vcpu->ns,
			 "prior_exits", (json_int_t)vcpu->prior_exits,
			 "missed_exits", (json_int_t)vcpu->missed_exits,
			 "missed_entries", (json_int_t)vcpu->missed_entries,
			 "sparse_full", (json_int_t)vcpu->sparse_full,
			 "failed_entries", (json_int_t)vcpu->failed_entries,
			 "emulated", (json_int_t)vcpu->emulated, "reasons",
			 cells_json(&vcpu->cells));
}

static json_t *vms_json(const struct ledger *ledger)
{
	json_t *vms = json_array();

	for (size_t i = 0; i < ledger->nr_vms; i++) {
		const struct ledger_vm *vm = &ledger->vm[i];
		json_t *vcpus = json_array();

		for (size_t j = 0; j < vm->nr_vcpus; j++)
			json_array_append_new(vcpus, vcpu_json(&vm->vcpu[j]));
		json_array_append_new(
			vms, json_pack("{s:I,s:I,s:I,s:o,s:o}", "number",
				       (json_int_t)vm->number, "pid",
				       (json_int_t)vm->pid, "isa",
				       (json_int_t)vm->isa, "name",
				       json_text(vm->name), "vcpus", vcpus));
	}
	return vms;
}

static json_t *losses_json(const struct ledger_losses *losses)
{
	return json_pack("{s:I,s:I,s:I,s:I,s:I,s:I}", "no_slot",
			 (json_int_t)losses->no_slot, "no_vm",
			 (json_int_t)losses->no_vm, "answers",
			 (json_int_t)losses->answers, "unreadable",
			 (json_int_t)losses->unreadable, "recursion",
			 (json_int_t)losses->recursion, "negative",
			 (json_int_t)losses->negative);
}

json_t *books_answer_json(const struct answer *answer)
{
	const struct leaf_read *read = &answer->read;

	return json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,"
			 "s:I,s:I,s:b,s:b,s:I,s:I,s:I,s:I,s:I,s:I,s:I}",
			 "leaf", (json_int_t)read->leaf, "index",
			 (json_int_t)read->index, "eax", (json_int_t)read->eax,
			 "ebx", (json_int_t)read->ebx, "ecx",
			 (json_int_t)read->ecx, "edx", (json_int_t)read->edx,
			 "vm", (json_int_t)answer->vm, "at_ns",
			 (json_int_t)answer->ns, "found", answer->found,
			 "paired", answer->paired, "vcpu",
			 (json_int_t)answer->vcpu_id, "vcpus",
			 (json_int_t)answer->vcpus, "outside",
			 (json_int_t)answer->outside, "exits_before",
			 (json_int_t)answer->exits_before, "exits_after",
			 (json_int_t)answer->exits_after, "ns_before",
			 (json_int_t)answer->ns_before, "ns_after",
			 (json_int_t)answer->ns_after);
}

static json_t *statistics_json(const struct books *books)
{
	json_t *array = json_array();

	for (size_t i = 0; i < books->nr_statistics; i++) {
		const struct statistics *from = &books->statistics[i];

		json_array_append_new(
			array,
			json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:I}", "vm",
				  (json_int_t)from->vm, "vcpus",
				  (json_int_t)from->vcpus, "before",
				  (json_int_t)from->before, "exits",
				  (json_int_t)from->exits, "after",
				  (json_int_t)from->after, "failed_entries",
				  (json_int_t)from->failed_entries, "emulated",
				  (json_int_t)from->emulated));
	}
	return array;
}

static void add_reports(const struct books *books, json_t *json)
{
	json_t *earlier = json_array();

	for (size_t i = 0; i < books->nr_earlier; i++)
		json_array_append_new(earlier,
				      guest_report_json(&books->earlier[i]));
	if (books->nr_earlier)
		json_object_set(json, "earlier_reports", earlier);
	json_decref(earlier);
	if (books->has_report)
		json_object_set_new(json, "guest_report",
				    guest_report_json(&books->report));
}

static json_t *pids_json(const struct pids *pids)
{
	json_t *json = json_array();

	for (size_t i = 0; i < pids->nr; i++)
		json_array_append_new(json, json_integer(pids->pid[i]));
	return json;
}

json_t *books_json(const struct books *books)
{
	json_t *json, *answers = json_array();

	for (size_t i = 0; i < books->answers.nr; i++)
		json_array_append_new(
			answers, books_answer_json(&books->answers.answer[i]));
	json = json_pack(
		"{s:s,s:i,s:o,s:o,s:b,s:b,s:o,s:i,s:f,s:f,s:f,s:b,s:b,s:I,s:o,"
		"s:I,s:o,s:o,s:o,s:o,s:I,s:I}",
		"format", BOOKS_FORMAT, "version", BOOKS_VERSION, "host",
		host_json(books), "attach", json_text(books->attach),
		"sees_ends", books->sees_ends, "sees_no_entries",
		books->sees_no_entries, "command", json_text(books->command),
		"command_status", books->command_status, "tsc_khz",
		books->tsc_khz, "tsc_khz_low", books->tsc_khz_low,
		"tsc_khz_high", books->tsc_khz_high, "switched",
		books->switched, "leaves_on", books->leaves_on, "started_ns",
		(json_int_t)books->started_ns, "running",
		pids_json(&books->running), "ended_ns",
		(json_int_t)books->ledger.ns, "vms", vms_json(&books->ledger),
		"losses", losses_json(&books->ledger.losses), "answers",
		answers, "statistics", statistics_json(books),
		"statistics_cleared", (json_int_t)books->statistics_cleared,
		"answers_dropped", (json_int_t)books->answers.dropped);
	if (json && books->withheld.nr)
		json_object_set_new(json, "withheld",
				    pids_json(&books->withheld));
	if (json && books->marks_alone)
		json_object_set_new(json, "marks_alone", json_true());
	if (json && books->reports_damaged)
		json_object_set_new(json, "reports_damaged",
				    json_integer(books->reports_damaged));
	if (json && books->report_missing)
		json_object_set_new(json, "report_missing", json_true());
	if (json)
		add_reports(books, json);
	return json;
}
