// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>

#include "advise/render_advice.h"
#include "commands/commands.h"
#include "commands/monitor_output.h"
#include "ledger/render_losses.h"
#include "lib/cli.h"
#include "lib/output.h"
#include "report/render_report.h"
#include "report/run_advice.h"
#include "report/run_json.h"

enum { OPT_JSON_ALL = 512 };

#define VERSION 1

struct advise_command {
	struct monitor_options options;
	const char *path;
	bool json;
	bool unmatched; /* true if part of the filter matched nothing */
	struct run_reader *reader;
	struct run_report report;
};

static const struct argp_option rows[] = {
	{ "json", OPT_JSON_ALL, NULL, 0, "Write one JSON object", 1 },
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state,
		     void *context)
{
	struct advise_command *command = context;

	switch (key) {
	case OPT_JSON_ALL:
		command->json = true;
		return 0;
	case ARGP_KEY_ARG:
		if (command->path)
			cli_refuse(state, "one run at a time, not '%s', too",
				   arg);
		cli_file(state, "RUN", arg, &(const char *){ NULL });
		command->path = arg;
		return 0;
	case ARGP_KEY_END:
		if (!command->path)
			cli_refuse(state, "which run? exitledger advise RUN");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void render(const struct advise_command *command,
		   const struct advice *advice)
{
	struct json_writer json = { .out = stdout };

	if (!command->json) {
		render_report_head(command->path, &command->report, stdout);
		render_advice_text(advice, stdout);
		return;
	}
	json_put_open(&json, NULL, '{');
	json_put_text(&json, "format", "exitledger-advice");
	json_put_uint(&json, "version", VERSION);
	run_json_run(&json, "run", command->path, &command->report);
	render_advice_json(&json, advice);
	render_losses_json(&json, &command->report.total);
	json_put_close(&json, '}');
	putc('\n', stdout);
}

static int give(const struct advise_command *command, struct why *why)
{
	struct run_advice advice;
	int r = run_advice(&command->report, &command->options.filter, &advice);

	if (r)
		why_set(why, ENOMEM, "out of memory");
	else if (!advice.advice.nr && !command->options.filter.reasons.nr)
		r = why_set(why, EINVAL,
			    "%s: there are no rules for its kind of processor",
			    command->path);
	else
		render(command, &advice.advice);
	run_advice_free(&advice);
	return r;
}

static int run(struct advise_command *command, struct why *why)
{
	const struct filter *filter = &command->options.filter;
	int r = run_report_read(command->reader, filter, &command->report, why);

	if (!r)
		r = give(command, why);
	if (!r)
		r = output_flush(why);
	if (!r)
		command->unmatched = monitor_output_unmatched(
			filter, run_reader_vms(command->reader),
			&command->report.total);
	return r;
}

int cmd_advise(int argc, char **argv)
{
	struct advise_command command = { .path = NULL };
	const struct monitor_usage usage = {
		.groups = OPTIONS_FILTERS | OPTIONS_VCPU,
		.rows = rows,
		.parse = parse,
		.context = &command,
		.args_doc = "RUN",
		.doc = "Say what the exits of a run that 'exitledger record' has recorded tell about "
		       "the VMs' configuration, and what to change.",
	};
	struct why why = { "" };
	int r;

	argv[0] = "exitledger advise";
	monitor_options_parse_for(&usage, argc, argv, &command.options);
	r = run_reader_open(command.path, true, &command.reader, &why);
	if (!r) {
		monitor_options_complete(&command.options,
					 run_reader_info(command.reader)->isa);
		r = run(&command, &why);
	}
	run_report_free(&command.report);
	run_reader_close(command.reader);
	monitor_options_free(&command.options);
	if (r && why.text[0])
		msg_error("%s", why.text);
	if (r)
		return STATUS_FAILED;
	return command.unmatched ? STATUS_UNMATCHED : STATUS_OK;
}
