/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The command line of all programs: one grammar, one way to refuse.
 *
 * Options are argp's tables, from which help comes, and the callbacks are
 * argp's; but they are called by cli_parse(), which takes no abbreviations,
 * says each error in one line, and notices a standard output that goes away.
 */
#ifndef EXITLEDGER_CLI_H
#define EXITLEDGER_CLI_H

#include <argp.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/exit_status.h"

/** cli_begin - to be called first: standard files are open, SIGPIPE ends nobody
 */
void cli_begin(void);

/**
 * cli_end - to be called last: is all that was written to standard output
 *there?
 * @status: that the program would end with
 * @failed: that it ends with if standard output failed and @status does not
 *tell of a failure yet, after a line that says so
 */
int cli_end(int status, int failed);

/* The arguments after "--" are a command to be run. */
#define CLI_COMMAND 1u

/**
 * cli_parse - call argp->parser for each option, for each argument and at the
 *end
 * @argp: without children
 * @flags: CLI_COMMAND: ARGP_KEY_ARGS is called once, with what is after "--";
 *an argument before it is refused.  Without: ARGP_KEY_ARG for each
 * @argv: argv[0] is the name in messages, without its folder
 *
 * Does not return if the line is wrong (STATUS_USAGE, one line on standard
 * error) or asks for help.
 */
void cli_parse(const struct argp *argp, unsigned int flags, int argc,
	       char **argv, void *input);

/** cli_refuse - end with STATUS_USAGE after one line: what is wrong, what to do
 */
void cli_refuse(const struct argp_state *state, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), noreturn));

/** cli_option - how an option of this key is to be called: "--name", or "-k" */
struct cli_name {
	char s[32];
};
struct cli_name cli_option(const struct argp_option *rows, int key);

/**
 * cli_time - a time as duration_parse() takes it, in nanoseconds, or a refusal
 * @option: "--name", for the message
 */
uint64_t cli_time(const struct argp_state *state, const char *option,
		  const char *arg, uint64_t least, uint64_t most);

/** cli_number - a whole decimal number, or a refusal */
uint64_t cli_number(const struct argp_state *state, const char *option,
		    const char *arg, uint64_t least, uint64_t most);

/** cli_real - a decimal number above 0 or @least, or a refusal */
double cli_real(const struct argp_state *state, const char *option,
		const char *arg, double least, double most);

/* Files named "-": standard input can be read once, standard output be one
 * thing. */
struct cli_dashes {
	const char *input,
		*output; /* the options that have taken them, or NULL */
};

/**
 * cli_file - note that an option names a file, and refuse it if it has no name
 * @taken: &dashes.input or &dashes.output
 */
void cli_file(const struct argp_state *state, const char *option,
	      const char *path, const char **taken);

#endif /* EXITLEDGER_CLI_H */
