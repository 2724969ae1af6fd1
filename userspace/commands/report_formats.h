/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The formats of a report and of the differences between two runs.  Each row of
 * the table is a format and its option.
 */
#ifndef EXITLEDGER_REPORT_FORMATS_H
#define EXITLEDGER_REPORT_FORMATS_H

#include <stdio.h>

#include "ledger/filter.h"
#include "report/run_compare.h"

struct report_format {
	const char *name; /* name of its option */
	int letter; /* letter of its option, or 0 */
	const char *doc;
	/*
	 * The option takes a file name, and this function writes @render's
	 * output to that file.  NULL: the format is written to standard output.
	 */
	int (*save)(const char *path, int (*render)(void *context, FILE *out),
		    void *context, struct why *why);
	/* Both write the whole document.  Return 0 or -ENOMEM. */
	int (*report)(const char *path, const struct run_report *report,
		      const struct filter *filter, FILE *out);
	int (*compare)(const char *const path[2],
		       const struct run_comparison *compared,
		       const struct filter *filter, FILE *out);
};

/* The last row has no name. */
extern const struct report_format report_formats[];

/* The default format. */
extern const struct report_format *const report_format_unasked;

#endif /* EXITLEDGER_REPORT_FORMATS_H */
