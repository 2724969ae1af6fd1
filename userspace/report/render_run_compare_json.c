// SPDX-License-Identifier: GPL-2.0-only
/* Members and units: docs/exitledger-report.1.rst. */
#include <math.h>

#include "ledger/ledger_json.h"
#include "lib/json_writer.h"
#include "report/render_run_compare.h"
#include "report/run_json.h"

#define VERSION 1

/* Put a number, unless it is infinite: JSON has no infinity. */
static void put_finite(struct json_writer *json, const char *name, double value)
{
	if (isfinite(value))
		json_put_real(json, name, value);
}

static void put_difference(struct json_writer *json, const char *name,
			   const struct run_difference *difference)
{
	if (difference->verdict == RUN_NONE)
		return;
	json_put_open(json, name, '{');
	json_put_open(json, "values", '[');
	json_put_real(json, NULL, difference->value[0]);
	json_put_real(json, NULL, difference->value[1]);
	json_put_close(json, ']');
	if (difference->verdict > RUN_TOO_FEW) {
		put_finite(json, "ratio", difference->ratio);
		put_finite(json, "low", difference->low);
		put_finite(json, "high", difference->high);
		json_put_real(json, "p", difference->p);
	}
	json_put_text(json, "verdict", run_verdict_word(difference->verdict));
	json_put_close(json, '}');
}

static void put_percentile(struct json_writer *json, const char *name,
			   const uint64_t ns[2])
{
	if (!ns[0] || !ns[1])
		return;
	json_put_open(json, name, '[');
	json_put_uint(json, NULL, ns[0]);
	json_put_uint(json, NULL, ns[1]);
	json_put_close(json, ']');
}

static void put_row(struct json_writer *json, const char *name, uint32_t isa,
		    const struct run_compared *row)
{
	json_put_open(json, name, '{');
	if (row->kind == ROW_REASON)
		ledger_json_reason(json, isa, row->reason);
	json_put_open(json, "exits", '[');
	json_put_uint(json, NULL, row->exits[0]);
	json_put_uint(json, NULL, row->exits[1]);
	json_put_close(json, ']');
	put_difference(json, "per_second", &row->rate);
	put_difference(json, "mean_ns", &row->time);
	put_percentile(json, "p50_ns", row->p50);
	put_percentile(json, "p99_ns", row->p99);
	json_put_close(json, '}');
}

static void put_rows(struct json_writer *json,
		     const struct run_comparison *compared)
{
	uint32_t isa = compared->run[0]->info->isa;
	size_t i = 0;

	json_put_open(json, "reasons", '[');
	for (; compared->row[i].kind == ROW_REASON; i++)
		put_row(json, NULL, isa, &compared->row[i]);
	json_put_close(json, ']');
	for (; i < compared->nr; i++)
		put_row(json,
			compared->row[i].kind == ROW_TOTAL ?
				"total" :
				"total_without_hlt",
			isa, &compared->row[i]);
}

void render_run_compare_json(const char *const path[2],
			     const struct run_comparison *compared, FILE *out)
{
	struct json_writer json = { .out = out };

	json_put_open(&json, NULL, '{');
	json_put_text(&json, "format", "exitledger-run-comparison");
	json_put_uint(&json, "version", VERSION);
	json_put_open(&json, "runs", '[');
	for (int i = 0; i < 2; i++)
		run_json_run(&json, NULL, path[i], compared->run[i]);
	json_put_close(&json, ']');
	json_put_open(&json, "notes", '[');
	for (size_t i = 0; i < compared->nr_notes; i++)
		json_put_text(&json, NULL, compared->note[i].text);
	json_put_close(&json, ']');
	json_put_real(&json, "confidence", RUN_COMPARE_LEVEL);
	json_put_uint(&json, "comparisons", compared->tests);
	put_rows(&json, compared);
	json_put_close(&json, '}');
	putc('\n', out);
}
