// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>

#include "exitwork_show.h"
#include "ledger/reasons.h"
#include "lib/json_writer.h"
#include "lib/table.h"

static int end(FILE *out)
{
	if (fflush(out) || ferror(out))
		return errno ? -errno : -EIO;
	return 0;
}

bool outcome_has_leaves(const struct outcome *outcome)
{
	return outcome->after.abi == EXIT_LEAF_ABI &&
	       outcome->before.counting && outcome->after.counting;
}

/* Find the next expectation for this host. */
static const struct expectation *next(const struct outcome *outcome,
				      const struct expectation *last)
{
	return expectation_next(outcome->workload, outcome->paging,
				outcome->after.isa, last);
}

static bool is_met(const struct outcome *outcome,
		   const struct expectation *expectation)
{
	uint64_t exits = growth_of(&outcome->before, &outcome->after,
				   expectation->reason[outcome->after.isa]);

	return expectation_met(expectation, exits, outcome->operations);
}

bool outcome_met(const struct outcome *outcome)
{
	const struct expectation *expectation = NULL;

	while ((expectation = next(outcome, expectation))) {
		if (!is_met(outcome, expectation))
			return false;
	}
	return true;
}

static const struct expectation *expected(const struct outcome *outcome,
					  uint32_t reason)
{
	const struct expectation *expectation = NULL;

	while ((expectation = next(outcome, expectation))) {
		if (expectation->reason[outcome->after.isa] == reason)
			break;
	}
	return expectation;
}

/* Write a rule such as "exactly 1 per operation" or "at least 1 per 1024". */
static void rule_words(const struct expectation *expectation, char *text,
		       size_t size)
{
	char operations[16] = "operation";

	if (expectation->operations != 1)
		snprintf(operations, sizeof(operations), "%" PRIu32,
			 expectation->operations);
	snprintf(text, size, "%s %" PRIu32 " per %s",
		 rule_name(expectation->rule), expectation->exits, operations);
}

static void put_row(struct table_line *line, const struct outcome *outcome,
		    const char *name, uint64_t exits)
{
	const double each = (double)exits / outcome->operations;

	table_left(line, 26, name);
	table_number(line, 11, format_plain_in(exits, 11));
	table_number(line, 12, format_decimal_in(each, 3, 12));
}

static void put_reason(const struct outcome *outcome,
		       const struct exit_reason *reason, FILE *out)
{
	uint64_t exits =
		growth_of(&outcome->before, &outcome->after, reason->code);
	const struct expectation *expectation = expected(outcome, reason->code);
	struct table_line line = { .length = 0 };
	char name[64], rule[96];

	if (!exits && !expectation)
		return;
	snprintf(name, sizeof(name), "0x%03" PRIx32 " %s", reason->code,
		 reason->name);
	put_row(&line, outcome, name, exits);
	if (expectation) {
		rule_words(expectation, rule, sizeof(rule));
		table_left(&line, 0, "");
		table_left(&line, 0, rule);
		if (!is_met(outcome, expectation))
			table_left(&line, 0, "!");
	}
	table_end(&line, out);
}

int outcome_text(const struct outcome *outcome, FILE *out)
{
	struct table_line line = { .length = 0 };
	const struct exit_reason *reasons;
	size_t nr;

	errno = 0;
	fprintf(out, "%s: %" PRIu64 " operations in %.3f s (%s)\n",
		outcome->workload->name, outcome->operations, outcome->seconds,
		outcome->workload->what);
	if (!outcome_has_leaves(outcome)) {
		fputs("this machine's hypervisor does not answer the exit counters' CPUID leaves: which exits there were is not known\n",
		      out);
		return end(out);
	}
	fprintf(out, "\n%-26s %11s %12s  %s\n", "EXIT REASON", "EXITS",
		"PER OPERATION", "EXPECTED");
	reasons = exit_reasons(outcome->after.isa, &nr);
	for (size_t i = 0; i < nr; i++)
		put_reason(outcome, &reasons[i], out);
	put_row(&line, outcome, "total",
		growth_total(&outcome->before, &outcome->after));
	table_end(&line, out);
	return end(out);
}

