// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "commands/commands.h"
#include "commands/monitor_output.h"
#include "lib/cli.h"
#include "lib/output.h"
#include "report/page/render_page.h"
#include "report/page/save_page.h"
#include "report/render_report.h"
#include "report/render_run_compare.h"

enum { OPT_TEXT = 512, OPT_JSON_ALL };

#define RUNS_MAX 2

struct report {
	struct monitor_options options;
	const char *path[RUNS_MAX];
	const char *input; /* the RUN that is standard input, or NULL */
	int nr; /* of runs */
	bool unmatched; /* something of the filter */
	bool json;
	bool text; /* asked for, not just the default */
	const char *output; /* of a page, or NULL */
	struct run_reader *reader[RUNS_MAX];
	struct run_report content[RUNS_MAX];
};

static const struct argp_option rows[] = {
	{ "output", 'o', "FILE", 0, "Write a page for browsers to FILE", 1 },
	{ "text", OPT_TEXT, NULL, 0, "Write text of 80 columns (default)", 1 },
	{ "json", OPT_JSON_ALL, NULL, 0, "Write one JSON object", 1 },
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state,
		     void *context)
{
	struct report *report = context;

	switch (key) {
	case 'o':
		if (!*arg)
			cli_refuse(state,
				   "--output takes a file's name, not ''");
		report->output = arg;
		return 0;
	case OPT_TEXT:
	case OPT_JSON_ALL:
		report->json |= key == OPT_JSON_ALL;
		report->text |= key == OPT_TEXT;
		return 0;
	case ARGP_KEY_ARG:
		if (report->nr == RUNS_MAX)
			cli_refuse(
				state,
				"there are more than two runs ('%s'): give one, or two to be compared",
				arg);
		cli_file(state, report->nr ? "the second RUN" : "RUN", arg,
			 &report->input);
		report->path[report->nr++] = arg;
		return 0;
	case ARGP_KEY_END:
		if (!report->nr)
			cli_refuse(state, "which run? exitledger report RUN");
		if (report->text && report->json)
			cli_refuse(state,
				   "--text and --json exclude each other");
		if (report->output && (report->text || report->json))
			cli_refuse(state,
				   "--output and --%s exclude each other",
				   report->text ? "text" : "json");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int observed(void *context, struct monitor_options *options,
		    uint32_t *isa, struct why *why)
{
	struct report *report = context;
	int r = 0;

	(void)options;
	for (int i = 0; !r && i < report->nr; i++)
		r = run_reader_open(report->path[i], true, &report->reader[i],
				    why);
	if (!r)
		*isa = run_reader_info(report->reader[0])->isa;
	return r;
}

/* A reason's name and number are of one kind of processor. */
static const char *refusal(const struct report *report)
{
	if (report->nr < 2 || !report->options.filter.reasons.nr ||
	    run_reader_info(report->reader[0])->isa ==
		    run_reader_info(report->reader[1])->isa)
		return NULL;
	return "--reason: the runs are of two kinds of processors, whose reasons differ";
}

static int render(const struct report *report, FILE *page)
{
	const struct filter *filter = &report->options.filter;

	if (page)
		return render_page(report->path[0], &report->content[0], filter,
				   page);
	if (report->json)
		return render_report_json(report->path[0], &report->content[0],
					  filter, stdout);
	return render_report_text(report->path[0], &report->content[0], filter,
				  stdout);
}

static int compare(const struct report *report, FILE *page)
{
	struct run_comparison compared;
	int r = run_compare(&report->content[0], &report->content[1],
			    &compared);

	if (!r)
		r = run_compare_percentiles(&compared, &report->options.filter);
	if (!r && page)
		r = render_compare_page(report->path, &compared,
					&report->options.filter, page);
	else if (!r && report->json)
		render_run_compare_json(report->path, &compared, stdout);
	else if (!r)
		render_run_compare_text(report->path, &compared, stdout);
	run_comparison_free(&compared);
	return r;
}

/* @page: NULL: standard output, in another form */
static int show(void *context, FILE *page)
{
	const struct report *report = context;

	return report->nr == 2 ? compare(report, page) : render(report, page);
}

/* Of two runs it matters which of them it is. */
static bool say_unmatched(const struct report *report, int which)
{
	const struct filter *filter = &report->options.filter;
	const struct ledger *vms = run_reader_vms(report->reader[which]);
	const struct ledger *total = &report->content[which].total;
	char text[400];
	struct why line;

	if (report->nr == 1)
		return monitor_output_unmatched(filter, vms, total);
	filter_describe(filter, text, sizeof(text));
	if (filter_unmatched(filter, vms, &line, 1))
		msg_error("%s: %s", report->path[which], line.text);
	else if (filter->reasons.nr && !filter_has_exits(filter, total))
		msg_error("%s: no exit matched %s", report->path[which], text);
	else
		return false;
	return true;
}

static int run(struct report *report, struct why *why)
{
	const struct filter *filter = &report->options.filter;
	int r = 0;

	for (int i = 0; !r && i < report->nr; i++)
		r = run_report_read(report->reader[i], filter,
				    &report->content[i], why);
	if (!r && report->output)
		r = save_page(report->output, show, report, why);
	else if (!r && show(report, NULL))
		r = why_set(why, ENOMEM, "out of memory");
	if (!r)
		r = output_flush(why);
	for (int i = 0; !r && i < report->nr; i++)
		report->unmatched |= say_unmatched(report, i);
	return r;
}

static void report_free(struct report *report)
{
	for (int i = 0; i < RUNS_MAX; i++) {
		run_report_free(&report->content[i]);
		run_reader_close(report->reader[i]);
	}
	monitor_options_free(&report->options);
}

int cmd_report(int argc, char **argv)
{
	struct report report = { .nr = 0 };
	const struct monitor_usage usage = {
		.groups = OPTIONS_FILTERS,
		.rows = rows,
		.parse = parse,
		.observed = observed,
		.context = &report,
		.args_doc = "RUN [RUN]",
		.doc = "Say what a run was like that 'exitledger record' has recorded, or what "
		       "differs between two.",
	};
	struct why why = { "" };
	int r;

	argv[0] = "exitledger report";
	monitor_options_parse_for(&usage, argc, argv, 0, &report.options);
	if (refusal(&report)) {
		msg_error("%s", refusal(&report));
		report_free(&report);
		return STATUS_USAGE;
	}
	r = run(&report, &why);
	report_free(&report);
	if (r && why.text[0])
		msg_error("%s", why.text);
	if (r)
		return STATUS_FAILED;
	return report.unmatched ? STATUS_UNMATCHED : STATUS_OK;
}
