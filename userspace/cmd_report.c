// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "monitor_output.h"
#include "run/render_report.h"

enum { OPT_TEXT = 512 };

struct report {
	struct monitor_options options;
	const char *path;
	struct run_reader *reader;
};

static const struct argp_option rows[] = {
	{ "text", OPT_TEXT, NULL, 0, "Text of 80 columns (default)", 1 },
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state,
		     void *context)
{
	struct report *report = context;

	switch (key) {
	case OPT_TEXT:
		return 0;
	case ARGP_KEY_ARG:
		if (report->path)
			argp_failure(state, STATUS_USAGE, 0,
				     "one run at a time, not '%s', too", arg);
		report->path = arg;
		return 0;
	case ARGP_KEY_END:
		if (!report->path)
			argp_failure(state, STATUS_USAGE, 0,
				     "which run? exitledger report RUN");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int observed(void *context, struct monitor_options *options,
		    uint32_t *isa, struct why *why)
{
	struct report *report = context;
	int r = run_reader_open(report->path, true, &report->reader, why);

	(void)options;
	if (r)
		return r;
	*isa = run_reader_info(report->reader)->isa;
	return 0;
}

static int run(struct report *report, struct why *why)
{
	const struct filter *filter = &report->options.filter;
	struct run_report content;
	int r = run_report_read(report->reader, filter, &content, why);

	signal(SIGPIPE, SIG_IGN);
	if (!r && render_report_text(report->path, &content, filter, stdout))
		r = why_set(why, ENOMEM, "out of memory");
	if (!r)
		r = monitor_output_end(why);
	if (!r)
		monitor_output_unmatched(filter,
					 run_reader_vms(report->reader));
	run_report_free(&content);
	return r;
}

int cmd_report(int argc, char **argv)
{
	struct report report = { .path = NULL };
	const struct monitor_usage usage = {
		.groups = OPTIONS_FILTERS,
		.rows = rows,
		.parse = parse,
		.observed = observed,
		.context = &report,
		.args_doc = "RUN",
		.doc = "Say what a run was like that 'exitledger record' has recorded.",
	};
	struct why why = { "" };
	int r;

	argv[0] = "exitledger report";
	monitor_options_parse_for(&usage, argc, argv, 0, &report.options);
	r = run(&report, &why);
	run_reader_close(report.reader);
	monitor_options_free(&report.options);
	if (r && why.text[0])
		msg_error("%s", why.text);
	return r ? STATUS_FAILED : STATUS_OK;
}
