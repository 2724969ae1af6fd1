// SPDX-License-Identifier: GPL-2.0-only
/* The section of a report that says whether there is advice. */
#include "lib/table.h"
#include "report/render_report_private.h"
#include "report/run_advice.h"

static void put_found(const struct advise_verdict *verdict, FILE *out)
{
	struct table_line line = { .length = 0 };

	table_left(&line, 16, verdict->rule->id);
	table_left(&line, 55, verdict->rule->title);
	table_number(&line, 7, format_plain_in(verdict->nr, 7));
	table_end(&line, out);
}

static void put_all(const struct advice *advice, FILE *out)
{
	if (!advice->count[ADVISE_FOUND]) {
		fprintf(out,
			"\nadvice   none: %zu rules found nothing, %zu could not be judged\n",
			advice->count[ADVISE_SILENT],
			advice->count[ADVISE_UNJUDGED]);
		return;
	}
	fprintf(out, "\n%-16s%-55s %8s\n", "ADVICE",
		"('exitledger advise' tells why, and what to do)", "VMS");
	for (size_t i = 0; i < advice->nr; i++) {
		if (advice->verdict[i].state == ADVISE_FOUND)
			put_found(&advice->verdict[i], out);
	}
}

int render_report_advice(const struct run_report *report,
			 const struct filter *filter, FILE *out)
{
	struct run_advice advice;
	int r = run_advice(report, filter, &advice);

	if (!r && advice.advice.count[ADVISE_FOUND] +
			  advice.advice.count[ADVISE_SILENT])
		put_all(&advice.advice, out);
	run_advice_free(&advice);
	return r;
}

int report_json_advice(struct json_writer *json,
		       const struct run_report *report,
		       const struct filter *filter)
{
	struct run_advice advice;
	int r = run_advice(report, filter, &advice);

	json_put_open(json, "advice", '[');
	for (size_t i = 0; i < advice.advice.nr; i++) {
		const struct advise_verdict *verdict =
			&advice.advice.verdict[i];

		if (verdict->state != ADVISE_FOUND)
			continue;
		json_put_open(json, NULL, '{');
		json_put_text(json, "id", verdict->rule->id);
		json_put_text(json, "title", verdict->rule->title);
		json_put_uint(json, "vms", verdict->nr);
		json_put_close(json, '}');
	}
	json_put_close(json, ']');
	run_advice_free(&advice);
	return r;
}
