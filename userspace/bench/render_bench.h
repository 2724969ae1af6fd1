/* SPDX-License-Identifier: GPL-2.0-only */
/* Renders a benchmark's result: tables in 80 columns, and a picture. */
#ifndef EXITLEDGER_RENDER_BENCH_H
#define EXITLEDGER_RENDER_BENCH_H

#include <stdio.h>

#include "bench/bench_change.h"

/**
 * render_bench_text - write tables: all kinds side by side, then each kind by
 *	itself
 */
void render_bench_text(const struct bench_result *result, FILE *out);

/**
 * render_bench_svg - write a picture of bars with their intervals
 *
 * The file needs no other files.  Returns 0, or -ENOMEM if nothing was written.
 */
int render_bench_svg(const struct bench_result *result, FILE *out);

/**
 * render_bench_notes - write the meanings of marks, and remarks on the results
 */
void render_bench_notes(const struct bench_result *result, FILE *out);

/** render_bench_versions - write the versions of other programs */
void render_bench_versions(const struct bench *bench, FILE *out);

/** render_bench_changes - write the result of bench_compare() */
void render_bench_changes(const struct bench_comparison *comparison, FILE *out);

#endif /* EXITLEDGER_RENDER_BENCH_H */
