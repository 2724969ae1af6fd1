/* SPDX-License-Identifier: GPL-2.0-only */
/* What a benchmark says, for people: tables in 80 columns, and a picture. */
#ifndef EXITLEDGER_RENDER_BENCH_H
#define EXITLEDGER_RENDER_BENCH_H

#include <stdio.h>

#include "bench/bench_result.h"

/** render_bench_text - tables: all kinds side by side, then each by itself */
void render_bench_text(const struct bench_result *result, FILE *out);

/** render_bench_svg - bars with their intervals: one file, with nothing else */
void render_bench_svg(const struct bench_result *result, FILE *out);

/** render_bench_changes - what bench_changes() has found */
void render_bench_changes(const struct bench_result *then,
			  const struct bench_result *now,
			  const struct bench_change *change, size_t nr,
			  FILE *out);

/** render_bench_unit - "instructions", as a heading has it */
const char *render_bench_unit(const struct bench *bench);

#endif /* EXITLEDGER_RENDER_BENCH_H */
