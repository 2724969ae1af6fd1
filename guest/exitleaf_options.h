/* SPDX-License-Identifier: GPL-2.0-only */
/* The command line of exitleaf. */
#ifndef EXITLEDGER_GUEST_EXITLEAF_OPTIONS_H
#define EXITLEDGER_GUEST_EXITLEAF_OPTIONS_H

#include <stdbool.h>

#include "lib/exit_status.h"

struct options {
	bool json;
	const char *output; /* a file's name, or NULL */
	bool to_stdout; /* write to standard output, even with a command */
	const char *mark; /* the mark's text, or NULL */
	bool symbols; /* write the kernel's symbols */
	double interval; /* seconds; 0: without --watch */
	char **command; /* the command, or NULL */
};

/**
 * options_parse - parse the command line
 *
 * If the command line is wrong or asks for help, this does not return.  A
 * wrong one is explained in one line, and the exit status is STATUS_USAGE.
 */
void options_parse(int argc, char **argv, struct options *options);

#endif /* EXITLEDGER_GUEST_EXITLEAF_OPTIONS_H */
