// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench_json.h"
#include "json_get.h"

/* --- to a file --- */

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
	return json_pack("{s:s, s:s, s:s, s:s, s:s}", "kernel", bench->kernel,
			 "vendor", bench->vendor, "hypervisor",
			 bench->hypervisor, "cpu", bench->cpu, "mitigations",
			 bench->mitigations);
}

static json_t *kind_json(const struct bench_kind *kind)
{
	return json_pack("{s:s, s:s, s:I, s:I, s:i}", "name", kind->name,
			 "what", kind->what, "reason", (json_int_t)kind->reason,
			 "operations", (json_int_t)kind->operations, "exits",
			 kind->exits);
}

static json_t *row_json(const struct bench_row *row)
{
	return json_pack("{s:s, s:s, s:i, s:b, s:b, s:s, s:s, s:s, s:s}",
			 "name", row->name, "title", row->title, "gives",
			 row->gives, "ours", row->ours, "patch", row->patch,
			 "state", bench_state_name(row->state), "why", row->why,
			 "version", row->version, "command", row->command);
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

static json_t *cell_json(const struct bench_result *result, size_t kind,
			 size_t row)
{
	const struct bench_cell *cell = bench_cell(result, kind, row);

	return json_pack("{s:s, s:s, s:o, s:o, s:b, s:f, s:I, s:I, s:f}",
			 "kind", result->bench->kind[kind].name, "row",
			 result->bench->row[row].name, "per_exit",
			 interval_json(cell->level), "added",
			 interval_json(cell->added), "noise", cell->noise,
			 "spread", cell->spread, "laps", (json_int_t)cell->laps,
			 "outliers", (json_int_t)cell->outliers, "worst",
			 cell->worst);
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
		"{s:s, s:i, s:s, s:s, s:o, s:s, s:s, s:I, s:b, s:i, s:i, s:i, s:i, s:b, s:o, s:o, s:o, s:o}",
		"format", BENCH_FORMAT, "version", BENCH_FORMAT_VERSION,
		"exitledger", bench->version, "date", bench->date, "host",
		host_json(bench), "attach", bench->attach, "unit",
		bench_unit_name(bench->unit), "tsc_khz", (json_int_t)bench->khz,
		"tsc_invariant", bench->invariant, "rounds", bench->rounds,
		"laps", bench->laps, "warm_up", bench->warm_up, "cpu",
		bench->cpu_nr, "interrupted", bench->interrupted, "kinds",
		kinds, "rows", rows, "runs", runs, "results",
		cells_json(result));
}

/* --- and back --- */

static int take_host(const json_t *object, struct bench *bench, struct why *why)
{
	const json_t *host = json_object_get(object, "host");
	const struct {
		const char *name;
		char *value;
		size_t size;
	} rows[] = {
		{ "kernel", bench->kernel, sizeof(bench->kernel) },
		{ "vendor", bench->vendor, sizeof(bench->vendor) },
		{ "hypervisor", bench->hypervisor, sizeof(bench->hypervisor) },
		{ "cpu", bench->cpu, sizeof(bench->cpu) },
		{ "mitigations", bench->mitigations,
		  sizeof(bench->mitigations) },
	};
	int r = 0;

	for (size_t i = 0; !r && i < sizeof(rows) / sizeof(rows[0]); i++)
		r = json_get_string(host, rows[i].name, rows[i].value,
				    rows[i].size, why);
	if (!r)
		r = json_get_string(object, "exitledger", bench->version,
				    sizeof(bench->version), why);
	if (!r)
		r = json_get_string(object, "date", bench->date,
				    sizeof(bench->date), why);
	if (!r)
		r = json_get_string(object, "attach", bench->attach,
				    sizeof(bench->attach), why);
	return r;
}

static int take_settings(const json_t *object, struct bench *bench,
			 struct why *why)
{
	const struct {
		const char *name;
		unsigned int *value;
	} rows[] = {
		{ "rounds", &bench->rounds },
		{ "laps", &bench->laps },
		{ "warm_up", &bench->warm_up },
		{ "cpu", &bench->cpu_nr },
	};
	char unit[32];
	int r;

