/* SPDX-License-Identifier: GPL-2.0-only */
/* Runs a command whose exits are counted. */
#ifndef EXITLEDGER_GUEST_AROUND_H
#define EXITLEDGER_GUEST_AROUND_H

#include "lib/exit_status.h"

/**
 * around_run - run a command to its end
 * @argv: searched for as execvp(3) does
 *
 * Meanwhile SIGINT and SIGQUIT from the terminal are for the command alone.
 * Returns its exit status, or STATUS_OURS, STATUS_CANNOT_RUN or
 * STATUS_NOT_FOUND after a line on stderr.
 */
int around_run(char **argv);

#endif /* EXITLEDGER_GUEST_AROUND_H */
