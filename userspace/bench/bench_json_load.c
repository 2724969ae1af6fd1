// SPDX-License-Identifier: GPL-2.0-only
/* Reads a benchmark from a file, which may be damaged or forged. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench_json.h"
#include "bench/render_bench_words.h"
#include "lib/json_get.h"
#include "lib/safe_text.h"

/* Above this limit a double is not exact; and no lap takes a month. */
#define LAP_MAX (INT64_C(1) << 53)

/* --- text --- */

/* Get a text from another program; control characters must not reach a
 * terminal. */
static int get_text(const json_t *object, const char *name, char *value,
		    size_t size, struct why *why)
{
	int r = json_get_string(object, name, value, size, why);

	if (!r)
		safe_copy(value, size, value, size);
	return r;
}

/* Get a name for a table, in which each character must have one column. */
static int get_name(const json_t *object, const char *name, char *value,
		    size_t size, struct why *why)
{
	int r = json_get_string(object, name, value, size, why);

	for (const char *at = value; !r && *at; at++) {
		if (*at < ' ' || *at > '~')
			return why_set(
				why, EINVAL,
				"\"%s\" has characters that are not to be printed",
				name);
	}
	if (!r && (!value[0] || strlen(value) > BENCH_TITLE))
		return why_set(why, EINVAL,
			       "\"%s\" has %zu characters, not 1 to %d", name,
			       strlen(value), BENCH_TITLE);
	return r;
}

/* --- host, settings, kinds and rows --- */

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
		r = get_text(host, rows[i].name, rows[i].value, rows[i].size,
			     why);
	if (!r)
		r = get_text(object, "exitledger", bench->version,
			     sizeof(bench->version), why);
	if (!r)
		r = get_text(object, "date", bench->date, sizeof(bench->date),
			     why);
	if (!r)
		r = get_text(object, "attach", bench->attach,
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

	r = get_name(object, "name", kind->name, sizeof(kind->name), why);
	if (!r)
		r = get_text(object, "what", kind->what, sizeof(kind->what),
			     why);
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
		{ "why", row->why, sizeof(row->why) },
		{ "version", row->version, sizeof(row->version) },
		{ "command", row->command, sizeof(row->command) },
	};
	int r;

	r = get_name(object, "name", row->name, sizeof(row->name), why);
	if (!r)
		r = get_name(object, "title", row->title, sizeof(row->title),
			     why);
	for (size_t i = 0; !r && i < sizeof(rows) / sizeof(rows[0]); i++)
		r = get_text(object, rows[i].name, rows[i].value, rows[i].size,
			     why);
	if (!r)
		r = json_get_u32(object, "gives", &row->gives, why);
	if (!r)
		r = json_get_bool(object, "ours", &row->ours, why);
	if (!r)
		r = json_get_bool(object, "patch", &row->patch, why);
	return r ? r : take_state(object, row, why);
}

/* Get the indices of the kind and the row that a run names, and its round. */
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
		return why_set(
			why, EINVAL,
			"a run is of \"%s\", \"%s\", round %u, which do not all exist",
			kind, row, run->round);
	run->kind = kind_nr;
	run->row = row_nr;
	if (bench_find_run(bench, kind_nr, row_nr, run->round))
		return why_set(
			why, EINVAL,
			"the run of \"%s\", \"%s\", round %u is there twice",
			kind, row, run->round);
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

		if (!json_is_integer(lap))
			return why_set(why, EINVAL, "a lap is no integer");
		if (json_integer_value(lap) <= 0 ||
		    json_integer_value(lap) >= LAP_MAX)
			return why_set(why, EINVAL,
				       "a lap of %" JSON_INTEGER_FORMAT
				       " is out of range",
				       json_integer_value(lap));
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

static int take_kinds(const json_t *kinds, struct bench *bench, struct why *why)
{
	size_t nr = json_array_size(kinds);
	int r = 0;

	bench->kind = calloc(nr + 1, sizeof(*bench->kind));
	if (!bench->kind)
		return why_set(why, ENOMEM, "out of memory");
	for (; !r && bench->nr_kinds < nr; bench->nr_kinds++) {
		struct bench_kind *kind = &bench->kind[bench->nr_kinds];

		r = take_kind(json_array_get(kinds, bench->nr_kinds), kind,
			      why);
		if (!r && bench_find_kind(bench, kind->name) >= 0)
			r = why_set(why, EINVAL, "\"%s\" is there twice",
				    kind->name);
	}
	return r;
}

static int take_rows(const json_t *rows, struct bench *bench, struct why *why)
{
	size_t nr = json_array_size(rows);
	int r = 0;

	bench->row = calloc(nr + 1, sizeof(*bench->row));
	if (!bench->row)
		return why_set(why, ENOMEM, "out of memory");
	for (; !r && bench->nr_rows < nr; bench->nr_rows++) {
		struct bench_row *row = &bench->row[bench->nr_rows];

		r = take_row(json_array_get(rows, bench->nr_rows), row, why);
		if (!r && bench_find_row(bench, row->name) >= 0)
			r = why_set(why, EINVAL, "\"%s\" is there twice",
				    row->name);
	}
	if (!r && (bench_find_row(bench, "nothing") != BENCH_BASE ||
		   bench_find_row(bench, "again") != BENCH_NULL))
		r = why_set(
			why, EINVAL,
			"its first rows are not \"nothing\" and \"again\", with which others are compared");
	return r;
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
	if (!json_array_size(kinds) || !json_array_size(runs))
		return why_set(why, EINVAL,
			       "nothing was measured: it has no %s",
			       json_array_size(kinds) ? "runs" : "kinds");
	r = take_kinds(kinds, bench, why);
	if (!r)
		r = take_rows(rows, bench, why);
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
	json_t *json;
	int r;

	json = json_load_path(path, why);
	if (!json)
		return -EINVAL;
	r = bench_json_parse(json, bench, &own);
	json_decref(json);
	return r ? why_set(why, -r, "%s: %s", path, own.text) : 0;
}
