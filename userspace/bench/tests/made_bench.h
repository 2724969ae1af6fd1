/* SPDX-License-Identifier: GPL-2.0-only */
/* A made-up benchmark, for tests of its results and of how they are shown. */
#ifndef EXITLEDGER_MADE_BENCH_H
#define EXITLEDGER_MADE_BENCH_H

#include <stdlib.h>
#include <string.h>

#include "bench/bench_result.h"
#include "tests/tap.h"

static inline void add_run(struct bench *bench, unsigned int kind,
			   unsigned int row, unsigned int round,
			   uint64_t per_exit)
{
	const struct bench_kind *at = &bench->kind[kind];
	struct bench_run run = {
		.kind = kind,
		.row = row,
		.round = round,
		.nr = 4,
		.lap = calloc(4, sizeof(uint64_t)),
		.has_counted = row > BENCH_NULL,
		.counted = 4000,
		.expected = 4000,
	};

	for (size_t i = 0; i < 4; i++)
		run.lap[i] = (per_exit + i) * at->operations * at->exits;
	ck_assert_int_eq(bench_add_run(bench, &run), 0);
}

/* The costs that the rows of the made-up benchmark add to an exit. */
static const unsigned int costs[] = { 0, 0, 30, 350, 300, 700 };

static inline void make_up(struct bench *bench)
{
	static const char *const rows[] = { "nothing",	   "again",
					    "kernel_time", "time_raw",
					    "trace_cmd",   "bpftrace_hist" };
	const unsigned int gives = GIVES_COUNT | GIVES_REASON | GIVES_TIME;

	memset(bench, 0, sizeof(*bench));
	strcpy(bench->kernel, "6.1.0");
	strcpy(bench->vendor, "kvm_amd");
	strcpy(bench->date, "2026-01-02T03:04:05Z");
	strcpy(bench->mitigations, "off");
	bench->unit = BENCH_INSTRUCTIONS;
	bench->khz = 1000000;
	bench->rounds = 3;
	bench->laps = 4;
	bench->kind = calloc(2, sizeof(*bench->kind));
	bench->row = calloc(7, sizeof(*bench->row));
	bench->nr_kinds = 2;
	bench->kind[0] = (struct bench_kind){ "cpuid", "CPUID", 0x72, 1000, 1 };
	bench->kind[1] = (struct bench_kind){ "hlt", "HLT", 0x78, 100, 4 };
	for (unsigned int i = 0; i < 6; i++) {
		struct bench_row *row = &bench->row[bench->nr_rows++];

		strcpy(row->name, rows[i]);
		strcpy(row->title, rows[i]);
		row->gives = i > 1 ? gives : 0;
		row->ours = i < 4;
		row->patch = i == 2;
		for (unsigned int n = 0; n < 6; n++)
			add_run(bench, n / 3, i, n % 3, 2000 + costs[i]);
	}
	strcpy(bench->row[6].name, "perf_stat");
	strcpy(bench->row[6].title, "perf <stat>");
	strcpy(bench->row[6].why, "no perf in PATH");
	bench->row[6].state = BENCH_MISSING;
	bench->nr_rows++;
}

static inline struct bench_run *find(struct bench *bench, unsigned int kind,
				     unsigned int row, unsigned int round)
{
	for (size_t i = 0; i < bench->nr_runs; i++) {
		struct bench_run *run = &bench->run[i];

		if (run->kind == kind && run->row == row && run->round == round)
			return run;
	}
	ck_abort_msg("no such run");
}

/* Change the cost of an exit in all rounds by @by, which may be negative. */
static inline void shift(struct bench *bench, unsigned int kind,
			 unsigned int row, int by)
{
	const struct bench_kind *at = &bench->kind[kind];

	for (unsigned int round = 0; round < bench->rounds; round++) {
		struct bench_run *run = find(bench, kind, row, round);

		for (size_t i = 0; i < run->nr; i++)
			run->lap[i] += by * (int64_t)at->operations * at->exits;
	}
}

/* Make it look as if a row had not been run with a kind. */
static inline void forget(struct bench *bench, unsigned int kind,
			  unsigned int row)
{
	for (unsigned int round = 0; round < bench->rounds; round++)
		find(bench, kind, row, round)->round = bench->rounds;
}

static inline void check_width(const char *text)
{
	while (*text) {
		size_t length = strcspn(text, "\n");

		ck_assert_msg(length <= 80, "%.*s", (int)length, text);
		text += length + (text[length] == '\n');
	}
}

static inline void check_has(const char *text, const char *what)
{
	ck_assert_msg(strstr(text, what), "no '%s' in:\n%s", what, text);
}

#endif /* EXITLEDGER_MADE_BENCH_H */
