// SPDX-License-Identifier: GPL-2.0-only
#include "ledger/keys.h"
#include "ledger/ledger_json.h"
#include "ledger/reasons.h"
#include "ledger/render_losses.h"
#include "lib/json_writer.h"
#include "sample/column_json.h"
#include "sample/render_monitor.h"

#define VERSION 2 /* of exitledger-monitor.schema.json */

static void put_columns(struct json_writer *json,
			const struct monitor_shape *shape,
			const struct row *row)
{
	for (size_t i = 0; i < shape->columns.nr; i++)
		column_json_put(json, shape->columns.id[i], row);
}

/* Write a pair for each bucket: its lower bound in ns, and its count. */
static void put_histogram(struct json_writer *json, const struct hist *hist)
{
	json_put_open(json, "histogram", '[');
	for (unsigned int i = 0; i < HIST_BUCKETS; i++) {
		const uint64_t *span = hist_counts(hist, i / HIST_SPAN);

		if (!span || !span[i % HIST_SPAN])
			continue;
		json_put_open(json, NULL, '[');
		json_put_uint(json, NULL, hist_lower(i));
		json_put_uint(json, NULL, span[i % HIST_SPAN]);
		json_put_close(json, ']');
	}
	json_put_close(json, ']');
}

/*
 * Write the keys of a reason.  @next is the index of a key at or before them;
 * it is set to that of the key after them.
 */
static void put_keys(struct json_writer *json,
		     const struct monitor_shape *shape,
		     const struct row_group *group, uint32_t reason,
		     size_t *next)
{
	while (*next < group->nr_keys && group->key[*next].reason < reason)
		(*next)++;
	if (*next == group->nr_keys || group->key[*next].reason != reason)
		return;
	json_put_open(json, "keys", '[');
	for (; *next < group->nr_keys && group->key[*next].reason == reason;
	     (*next)++) {
		json_put_open(json, NULL, '{');
		ledger_json_key(json, shape->by, group->key[*next].key);
		put_columns(json, shape, &group->key[*next]);
		json_put_close(json, '}');
	}
	json_put_close(json, ']');
}

static void put_reasons(struct json_writer *json,
			const struct monitor_shape *shape,
			const struct row_group *group)
{
	size_t next = 0;

	json_put_open(json, "reasons", '[');
	for (size_t i = 0; i < group->nr_reasons; i++) {
		struct row *row = &group->reason[i];

		row_complete(row);
		json_put_open(json, NULL, '{');
		ledger_json_reason(json, group->vm->isa, row->reason);
		put_columns(json, shape, row);
		if (shape->histograms)
			put_histogram(json, row->hist);
		put_keys(json, shape, group, row->reason, &next);
		json_put_close(json, '}');
	}
	json_put_close(json, ']');
}

/* Write the groups of a VM, and return their number. */
static size_t put_vm(struct json_writer *json,
		     const struct monitor_shape *shape,
		     const struct row_group *group, size_t nr)
{
	const struct ledger_vm *vm = group->vm;
	size_t i;

	json_put_open(json, NULL, '{');
	json_put_uint(json, "number", vm->number);
	json_put_uint(json, "pid", vm->pid);
	json_put_text(json, "name", vm->name);
	json_put_text(json, "isa", exit_isa_name(vm->isa));
	json_put_uint(json, "vcpus", vm->nr_vcpus);
	json_put_bool(json, "ended", ledger_vm_ended(vm));
	if (!group->vcpu) {
		json_put_uint(json, "exits", group->total.times.exits);
		json_put_uint(json, "ns", group->total.times.ns);
		put_reasons(json, shape, group);
		json_put_close(json, '}');
		return 1;
	}
	json_put_open(json, "by_vcpu", '[');
	for (i = 0; i < nr && group[i].vm == vm; i++) {
		json_put_open(json, NULL, '{');
		json_put_uint(json, "vcpu", group[i].vcpu->id);
		json_put_uint(json, "tid", group[i].vcpu->tid);
		json_put_bool(json, "ended", group[i].ended);
		json_put_uint(json, "exits", group[i].total.times.exits);
		json_put_uint(json, "ns", group[i].total.times.ns);
		put_reasons(json, shape, &group[i]);
		json_put_close(json, '}');
	}
	json_put_close(json, ']');
	json_put_close(json, '}');
	return i;
}

static void put_slow(struct json_writer *json,
		     const struct monitor_sample *sample,
		     const struct monitor_shape *shape)
{
	const struct ledger_slows *slows = &sample->ledger->slows;

	json_put_open(json, "slow", '[');
	for (size_t i = 0; i < slows->nr; i++) {
		const struct ledger_slow *slow = &slows->slow[i];
		const struct ledger_vm *vm;

		if (!monitor_slow(sample, shape, slow, &vm))
			continue;
		json_put_open(json, NULL, '{');
		json_put_uint(json, "at_ns", slow->at_ns);
		ledger_json_slow(json, vm ? vm->isa : 0, shape->by, true, slow);
		json_put_close(json, '}');
	}
	json_put_close(json, ']');
}

int render_monitor_json(const struct monitor_sample *sample,
			const struct monitor_shape *shape, FILE *out)
{
	struct json_writer json = { .out = out };
	struct rows rows;
	int r;

	r = rows_build(sample->ledger, shape->filter, shape->by_vcpu,
		       sample->seconds, &rows);
	if (r)
		return r;
	json_put_open(&json, NULL, '{');
	json_put_text(&json, "format", "exitledger-monitor");
	json_put_uint(&json, "version", VERSION);
	json_put_text(&json, "kind", sample->total ? "total" : "interval");
	json_put_real(&json, "seconds", sample->seconds);
	json_put_uint(&json, "at_ns", sample->ledger->ns);
	if (shape->by)
		json_put_text(&json, "by", key_kind_name(shape->by));
	json_put_open(&json, "vms", '[');
	for (size_t i = 0; i < rows.nr;)
		i += put_vm(&json, shape, &rows.group[i], rows.nr - i);
	json_put_close(&json, ']');
	put_slow(&json, sample, shape);
	render_losses_json(&json, sample->ledger);
	json_put_close(&json, '}');
	putc('\n', out);
	rows_free(&rows);
	return 0;
}

const struct monitor_format monitor_format_json = {
	.name = "json",
	.doc = "Write one JSON object per interval, each on one line",
	.has = FORMAT_HISTOGRAMS | FORMAT_ALL_COLUMNS,
	.sample = render_monitor_json,
};
