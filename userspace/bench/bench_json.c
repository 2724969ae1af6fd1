// SPDX-License-Identifier: GPL-2.0-only
#include <math.h>

#include "bench/bench_json.h"
#include "lib/json_save.h"

/* JSON has no infinity: an interval without ends has null there. */
static json_t *interval_json(struct stats_interval interval)
{
	if (isinf(interval.low))
		return json_pack("{s:f, s:n, s:n}", "value", interval.value,
				 "low", "high");
	return json_pack("{s:f, s:f, s:f}", "value", interval.value, "low",
			 interval.low, "high", interval.high);
}

static json_t *host_json(const struct bench *bench)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o}", "kernel",
			 json_text(bench->kernel), "vendor",
			 json_text(bench->vendor), "hypervisor",
			 json_text(bench->hypervisor), "cpu",
			 json_text(bench->cpu), "mitigations",
			 json_text(bench->mitigations));
}

static json_t *kind_json(const struct bench_kind *kind)
{
	return json_pack("{s:s, s:o, s:I, s:I, s:i}", "name", kind->name,
			 "what", json_text(kind->what), "reason",
			 (json_int_t)kind->reason, "operations",
			 (json_int_t)kind->operations, "exits", kind->exits);
}

static json_t *row_json(const struct bench_row *row)
{
	return json_pack("{s:s, s:s, s:i, s:b, s:b, s:s, s:o, s:o, s:o}",
			 "name", row->name, "title", row->title, "gives",
			 row->gives, "ours", row->ours, "patch", row->patch,
			 "state", bench_state_name(row->state), "why",
			 json_text(row->why), "version",
			 json_text(row->version), "command",
			 json_text(row->command));
}

static json_t *run_json(const struct bench *bench, const struct bench_run *run)
{
	json_t *laps = json_array(), *object;

	for (size_t i = 0; i < run->nr; i++)
		json_array_append_new(laps, json_integer(run->lap[i]));
	object = json_pack("{s:s, s:s, s:i, s:o}", "kind",
			   bench->kind[run->kind].name, "row",
			   bench->row[run->row].name, "round", run->round,
			   "laps", laps);
	if (object && run->has_counted) {
		json_object_set_new(object, "counted",
				    json_integer(run->counted));
		json_object_set_new(object, "expected",
				    json_integer(run->expected));
	}
	if (object && run->at_least)
		json_object_set_new(object, "at_least", json_true());
	if (object && run->has_kvm_time)
		json_object_set_new(object, "kvm_time",
				    json_real(run->kvm_time));
	if (object && run->has_bpf_time)
		json_object_set_new(object, "bpf_time",
				    json_real(run->bpf_time));
	return object;
}

static struct stats_interval interval_ns(const struct bench *bench,
					 struct stats_interval cycles)
{
	return (struct stats_interval){
		.value = bench_ns(bench, cycles.value),
		.low = bench_ns(bench, cycles.low),
		.high = bench_ns(bench, cycles.high),
	};
}

static json_t *cell_json(const struct bench_result *result, size_t kind,
			 size_t row)
{
	const struct bench_cell *cell = bench_cell(result, kind, row);
	const struct bench *bench = result->bench;
	json_t *object;

	object = json_pack("{s:s, s:s, s:o, s:o, s:b, s:f, s:I, s:I, s:f}",
			   "kind", bench->kind[kind].name, "row",
			   bench->row[row].name, "per_exit",
			   interval_json(cell->level), "added",
			   interval_json(cell->added), "noise", cell->noise,
			   "spread", cell->spread, "laps",
			   (json_int_t)cell->laps, "outliers",
			   (json_int_t)cell->outliers, "worst", cell->worst);
	if (object && !isnan(bench_ns(bench, 0))) {
		json_object_set_new(
			object, "per_exit_ns",
			interval_json(interval_ns(bench, cell->level)));
		json_object_set_new(
			object, "added_ns",
			interval_json(interval_ns(bench, cell->added)));
	}
	return object;
}

static json_t *cells_json(const struct bench_result *result)
{
	const struct bench *bench = result->bench;
	json_t *array = json_array();

	for (size_t kind = 0; kind < bench->nr_kinds; kind++) {
		for (size_t row = 0; row < bench->nr_rows; row++) {
			if (bench_cell(result, kind, row)->measured)
				json_array_append_new(
					array, cell_json(result, kind, row));
		}
	}
	return array;
}

/* null: it is not known. */
static json_t *largest_json(const struct bench *bench,
			    struct bench_largest largest)
{
	if (!largest.known)
		return json_null();
	return json_pack("{s:f, s:s, s:s}", "value", largest.value, "kind",
			 bench->kind[largest.kind].name, "row",
			 bench->row[largest.row].name);
}

json_t *bench_json(const struct bench_result *result)
{
	const struct bench *bench = result->bench;
	json_t *kinds = json_array(), *rows = json_array(),
	       *runs = json_array();

	for (size_t i = 0; i < bench->nr_kinds; i++)
		json_array_append_new(kinds, kind_json(&bench->kind[i]));
	for (size_t i = 0; i < bench->nr_rows; i++)
		json_array_append_new(rows, row_json(&bench->row[i]));
	for (size_t i = 0; i < bench->nr_runs; i++)
		json_array_append_new(runs, run_json(bench, &bench->run[i]));
	return json_pack(
		"{s:s, s:i, s:o, s:o, s:o, s:o, s:s, s:I, s:b, s:i, s:i, s:i, s:i, s:b, s:o, s:o, s:o, s:o, s:{s:o, s:o}}",
		"format", BENCH_FORMAT, "version", BENCH_FORMAT_VERSION,
		"exitledger", json_text(bench->version), "date",
		json_text(bench->date), "host", host_json(bench), "attach",
		json_text(bench->attach), "unit", bench_unit_name(bench->unit),
		"tsc_khz", (json_int_t)bench->khz, "tsc_invariant",
		bench->invariant, "rounds", bench->rounds, "laps", bench->laps,
		"warm_up", bench->warm_up, "cpu", bench->cpu_nr, "interrupted",
		bench->interrupted, "kinds", kinds, "rows", rows, "runs", runs,
		"results", cells_json(result), "repeatability", "rounds",
		largest_json(bench, bench_spread(result)), "null",
		largest_json(bench, bench_null(result)));
}
