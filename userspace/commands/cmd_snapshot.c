// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>
#include <time.h>

#include "commands/commands.h"
#include "lib/cli.h"
#include "run/run_copy.h"

struct arguments {
	const char *path;
	const char *to;
};

/* Refuse a name of a file that cannot be one. */
static void check(const struct argp_state *state, const char *what,
		  const char *path)
{
	if (!*path)
		cli_refuse(state, "%s takes a file's name, not ''", what);
	if (!strcmp(path, "-"))
		cli_refuse(
			state,
			"%s takes a file, not '-': a run is a database, and no stream",
			what);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct arguments *arguments = state->input;

	switch (key) {
	case ARGP_KEY_ARG:
		if (state->arg_num > 1)
			cli_refuse(state, "one copy at a time, not '%s', too",
				   arg);
		check(state, state->arg_num ? "FILE" : "RUN", arg);
		if (state->arg_num)
			arguments->to = arg;
		else
			arguments->path = arg;
		return 0;
	case ARGP_KEY_END:
		if (!arguments->to)
			cli_refuse(
				state,
				"the run or the file is missing: exitledger snapshot RUN FILE");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int cmd_snapshot(int argc, char **argv)
{
	static const struct argp_option none[] = { { 0 } };
	static const struct argp parser = {
		.options = none,
		.parser = parse,
		.args_doc = "RUN FILE",
		.doc = "Copy a run as it is now into a new file, even while 'exitledger record' is recording it.",
	};
	struct arguments arguments = { .path = NULL };
	struct why why = { "" };

	argv[0] = "exitledger snapshot";
	cli_parse(&parser, 0, argc, argv, &arguments);
	if (!run_copy(arguments.path, arguments.to, time(NULL), &why))
		return STATUS_OK;
	msg_error("%s", why.text);
	return STATUS_FAILED;
}