static void put_expected_json(struct json_writer *json,
			      const struct outcome *outcome)
{
	const struct expectation *expectation = NULL;

	json_put_open(json, "expected", '[');
	while ((expectation = next(outcome, expectation))) {
		uint32_t code = expectation->reason[outcome->after.isa];
		const struct exit_reason *reason =
			exit_reason_find(outcome->after.isa, code);

		json_put_open(json, NULL, '{');
		json_put_uint(json, "reason", code);
		json_put_text(json, "name", reason->name);
		json_put_text(json, "rule", rule_name(expectation->rule));
		json_put_uint(json, "exits", expectation->exits);
		json_put_uint(json, "operations", expectation->operations);
		json_put_bool(json, "met", is_met(outcome, expectation));
		json_put_close(json, '}');
	}
	json_put_close(json, ']');
}

static void put_reasons_json(struct json_writer *json,
			     const struct outcome *outcome)
{
	const struct exit_reason *reasons;
	size_t nr;

	json_put_text(json, "isa", exit_isa_name(outcome->after.isa));
	json_put_uint(json, "exits",
		      growth_total(&outcome->before, &outcome->after));
	json_put_open(json, "reasons", '[');
	reasons = exit_reasons(outcome->after.isa, &nr);
	for (size_t i = 0; i < nr; i++) {
		uint64_t exits = growth_of(&outcome->before, &outcome->after,
					   reasons[i].code);

		if (!exits)
			continue;
		json_put_open(json, NULL, '{');
		json_put_uint(json, "reason", reasons[i].code);
		json_put_text(json, "name", reasons[i].name);
		json_put_uint(json, "exits", exits);
		json_put_close(json, '}');
	}
	json_put_close(json, ']');
}

int outcome_json(const struct outcome *outcome, FILE *out)
{
	struct json_writer json = { .out = out };

	errno = 0;
	json_put_open(&json, NULL, '{');
	json_put_text(&json, "format", "exitwork");
	json_put_uint(&json, "version", 1);
	json_put_text(&json, "workload", outcome->workload->name);
	json_put_uint(&json, "operations", outcome->operations);
	json_put_real(&json, "seconds", outcome->seconds);
	if (outcome_has_leaves(outcome)) {
		put_reasons_json(&json, outcome);
		put_expected_json(&json, outcome);
	}
	json_put_close(&json, '}');
	fputc('\n', out);
	return end(out);
}

/* Print a line for each expectation of a workload on one kind of host. */
static void list_expected(const struct workload *workload, enum paging paging,
			  const char *without, FILE *out)
{
	for (int isa = EXIT_ISA_VMX; isa <= EXIT_ISA_SVM; isa++) {
		const struct expectation *expectation = NULL;
		char rule[96];

		while ((expectation = expectation_next(workload, paging, isa,
						       expectation))) {
			/* The list for nested paging has had it already. */
			if (paging == PAGING_SHADOW &&
			    expectation->paging == PAGING_ANY)
				continue;
			fprintf(out, "    %s  %-17s  ", exit_isa_name(isa),
				exit_reason_find(isa, expectation->reason[isa])
					->name);
			rule_words(expectation, rule, sizeof(rule));
			fprintf(out, "%s%s\n", rule, without);
		}
	}
}

static const char *needs_of(const struct workload *workload)
{
	if (workload->needs & NEED_ROOT)
		return "; takes root";
	if (workload->needs & NEED_FILE)
		return "; takes --file";
	return workload->needs & NEED_TWO_CPUS ? "; takes two CPUs" : "";
}

int workloads_list(FILE *out)
{
	errno = 0;
	for (size_t i = 0; i < WORKLOADS; i++) {
		const struct workload *workload = &workloads[i];

		fprintf(out, "%s: %" PRIu64 " times %s%s\n", workload->name,
			workload->count, workload->what, needs_of(workload));
		list_expected(workload, PAGING_NESTED, "", out);
		list_expected(workload, PAGING_SHADOW,
			      ", without nested paging", out);
	}
	return end(out);
}
