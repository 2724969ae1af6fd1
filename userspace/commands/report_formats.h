/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The formats in which a report is written, or what differs between two runs: a
 * row each, from which its option comes, too.
 */
#ifndef EXITLEDGER_REPORT_FORMATS_H
#define EXITLEDGER_REPORT_FORMATS_H

#include <stdio.h>

#include "ledger/filter.h"
#include "report/run_compare.h"

struct report_format {
	const char *name; /* of its option */
	int letter; /* of its option, or 0 */
	const char *doc;
	/*
	 * Its option takes the name of a file, which this writes as @render
	 * says.  NULL: it is written to standard output.
	 */
	int (*save)(const char *path, int (*render)(void *context, FILE *out),
		    void *context, struct why *why);
	/* Each writes all of it: 0 or -ENOMEM. */
	int (*report)(const char *path, const struct run_report *report,
		      const struct filter *filter, FILE *out);
	int (*compare)(const char *const path[2],
		       const struct run_comparison *compared,
		       const struct filter *filter, FILE *out);
};

/* The last has no name. */
extern const struct report_format report_formats[];

/* The row that is taken if none is asked for. */
extern const struct report_format *const report_format_unasked;

#endif /* EXITLEDGER_REPORT_FORMATS_H */
