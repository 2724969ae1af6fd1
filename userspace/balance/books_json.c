// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes books as JSON.  Numbers are written as signed ones, because the JSON
 * parser that reads them has no unsigned 64-bit numbers.
 */
#include "balance/books.h"
#include "balance/books_format.h"
#include "ledger/ledger_json.h"
#include "lib/json_save.h"

static void put_host(struct json_writer *json, const struct books *books)
{
	const struct host *host = &books->host;

	json_put_open(json, "host", '{');
	json_put_text(json, "kernel", host->kernel);
	json_put_text(json, "vendor", host->vendor);
	json_put_text(json, "hypervisor", host->hypervisor);
	json_put_uint(json, "isa", host->isa);
	json_put_int(json, "exit_stats", host->exit_stats);
	json_put_int(json, "exit_stats_after", books->exit_stats_after);
	if (host->by_anchors)
		json_put_bool(json, "by_anchors", true);
	json_put_close(json, '}');
}

static void put_cells(struct json_writer *json,
		      const struct ledger_cells *cells)
{
	json_put_open(json, "reasons", '[');
	for (size_t i = 0; i < cells->nr; i++) {
		const struct ledger_cell *cell = &cells->cell[i];

		json_put_open(json, NULL, '{');
		json_put_uint(json, "reason", cell->reason);
		json_put_int(json, "exits", cell->times.exits);
		json_put_int(json, "ns", cell->times.ns);
		json_put_close(json, '}');
	}
	json_put_close(json, ']');
}

static void put_vcpu(struct json_writer *json, const struct ledger_vcpu *vcpu)
{
	json_put_open(json, NULL, '{');
	json_put_uint(json, "id", vcpu->id);
	json_put_uint(json, "tid", vcpu->tid);
	json_put_bool(json, "gone", vcpu->gone);
	json_put_int(json, "exits", vcpu->exits);
	json_put_int(json, "ns", vcpu->ns);
	json_put_int(json, "prior_exits", vcpu->prior_exits);
	json_put_int(json, "missed_exits", vcpu->missed_exits);
	json_put_int(json, "missed_entries", vcpu->missed_entries);
	json_put_int(json, "sparse_full", vcpu->sparse_full);
	json_put_int(json, "failed_entries", vcpu->failed_entries);
	json_put_int(json, "emulated", vcpu->emulated);
	put_cells(json, &vcpu->cells);
	json_put_close(json, '}');
}

static void put_vms(struct json_writer *json, const struct ledger *ledger)
{
	json_put_open(json, "vms", '[');
	for (size_t i = 0; i < ledger->nr_vms; i++) {
		const struct ledger_vm *vm = &ledger->vm[i];

		json_put_open(json, NULL, '{');
		json_put_int(json, "number", vm->number);
		json_put_uint(json, "pid", vm->pid);
		json_put_uint(json, "isa", vm->isa);
		json_put_text(json, "name", vm->name);
		json_put_open(json, "vcpus", '[');
		for (size_t j = 0; j < vm->nr_vcpus; j++)
			put_vcpu(json, &vm->vcpu[j]);
		json_put_close(json, ']');
		json_put_close(json, '}');
	}
	json_put_close(json, ']');
}

static void put_losses(struct json_writer *json,
		       const struct ledger_losses *losses)
{
	json_put_open(json, "losses", '{');
	json_put_int(json, "no_slot", losses->no_slot);
	json_put_int(json, "no_vm", losses->no_vm);
	json_put_int(json, "answers", losses->answers);
	json_put_int(json, "unreadable", losses->unreadable);
	json_put_int(json, "recursion", losses->recursion);
	json_put_int(json, "negative", losses->negative);
	json_put_close(json, '}');
}

static void put_answer(struct json_writer *json, const struct answer *answer)
{
	json_put_open(json, NULL, '{');
	ledger_json_read(json, &answer->read);
	json_put_int(json, "vm", answer->vm);
	json_put_int(json, "at_ns", answer->ns);
	json_put_bool(json, "found", answer->found);
	json_put_bool(json, "paired", answer->paired);
	if (answer->host)
		json_put_bool(json, "host", true);
	json_put_uint(json, "vcpu", answer->vcpu_id);
	json_put_uint(json, "vcpus", answer->vcpus);
	json_put_uint(json, "outside", answer->outside);
	json_put_int(json, "exits_before", answer->exits_before);
	json_put_int(json, "exits_after", answer->exits_after);
	json_put_int(json, "ns_before", answer->ns_before);
	json_put_int(json, "ns_after", answer->ns_after);
	json_put_close(json, '}');
}