	r = json_get_string(object, "unit", unit, sizeof(unit), why);
	if (!r && bench_unit_parse(unit, &bench->unit))
		r = why_set(why, EINVAL, "\"unit\" is \"%s\", which is unknown",
			    unit);
	if (!r)
		r = json_get_u64(object, "tsc_khz", UINT32_MAX, &bench->khz,
				 why);
	if (!r)
		r = json_get_bool(object, "tsc_invariant", &bench->invariant,
				  why);
	if (!r)
		r = json_get_bool(object, "interrupted", &bench->interrupted,
				  why);
	for (size_t i = 0; !r && i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t value = 0;

		r = json_get_u64(object, rows[i].name, 65535, &value, why);
		*rows[i].value = value;
	}
	return r;
}

static int take_kind(const json_t *object, struct bench_kind *kind,
		     struct why *why)
{
	uint64_t exits = 0;
	int r;

	r = json_get_string(object, "name", kind->name, sizeof(kind->name),
			    why);
	if (!r)
		r = json_get_string(object, "what", kind->what,
				    sizeof(kind->what), why);
	if (!r)
		r = json_get_u32(object, "reason", &kind->reason, why);
	if (!r)
		r = json_get_u64(object, "operations", UINT32_MAX,
				 &kind->operations, why);
	if (!r)
		r = json_get_u64(object, "exits", 1000, &exits, why);
	kind->exits = exits;
	if (!r && (!kind->exits || !kind->operations))
		r = why_set(why, EINVAL, "the kind \"%s\" has no exits",
			    kind->name);
	return r;
}

static int take_state(const json_t *object, struct bench_row *row,
		      struct why *why)
{
	char state[32];
	int r;

	r = json_get_string(object, "state", state, sizeof(state), why);
	if (r)
		return r;
	for (int i = 0; i < BENCH_STATES; i++) {
		row->state = i;
		if (!strcmp(state, bench_state_name(i)))
			return 0;
	}
	return why_set(why, EINVAL, "\"state\" is \"%s\", which is unknown",
		       state);
}

static int take_row(const json_t *object, struct bench_row *row,
		    struct why *why)
{
	const struct {
		const char *name;
		char *value;
		size_t size;
	} rows[] = {
		{ "name", row->name, sizeof(row->name) },
		{ "title", row->title, sizeof(row->title) },
		{ "why", row->why, sizeof(row->why) },
		{ "version", row->version, sizeof(row->version) },
		{ "command", row->command, sizeof(row->command) },
	};
	int r = 0;

	for (size_t i = 0; !r && i < sizeof(rows) / sizeof(rows[0]); i++)
		r = json_get_string(object, rows[i].name, rows[i].value,
				    rows[i].size, why);
	if (!r)
		r = json_get_u32(object, "gives", &row->gives, why);
	if (!r)
		r = json_get_bool(object, "ours", &row->ours, why);
	if (!r)
		r = json_get_bool(object, "patch", &row->patch, why);
	return r ? r : take_state(object, row, why);
}

/* The index of what a run names; json_get_string() has checked the name. */
static int take_place(const json_t *object, const struct bench *bench,
		      struct bench_run *run, struct why *why)
{
	char kind[32], row[32];
	int kind_nr, row_nr, r;

	r = json_get_string(object, "kind", kind, sizeof(kind), why);
	if (!r)
		r = json_get_string(object, "row", row, sizeof(row), why);
	if (!r)
		r = json_get_u32(object, "round", &run->round, why);
	if (r)
		return r;
	kind_nr = bench_find_kind(bench, kind);
	row_nr = bench_find_row(bench, row);
	if (kind_nr < 0 || row_nr < 0 || run->round >= bench->rounds)
		return why_set(why, EINVAL,
			       "a run of \"%s\", \"%s\", round %u is of none",
			       kind, row, run->round);
	run->kind = kind_nr;
	run->row = row_nr;
	return 0;
}

static int take_laps(const json_t *object, struct bench_run *run,
		     struct why *why)
{
	json_t *laps;
	int r;

