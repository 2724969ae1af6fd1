/* SPDX-License-Identifier: GPL-2.0-only */
/* Used only by the files that render pages. */
#ifndef EXITLEDGER_RENDER_PAGE_PRIVATE_H
#define EXITLEDGER_RENDER_PAGE_PRIVATE_H

#include "report/page/render_page.h"
#include "sample/columns.h"

/*
 * The most lines of a chart.  Each has a colour, and the last one may be all
 * others together.
 */
#define PAGE_LINES 11

/*
 * The most changes that are shown in the table and in the charts: the clearest
 * ones.
 */
#define PAGE_CHANGES 60

struct page {
	const char *path;
	const struct run_report *report;
	const struct filter *filter;
	struct ledger merged;
	/* Its reasons are ascending until page_choose() sorts them by exits. */
	struct row_group group;
	unsigned int has; /* NEEDS_… bits of what was recorded */
	/* Reasons with a colour of their own, by exits: page_choose(). */
	uint32_t drawn[PAGE_LINES];
	size_t nr_drawn;
	FILE *out;
};

/**
 * page_begin - fill in the members that follow from report and filter; 0 or
 * -ENOMEM
 */
int page_begin(struct page *page);

/**
 * page_choose - choose the reasons that have a colour, the same for all @pages
 *
 * It also sorts the reasons of each page, the most frequent first.
 */
void page_choose(struct page *pages, size_t nr);

/** page_end - free everything that page_begin() has made, even if it failed */
void page_end(struct page *page);

/**
 * page_template - write a template, and a part in place of each {{name}}
 * @put: writes a part; -EINVAL if there is no part of this name
 *
 * Returns 0, or the result of @put.
 */
int page_template(const char *text, int (*put)(void *context, const char *name),
		  void *context, FILE *out);

/**
 * page_color - the colour of a reason in charts and tables; PAGE_LINES: it has
 * none
 */
size_t page_color(const struct page *page, uint32_t reason);

/*
 * page_table_begin - write the head of a table
 * @label: id of the heading that names it
 * @heads: the heads of the columns, NULL at the end; "<" before a head means
 *	that its column has text
 */
void page_table_begin(struct page *page, const char *label,
		      const char *const heads[]);
void page_table_end(struct page *page);
void page_cell(struct page *page, const char *text);
void page_cell_text(struct page *page, const char *text);

/* Write a run's name, and a line that says when and where it was recorded. */
int page_name(struct page *page);
int page_about(struct page *page);

/* Parts of the page.  All return 0 or -ENOMEM. */
int page_figures(struct page *page);
int page_answers(struct page *page);
int page_advice(struct page *page);
int page_charts(struct page *page);
int page_phases(struct page *page);
int page_changes(struct page *page);
int page_reasons(struct page *page);
int page_keys(struct page *page);
int page_slows(struct page *page);
int page_vms(struct page *page);
int page_vcpus(struct page *page);
int page_marks(struct page *page);
int page_losses(struct page *page);
int page_environment(struct page *page);
/* Write the data of the page's charts as JSON. */
int page_data(struct page *page);

#endif /* EXITLEDGER_RENDER_PAGE_PRIVATE_H */
