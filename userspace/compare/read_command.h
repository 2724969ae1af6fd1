/* SPDX-License-Identifier: GPL-2.0-only */
/* Runs the command of --read, which makes a guest read its counters. */
#ifndef EXITLEDGER_READ_COMMAND_H
#define EXITLEDGER_READ_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "ledger/guest_report.h"
#include "lib/runner.h"

/* It is all zero until it is prepared. */
struct read_command {
	struct runner runner; /* the process that starts it */
	const char *command;
	double seconds; /* how long it may take */
	pid_t pid; /* 0: it is not running */
	int status; /* as of waitpid() */
	int fd; /* its output; -1: that has ended */
	char *text; /* the output so far */
	size_t length, room;
	uint64_t deadline_ns; /* CLOCK_MONOTONIC */
	uint64_t kill_ns; /* after SIGTERM: when it gets SIGKILL */
	bool late, too_long; /* the reason of the failure, if it has failed */
};

/**
 * read_command_prepare - prepare to run a shell command later
 * @command: stays the caller's
 * @seconds: how long it may take each time
 *
 * It will run with the rights that this process has now: see runner.h.  Returns
 * 0, or -errno with @why.  Must be ended with read_command_close().
 */
int read_command_prepare(struct read_command *reader, const char *command,
			 double seconds, struct why *why);

/**
 * read_command_start - run the command, in a session of its own
 *
 * It must not be running yet.  Returns 0, or -errno with @why.
 */
int read_command_start(struct read_command *reader, struct why *why);

/** read_command_fd - the descriptor of the command's output, or -1 */
int read_command_fd(const struct read_command *reader);

/**
 * read_command_ended - take the output that is there, without waiting for more
 *
 * If the command takes too long or writes too much, it is ended with all that
 * is left of its process group.  Returns whether it has ended.
 */
bool read_command_ended(struct read_command *reader);

/**
 * read_command_result - take the guest's reports when the command has ended
 *
 * Returns 0, or -errno with @why.
 */
int read_command_result(struct read_command *reader,
			struct guest_reports *reports, struct why *why);

/** read_command_stop - end the command if it runs, and forget its output */
void read_command_stop(struct read_command *reader);

/**
 * read_command_close - stop the command for good: it cannot be started again
 */
void read_command_close(struct read_command *reader);

#endif /* EXITLEDGER_READ_COMMAND_H */