static void put_answers(struct json_writer *json, const struct answers *answers)
{
	json_put_open(json, "answers", '[');
	for (size_t i = 0; i < answers->nr; i++)
		put_answer(json, &answers->answer[i]);
	json_put_close(json, ']');
}

static void put_statistics(struct json_writer *json, const struct books *books)
{
	json_put_open(json, "statistics", '[');
	for (size_t i = 0; i < books->nr_statistics; i++) {
		const struct statistics *from = &books->statistics[i];

		json_put_open(json, NULL, '{');
		json_put_int(json, "vm", from->vm);
		json_put_int(json, "vcpus", from->vcpus);
		json_put_int(json, "before", from->before);
		json_put_int(json, "exits", from->exits);
		json_put_int(json, "after", from->after);
		json_put_int(json, "failed_entries", from->failed_entries);
		json_put_int(json, "emulated", from->emulated);
		json_put_close(json, '}');
	}
	json_put_close(json, ']');
}

static void put_reports(struct json_writer *json, const struct books *books)
{
	if (books->nr_earlier) {
		json_put_open(json, "earlier_reports", '[');
		for (size_t i = 0; i < books->nr_earlier; i++)
			guest_report_json(json, NULL, &books->earlier[i]);
		json_put_close(json, ']');
	}
	if (books->has_report)
		guest_report_json(json, "guest_report", &books->report);
}

static void put_pids(struct json_writer *json, const char *name,
		     const struct pids *pids)
{
	json_put_open(json, name, '[');
	for (size_t i = 0; i < pids->nr; i++)
		json_put_uint(json, NULL, pids->pid[i]);
	json_put_close(json, ']');
}

/* Write the members that only some books have. */
static void put_rest(struct json_writer *json, const struct books *books)
{
	if (books->withheld.nr)
		put_pids(json, "withheld", &books->withheld);
	if (books->host_reads)
		json_put_uint(json, "host_reads", books->host_reads);
	if (books->numbering[0])
		json_put_text(json, "numbering", books->numbering);
	if (books->marks_alone)
		json_put_bool(json, "marks_alone", true);
	if (books->reports_damaged)
		json_put_uint(json, "reports_damaged", books->reports_damaged);
	if (books->report_missing)
		json_put_bool(json, "report_missing", true);
	put_reports(json, books);
}

void books_json(struct json_writer *json, const struct books *books)
{
	json_put_text(json, "format", BOOKS_FORMAT);
	json_put_uint(json, "version", BOOKS_VERSION);
	put_host(json, books);
	json_put_text(json, "attach", books->attach);
	json_put_bool(json, "sees_ends", books->sees_ends);
	json_put_bool(json, "sees_no_entries", books->sees_no_entries);
	json_put_text(json, "command", books->command);
	json_put_int(json, "command_status", books->command_status);
	json_put_exact(json, "tsc_khz", books->tsc_khz);
	json_put_exact(json, "tsc_khz_low", books->tsc_khz_low);
	json_put_exact(json, "tsc_khz_high", books->tsc_khz_high);
	json_put_bool(json, "switched", books->switched);
	json_put_bool(json, "leaves_on", books->leaves_on);
	json_put_int(json, "started_ns", books->started_ns);
	put_pids(json, "running", &books->running);
	json_put_int(json, "ended_ns", books->ledger.ns);
	put_vms(json, &books->ledger);
	put_losses(json, &books->ledger.losses);
	put_answers(json, &books->answers);
	put_statistics(json, books);
	json_put_uint(json, "statistics_cleared", books->statistics_cleared);
	json_put_int(json, "answers_dropped", books->answers.dropped);
	put_rest(json, books);
}

struct document {
	const struct books *books;
	const struct books_result *result;
};

static int put_document(struct json_writer *json, const void *from)
{
	const struct document *document = from;
	int r = 0;

	json_put_open(json, NULL, '{');
	books_json(json, document->books);
	if (document->result)
		r = document->result->put(json, document->books,
					  document->result->context);
	json_put_close(json, '}');
	return r;
}

int books_save(const struct books *books, const struct books_result *result,
	       const char *path, struct why *why)
{
	const struct document document = { books, result };

	return json_save(path, put_document, &document, why);
}
