/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The command line of all programs: one grammar, and one form of errors.
 *
 * Options are in argp's tables, from which the help text is made, and the
 * callbacks are argp's.  But cli_parse() calls them instead of argp_parse(): it
 * accepts no abbreviations, prints each error in one line, and reports a
 * failure of standard output.
 */
#ifndef EXITLEDGER_CLI_H
#define EXITLEDGER_CLI_H

#include <argp.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/exit_status.h"

/**
 * cli_begin - prepare the process; main() must call this first
 *
 * Afterwards the descriptors 0 to 2 are open, and SIGPIPE does not end us.
 */
void cli_begin(void);

/**
 * cli_end - close standard output, and check that all of it was written
 * @status: the program's exit status so far
 * @failed: the exit status if standard output has failed
 *
 * main() must call this last, and return its result: @status, or if standard
 * output has failed, @failed, after an error message.  If @status already
 * stands for a failure, it is returned without a message.
 */
int cli_end(int status, int failed);

/* The arguments after "--" are a command to run. */
#define CLI_COMMAND 1u

/**
 * cli_parse - call argp->parser for each option, each argument, and at the end
 * @argp: must have no children
 * @flags: with CLI_COMMAND, the parser gets ARGP_KEY_ARGS once, for the words
 *	after "--", and an argument before "--" is an error; without it, the
 *	parser gets ARGP_KEY_ARG for each argument
 * @argv: the base name of argv[0] is the program's name in messages
 * @input: passed on in struct argp_state
 *
 * If the command line is wrong, this prints one line to standard error and
 * exits with STATUS_USAGE.  It also exits when the command line asks for help.
 */
void cli_parse(const struct argp *argp, unsigned int flags, int argc,
	       char **argv, void *input);

/**
 * cli_refuse - exit with STATUS_USAGE after printing one line
 * @fmt: the line: what is wrong, and what to do about it
 */
void cli_refuse(const struct argp_state *state, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), noreturn));

struct cli_name {
	char s[32];
};

/** cli_option - how messages name the option with this key: "--name" or "-k" */
struct cli_name cli_option(const struct argp_option *rows, int key);

/**
 * cli_time - parse an option's argument as a time (see duration_parse())
 * @option: "--name", for the message
 * @least, @most: the limits in nanoseconds
 *
 * Returns nanoseconds.  Calls cli_refuse() if @arg is wrong.
 */
uint64_t cli_time(const struct argp_state *state, const char *option,
		  const char *arg, uint64_t least, uint64_t most);

/**
 * cli_size - parse an option's argument as a size (see size_parse())
 * @least, @most: the limits in bytes
 *
 * Returns bytes.  Otherwise like cli_time().
 */
uint64_t cli_size(const struct argp_state *state, const char *option,
		  const char *arg, uint64_t least, uint64_t most);

/** cli_number - parse a decimal integer; otherwise like cli_time() */
uint64_t cli_number(const struct argp_state *state, const char *option,
		    const char *arg, uint64_t least, uint64_t most);

/** cli_real - parse a decimal number above 0; otherwise like cli_time() */
double cli_real(const struct argp_state *state, const char *option,
		const char *arg, double least, double most);

/*
 * Which options use "-".  At most one may read standard input, and at most one
 * may write to standard output.
 */
struct cli_dashes {
	const char *input,
		*output; /* the option that uses it, such as "--json"; or NULL */
};

/**
 * cli_file - check the name of a file that is an option's argument
 * @taken: &dashes.input or &dashes.output; set to @option if @path is "-"
 *
 * Calls cli_refuse() if @path is empty, or is "-" and another option uses that.
 */
void cli_file(const struct argp_state *state, const char *option,
	      const char *path, const char **taken);

#endif /* EXITLEDGER_CLI_H */
