// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "commands/commands.h"
#include "commands/monitor_output.h"
#include "commands/report_formats.h"
#include "lib/cli.h"
#include "lib/output.h"

/* first key of the options that report_formats adds */
enum { OPT_FORMAT = 512 };

#define RUNS_MAX 2
#define FORMATS_MAX 30

struct report_command {
	struct monitor_options options;
	const char *path[RUNS_MAX];
	/* the RUN that is read from standard input, or NULL */
	const char *input;
	int nr; /* number of runs */
	bool unmatched; /* true if part of the filter matched nothing */
	const struct report_format *format;
	/* rows of report_formats that were asked for, as bits */
	unsigned int asked_for;
	const char *output; /* file name, if the format's option takes one */
	struct run_reader *reader[RUNS_MAX];
	struct run_report content[RUNS_MAX];
};

static int format_key(size_t which)
{
	return report_formats[which].letter ? report_formats[which].letter :
					      OPT_FORMAT + (int)which;
}

static void take_format(struct report_command *command, size_t which,
			const char *arg, const struct argp_state *state)
{
	command->format = &report_formats[which];
	command->asked_for |= 1u << which;
	if (!command->format->save)
		return;
	if (!*arg)
		cli_refuse(state, "--%s takes a file's name, not ''",
			   command->format->name);
	command->output = arg;
}

/* Refuse several formats at a time. */
static void check_formats(const struct report_command *command,
			  const struct argp_state *state)
{
	const char *first = NULL;

	for (size_t i = 0; report_formats[i].name; i++) {
		if (!(command->asked_for & 1u << i))
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
	struct report_command *command = context;

	for (size_t i = 0; report_formats[i].name; i++) {
		if (key == format_key(i)) {
			take_format(command, i, arg, state);
			return 0;
		}
	}
	switch (key) {
	case ARGP_KEY_ARG:
		if (command->nr == RUNS_MAX)
			cli_refuse(
				state,
				"there are more than two runs ('%s'): give one, or two to be compared",
				arg);
		cli_file(state, command->nr ? "the second RUN" : "RUN", arg,
			 &command->input);
		command->path[command->nr++] = arg;
		return 0;
	case ARGP_KEY_END:
		if (!command->nr)
			cli_refuse(state, "which run? exitledger report RUN");
		check_formats(command, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* Refuse --reason if the runs' ISAs differ, as reasons belong to one ISA. */
static const char *refusal(const struct report_command *command)
{
	if (command->nr < 2 || !command->options.filter.reasons.nr ||
	    run_reader_info(command->reader[0])->isa ==
		    run_reader_info(command->reader[1])->isa)
		return NULL;
	return "--reason: the runs are of two kinds of processors, whose reasons differ";
}

static int compare(const struct report_command *command, FILE *out)
{
	const struct filter *filter = &command->options.filter;
	struct run_comparison compared;
	int r;

	r = run_compare(&command->content[0], &command->content[1], &compared);
	if (!r)
		r = run_compare_percentiles(&compared, filter);
	if (!r)
		r = command->format->compare(command->path, &compared, filter,
					     out);
	run_comparison_free(&compared);
	return r;
}

static int show(void *context, FILE *out)
{
	const struct report_command *command = context;

	if (command->nr == 2)
		return compare(command, out);
	return command->format->report(command->path[0], &command->content[0],
				       &command->options.filter, out);
}

/*
 * Report if the filter matched nothing in a run.  If there are two runs, name
 * the one in which it matched nothing.
 */
static bool say_unmatched(const struct report_command *command, int which)
{
	const struct filter *filter = &command->options.filter;
	const struct ledger *vms = run_reader_vms(command->reader[which]);
	const struct ledger *total = &command->content[which].total;
	char text[400];
	struct why line;

	if (command->nr == 1)
		return monitor_output_unmatched(filter, vms, total);
	filter_describe(filter, text, sizeof(text));
	if (filter_unmatched(filter, vms, &line, 1))
		msg_error("%s: %s", command->path[which], line.text);
	else if (filter->reasons.nr && !filter_has_exits(filter, total))
		msg_error("%s: no exit matched %s", command->path[which], text);
	else
		return false;
	return true;
}

static int run(struct report_command *command, struct why *why)
{
	const struct filter *filter = &command->options.filter;
	int r = 0;

	for (int i = 0; !r && i < command->nr; i++)
		r = run_report_read(command->reader[i], filter,
				    &command->content[i], why);
	if (!r && command->format->save)
		r = command->format->save(command->output, show, command, why);
	else if (!r && show(command, stdout))
		r = why_set(why, ENOMEM, "out of memory");
	if (!r)
		r = output_flush(why);
	for (int i = 0; !r && i < command->nr; i++)
		command->unmatched |= say_unmatched(command, i);
	return r;
}

static void report_command_free(struct report_command *command)
{
	for (int i = 0; i < RUNS_MAX; i++) {
		run_report_free(&command->content[i]);
		run_reader_close(command->reader[i]);
	}
	monitor_options_free(&command->options);
}

static void parse_options(int argc, char **argv, struct report_command *command)
{
	struct argp_option rows[FORMATS_MAX + 1] = { 0 };
	const struct monitor_usage usage = {
		.groups = OPTIONS_FILTERS,
		.rows = rows,
		.parse = parse,
		.context = command,
		.args_doc = "RUN [RUN]",
		.doc = "Describe a run that 'exitledger record' has recorded, or say what "
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
	monitor_options_parse_for(&usage, argc, argv, &command->options);
}

/* Open the runs, and complete the options for their ISA. */
static int begin(struct report_command *command, struct why *why)
{
	int r = 0;

	for (int i = 0; !r && i < command->nr; i++)
		r = run_reader_open(command->path[i], true, &command->reader[i],
				    why);
	if (!r)
		monitor_options_complete(
			&command->options,
			run_reader_info(command->reader[0])->isa);
	return r;
}

int cmd_report(int argc, char **argv)
{
	struct report_command command = { .format = report_format_unasked };
	struct why why = { "" };
	int r;

	argv[0] = "exitledger report";
	parse_options(argc, argv, &command);
	r = begin(&command, &why);
	if (!r && refusal(&command)) {
		msg_error("%s", refusal(&command));
		report_command_free(&command);
		return STATUS_USAGE;
	}
	if (!r)
		r = run(&command, &why);
	report_command_free(&command);
	if (r && why.text[0])
		msg_error("%s", why.text);
	if (r)
		return STATUS_FAILED;
	return command.unmatched ? STATUS_UNMATCHED : STATUS_OK;
}
