/* SPDX-License-Identifier: GPL-2.0-only */
/* Running a command, to see what it causes. */
#ifndef EXITLEDGER_GUEST_AROUND_H
#define EXITLEDGER_GUEST_AROUND_H

#include "lib/exit_status.h"

/**
 * around_run - run a command to its end
 * @argv: searched for as execvp(3) does
 *
 * SIGINT and SIGQUIT from the terminal are for the command alone meanwhile.
 * Its exit status, or STATUS_OURS, STATUS_CANNOT_RUN, STATUS_NOT_FOUND; what is
 * wrong is said on stderr.
 */
int around_run(char **argv);

#endif /* EXITLEDGER_GUEST_AROUND_H */
