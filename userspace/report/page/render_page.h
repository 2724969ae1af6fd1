/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Renders the report on a run as a page for browsers, which needs no other
 * file.
 */
#ifndef EXITLEDGER_RENDER_PAGE_H
#define EXITLEDGER_RENDER_PAGE_H

#include <stdio.h>

#include "ledger/filter.h"
#include "report/run_compare.h"

/* The text that all pages begin with. */
#define PAGE_BEGIN \
	"<!DOCTYPE html>\n<!-- SPDX-License-Identifier: GPL-2.0-only AND MIT -->\n"

/**
 * render_page - write a page
 * @path: of the run
 *
 * Returns 0 or -ENOMEM; a failure to write shows in ferror(out).
 */
int render_page(const char *path, const struct run_report *report,
		const struct filter *filter, FILE *out);

/**
 * render_compare_page - write a page with two runs side by side; @path: of each
 */
int render_compare_page(const char *const path[2],
			const struct run_comparison *compared,
			const struct filter *filter, FILE *out);

#endif /* EXITLEDGER_RENDER_PAGE_H */
