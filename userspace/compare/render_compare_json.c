// SPDX-License-Identifier: GPL-2.0-only
#include "balance/statement.h"
#include "compare/render_compare.h"
#include "exit_leaves.h"
#include "ledger/reasons.h"

/* Add the observer's cost: by how much KVM's time exceeds BPF's, per exit. */
static void add_time(const struct books *books,
		     const struct statement_line *line, json_t *json)
{
	double kernel;

	if (!line->has_cycles || books->tsc_khz <= 0 ||
	    books->host.exit_stats < 2)
		return;
	kernel = line->kernel_cycles * 1e6 / books->tsc_khz;
	json_object_set_new(json, "kernel_ns", json_real(kernel));
	json_object_set_new(json, "bpf_ns", json_integer(line->ns_then));
	if (line->timed.known)
		json_object_set_new(
			json, "observer_ns_per_exit",
			json_real(timed_cost(&line->timed, books->tsc_khz)));
}

static json_t *line_json(const struct books *books,
			 const struct statement_line *line)
{
	const struct exit_reason *known =
		exit_reason_find(books->host.isa, line->reason);
	json_t *json;

	json = json_pack("{s:I,s:s*,s:I,s:I,s:I,s:I}", "reason",
			 (json_int_t)line->reason, "name",
			 known ? known->name : NULL, "kernel",
			 (json_int_t)line->kernel, "bpf", (json_int_t)line->bpf,
			 "difference", (json_int_t)line->difference, "ns",
			 (json_int_t)line->ns);
	if (json && line->kernel_first)
		json_object_set_new(json, "kernel_first",
				    json_integer(line->kernel_first));
	if (json && line->has_guest)
		json_object_set_new(json, "guest", json_integer(line->guest));
	if (json)
		add_time(books, line, json);
	if (json && line->has_executed)
		json_object_set_new(json, "executed",
				    json_integer(line->executed));
	return json;
}

static json_t *statement_json(const struct books *books,
			      const struct statement *statement)
{
	json_t *lines = json_array(), *json;

	for (size_t i = 0; i < statement->nr; i++)
		json_array_append_new(lines,
				      line_json(books, &statement->line[i]));
	json = json_pack("{s:I,s:I,s:b,s:o,s:I}", "vm",
			 (json_int_t)statement->vm, "vcpus",
			 (json_int_t)statement->vcpus, "late", statement->late,
			 "reasons", lines, "reconciled",
			 (json_int_t)statement->reconciled);
	if (json && statement->has_total) {
		json_t *total = line_json(books, &statement->total);

		json_object_del(total, "reason");
		json_object_del(total, "name");
		json_object_set_new(json, "total", total);
	}
	return json;
}

static json_t *registers_json(const struct leaf_read *read)
{
	return json_pack("[I,I,I,I]", (json_int_t)read->eax,
			 (json_int_t)read->ebx, (json_int_t)read->ecx,
			 (json_int_t)read->edx);
}

static json_t *finding_json(const struct books *books,
			    const struct finding *finding)
{
	json_t *json;
	char line[256];

	render_finding(books, finding, line, sizeof(line));
	if (rule_inconclusive(finding->rule) || finding->rule == RULE_UNSEEN)
		return json_pack("{s:s,s:s}", "rule", rule_name(finding->rule),
				 "text", line);
	json = json_pack("{s:s,s:s,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I}", "rule",
			 rule_name(finding->rule), "text", line, "vm",
			 (json_int_t)finding->vm, "vcpu",
			 (json_int_t)finding->vcpu_id, "leaf",
			 (json_int_t)finding->leaf, "reason",
			 (json_int_t)finding->reason, "kernel",
			 (json_int_t)finding->kernel, "low",
			 (json_int_t)finding->low, "high",
			 (json_int_t)finding->high, "at_ns",
			 (json_int_t)finding->at_ns);
	if (json && finding->rule == RULE_GUEST) {
		json_object_set_new(json, "guest_registers",
				    registers_json(&finding->said));
		json_object_set_new(json, "kernel_registers",
				    registers_json(&finding->answered));
	}
	return json;
}

json_t *render_findings_json(const struct books *books,
			     const struct balance *balance)
{
	json_t *findings = json_array();

	for (size_t i = 0; i < balance->nr; i++)
		json_array_append_new(
			findings, finding_json(books, &balance->finding[i]));
	return findings;
}

json_t *render_compare_json(const struct books *books,
			    const struct balance *balance)
{
	json_t *findings = render_findings_json(books, balance);
	json_t *statements = json_array();

	for (size_t i = 0; i < books->ledger.nr_vms; i++) {
		struct statement statement;

		if (statement_make(books, balance, books->ledger.vm[i].number,
				   &statement)) {
			json_decref(findings);
			json_decref(statements);
			return NULL;
		}
		if (statement.nr || statement.has_total)
			json_array_append_new(
				statements, statement_json(books, &statement));
		statement_free(&statement);
	}
	return json_pack("{s:s,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:o,s:o}",
			 "verdict", verdict_name(balance->verdict), "checked",
			 (json_int_t)balance->checked, "exact",
			 (json_int_t)balance->exact, "timed",
			 (json_int_t)balance->timed, "gaps",
			 (json_int_t)balance->gaps, "dropped",
			 (json_int_t)balance->dropped, "uncounted",
			 (json_int_t)balance->uncounted, "told",
			 (json_int_t)balance->told, "discrepancies",
			 (json_int_t)balance->discrepancies, "findings",
			 findings, "statements", statements);
}
