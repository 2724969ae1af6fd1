// SPDX-License-Identifier: GPL-2.0-only
#include "ledger/keys.h"
#include "ledger/reasons.h"
#include "report/run_json.h"

static void put_observed(struct json_writer *json, const struct run_info *info)
{
	json_put_bool(json, "count_only", info->count_only);
	json_put_bool(json, "fast", info->fast);
	json_put_bool(json, "off_cpu", info->off_cpu);
	if (info->by[0])
		json_put_text(json, "by", info->by);
	if (info->slower_than_ns)
		json_put_uint(json, "slower_than_ns", info->slower_than_ns);
}

/* Write what is no longer in the run. */
static void put_thrown(struct json_writer *json, const struct run_info *info)
{
	if (info->keep_ns)
		json_put_uint(json, "keep_ns", info->keep_ns);
	if (info->max_size)
		json_put_uint(json, "max_size", info->max_size);
	if (!info->thrown_intervals)
		return;
	json_put_open(json, "thrown_away", '{');
	json_put_uint(json, "intervals", info->thrown_intervals);
	json_put_uint(json, "from_at", info->origin_at);
	json_put_uint(json, "until_at", info->started_at);
	json_put_real(json, "seconds",
		      (info->started_ns - info->origin_ns) / 1e9);
	json_put_uint(json, "exits", info->thrown_exits);
	json_put_uint(json, "ns", info->thrown_ns);
	json_put_close(json, '}');
}

void run_json_run(struct json_writer *json, const char *name, const char *path,
		  const struct run_report *report)
{
	const struct run_info *info = report->info;

	json_put_open(json, name, '{');
	json_put_text(json, "file", path);
	json_put_text(json, "program", info->program);
	json_put_text(json, "kernel", info->kernel);
	json_put_text(json, "vendor", info->vendor);
	json_put_text(json, "hypervisor", info->hypervisor);
	json_put_text(json, "cpu", info->cpu);
	json_put_text(json, "isa", exit_isa_name(info->isa));
	json_put_text(json, "attach", info->attach);
	json_put_text(json, "book", info->kernel_book ? "kernel" : "bpf");
	if (info->kernel_book)
		json_put_uint(json, "mode", info->kernel_mode);
	put_observed(json, info);
	json_put_text(json, "shown", info->shown);
	json_put_text(json, "command", info->command);
	if (info->command[0] && info->ended_ns)
		json_put_uint(json, "command_status", info->command_status);
	json_put_uint(json, "started_at", info->started_at);
	json_put_bool(json, "ended", info->ended_ns > 0);
	if (info->snapshot_at)
		json_put_uint(json, "snapshot_at", info->snapshot_at);
	json_put_uint(json, "interval_ns", info->interval_ns);
	put_thrown(json, info);
	json_put_real(json, "seconds", report->seconds);
	json_put_uint(json, "vms", report->nr_vms);
	json_put_uint(json, "vcpus", report->nr_vcpus);
	json_put_uint(json, "exits", report->exits);
	json_put_uint(json, "ns", report->ns);
	if (info->ended_ns) {
		json_put_uint(json, "bpf_exits", info->bpf_exits);
		json_put_uint(json, "bpf_ns", info->bpf_ns);
	}
	json_put_close(json, '}');
}

enum ledger_key_kind run_json_keys(const struct run_info *info)
{
	enum ledger_key_kind kind = LEDGER_KEY_NONE;

	/* A kind that only later versions know has no names. */
	key_kind_parse(info->by, &kind);
	return kind;
}
