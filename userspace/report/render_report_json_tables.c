// SPDX-License-Identifier: GPL-2.0-only
/* The JSON of a report's VMs, vCPUs, keys and slow exits. */
#include "ledger/ledger_json.h"
#include "report/render_report_private.h"
#include "report/run_json.h"
#include "run/run_words.h"

static void put_vm(struct json_writer *json, const struct row_group *group)
{
	json_put_uint(json, "number", group->vm->number);
	json_put_uint(json, "pid", group->vm->pid);
	json_put_text(json, "name", group->vm->name);
	json_put_uint(json, "vcpus", group->vcpus);
}

static void put_vcpu(struct json_writer *json, const struct row_group *group)
{
	json_put_uint(json, "vm", group->vm->number);
	json_put_uint(json, "vcpu", group->vcpu->id);
	json_put_uint(json, "tid", group->vcpu->tid);
}

static int put_groups(struct json_writer *json, const struct run_report *report,
		      const struct filter *filter, bool by_vcpu)
{
	struct rows rows;
	int r = rows_build(&report->total, filter, by_vcpu, report->seconds,
			   &rows);

	if (r)
		return r;
	json_put_open(json, by_vcpu ? "vcpus" : "vms", '[');
	for (size_t i = 0; i < rows.nr; i++) {
		const struct row_group *group = &rows.group[i];

		json_put_open(json, NULL, '{');
		(by_vcpu ? put_vcpu : put_vm)(json, group);
		json_put_bool(json, "ended", group->ended);
		json_put_uint(json, "exits", group->total.times.exits);
		json_put_uint(json, "ns", group->total.times.ns);
		json_put_close(json, '}');
	}
	json_put_close(json, ']');
	rows_free(&rows);
	return 0;
}

int report_json_vms(struct json_writer *json, const struct run_report *report,
		    const struct filter *filter)
{
	return put_groups(json, report, filter, false);
}

int report_json_vcpus(struct json_writer *json, const struct run_report *report,
		      const struct filter *filter)
{
	return put_groups(json, report, filter, true);
}

void report_json_keys(struct json_writer *json, const struct run_report *report,
		      const struct row_group *group)
{
	const enum ledger_key_kind kind = run_json_keys(report->info);

	if (!report->info->by[0])
		return;
	json_put_open(json, "keys", '[');
	for (size_t i = 0; i < group->nr_keys; i++) {
		const struct row *row = &group->key[i];

		json_put_open(json, NULL, '{');
		ledger_json_reason(json, report->info->isa, row->reason);
		ledger_json_key(json, kind, row->key);
		json_put_uint(json, "exits", row->times.exits);
		json_put_uint(json, "timed", row->times.timed);
		json_put_uint(json, "ns", row->times.ns);
		json_put_uint(json, "min_ns", row->times.min_ns);
		json_put_uint(json, "max_ns", row->times.max_ns);
		json_put_close(json, '}');
	}
	json_put_close(json, ']');
}

void report_json_slows(struct json_writer *json,
		       const struct run_report *report)
{
	const struct run_slows *slows = &report->slows;

	if (!slows->count && !report->info->slower_than_ns)
		return;
	json_put_uint(json, "slow_exits", slows->count);
	json_put_open(json, "slow", '[');
	for (size_t i = 0; i < slows->nr; i++) {
		const struct ledger_slow *slow = &slows->slow[i];

		json_put_open(json, NULL, '{');
		json_put_real(json, "at",
			      run_words_seconds(report->info, slow->at_ns));
		ledger_json_slow(json, report->info->isa,
				 run_json_keys(report->info),
				 report->info->off_cpu, slow);
		json_put_close(json, '}');
	}
	json_put_close(json, ']');
}
