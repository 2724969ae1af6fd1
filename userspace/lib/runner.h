/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A runner is a forked process that keeps the rights that we have when it is
 * opened, and runs one program with them.  The program is fixed then.  A caller
 * that gives up its own rights can thus still start this program and send it
 * signals, but can do nothing else with the old rights.
 */
#ifndef EXITLEDGER_RUNNER_H
#define EXITLEDGER_RUNNER_H

#include <stdbool.h>
#include <sys/types.h>

#include "lib/msg.h"

/* Must be zeroed before runner_open(). */
struct runner {
	pid_t pid; /* of the runner; 0: it is not open */
	int fd; /* a socket; if readable, call runner_ended() */
	/* True if the program's end was reported; @status is then valid. */
	bool ended;
	int status; /* as from waitpid() */
};

/**
 * runner_open - start the process, but not the program yet
 * @argv: ends with NULL; the program is looked up in PATH
 * @apart: run the program in its own session, without standard input, with the
 *	default actions of all signals, and with its output in a pipe
 *
 * The process inherits the open descriptors: call this before opening anything
 * that must be closed when we end.  Returns 0, or -errno with @why.
 */
int runner_open(struct runner *runner, char *const argv[], bool apart,
		struct why *why);

/**
 * runner_start - start the program
 * @pid: set to the program's pid
 * @output: set to the descriptor to read its output from, or to -1 if it does
 *	not run apart
 *
 * The program can be started again after it has ended.  Returns 0 or -errno.
 */
int runner_start(struct runner *runner, pid_t *pid, int *output);

/**
 * runner_signal - send the program a signal
 *
 * If the program runs apart, all of its process group gets the signal, and the
 * processes of the group that outlive the program are killed when it ends.
 */
void runner_signal(struct runner *runner, int signal);

/** runner_ended - has the program ended?  If so, set @status as of waitpid() */
bool runner_ended(struct runner *runner, int *status);

/** runner_close - end the runner; a program that still runs is left running */
void runner_close(struct runner *runner);

#endif /* EXITLEDGER_RUNNER_H */
