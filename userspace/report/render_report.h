/* SPDX-License-Identifier: GPL-2.0-only */
/* A run's report, for people and for programs. */
#ifndef EXITLEDGER_RENDER_REPORT_H
#define EXITLEDGER_RENDER_REPORT_H

#include <stdio.h>

#include "ledger/filter.h"
#include "report/run_report.h"

/** render_report_head - write what was recorded, when, where and how */
void render_report_head(const char *path, const struct run_report *report,
			FILE *out);

/** render_report_text - write a report in 80 columns; returns 0 or -ENOMEM */
int render_report_text(const char *path, const struct run_report *report,
		       const struct filter *filter, FILE *out);

/**
 * render_report_json - write a report as one JSON object: exitledger-report(1)
 *
 * Returns 0 or -ENOMEM.
 */
int render_report_json(const char *path, const struct run_report *report,
		       const struct filter *filter, FILE *out);

#endif /* EXITLEDGER_RENDER_REPORT_H */
