/* SPDX-License-Identifier: GPL-2.0-only */
/* Exit statuses of all programs and commands: one kind of end, one number. */
#ifndef EXITLEDGER_EXIT_STATUS_H
#define EXITLEDGER_EXIT_STATUS_H

/*
 * 0 to 2 are answers; a failure to do the job at all is above 2, so that it is
 * never taken for an answer.  A kind of end has a name per command that says
 * what it means there.
 */
enum exit_status {
	STATUS_OK = 0,

	/* The answer is no. */
	STATUS_DISCREPANCY = 1, /* compare: the books do not balance */
	STATUS_CANNOT_MONITOR = 1, /* doctor: the monitor cannot run here */
	STATUS_DEARER = 1, /* bench: --compare: worse; --limit: beyond it */
	STATUS_UNEXPECTED = 1, /* exitwork, leaffuzz: not as expected */

	/* There is no answer: nothing was seen that could give one. */
	STATUS_INCONCLUSIVE = 2, /* compare: nothing can be said */
	STATUS_UNMATCHED = 2, /* a filter matched nothing */
	STATUS_NO_LEAVES =
		2, /* exitleaf, exitwork: nobody answers the leaves */

	STATUS_FAILED = 3, /* the host, a file or the command failed us */
	STATUS_USAGE = 64, /* the command line is wrong: EX_USAGE */

	/* Of a program that ends with its command's status, as env(1) does. */
	STATUS_OURS = 125, /* it was not the command that failed */
	STATUS_CANNOT_RUN = 126, /* the command cannot be run */
	STATUS_NOT_FOUND = 127, /* there is no such command */
	STATUS_SIGNAL = 128, /* and the number of the signal that ended it */
};

#endif /* EXITLEDGER_EXIT_STATUS_H */
