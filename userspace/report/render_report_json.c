// SPDX-License-Identifier: GPL-2.0-only
/* Members and units: docs/exitledger-report.1.rst. */
#include "ledger/ledger_json.h"
#include "ledger/reasons.h"
#include "ledger/render_losses.h"
#include "lib/json_writer.h"
#include "report/render_report_private.h"
#include "report/run_json.h"
#include "run/run_words.h"
#include "sample/column_json.h"

#define VERSION 1

static double since_start(const struct run_report *report, uint64_t at_ns)
{
	uint64_t start = report->info->started_ns;

	return at_ns > start ? (at_ns - start) / 1e9 : 0;
}

static void put_rates(struct json_writer *json, const struct run_rates *rates)
{
	json_put_open(json, "rate", '{');
	json_put_real(json, "seconds", rates->seconds);
	json_put_uint(json, "exits", rates->exits);
	json_put_uint(json, "intervals", rates->intervals);
	if (rates->seconds > 0)
		json_put_real(json, "mean", rates->exits / rates->seconds);
	if (rates->intervals) {
		json_put_real(json, "lowest", rates->min);
		json_put_real(json, "highest", rates->max);
	}
	json_put_real(json, "cv", rates->cv);
	json_put_real(json, "chance", rates->chance);
	json_put_text(json, "is", run_rates_word(rates));
	json_put_close(json, '}');
}

static void put_mark(struct json_writer *json, const char *name,
		     const struct run_report *report,
		     const struct run_mark *mark)
{
	json_put_open(json, name, '{');
	json_put_real(json, "at", since_start(report, mark->at_ns));
	json_put_text(json, "kind", mark->kind);
	if (mark->vm)
		json_put_uint(json, "vm", mark->vm);
	json_put_text(json, "text", mark->text);
	if (mark->has_exits) {
		json_put_uint(json, "vcpu", mark->vcpu);
		json_put_uint(json, "vcpus", mark->vcpus);
		json_put_uint(json, "bpf_before", mark->bpf_before);
		json_put_uint(json, "bpf_exits", mark->bpf_exits);
	}
	if (mark->has_kernel)
		json_put_uint(json, "kernel_exits", mark->kernel_exits);
	json_put_close(json, '}');
}

static void put_marks(struct json_writer *json, const struct run_report *report,
		      const struct filter *filter)
{
	json_put_open(json, "marks", '[');
	for (size_t i = 0; i < report->marks->nr; i++) {
		if (run_words_has_mark(report->known, filter,
				       &report->marks->mark[i]))
			put_mark(json, NULL, report, &report->marks->mark[i]);
	}
	json_put_close(json, ']');
}

static void put_phases(struct json_writer *json,
		       const struct run_report *report)
{
	json_put_open(json, "phases", '[');
	for (size_t i = 0; i < report->nr_phases; i++) {
		const struct run_phase *phase = &report->phase[i];

		json_put_open(json, NULL, '{');
		json_put_real(json, "begin",
			      since_start(report, phase->begin_ns));
		json_put_real(json, "end", since_start(report, phase->end_ns));
		if (phase->mark)
			put_mark(json, "mark", report, phase->mark);
		put_rates(json, &phase->rates);
		json_put_close(json, '}');
	}
	json_put_close(json, ']');
}

static void put_changes(struct json_writer *json,
			const struct run_report *report)
{
	json_put_open(json, "changes", '[');
	for (size_t i = 0; i < report->changes.nr; i++) {
		const struct run_change *change = &report->changes.change[i];

		json_put_open(json, NULL, '{');
		json_put_real(json, "at", since_start(report, change->at_ns));
		json_put_uint(json, "phase", change->phase);
		json_put_real(json, "before", change->before);
		json_put_real(json, "after", change->after);
		json_put_real(json, "chance", change->chance);
		json_put_real(json, "deviations", change->clear);
		json_put_close(json, '}');
	}
	json_put_close(json, ']');
}

static void put_row(struct json_writer *json, const char *name, uint32_t isa,
		    const struct column_list *list, const struct row *row)
{
	json_put_open(json, name, '{');
	if (row->kind == ROW_REASON)
		ledger_json_reason(json, isa, row->reason);
	for (size_t i = 0; i < list->nr; i++) {
		/*
		 * A share of time refers to the vCPUs of one VM, but all VMs
		 * are merged here.
		 */
		if (list->id[i] != COLUMN_TIME_SHARE)
			column_json_put(json, list->id[i], row);
	}
	json_put_close(json, '}');
}

static void put_group(struct json_writer *json, const struct run_report *report,
		      const struct row_group *group)
{
	const struct run_info *info = report->info;
	struct column_list list;

	column_list_all(run_report_observed(info), &list);
	json_put_open(json, "reasons", '[');
	for (size_t i = 0; i < group->nr_reasons; i++)
		put_row(json, NULL, info->isa, &list, &group->reason[i]);
	json_put_close(json, ']');
	put_row(json, "total", info->isa, &list, &group->total);
	put_row(json, "total_without_hlt", info->isa, &list, &group->work);
	report_json_keys(json, report, group);
}

static int put_reasons(struct json_writer *json,
		       const struct run_report *report,
		       const struct filter *filter)
{
	const struct filter reasons = { .reasons = filter->reasons };
	struct ledger merged = { .ns = 0 };
	struct row_group group;
	int r = run_report_merge(report, filter, &merged);

	if (!r)
		r = rows_group(&merged, &merged.vm[0], NULL, &reasons,
			       report->seconds, &group);
	if (r > 0) {
		r = rows_group_complete(&group);
		if (!r)
			put_group(json, report, &group);
		rows_group_free(&group);
	}
	ledger_free(&merged);
	return r;
}

int render_report_json(const char *path, const struct run_report *report,
		       const struct filter *filter, FILE *out)
{
	struct json_writer json = { .out = out };
	int r;

	json_put_open(&json, NULL, '{');
	json_put_text(&json, "format", "exitledger-report");
	json_put_uint(&json, "version", VERSION);
	run_json_run(&json, "run", path, report);
	r = put_reasons(&json, report, filter);
	if (!r)
		r = report_json_vms(&json, report, filter);
	if (!r)
		r = report_json_vcpus(&json, report, filter);
	put_rates(&json, &report->rates);
	put_marks(&json, report, filter);
	put_phases(&json, report);
	put_changes(&json, report);
	report_json_slows(&json, report);
	if (!r)
		r = report_json_advice(&json, report, filter);
	render_losses_json(&json, &report->total);
	json_put_close(&json, '}');
	putc('\n', out);
	return r;
}
