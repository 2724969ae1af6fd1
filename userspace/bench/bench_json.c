// SPDX-License-Identifier: GPL-2.0-only
#include <math.h>

#include "bench/bench_json.h"
#include "bench/bench_save.h"
#include "lib/json_save.h"

/* JSON has no infinity: if an interval has no ends, write null for them. */
static void put_interval(struct json_writer *json, const char *name,
			 struct stats_interval interval)
{
	json_put_open(json, name, '{');
	json_put_exact(json, "value", interval.value);
	if (isinf(interval.low)) {
		json_put_null(json, "low");
		json_put_null(json, "high");
	} else {
		json_put_exact(json, "low", interval.low);
		json_put_exact(json, "high", interval.high);
	}
	json_put_close(json, '}');
}

static void put_host(struct json_writer *json, const struct bench *bench)
{
	json_put_open(json, "host", '{');
	json_put_text(json, "kernel", bench->kernel);
	json_put_text(json, "vendor", bench->vendor);
	json_put_text(json, "hypervisor", bench->hypervisor);
	json_put_text(json, "cpu", bench->cpu);
	json_put_text(json, "mitigations", bench->mitigations);
	json_put_close(json, '}');
}

static void put_kinds(struct json_writer *json, const struct bench *bench)
{
	json_put_open(json, "kinds", '[');
	for (size_t i = 0; i < bench->nr_kinds; i++) {
		const struct bench_kind *kind = &bench->kind[i];

		json_put_open(json, NULL, '{');
		json_put_text(json, "name", kind->name);
		json_put_text(json, "what", kind->what);
		json_put_uint(json, "reason", kind->reason);
		json_put_int(json, "operations", kind->operations);
		json_put_uint(json, "exits", kind->exits);
		json_put_close(json, '}');
	}
	json_put_close(json, ']');
}

static void put_rows(struct json_writer *json, const struct bench *bench)
{
	json_put_open(json, "rows", '[');
	for (size_t i = 0; i < bench->nr_rows; i++) {
		const struct bench_row *row = &bench->row[i];

		json_put_open(json, NULL, '{');
		json_put_text(json, "name", row->name);
		json_put_text(json, "title", row->title);
		json_put_uint(json, "gives", row->gives);
		json_put_bool(json, "ours", row->ours);
		json_put_bool(json, "patch", row->patch);
		json_put_text(json, "state", bench_state_name(row->state));
		json_put_text(json, "why", row->why);
		json_put_text(json, "version", row->version);
		json_put_text(json, "command", row->command);
		json_put_close(json, '}');
	}
	json_put_close(json, ']');
}

static void put_run(struct json_writer *json, const struct bench *bench,
		    const struct bench_run *run)
{
	json_put_open(json, NULL, '{');
	json_put_text(json, "kind", bench->kind[run->kind].name);
	json_put_text(json, "row", bench->row[run->row].name);
	json_put_uint(json, "round", run->round);
	json_put_open(json, "laps", '[');
	for (size_t i = 0; i < run->nr; i++)
		json_put_int(json, NULL, run->lap[i]);
	json_put_close(json, ']');
	if (run->has_counted) {
		json_put_int(json, "counted", run->counted);
		json_put_int(json, "expected", run->expected);
	}
	if (run->at_least)
		json_put_bool(json, "at_least", true);
	if (run->has_kvm_time)
		json_put_exact(json, "kvm_time", run->kvm_time);
	if (run->has_bpf_time)
		json_put_exact(json, "bpf_time", run->bpf_time);
	json_put_close(json, '}');
}

static void put_runs(struct json_writer *json, const struct bench *bench)
{
	json_put_open(json, "runs", '[');
	for (size_t i = 0; i < bench->nr_runs; i++)
		put_run(json, bench, &bench->run[i]);
	json_put_close(json, ']');
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

static void put_cell(struct json_writer *json,
		     const struct bench_result *result, size_t kind, size_t row)
{
	const struct bench_cell *cell = bench_cell(result, kind, row);
	const struct bench *bench = result->bench;

	json_put_open(json, NULL, '{');
	json_put_text(json, "kind", bench->kind[kind].name);
	json_put_text(json, "row", bench->row[row].name);
	put_interval(json, "per_exit", cell->level);
	put_interval(json, "added", cell->added);
	json_put_bool(json, "noise", cell->noise);
	json_put_exact(json, "spread", cell->spread);
	json_put_uint(json, "laps", cell->laps);
	json_put_uint(json, "outliers", cell->outliers);
	json_put_exact(json, "worst", cell->worst);
	if (!isnan(bench_ns(bench, 0))) {
		put_interval(json, "per_exit_ns",
			     interval_ns(bench, cell->level));
		put_interval(json, "added_ns", interval_ns(bench, cell->added));
	}
	json_put_close(json, '}');
}

static void put_results(struct json_writer *json,
			const struct bench_result *result)
{
	const struct bench *bench = result->bench;

	json_put_open(json, "results", '[');
	for (size_t kind = 0; kind < bench->nr_kinds; kind++) {
		for (size_t row = 0; row < bench->nr_rows; row++) {
			if (bench_cell(result, kind, row)->measured)
				put_cell(json, result, kind, row);
		}
	}
	json_put_close(json, ']');
}

/* Put null if the value is not known. */
static void put_largest(struct json_writer *json, const char *name,
			const struct bench *bench, struct bench_largest largest)
{
	if (!largest.known) {
		json_put_null(json, name);
		return;
	}
	json_put_open(json, name, '{');
	json_put_exact(json, "value", largest.value);
	json_put_text(json, "kind", bench->kind[largest.kind].name);
	json_put_text(json, "row", bench->row[largest.row].name);
	json_put_close(json, '}');
}

void bench_json(struct json_writer *json, const struct bench_result *result)
{
	const struct bench *bench = result->bench;

	json_put_open(json, NULL, '{');
	json_put_text(json, "format", BENCH_FORMAT);
	json_put_uint(json, "version", BENCH_FORMAT_VERSION);
	json_put_text(json, "exitledger", bench->version);
	json_put_text(json, "date", bench->date);
	put_host(json, bench);
	json_put_text(json, "attach", bench->attach);
	json_put_text(json, "unit", bench_unit_name(bench->unit));
	json_put_int(json, "tsc_khz", bench->khz);
	json_put_bool(json, "tsc_invariant", bench->invariant);
	json_put_uint(json, "rounds", bench->rounds);
	json_put_uint(json, "laps", bench->laps);
	json_put_uint(json, "warm_up", bench->warm_up);
	json_put_int(json, "cpu", bench->cpu_nr);
	json_put_bool(json, "interrupted", bench->interrupted);
	put_kinds(json, bench);
	put_rows(json, bench);
	put_runs(json, bench);
	put_results(json, result);
	json_put_open(json, "repeatability", '{');
	put_largest(json, "rounds", bench, bench_spread(result));
	put_largest(json, "null", bench, bench_null(result));
	json_put_close(json, '}');
	json_put_close(json, '}');
}

static int put_document(struct json_writer *json, const void *result)
{
	bench_json(json, result);
	return 0;
}

int bench_json_save(const struct bench_result *result, const char *path,
		    struct why *why)
{
	return json_save(path, put_document, result, why);
}
