/* SPDX-License-Identifier: GPL-2.0-only */
/* Renders a benchmark's result: tables in 80 columns, and a picture. */
#ifndef EXITLEDGER_RENDER_BENCH_H
#define EXITLEDGER_RENDER_BENCH_H

#include <stdio.h>

#include "bench/bench_change.h"

/** render_bench_text - tables: all kinds side by side, then each by itself */
void render_bench_text(const struct bench_result *result, FILE *out);

/**
 * render_bench_svg - bars with their intervals: one file, with nothing else
 *
 * 0, or -ENOMEM: nothing was written.
 */
int render_bench_svg(const struct bench_result *result, FILE *out);

/** render_bench_notes - what marks mean, and what else there is to say */
void render_bench_notes(const struct bench_result *result, FILE *out);

/** render_bench_versions - of the programs that are not ours */
void render_bench_versions(const struct bench *bench, FILE *out);

/** render_bench_changes - what bench_compare() has found */
void render_bench_changes(const struct bench_comparison *comparison, FILE *out);

#endif /* EXITLEDGER_RENDER_BENCH_H */
