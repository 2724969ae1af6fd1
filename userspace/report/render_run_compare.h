/* SPDX-License-Identifier: GPL-2.0-only */
/* Two runs side by side, for people and for programs. */
#ifndef EXITLEDGER_RENDER_RUN_COMPARE_H
#define EXITLEDGER_RENDER_RUN_COMPARE_H

#include <stdio.h>

#include "report/run_compare.h"

/**
 * render_run_compare_text - write text in 80 columns; @path: each run's path
 */
void render_run_compare_text(const char *const path[2],
			     const struct run_comparison *compared, FILE *out);

/** render_run_compare_json - write one JSON object; see exitledger-report(1) */
void render_run_compare_json(const char *const path[2],
			     const struct run_comparison *compared, FILE *out);

#endif /* EXITLEDGER_RENDER_RUN_COMPARE_H */
