/* SPDX-License-Identifier: GPL-2.0-only */
/* Runs a command whose exits are counted. */
#ifndef EXITLEDGER_GUEST_AROUND_H
#define EXITLEDGER_GUEST_AROUND_H

#include "lib/exit_status.h"

/**
 * around_run - run a command and wait for its end
 * @argv: the program is looked up as by execvp(3)
 *
 * Meanwhile SIGINT and SIGQUIT from the terminal affect only the command.
 * Returns its exit status, or STATUS_OURS, STATUS_CANNOT_RUN or
 * STATUS_NOT_FOUND after printing a line to stderr.
 */
int around_run(char **argv);

#endif /* EXITLEDGER_GUEST_AROUND_H */
