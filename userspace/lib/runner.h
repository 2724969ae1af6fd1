/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A process that keeps the rights that we have at its start, and runs one
 * program with them.  Which program that is cannot be changed afterwards:
 * whoever gives up its rights can then still start this program and send it
 * signals, and nothing else.
 */
#ifndef EXITLEDGER_RUNNER_H
#define EXITLEDGER_RUNNER_H

#include <stdbool.h>
#include <sys/types.h>

#include "lib/msg.h"

/* Zeroed at first. */
struct runner {
	pid_t pid; /* 0: there is none */
	int fd; /* readable when there is something to be asked of it */
	bool ended; /* the program's end was heard of; @status is valid */
	int status; /* as of waitpid() */
};

/**
 * runner_open - start the process, but not the program yet
 * @argv: with a NULL at the end; the program is looked up in PATH
 * @apart: in a session of its own, without standard input, all signals as
 *	they are by default, and its output in a pipe
 *
 * Descriptors that are open now are open in that process, too: call this before
 * anything is opened that should be closed with us.  0, or -errno with @why.
 */
int runner_open(struct runner *runner, char *const argv[], bool apart,
		struct why *why);

/**
 * runner_start - start the program
 * @pid: where its process is put
 * @output: of a program that runs apart: where to read its output; else unused
 *
 * It can be started again when it has ended.  0, or -errno.
 */
int runner_start(struct runner *runner, pid_t *pid, int *output);

/**
 * runner_signal - send the program a signal
 *
 * One that runs apart gets it with all of its group; what is left of the group
 * when the program has ended is killed then.
 */
void runner_signal(struct runner *runner, int signal);

/** runner_ended - has the program ended?  @status: as of waitpid(), if so */
bool runner_ended(struct runner *runner, int *status);

/** runner_close - end the process; the program runs on, if it runs */
void runner_close(struct runner *runner);

#endif /* EXITLEDGER_RUNNER_H */
