// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "commands/record.h"
#include "lib/cli.h"
#include "lib/quantity.h"
#include "run/run_keep.h"

enum { OPT_DETAIL = 512, OPT_KEEP, OPT_MAX_SIZE };

static const struct argp_option rows[] = {
	{ "output", 'o', "RUN", 0,
	  "Write to this file, which must not exist yet", 0 },
	{ "interval", 'i', "TIME", 0,
	  "Record what happens in every TIME (default 100ms; 10ms to 1h)", 1 },
	{ "detail", OPT_DETAIL, "TIME", 0,
	  "Once each TIME (default 60s) is over, merge the vCPUs, histograms and keys of its intervals",
	  1 },
	{ "keep", OPT_KEEP, "TIME", 0,
	  "Throw away what is older than TIME, such as 2h (at most 1000d)", 1 },
	{ "max-size", OPT_MAX_SIZE, "SIZE", 0,
	  "Throw away the oldest part, so that RUN and its log take at most SIZE, such as 50M",
	  1 },
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state,
		     void *context)
{
	struct record_options *options = context;

	switch (key) {
	case 'o':
		cli_file(state, "--output", arg, &(const char *){ NULL });
		if (!strcmp(arg, "-"))
			cli_refuse(
				state,
				"--output takes a file, not '-': a run is a database, and cannot be written to a pipe");
		options->path = arg;
		return 0;
	case 'i':
		options->interval_ns = cli_time(state, "--interval", arg,
						10 * DURATION_MS,
						DURATION_HOUR);
		return 0;
	case OPT_DETAIL:
		options->detail_ns =
			cli_time(state, "--detail", arg, 1, DURATION_DAY);
		return 0;
	case OPT_KEEP:
		options->keep_ns = cli_time(state, "--keep", arg,
					    10 * DURATION_MS,
					    1000 * DURATION_DAY);
		return 0;
	case OPT_MAX_SIZE:
		options->max_size = cli_size(state, "--max-size", arg,
					     RUN_MAX_SIZE_LEAST, 16 * SIZE_TIB);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const char *check(const void *context,
			 const struct monitor_options *monitor)
{
	const struct record_options *options = context;

	(void)monitor;
	if (!options->path)
		return "record needs a file to write: -o RUN";
	if (options->keep_ns && options->keep_ns < options->detail_ns)
		return "--keep must not be shorter than --detail (default 60s): what is thrown away is the intervals of a --detail";
	return NULL;
}

void record_options_parse(int argc, char **argv, struct record_options *options)
{
	const struct monitor_usage usage = {
		.groups = OPTIONS_FILTERS | OPTIONS_VCPU | OPTIONS_OBSERVED |
			  OPTIONS_COMMAND,
		.check = check,
		.rows = rows,
		.parse = parse,
		.context = options,
		.args_doc = "-o RUN [-- COMMAND [ARGUMENT...]]",
		.doc = "Record the VM exits of this host's guests into a file, for 'exitledger replay' and 'exitledger report'."
		       "\vRuns until SIGINT, or as long as COMMAND does.  'exitledger mark' names moments meanwhile.",
	};

	*options = (struct record_options){
		.interval_ns = 100000000,
		.detail_ns = 60000000000,
	};
	monitor_options_parse_for(&usage, argc, argv, &options->monitor);
}
