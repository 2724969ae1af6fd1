// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "commands/commands.h"
#include "commands/completion.h"
#include "lib/cli.h"
#include "lib/output.h"

struct arguments {
	const char *script;
	const char *program;
};

static void take_shell(const char *arg, struct arguments *arguments,
		       const struct argp_state *state)
{
	for (size_t i = 0; completion_shells[i].name; i++) {
		if (!strcmp(completion_shells[i].name, arg))
			arguments->script = completion_shells[i].script;
	}
	if (!arguments->script)
		cli_refuse(state,
			   "there is a script for bash, zsh or fish, not '%s'",
			   arg);
}

static void take_program(const char *arg, struct arguments *arguments,
			 const struct argp_state *state)
{
	for (size_t i = 0; completion_programs[i]; i++) {
		if (!strcmp(completion_programs[i], arg)) {
			arguments->program = arg;
			return;
		}
	}
	cli_refuse(state,
		   "PROGRAM is exitledger, exitleaf or exitwork, not '%s'",
		   arg);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct arguments *arguments = state->input;

	switch (key) {
	case ARGP_KEY_ARG:
		if (state->arg_num == 0)
			take_shell(arg, arguments, state);
		else if (state->arg_num == 1)
			take_program(arg, arguments, state);
		else
			cli_refuse(state,
				   "one program at a time, not '%s', too", arg);
		return 0;
	case ARGP_KEY_END:
		if (!arguments->script)
			cli_refuse(
				state,
				"which shell? exitledger completion bash|zsh|fish");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* Print the script with "@PROGRAM@" replaced by the program's name. */
static void print(const struct arguments *arguments)
{
	static const char mark[] = "@PROGRAM@";
	const char *at = arguments->script, *next;

	while ((next = strstr(at, mark))) {
		fwrite(at, 1, next - at, stdout);
		fputs(arguments->program, stdout);
		at = next + strlen(mark);
	}
	fputs(at, stdout);
}

int cmd_completion(int argc, char **argv)
{
	static const struct argp_option none[] = { { 0 } };
	static const struct argp parser = {
		.options = none,
		.parser = parse,
		.args_doc = "SHELL [PROGRAM]",
		.doc = "Print a script by which bash, zsh or fish complete the command line of exitledger, "
		       "or of PROGRAM: exitleaf or exitwork."
		       "\vTry it with: source <(exitledger completion bash)",
	};
	struct arguments arguments = { .program = "exitledger" };
	struct why why;

	argv[0] = "exitledger completion";
	cli_parse(&parser, 0, argc, argv, &arguments);
	print(&arguments);
	if (!output_flush(&why))
		return STATUS_OK;
	msg_error("%s", why.text);
	return STATUS_FAILED;
}
