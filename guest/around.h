/* SPDX-License-Identifier: GPL-2.0-only */
/* Running a command, to see what it causes. */
#ifndef EXITLEDGER_GUEST_AROUND_H
#define EXITLEDGER_GUEST_AROUND_H

/* As env(1), nohup(1) and time(1) have them. */
enum {
	STATUS_OURS = 125, /* not the command's doing */
	STATUS_CANNOT_RUN = 126,
	STATUS_NOT_FOUND = 127,
	STATUS_SIGNAL = 128, /* and the signal's number */
};

/**
 * around_run - run a command to its end
 * @argv: searched for as execvp(3) does
 *
 * SIGINT and SIGQUIT from the terminal are for the command alone meanwhile.
 * Its exit status, or one of the above; what is wrong is said on stderr.
 */
int around_run(char **argv);

#endif /* EXITLEDGER_GUEST_AROUND_H */
