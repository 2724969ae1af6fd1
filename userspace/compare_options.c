// SPDX-License-Identifier: GPL-2.0-only
#include <argp.h>
#include <stdlib.h>
#include <string.h>

#include "compare_options.h"

enum {
	OPT_REPLAY = 256,
	OPT_ATTACH,
	OPT_FOR,
	OPT_VM,
	OPT_READ,
	OPT_READ_TIMEOUT,
	OPT_WATCH,
};

static const struct argp_option option_rows[] = {
	{ "guest-report", 'g', "FILE", 0,
	  "What the guest says it was told ('exitleaf --json'); '-': standard input",
	  0 },
	{ "json", 'j', "FILE", 0,
	  "Write the books, the verdict and its evidence; '-': standard output, in place of the table",
	  0 },
	{ "for", OPT_FOR, "TIME", 0,
	  "Watch this host's VMs for so long (without COMMAND)", 0 },
	{ "watch", OPT_WATCH, NULL, 0,
	  "Watch them until SIGINT, with a line per interval", 0 },
	{ "interval", 'i', "TIME", 0,
	  "Between the lines of --watch, and the reads of --read (default 10)",
	  0 },
	{ "vm", OPT_VM, "NAME|PID", 0, "Of this VM alone", 0 },
	{ "read", OPT_READ, "COMMAND", 0,
	  "Have the guest read its counters by this, e.g. 'ssh guest exitleaf --json'; its output is the guest's report",
	  0 },
	{ "read-timeout", OPT_READ_TIMEOUT, "TIME", 0,
	  "End that command if it takes longer (default 60)", 0 },
	{ "replay", OPT_REPLAY, "FILE", 0,
	  "Judge books that --json wrote, or a run's, in place of this host's",
	  0 },
	{ "attach", OPT_ATTACH, "TYPE", 0,
	  "tp_btf, raw_tp or auto (default): how BPF is attached", 0 },
	{ 0 },
};

/* Time for ssh to come to a guest that is busy, but not for ever. */
#define READ_TIMEOUT 60

static double parse_seconds(const char *arg, const char *option,
			    const struct argp_state *state)
{
	static const struct {
		const char *name;
		double seconds;
	} units[] = { { "", 1 },
		      { "s", 1 },
		      { "m", 60 },
		      { "h", 3600 },
		      { "d", 86400 } };
	const size_t nr = sizeof(units) / sizeof(units[0]);
	double seconds;
	size_t unit = 0;
	char *end;

	seconds = strtod(arg, &end);
	while (unit < nr && strcmp(end, units[unit].name))
		unit++;
	if (unit < nr)
		seconds *= units[unit].seconds;
	/* A hundred years, so that no sum of nanoseconds overflows. */
	if (end == arg || unit == nr || !(seconds > 0) || seconds > 3.2e9)
		argp_error(state,
			   "%s takes seconds, or 30s, 5m, 2h, 1d, not '%s'",
			   option, arg);
	return seconds;
}

static void check(const struct compare_options *options,
		  struct argp_state *state)
{
	bool live = options->seconds > 0 || options->watch;

	if (!!options->argv + !!options->replay + live != 1)
		argp_error(
			state,
			"give one of: a COMMAND to run, --for, --watch, --replay");
	if ((options->vm || options->read) && !live)
		argp_error(state, "--vm and --read go with --for or --watch");
	if (options->read_timeout > 0 && !options->read)
		argp_error(state, "--read-timeout goes with --read");
	if (options->read && options->report)
		argp_error(state, "--read makes the guest's report itself");
	if (options->watch && options->report)
		argp_error(state,
			   "--watch takes the guest's reports from --read");
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct compare_options *options = state->input;

	switch (key) {
	case 'g':
		options->report = arg;
		return 0;
	case 'j':
		options->json = arg;
		return 0;
	case 'i':
		options->interval = parse_seconds(arg, "--interval", state);
		return 0;
	case OPT_FOR:
		options->seconds = parse_seconds(arg, "--for", state);
		return 0;
	case OPT_WATCH:
		options->watch = true;
		return 0;
	case OPT_VM:
		options->vm = arg;
		return 0;
	case OPT_READ:
		options->read = arg;
		return 0;
	case OPT_READ_TIMEOUT:
		options->read_timeout =
			parse_seconds(arg, "--read-timeout", state);
		return 0;
	case OPT_REPLAY:
		options->replay = arg;
		return 0;
	case OPT_ATTACH:
		if (attach_parse(arg, &options->attach) ||
		    options->attach == ATTACH_TP)
			argp_error(
				state,
				"--attach takes tp_btf, raw_tp or auto, not '%s'",
				arg);
		return 0;
	case ARGP_KEY_ARGS:
		options->argv = state->argv + state->next;
		return 0;
	case ARGP_KEY_END:
		check(options, state);
		if (!(options->read_timeout > 0))
			options->read_timeout = READ_TIMEOUT;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp parser = {
	.options = option_rows,
	.parser = parse_option,
	.args_doc = "-- COMMAND [ARGUMENT...]\n--for TIME\n--watch\n"
		    "--replay FILE",
	.doc = "Hold what KVM's exit counters tell guests against what BPF counted."
	       "\vRuns COMMAND, a program that runs a guest that reads its counters, "
	       "or watches the guests that there are, and ends with 0 if the books "
	       "balance, 1 on a discrepancy, 2 if nothing can be said, and more if "
	       "the job could not be done.",
};

void compare_options_parse(int argc, char **argv,
			   struct compare_options *options)
{
	options->interval = 10;
	argv[0] = "exitledger compare";
	argp_parse(&parser, argc, argv, ARGP_IN_ORDER, NULL, options);
}
