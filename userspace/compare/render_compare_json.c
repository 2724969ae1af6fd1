// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "balance/statement.h"
#include "compare/render_compare.h"
#include "ledger/ledger_json.h"

/*
 * Put the times in both books; and, if it is known, the observer's cost per
 * exit, which is the difference of these times for the same exits.
 */
static void put_time(struct json_writer *json, const struct books *books,
		     const struct statement_line *line)
{
	if (!line->has_cycles || books->tsc_khz <= 0 ||
	    books->host.exit_stats < 2)
		return;
	json_put_exact(json, "kernel_ns",
		       line->kernel_cycles * 1e6 / books->tsc_khz);
	json_put_int(json, "bpf_ns", line->ns_then);
	if (line->cost.known)
		json_put_exact(json, "observer_ns_per_exit",
			       cost_per_exit(&line->cost, books->tsc_khz));
}

static void put_line(struct json_writer *json, const struct books *books,
		     const struct statement_line *line)
{
	json_put_int(json, "kernel", line->kernel);
	json_put_int(json, "bpf", line->bpf);
	json_put_int(json, "difference", line->difference);
	json_put_int(json, "ns", line->ns);
	if (line->kernel_first)
		json_put_int(json, "kernel_first", line->kernel_first);
	if (line->has_guest)
		json_put_int(json, "guest", line->guest);
	put_time(json, books, line);
	if (line->has_executed)
		json_put_int(json, "executed", line->executed);
}

static void put_statement(struct json_writer *json, const struct books *books,
			  const struct statement *statement)
{
	json_put_open(json, NULL, '{');
	json_put_int(json, "vm", statement->vm);
	json_put_int(json, "vcpus", statement->vcpus);
	json_put_bool(json, "late", statement->late);
	json_put_open(json, "reasons", '[');
	for (size_t i = 0; i < statement->nr; i++) {
		json_put_open(json, NULL, '{');
		ledger_json_reason(json, books->host.isa,
				   statement->line[i].reason);
		put_line(json, books, &statement->line[i]);
		json_put_close(json, '}');
	}
	json_put_close(json, ']');
	json_put_int(json, "reconciled", statement->reconciled);
	if (statement->has_total) {
		json_put_open(json, "total", '{');
		put_line(json, books, &statement->total);
		json_put_close(json, '}');
	}
	json_put_close(json, '}');
}

static void put_registers(struct json_writer *json, const char *name,
			  const struct leaf_read *read)
{
	json_put_open(json, name, '[');
	json_put_uint(json, NULL, read->eax);
	json_put_uint(json, NULL, read->ebx);
	json_put_uint(json, NULL, read->ecx);
	json_put_uint(json, NULL, read->edx);
	json_put_close(json, ']');
}

/*
 * Put the numbers of a finding.  Findings that only explain an inconclusive
 * verdict have none.
 */
static void put_numbers(struct json_writer *json, const struct finding *finding)
{
	json_put_int(json, "vm", finding->vm);
	json_put_uint(json, "vcpu", finding->vcpu_id);
	if (finding->host)
		json_put_bool(json, "host", true);
	json_put_uint(json, "leaf", finding->leaf);
	json_put_uint(json, "reason", finding->reason);
	json_put_int(json, "kernel", finding->kernel);
	json_put_int(json, "low", finding->low);
	json_put_int(json, "high", finding->high);
	json_put_int(json, "at_ns", finding->at_ns);
	if (finding->rule == RULE_GUEST) {
		put_registers(json, "guest_registers", &finding->said);
		put_registers(json, "kernel_registers", &finding->answered);
	}
}

void render_findings_json(struct json_writer *json, const struct books *books,
			  const struct balance *balance)
{
	char line[256];

	json_put_open(json, "findings", '[');
	for (size_t i = 0; i < balance->nr; i++) {
		const struct finding *finding = &balance->finding[i];

		render_finding(books, finding, line, sizeof(line));
		json_put_open(json, NULL, '{');
		json_put_text(json, "rule", rule_name(finding->rule));
		json_put_text(json, "text", line);
		if (!rule_inconclusive(finding->rule) &&
		    finding->rule != RULE_UNSEEN)
			put_numbers(json, finding);
		json_put_close(json, '}');
	}
	json_put_close(json, ']');
}

static int put_statements(struct json_writer *json, const struct books *books,
			  const struct balance *balance)
{
	json_put_open(json, "statements", '[');
	for (size_t i = 0; i < books->ledger.nr_vms; i++) {
		struct statement statement;

		if (statement_make(books, balance, books->ledger.vm[i].number,
				   &statement))
			return -ENOMEM;
		if (statement.nr || statement.has_total)
			put_statement(json, books, &statement);
		statement_free(&statement);
	}
	json_put_close(json, ']');
	return 0;
}

int render_compare_json(struct json_writer *json, const struct books *books,
			const void *context)
{
	const struct balance *balance = context;
	int r = 0;

	json_put_open(json, "result", '{');
	json_put_text(json, "verdict", verdict_name(balance->verdict));
	json_put_int(json, "checked", balance->checked);
	json_put_int(json, "exact", balance->exact);
	json_put_int(json, "timed", balance->timed);
	json_put_int(json, "gaps", balance->gaps);
	json_put_int(json, "dropped", balance->dropped);
	json_put_int(json, "uncounted", balance->uncounted);
	json_put_int(json, "told", balance->told);
	json_put_int(json, "discrepancies", balance->discrepancies);
	render_findings_json(json, books, balance);
	if (books->numbering[0])
		r = render_leaf_results(json, books);
	if (!r)
		r = put_statements(json, books, balance);
	json_put_close(json, '}');
	return r;
}
