// SPDX-License-Identifier: GPL-2.0-only
#include <argp.h>
#include <string.h>

#include "commands.h"
#include "run/run_writer.h"
#include "safe_text.h"

#define TEXT_MAX 63 /* bytes: as much as is shown of it */

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
			argp_failure(state, STATUS_USAGE, 0,
				     "one text only: put it in quotes");
		return 0;
	case ARGP_KEY_END:
		if (!arguments->text)
			argp_failure(state, STATUS_USAGE, 0,
				     "mark takes a run and a text");
		else if (!*arguments->text ||
			 strlen(arguments->text) > TEXT_MAX)
			argp_failure(state, STATUS_USAGE, 0,
				     "a mark's text has 1 to %d bytes",
				     TEXT_MAX);
		else if (!safe_is_line(arguments->text))
			argp_failure(state, STATUS_USAGE, 0,
				     "a mark's text is one line of UTF-8");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int cmd_mark(int argc, char **argv)
{
	static const struct argp parser = {
		.parser = parse,
		.args_doc = "RUN TEXT",
		.doc = "Name this moment in a run that 'exitledger record' is recording.",
	};
	struct arguments arguments = { .path = NULL };
	struct why why = { "" };

	argv[0] = "exitledger mark";
	argp_parse(&parser, argc, argv, 0, NULL, &arguments);
	if (!run_mark(arguments.path, arguments.text, &why))
		return STATUS_OK;
	msg_error("%s", why.text);
	return STATUS_FAILED;
}
