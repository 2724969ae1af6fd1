/* SPDX-License-Identifier: GPL-2.0-only */
/* The exit statuses of all programs and commands. */
#ifndef EXITLEDGER_EXIT_STATUS_H
#define EXITLEDGER_EXIT_STATUS_H

/*
 * The statuses 0 to 2 are answers.  A failure is above 2, so that it is never
 * taken for an answer.  A status can have several names: each says what the
 * status means for one command.
 */
enum exit_status {
	STATUS_OK = 0,

	/* The answer is no. */
	STATUS_DISCREPANCY = 1, /* compare: the books do not balance */
	STATUS_CANNOT_MONITOR = 1, /* doctor: the monitor cannot run here */
	STATUS_DEARER = 1, /* bench: worse (--compare), or above --limit */
	STATUS_UNEXPECTED =
		1, /* exitwork, leaffuzz, leafread: not as expected */

	/* There is no answer, as too little was observed. */
	STATUS_INCONCLUSIVE = 2, /* compare: nothing can be said */
	STATUS_UNMATCHED = 2, /* a filter matched nothing */
	STATUS_NO_LEAVES =
		2, /* exitleaf, exitwork: the CPUID leaves are not answered */

	STATUS_FAILED = 3, /* an error of the host, of a file or of a command */
	STATUS_USAGE = 64, /* the command line is wrong: EX_USAGE */

	/* For programs that exit with a command's status, as env(1) does. */
	STATUS_OURS = 125, /* the program itself failed, not the command */
	STATUS_CANNOT_RUN = 126, /* the command cannot be run */
	STATUS_NOT_FOUND = 127, /* there is no such command */
	STATUS_SIGNAL = 128, /* add the number of the signal that ended it */
};

#endif /* EXITLEDGER_EXIT_STATUS_H */
