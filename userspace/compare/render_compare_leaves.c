// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "balance/leaf_results.h"
#include "compare/render_compare.h"
#include "exit_leaves.h"
#include "ledger/ledger_json.h"

static const char *what_it_tells(uint32_t leaf)
{
	switch (leaf) {
	case EXIT_LEAF_EXITS:
		return "exits";
	case EXIT_LEAF_CYCLES:
		return "cycles";
	case EXIT_LEAF_REASON_EXITS:
		return "reason-exits";
	case EXIT_LEAF_REASON_CYCLES:
		return "reason-cycles";
	default:
		return "info";
	}
}

static void put_finding(struct json_writer *json, const char *name,
			const struct books *books,
			const struct finding *finding)
{
	char line[256];

	render_finding(books, finding, line, sizeof(line));
	json_put_open(json, name, '{');
	json_put_text(json, "rule", rule_name(finding->rule));
	json_put_text(json, "text", line);
	json_put_int(json, "kernel", finding->kernel);
	json_put_int(json, "low", finding->low);
	json_put_int(json, "high", finding->high);
	json_put_close(json, '}');
}

/* Put both books' numbers at the last read. */
static void put_end(struct json_writer *json, const struct books *books,
		    const struct answer *end)
{
	if (leaf_is_count(end->read.leaf)) {
		json_put_int(json, "kernel", leaf_exits(&end->read));
		json_put_int(json, "before", end->exits_before);
		json_put_int(json, "after", end->exits_after);
		return;
	}
	json_put_int(json, "exits", end->exits_before);
	json_put_int(json, "cycles", leaf_cycles(&end->read));
	json_put_int(json, "bpf_ns", end->ns_before);
	if (books->tsc_khz > 0)
		json_put_exact(json, "kernel_ns",
			       leaf_cycles(&end->read) * 1e6 / books->tsc_khz);
}

static void put_result(struct json_writer *json, const struct books *books,
		       const struct leaf_result *result)
{
	json_put_open(json, NULL, '{');
	json_put_int(json, "vm", result->vm);
	json_put_text(json, "tells", what_it_tells(result->leaf));
	if (leaf_takes_index(result->leaf) && result->leaf != EXIT_LEAF_INFO)
		ledger_json_reason(json, books->host.isa, result->reason);
	json_put_int(json, "reads", result->reads);
	json_put_int(json, "judged", result->judged);
	json_put_int(json, "wrong", result->wrong);
	if (leaf_undefined(&result->end.read))
		json_put_bool(json, "undefined", true);
	else if (result->leaf != EXIT_LEAF_INFO)
		put_end(json, books, &result->end);
	if (result->wrong) {
		json_put_int(json, "right_until", result->right_until);
		put_finding(json, "first", books, &result->first);
		put_finding(json, "last", books, &result->last);
	}
	json_put_close(json, '}');
}

int render_leaf_results(struct json_writer *json, const struct books *books)
{
	struct leaf_results results;
	int r = leaf_results_make(books, &results);

	json_put_open(json, "leaves", '[');
	for (size_t i = 0; i < results.nr && !r; i++)
		put_result(json, books, &results.result[i]);
	json_put_close(json, ']');
	leaf_results_free(&results);
	return r;
}
