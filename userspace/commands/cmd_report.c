// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "commands/commands.h"
#include "commands/monitor_output.h"
#include "commands/report_formats.h"
#include "lib/cli.h"
#include "lib/output.h"

enum { OPT_FORMAT = 512 }; /* from here on: of report_formats */

#define RUNS_MAX 2
#define FORMATS_MAX 30

struct report {
	struct monitor_options options;
	const char *path[RUNS_MAX];
	const char *input; /* the RUN that is standard input, or NULL */
	int nr; /* of runs */
	bool unmatched; /* something of the filter */
	const struct report_format *format;
	unsigned int asked_for; /* which of report_formats, as bits */
	const char *output; /* the file of a format that takes one */
	struct run_reader *reader[RUNS_MAX];
	struct run_report content[RUNS_MAX];
};

static int format_key(size_t which)
{
	return report_formats[which].letter ? report_formats[which].letter :
					      OPT_FORMAT + (int)which;
}

static void take_format(struct report *report, size_t which, const char *arg,
			const struct argp_state *state)
{
	report->format = &report_formats[which];
	report->asked_for |= 1u << which;
	if (!report->format->save)
		return;
	if (!*arg)
		cli_refuse(state, "--%s takes a file's name, not ''",
			   report->format->name);
	report->output = arg;
}

/* One format at a time. */
static void check_formats(const struct report *report,
			  const struct argp_state *state)
{
	const char *first = NULL;

	for (size_t i = 0; report_formats[i].name; i++) {
		if (!(report->asked_for & 1u << i))
			continue;
		if (first)
			cli_refuse(state, "--%s and --%s exclude each other",
				   first, report_formats[i].name);
		first = report_formats[i].name;
	}
}

static error_t parse(int key, char *arg, struct argp_state *state,
		     void *context)
{
	struct report *report = context;

	for (size_t i = 0; report_formats[i].name; i++) {
		if (key == format_key(i)) {
			take_format(report, i, arg, state);
			return 0;
		}
	}
	switch (key) {
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
		check_formats(report, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
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

static int compare(const struct report *report, FILE *out)
{
	const struct filter *filter = &report->options.filter;
	struct run_comparison compared;
	int r;

	r = run_compare(&report->content[0], &report->content[1], &compared);
	if (!r)
		r = run_compare_percentiles(&compared, filter);
	if (!r)
		r = report->format->compare(report->path, &compared, filter,
					    out);
	run_comparison_free(&compared);
	return r;
}

static int show(void *context, FILE *out)
{
	const struct report *report = context;

	if (report->nr == 2)
		return compare(report, out);
	return report->format->report(report->path[0], &report->content[0],
				      &report->options.filter, out);
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
	if (!r && report->format->save)
		r = report->format->save(report->output, show, report, why);
	else if (!r && show(report, stdout))
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

static void parse_options(int argc, char **argv, struct report *report)
{
	struct argp_option rows[FORMATS_MAX + 1] = { 0 };
	const struct monitor_usage usage = {
		.groups = OPTIONS_FILTERS,
		.rows = rows,
		.parse = parse,
		.context = report,
		.args_doc = "RUN [RUN]",
		.doc = "Say what a run was like that 'exitledger record' has recorded, or what "
		       "differs between two.",
	};

	for (size_t i = 0; i < FORMATS_MAX && report_formats[i].name; i++)
		rows[i] = (struct argp_option){
			.name = report_formats[i].name,
			.key = format_key(i),
			.arg = report_formats[i].save ? "FILE" : NULL,
			.doc = report_formats[i].doc,
			.group = 1,
		};
	monitor_options_parse_for(&usage, argc, argv, &report->options);
}

/* Open the runs, and complete the options by what they are of. */
static int begin(struct report *report, struct why *why)
{
	int r = 0;

	for (int i = 0; !r && i < report->nr; i++)
		r = run_reader_open(report->path[i], true, &report->reader[i],
				    why);
	if (!r)
		monitor_options_complete(
			&report->options,
			run_reader_info(report->reader[0])->isa);
	return r;
}

int cmd_report(int argc, char **argv)
{
	struct report report = { .format = report_format_unasked };
	struct why why = { "" };
	int r;

	argv[0] = "exitledger report";
	parse_options(argc, argv, &report);
	r = begin(&report, &why);
	if (!r && refusal(&report)) {
		msg_error("%s", refusal(&report));
		report_free(&report);
		return STATUS_USAGE;
	}
	if (!r)
		r = run(&report, &why);
	report_free(&report);
	if (r && why.text[0])
		msg_error("%s", why.text);
	if (r)
		return STATUS_FAILED;
	return report.unmatched ? STATUS_UNMATCHED : STATUS_OK;
}
