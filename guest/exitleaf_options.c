// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "exitleaf_options.h"
#include "guest_marks.h"
#include "lib/cli.h"
#include "lib/quantity.h"
#include "lib/safe_text.h"
#include "lib/version.h"

const char *argp_program_version = "exitleaf " EXITLEDGER_VERSION;

static const struct argp_option rows[] = {
	{ "json", 'j', NULL, 0,
	  "Write JSON: a guest's report for 'exitledger compare', or a line per difference",
	  0 },
	{ "watch", 'w', "TIME", OPTION_ARG_OPTIONAL,
	  "Show what happened in every TIME (default 1s) until SIGINT, and then the total",
	  0 },
	{ "mark", 'm', "TEXT", 0,
	  "Set a mark with this text in the run that the host may be recording",
	  0 },
	{ "symbols", 's', NULL, 0,
	  "Write the symbols of this machine's kernel, by which an observer on the host can name its functions",
	  0 },
	{ "output", 'o', "FILE", 0,
	  "Write to FILE; '-' is standard output, which is the default without COMMAND",
	  0 },
	{ 0 },
};

static void parse_mark(const char *text, struct argp_state *state)
{
	if (!*text || strlen(text) > GUEST_MARK_TEXT)
		cli_refuse(state, "a mark's text has 1 to %u bytes",
			   GUEST_MARK_TEXT);
	if (!safe_is_line(text))
		cli_refuse(state, "a mark's text is one line of UTF-8");
}

static void check(const struct options *options, struct argp_state *state)
{
	if (!!options->mark + !!options->interval + !!options->command +
		    options->symbols >
	    1)
		cli_refuse(
			state,
			"--mark, --watch, --symbols and a command exclude each other");
	if ((options->mark || options->symbols) && options->json)
		cli_refuse(state, "%s has no JSON",
			   options->mark ? "--mark" : "--symbols");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case 'j':
		options->json = true;
		return 0;
	case 'w':
		options->interval = 1;
		if (arg)
			options->interval = (double)cli_time(state, "--watch",
							     arg,
							     10 * DURATION_MS,
							     DURATION_DAY) /
					    1e9;
		return 0;
	case 'm':
		parse_mark(arg, state);
		options->mark = arg;
		return 0;
	case 's':
		options->symbols = true;
		return 0;
	case 'o':
		cli_file(state, "--output", arg, &(const char *){ NULL });
		options->output = strcmp(arg, "-") ? arg : NULL;
		options->to_stdout = !options->output;
		return 0;
	case ARGP_KEY_ARGS:
		options->command = state->argv + state->next;
		return 0;
	case ARGP_KEY_END:
		check(options, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

void options_parse(int argc, char **argv, struct options *options)
{
	static const struct argp parser = {
		.options = rows,
		.parser = parse,
		.args_doc = "[-- COMMAND [ARGUMENT...]]",
		.doc = "Show this virtual machine's VM exits, as its KVM counts them: all since its start, or those during COMMAND."
		       "\vThe exit status is 0; 2 if this machine's hypervisor "
		       "does not answer the CPUID leaves of the exit counters; 3 "
		       "if something failed; and 64 if an argument is wrong. With "
		       "COMMAND, it is the status of COMMAND, or 125 if something "
		       "failed, and 126 or 127 if COMMAND cannot be run.",
	};

	cli_parse(&parser, CLI_COMMAND, argc, argv, options);
}
