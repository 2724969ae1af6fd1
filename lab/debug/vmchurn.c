// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loads KVM in the debugging lab: makes and ends VMs while others read their
 * counters, and lets KVM's allocations of memory fail.
 */
#include <stdio.h>
#include <string.h>

#include "churn.h"
#include "failing.h"
#include "lib/cli.h"
#include "lib/quantity.h"
#include "lib/safe_stream.h"
#include "lib/version.h"

const char *argp_program_version = "vmchurn " EXITLEDGER_VERSION;

struct options {
	const char *what;
	uint64_t time_ns;
	unsigned long most, seed;
};

static const struct argp_option option_rows[] = {
	{ "for", 'f', "TIME", 0, "churn: for so long (default 10s)", 0 },
	{ "most", 'n', "N", 0,
	  "memory: at most N failures per step, evenly spread (default: all)",
	  0 },
	{ "seed", 's', "N", 0, "Of what is done by chance (default 1)", 0 },
	{ 0 },
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case 'f':
		options->time_ns = cli_time(state, "--for", arg, 1000000000,
					    86400ull * 1000000000);
		return 0;
	case 'n':
		options->most = cli_number(state, "--most", arg, 1, 1000000);
		return 0;
	case 's':
		options->seed = cli_number(state, "--seed", arg, 0, UINT32_MAX);
		return 0;
	case ARGP_KEY_ARG:
		if (options->what ||
		    (strcmp(arg, "churn") && strcmp(arg, "memory")))
			cli_refuse(state, "say 'churn' or 'memory', not '%s'",
				   arg);
		options->what = arg;
		return 0;
	case ARGP_KEY_END:
		if (!options->what)
			cli_refuse(state, "say 'churn' or 'memory'");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp parser = {
	.options = option_rows,
	.parser = parse_option,
	.args_doc = "churn|memory",
	.doc = "Make and end VMs while others read their counters (churn), or let "
	       "KVM's allocations fail one at a time (memory).",
};

int main(int argc, char **argv)
{
	struct options options = { .time_ns = 10000000000ull, .seed = 1 };
	int r;

	cli_begin();
	safe_stderr(argv);
	cli_parse(&parser, 0, argc, argv, &options);
	if (!strcmp(options.what, "churn"))
		r = churn(options.time_ns / 1000000000, options.seed);
	else
		r = failing(options.most, options.seed);
	return cli_end(r ? STATUS_UNEXPECTED : STATUS_OK, STATUS_FAILED);
}
