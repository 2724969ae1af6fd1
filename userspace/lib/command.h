/* SPDX-License-Identifier: GPL-2.0-only */
/* Run a command beside us, and be told to stop. */
#ifndef EXITLEDGER_COMMAND_H
#define EXITLEDGER_COMMAND_H

#include <stdbool.h>
#include <sys/types.h>

#include "lib/runner.h"

struct command {
	struct runner runner; /* who runs it */
	pid_t pid; /* 0: none, or ended */
	int status; /* when ended: its exit status, or 128 + the signal */
};

/**
 * command_catch_signals - let SIGINT, SIGTERM, SIGQUIT and SIGHUP end a wait,
 * not the process
 *
 * To be called before anything is attached, so that results are never lost.
 */
void command_catch_signals(void);

/** command_interrupted - how many of these signals came */
int command_interrupted(void);

/**
 * command_pass_on - let a command have the SIGTERM or SIGHUP that was sent to us
 *
 * For who waits on until it has ended; command_end does so by itself.
 */
void command_pass_on(struct command *command);

/**
 * command_prepare - keep what it takes to run a program later
 * @argv: with a NULL at the end; the program is looked up in PATH
 *
 * The program will run with the rights that we have now, and can be sent
 * signals, whatever we give up meanwhile: see runner.h.  0, or -errno with @why
 * filled in.
 */
int command_prepare(struct command *command, char *const argv[],
		    struct why *why);

/**
 * command_start - run a program
 * @argv: as for command_prepare(), which is called here if it was not before
 *
 * 0, or -errno with @why filled in when it cannot be run.
 */
int command_start(struct command *command, char *const argv[], struct why *why);

/**
 * command_wait - wait until the command has ended, or for a while
 * @ms: how long at most; a signal ends the wait early
 *
 * Returns whether the command has ended; @command->status is valid then.
 * Without a command it waits, and returns false.
 */
bool command_wait(struct command *command, int ms);

/** command_wait_or - the same, ended early by what there is to read from @fd */
bool command_wait_or(struct command *command, int fd, int ms);

/** command_end - ask a command to end, by SIGTERM, and wait for that */
void command_end(struct command *command);

/** command_line - argv as one line, cut to @size */
void command_line(char *const argv[], char *line, size_t size);

#endif /* EXITLEDGER_COMMAND_H */
