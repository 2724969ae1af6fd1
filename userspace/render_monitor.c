// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>

#include "format.h"
#include "reasons.h"
#include "render_losses.h"
#include "render_monitor.h"

static int by_exits(const void *a, const void *b)
{
	const struct ledger_cell *x = a, *y = b;

	if (x->exits != y->exits)
		return x->exits < y->exits ? 1 : -1;
	return x->reason > y->reason ? 1 : -(x->reason < y->reason);
}

static void render_row(const char *name, uint64_t exits, uint64_t ns,
		       const struct ledger_total *total, double seconds,
		       FILE *out)
{
	fprintf(out, "%-27.27s %11s %10s %7s %9s %9s\n", name,
		format_count(exits).s,
		format_count(seconds > 0 ? exits / seconds + 0.5 : 0).s,
		format_share(exits, total->exits).s, format_ns(ns).s,
		exits ? format_ns((double)ns / exits).s : "-");
}

static void render_vm(const struct ledger_vm *vm, struct ledger_total *total,
		      double seconds, FILE *out)
{
	fprintf(out, "\nVM %s, pid %u, %zu vCPU%s%s\n", vm->name, vm->pid,
		vm->nr_vcpus, vm->nr_vcpus == 1 ? "" : "s",
		total->gone && total->gone == vm->nr_vcpus ? ", ended" : "");
	fprintf(out, "%-27s %11s %10s %7s %9s %9s\n", "EXIT REASON", "EXITS",
		"PER SECOND", "SHARE", "TIME", "MEAN");
	qsort(total->cells.cell, total->cells.nr, sizeof(*total->cells.cell),
	      by_exits);
	for (size_t i = 0; i < total->cells.nr; i++) {
		const struct ledger_cell *cell = &total->cells.cell[i];

		if (cell->exits)
			render_row(format_reason(vm->isa, cell->reason).s,
				   cell->exits, cell->ns, total, seconds, out);
	}
	render_row("total", total->exits, total->ns, total, seconds, out);
}

int render_monitor_text(const struct monitor_sample *sample, FILE *out)
{
	const struct ledger *now = sample->ledger;
	bool any = false;

	fprintf(out, "%s%.1f s\n", sample->total ? "\nin total, " : "",
		sample->seconds);
	for (size_t i = 0; i < now->nr_vms; i++) {
		struct ledger_total total;

		if (ledger_total(&now->vm[i], &total))
			return -ENOMEM;
		if (total.exits) {
			render_vm(&now->vm[i], &total, sample->seconds, out);
			any = true;
		}
		ledger_total_free(&total);
	}
	if (!any)
		fputs("no VM exits\n", out);
	render_losses_text(now, out);
	fputc('\n', out);
	return 0;
}

static json_t *reason_json(uint32_t isa, const struct ledger_cell *cell)
{
	const struct exit_reason *known = exit_reason_find(isa, cell->reason);

	return json_pack("{s:I,s:s*,s:I,s:I}", "reason",
			 (json_int_t)cell->reason, "name",
			 known ? known->name : NULL, "exits",
			 (json_int_t)cell->exits, "ns", (json_int_t)cell->ns);
}

static json_t *vm_json(const struct ledger_vm *vm)
{
	json_t *reasons = json_array();
	struct ledger_total total;
	json_t *json;

	if (ledger_total(vm, &total)) {
		json_decref(reasons);
		return NULL;
	}
	for (size_t i = 0; i < total.cells.nr; i++) {
		if (total.cells.cell[i].exits)
			json_array_append_new(
				reasons,
				reason_json(vm->isa, &total.cells.cell[i]));
	}
	json = json_pack("{s:I,s:I,s:s,s:s,s:I,s:b,s:I,s:I,s:o}", "number",
			 (json_int_t)vm->number, "pid", (json_int_t)vm->pid,
			 "name", vm->name, "isa", exit_isa_name(vm->isa),
			 "vcpus", (json_int_t)vm->nr_vcpus, "ended",
			 total.gone && total.gone == vm->nr_vcpus, "exits",
			 (json_int_t)total.exits, "ns", (json_int_t)total.ns,
			 "reasons", reasons);
	ledger_total_free(&total);
	return json;
}

json_t *render_monitor_json(const struct monitor_sample *sample)
{
	json_t *vms = json_array();

	for (size_t i = 0; i < sample->ledger->nr_vms; i++)
		json_array_append_new(vms, vm_json(&sample->ledger->vm[i]));
	return json_pack("{s:s,s:i,s:s,s:f,s:I,s:o,s:o}", "format",
			 "exitledger-monitor", "version", 1, "kind",
			 sample->total ? "total" : "interval", "seconds",
			 sample->seconds, "at_ns",
			 (json_int_t)sample->ledger->ns, "vms", vms, "lost",
			 render_losses_json(sample->ledger));
}
