// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "duration.h"
#include "run/record.h"

#define INTERVAL_MIN_NS 10000000ull
#define INTERVAL_MAX_NS 3600000000000ull
#define DETAIL_MAX_NS 86400000000000ull

enum { OPT_DETAIL = 512 };

static const struct argp_option rows[] = {
	{ "output", 'o', "RUN", 0, "The file, which must not be there yet", 0 },
	{ "interval", 'i', "TIME", 0,
	  "Record what happened every TIME (default 100ms; 10ms or more)", 1 },
	{ "detail", OPT_DETAIL, "TIME", 0,
	  "vCPUs and histograms of each interval for so long, then of all intervals in so long together (default 60s)",
	  1 },
	{ 0 },
};

/* As for the monitor, a number alone is of seconds. */
static int parse_time(const char *text, uint64_t *ns)
{
	char seconds[64];

	if (!duration_parse(text, ns))
		return 0;
	if (strlen(text) + 2 > sizeof(seconds))
		return -EINVAL;
	strcpy(stpcpy(seconds, text), "s");
	return duration_parse(seconds, ns);
}

static error_t parse(int key, char *arg, struct argp_state *state,
		     void *context)
{
	struct record_options *options = context;

	switch (key) {
	case 'o':
		options->path = arg;
		return 0;
	case 'i':
		if (!parse_time(arg, &options->interval_ns) &&
		    options->interval_ns >= INTERVAL_MIN_NS &&
		    options->interval_ns <= INTERVAL_MAX_NS)
			return 0;
		argp_failure(state, STATUS_USAGE, 0,
			     "--interval takes 10ms to 3600s, not '%s'", arg);
		return EINVAL;
	case OPT_DETAIL:
		if (!parse_time(arg, &options->detail_ns) &&
		    options->detail_ns <= DETAIL_MAX_NS)
			return 0;
		argp_failure(state, STATUS_USAGE, 0,
			     "--detail takes a time such as 10s, not '%s'",
			     arg);
		return EINVAL;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

void record_options_parse(int argc, char **argv, uint32_t isa,
			  struct record_options *options)
{
	const struct monitor_usage usage = {
		.groups = OPTIONS_FILTERS | OPTIONS_VCPU | OPTIONS_OBSERVED,
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
	monitor_options_parse_for(&usage, argc, argv, isa, &options->monitor);
	if (!options->path) {
		msg_error("record needs a file to write: -o RUN");
		exit(STATUS_USAGE);
	}
}