	r = json_get_array(object, "laps", &laps, why);
	if (r)
		return r;
	run->nr = json_array_size(laps);
	if (!run->nr)
		return why_set(why, EINVAL, "a run has no laps");
	run->lap = calloc(run->nr, sizeof(*run->lap));
	if (!run->lap)
		return why_set(why, ENOMEM, "out of memory");
	for (size_t i = 0; i < run->nr; i++) {
		const json_t *lap = json_array_get(laps, i);

		if (!json_is_integer(lap) || json_integer_value(lap) < 0)
			return why_set(why, EINVAL, "a lap is no integer");
		run->lap[i] = json_integer_value(lap);
	}
	return 0;
}

static bool take_number(const json_t *object, const char *name, double *value)
{
	const json_t *number = json_object_get(object, name);

	*value = json_number_value(number);
	return json_is_number(number);
}

static int take_run(const json_t *object, struct bench *bench, struct why *why)
{
	struct bench_run run = { 0 };
	int r;

	r = take_place(object, bench, &run, why);
	if (!r && json_object_get(object, "counted")) {
		run.has_counted = true;
		r = json_get_u64(object, "counted", INT64_MAX, &run.counted,
				 why);
		if (!r)
			r = json_get_u64(object, "expected", INT64_MAX,
					 &run.expected, why);
	}
	run.at_least = json_is_true(json_object_get(object, "at_least"));
	run.has_kvm_time = take_number(object, "kvm_time", &run.kvm_time);
	run.has_bpf_time = take_number(object, "bpf_time", &run.bpf_time);
	if (!r)
		r = take_laps(object, &run, why);
	if (r) {
		free(run.lap);
		return r;
	}
	r = bench_add_run(bench, &run);
	return r ? why_set(why, ENOMEM, "out of memory") : 0;
}

static int take_arrays(const json_t *json, struct bench *bench, struct why *why)
{
	json_t *kinds, *rows, *runs;
	int r;

	r = json_get_array(json, "kinds", &kinds, why);
	if (!r)
		r = json_get_array(json, "rows", &rows, why);
	if (!r)
		r = json_get_array(json, "runs", &runs, why);
	if (r)
		return r;
	if (json_array_size(rows) <= BENCH_NULL)
		return why_set(why, EINVAL, "it has nothing to compare with");
	bench->kind = calloc(json_array_size(kinds) + 1, sizeof(*bench->kind));
	bench->row = calloc(json_array_size(rows) + 1, sizeof(*bench->row));
	if (!bench->kind || !bench->row)
		return why_set(why, ENOMEM, "out of memory");
	for (; !r && bench->nr_kinds < json_array_size(kinds);
	     bench->nr_kinds++)
		r = take_kind(json_array_get(kinds, bench->nr_kinds),
			      &bench->kind[bench->nr_kinds], why);
	for (; !r && bench->nr_rows < json_array_size(rows); bench->nr_rows++)
		r = take_row(json_array_get(rows, bench->nr_rows),
			     &bench->row[bench->nr_rows], why);
	for (size_t i = 0; !r && i < json_array_size(runs); i++)
		r = take_run(json_array_get(runs, i), bench, why);
	return r;
}

int bench_json_parse(const json_t *json, struct bench *bench, struct why *why)
{
	int r;

	r = json_get_format(json, BENCH_FORMAT, BENCH_FORMAT_VERSION, why);
	if (!r)
		r = take_host(json, bench, why);
	if (!r)
		r = take_settings(json, bench, why);
	return r ? r : take_arrays(json, bench, why);
}

int bench_json_load(const char *path, struct bench *bench, struct why *why)
{
	struct why own = { "" };
	json_error_t error;
	json_t *json;
	int r;

	json = strcmp(path, "-") ? json_load_file(path, 0, &error) :
				   json_loadf(stdin, 0, &error);
	if (!json)
		return why_set(why, EINVAL, "%s: cannot be read: %s (line %d)",
			       path, error.text, error.line);
	r = bench_json_parse(json, bench, &own);
	json_decref(json);
	return r ? why_set(why, -r, "%s: %s", path, own.text) : 0;
}
