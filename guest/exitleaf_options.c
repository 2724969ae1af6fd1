// SPDX-License-Identifier: GPL-2.0-only
#include <argp.h>
#include <stdlib.h>
#include <string.h>

#include "exitleaf_options.h"
#include "guest_marks.h"
#include "safe_text.h"

#ifndef EXITLEDGER_VERSION
#define EXITLEDGER_VERSION "unknown"
#endif

#define INTERVAL_MIN 0.01
#define INTERVAL_MAX 86400.0

const char *argp_program_version = "exitleaf " EXITLEDGER_VERSION;

static const struct argp_option rows[] = {
	{ "json", 'j', NULL, 0,
	  "JSON: a guest's report for 'exitledger compare', or a line per difference",
	  0 },
	{ "watch", 'w', "SECONDS", OPTION_ARG_OPTIONAL,
	  "Show what happened in every SECONDS (default 1), until SIGINT, and then in all",
	  0 },
	{ "mark", 'm', "TEXT", 0,
	  "Name this moment in the run that the host is recording, if it is",
	  0 },
	{ "output", 'o', "FILE", 0, "Write there, not to standard output", 0 },
	{ 0 },
};

static void parse_mark(const char *text, struct argp_state *state)
{
	if (!*text || strlen(text) > GUEST_MARK_TEXT)
		argp_failure(state, STATUS_USAGE, 0,
			     "a mark's text has 1 to %u bytes",
			     GUEST_MARK_TEXT);
	if (!safe_is_line(text))
		argp_failure(state, STATUS_USAGE, 0,
			     "a mark's text is one line of UTF-8");
}

static double parse_interval(const char *text, struct argp_state *state)
{
	double seconds;
	char *end;

	if (!text)
		return 1;
	seconds = strtod(text, &end);
	if (end == text || *end || !(seconds >= INTERVAL_MIN) ||
	    seconds > INTERVAL_MAX)
		argp_failure(state, STATUS_USAGE, 0,
			     "--watch takes 0.01 to 86400 seconds, not '%s'",
			     text);
	return seconds;
}

static void check(const struct options *options, struct argp_state *state)
{
	if (!!options->mark + !!options->interval + !!options->command > 1)
		argp_failure(
			state, STATUS_USAGE, 0,
			"--mark, --watch and a command exclude each other");
	if (options->mark && options->json)
		argp_failure(state, STATUS_USAGE, 0, "--mark has no JSON");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case 'j':
		options->json = true;
		return 0;
	case 'w':
		options->interval = parse_interval(arg, state);
		return 0;
	case 'm':
		parse_mark(arg, state);
		options->mark = arg;
		return 0;
	case 'o':
		options->output = arg;
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
		.args_doc = "[COMMAND [ARGUMENT...]]",
		.doc = "Show this virtual machine's VM exits, as its KVM counts them: all so far, or those during COMMAND."
		       "\vEnds with 0; 1 if something failed; 2 if this "
		       "machine's hypervisor does not answer the exit "
		       "counters' CPUID leaves; with COMMAND with its status, "
		       "or 125 if something failed, 126 or 127 if it cannot be "
		       "run.",
	};

	argp_err_exit_status = STATUS_USAGE;
	argp_parse(&parser, argc, argv, ARGP_IN_ORDER, NULL, options);
}
