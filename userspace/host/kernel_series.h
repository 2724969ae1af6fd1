/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The series of Linux on which exitledger was tried.  The table is written from
 * the lab's results (lab/jobs/kernels.py).
 */
#ifndef EXITLEDGER_KERNEL_SERIES_H
#define EXITLEDGER_KERNEL_SERIES_H

#include <stddef.h>

struct kernel_series {
	unsigned int major, minor;
	enum {
		KERNEL_TRIED, /* all counts were exact at that time */
		KERNEL_TESTED, /* and the project's tests repeat that */
	} trial;
};

/** kernel_series_of - the series of this release; NULL: it was not tried */
const struct kernel_series *kernel_series_of(const char *release);

/** kernel_series_list - write all series that were tried: "6.1, 6.12" */
void kernel_series_list(char *text, size_t size);

#endif /* EXITLEDGER_KERNEL_SERIES_H */
