// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"
#include "lib/array.h"

static const char *const units[BENCH_UNITS] = {
	[BENCH_CYCLES] = "cycles",
	[BENCH_INSTRUCTIONS] = "instructions",
	[BENCH_NS] = "ns",
};

static const char *const states[BENCH_STATES] = {
	[BENCH_MEASURED] = "measured",
	[BENCH_MISSING] = "not installed",
	[BENCH_FAILED] = "failed",
};

const char *bench_unit_name(enum bench_unit unit)
{
	return units[unit];
}

int bench_unit_parse(const char *name, enum bench_unit *unit)
{
	for (int i = 0; i < BENCH_UNITS; i++) {
		if (!strcmp(name, units[i])) {
			*unit = i;
			return 0;
		}
	}
	return -EINVAL;
}

const char *bench_state_name(enum bench_state state)
{
	return states[state];
}

double bench_ns(const struct bench *bench, double cycles)
{
	if (bench->unit != BENCH_CYCLES || !bench->khz || !bench->invariant)
		return NAN;
	return cycles * 1e6 / (double)bench->khz;
}

int bench_add_run(struct bench *bench, const struct bench_run *run)
{
	struct bench_run *added =
		array_append(bench->run, bench->nr_runs, bench->room);

	if (!added) {
		free(run->lap);
		return -ENOMEM;
	}
	*added = *run;
	return 0;
}

void bench_free(struct bench *bench)
{
	for (size_t i = 0; i < bench->nr_runs; i++)
		free(bench->run[i].lap);
	free(bench->run);
	free(bench->row);
	free(bench->kind);
	memset(bench, 0, sizeof(*bench));
}

int bench_find_row(const struct bench *bench, const char *name)
{
	for (size_t i = 0; i < bench->nr_rows; i++) {
		if (!strcmp(bench->row[i].name, name))
			return i;
	}
	return -1;
}

int bench_find_kind(const struct bench *bench, const char *name)
{
	for (size_t i = 0; i < bench->nr_kinds; i++) {
		if (!strcmp(bench->kind[i].name, name))
			return i;
	}
	return -1;
}

const struct bench_run *bench_find_run(const struct bench *bench, size_t kind,
				       size_t row, unsigned int round)
{
	for (size_t i = 0; i < bench->nr_runs; i++) {
		const struct bench_run *run = &bench->run[i];

		if (run->kind == kind && run->row == row && run->round == round)
			return run;
	}
	return NULL;
}

static bool is_alike(const struct bench *a, const struct bench *b)
{
	bool alike = a->unit == b->unit && a->nr_rows == b->nr_rows &&
		     a->warm_up == b->warm_up && a->cpu_nr == b->cpu_nr &&
		     !strcmp(a->kernel, b->kernel) &&
		     !strcmp(a->vendor, b->vendor) &&
		     !strcmp(a->hypervisor, b->hypervisor) &&
		     !strcmp(a->mitigations, b->mitigations) &&
		     !strcmp(a->cpu, b->cpu);

	for (size_t i = 0; alike && i < a->nr_rows; i++)
		alike = !strcmp(a->row[i].name, b->row[i].name);
	for (size_t i = 0; alike && i < b->nr_kinds; i++)
		alike = bench_find_kind(a, b->kind[i].name) < 0;
	return alike;
}

int bench_merge(struct bench *to, struct bench *from)
{
	struct bench_kind *kind;
	int r = 0;

	if (!is_alike(to, from))
		return -EINVAL;
	kind = reallocarray(to->kind, to->nr_kinds + from->nr_kinds + 1,
			    sizeof(*kind));
	if (!kind)
		return -ENOMEM;
	to->kind = kind;
	memcpy(kind + to->nr_kinds, from->kind, from->nr_kinds * sizeof(*kind));
	/*
	 * If the states of a row differ, keep the worse state, with its reason.
	 */
	for (size_t i = 0; i < to->nr_rows; i++) {
		if (from->row[i].state > to->row[i].state)
			to->row[i] = from->row[i];
	}
	for (size_t i = 0; i < from->nr_runs; i++) {
		struct bench_run run = from->run[i];

		from->run[i].lap = NULL;
		run.kind += to->nr_kinds;
		if (r)
			free(run.lap);
		else
			r = bench_add_run(to, &run);
	}
	to->nr_kinds += from->nr_kinds;
	to->interrupted |= from->interrupted;
	if (from->rounds > to->rounds)
		to->rounds = from->rounds;
	from->nr_kinds = from->nr_runs = 0;
	return r;
}
