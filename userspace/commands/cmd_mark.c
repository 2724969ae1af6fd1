// SPDX-License-Identifier: GPL-2.0-only
/* The commands for a run that is being recorded: mark and snapshot. */
#include <string.h>
#include <time.h>

#include "commands/commands.h"
#include "lib/cli.h"
#include "lib/safe_text.h"
#include "run/run_copy.h"
#include "run/run_writer.h"

#define TEXT_MAX 63 /* bytes, as views show no more */

struct arguments {
	const char *path;
	const char *text;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct arguments *arguments = state->input;

	switch (key) {
	case ARGP_KEY_ARG:
		if (state->arg_num == 0)
			arguments->path = arg;
		else if (state->arg_num == 1)
			arguments->text = arg;
		else
			cli_refuse(
				state,
				"there is more than one text ('%s'): put the text in quotes",
				arg);
		return 0;
	case ARGP_KEY_END:
		if (!arguments->text)
			cli_refuse(
				state,
				"the run or the text is missing: exitledger mark RUN TEXT");
		else if (!*arguments->text ||
			 strlen(arguments->text) > TEXT_MAX)
			cli_refuse(state,
				   "a mark's text has 1 to %d bytes, not %zu",
				   TEXT_MAX, strlen(arguments->text));
		else if (!safe_is_line(arguments->text))
			cli_refuse(state, "a mark's text is one line of UTF-8");
		else if (!strcmp(arguments->path, "-"))
			cli_refuse(
				state,
				"a mark can only be set in a run that is being recorded: name its file, not '-'");
		else if (!*arguments->path)
			cli_refuse(state, "which run? its name is ''");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int cmd_mark(int argc, char **argv)
{
	static const struct argp_option none[] = { { 0 } };
	static const struct argp parser = {
		.options = none,
		.parser = parse,
		.args_doc = "RUN TEXT",
		.doc = "Name this moment in a run that 'exitledger record' is recording.",
	};
	struct arguments arguments = { .path = NULL };
	struct why why = { "" };

	argv[0] = "exitledger mark";
	cli_parse(&parser, 0, argc, argv, &arguments);
	if (!run_mark(arguments.path, arguments.text, &why))
		return STATUS_OK;
	msg_error("%s", why.text);
	return STATUS_FAILED;
}

struct snapshot_arguments {
	const char *path;
	const char *to;
};

/* Refuse a name of a file that cannot be one. */
static void check_file(const struct argp_state *state, const char *what,
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

static error_t parse_snapshot(int key, char *arg, struct argp_state *state)
{
	struct snapshot_arguments *arguments = state->input;

	switch (key) {
	case ARGP_KEY_ARG:
		if (state->arg_num > 1)
			cli_refuse(state, "one copy at a time, not '%s', too",
				   arg);
		check_file(state, state->arg_num ? "FILE" : "RUN", arg);
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
		.parser = parse_snapshot,
		.args_doc = "RUN FILE",
		.doc = "Copy a run as it is now into a new file, even while 'exitledger record' is recording it.",
	};
	struct snapshot_arguments arguments = { .path = NULL };
	struct why why = { "" };

	argv[0] = "exitledger snapshot";
	cli_parse(&parser, 0, argc, argv, &arguments);
	if (!run_copy(arguments.path, arguments.to, time(NULL), &why))
		return STATUS_OK;
	msg_error("%s", why.text);
	return STATUS_FAILED;
}
