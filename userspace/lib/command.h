/* SPDX-License-Identifier: GPL-2.0-only */
/* Runs a command as another process, and catches the signals that stop us. */
#ifndef EXITLEDGER_COMMAND_H
#define EXITLEDGER_COMMAND_H

#include <stdbool.h>
#include <sys/types.h>

#include "lib/runner.h"

struct command {
	struct runner runner; /* the process that starts the command */
	pid_t pid; /* the command's; 0: not started, or ended */
	int status; /* once ended: its exit status, or 128 + the signal */
};

/**
 * command_catch_signals - catch SIGINT, SIGTERM, SIGQUIT and SIGHUP
 *
 * They then end a wait instead of the process.  Call this before attaching
 * anything, so that no results are lost.
 */
void command_catch_signals(void);

/** command_interrupted - the number of these signals that were received */
int command_interrupted(void);

/**
 * command_pass_on - pass the SIGTERM or SIGHUP that was sent to us to a command
 *
 * Does nothing if none was sent, or if no command runs.  Call this before
 * waiting for the end of the command: command_end() passes nothing on, but
 * sends SIGTERM itself.
 */
void command_pass_on(struct command *command);

/**
 * command_prepare - fork the process that will run a program later
 * @argv: ends with NULL; the program is looked up in PATH
 *
 * The program will run with the rights that we have now, and we can send it
 * signals, even if we give up these rights in between: see runner.h.  Returns
 * 0, or -errno with @why filled in.
 */
int command_prepare(struct command *command, char *const argv[],
		    struct why *why);

/**
 * command_start - run a program
 * @argv: as for command_prepare(), which this calls unless the caller did
 *
 * Returns 0, or -errno with @why filled in if the program cannot be run.
 */
int command_start(struct command *command, char *const argv[], struct why *why);

/**
 * command_wait - wait until the command has ended, for at most @ms
 * @ms: milliseconds; a signal ends the wait early
 *
 * Returns whether the command has ended; @command->status is valid then.
 * If no command was started, this waits for @ms and returns false.
 */
bool command_wait(struct command *command, int ms);

/** command_wait_or - command_wait(), but return early once @fd is readable */
bool command_wait_or(struct command *command, int fd, int ms);

/**
 * command_end - send the command SIGTERM, after 5 s SIGKILL; wait for its end
 */
void command_end(struct command *command);

/** command_line - write argv as one line, cut to @size bytes */
void command_line(char *const argv[], char *line, size_t size);

#endif /* EXITLEDGER_COMMAND_H */
