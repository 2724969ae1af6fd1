// SPDX-License-Identifier: GPL-2.0-only
#include "commands/report_formats.h"
#include "report/page/render_page.h"
#include "report/page/save_page.h"
#include "report/render_report.h"
#include "report/render_run_compare.h"

static int compare_text(const char *const path[2],
			const struct run_comparison *compared,
			const struct filter *filter, FILE *out)
{
	(void)filter;
	render_run_compare_text(path, compared, out);
	return 0;
}

static int compare_json(const char *const path[2],
			const struct run_comparison *compared,
			const struct filter *filter, FILE *out)
{
	(void)filter;
	render_run_compare_json(path, compared, out);
	return 0;
}

enum { FORMAT_PAGE, FORMAT_TEXT, FORMAT_JSON, NR_FORMATS };

const struct report_format report_formats[] = {
	[FORMAT_PAGE] = {
		.name = "output",
		.letter = 'o',
		.doc = "Write a page for browsers to FILE",
		.save = save_page,
		.report = render_page,
		.compare = render_compare_page,
	},
	[FORMAT_TEXT] = {
		.name = "text",
		.doc = "Write text of 80 columns (default)",
		.report = render_report_text,
		.compare = compare_text,
	},
	[FORMAT_JSON] = {
		.name = "json",
		.doc = "Write one JSON object",
		.report = render_report_json,
		.compare = compare_json,
	},
	[NR_FORMATS] = { .name = NULL },
};

const struct report_format *const report_format_unasked =
	&report_formats[FORMAT_TEXT];
