/* SPDX-License-Identifier: GPL-2.0-only */
/* --read's command, which has a guest read its counters, beside all else. */
#ifndef EXITLEDGER_READER_H
#define EXITLEDGER_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "ledger/guest_report.h"
#include "lib/runner.h"

/* Zeroed at first. */
struct reader {
	struct runner runner; /* who runs it */
	const char *command;
	double seconds; /* that it may take */
	pid_t pid; /* 0: it is not running */
	int status; /* as of waitpid() */
	int fd; /* its output; -1: that has ended */
	char *text; /* the output so far */
	size_t length, room;
	uint64_t deadline_ns; /* CLOCK_MONOTONIC */
	uint64_t kill_ns; /* asked to end: when it is made to */
	bool late, too_long; /* the reason of the failure */
};

/**
 * reader_prepare - keep what it takes to run a command of the shell's later
 * @command: stays the caller's
 * @seconds: how long it may take each time
 *
 * It will run with the rights that we have now: see runner.h.  0, or -errno with
 * @why; to be ended with reader_close().
 */
int reader_prepare(struct reader *reader, const char *command, double seconds,
		   struct why *why);

/**
 * reader_start - run the command, in a session of its own
 *
 * It may not be running.  0, or -errno with @why.
 */
int reader_start(struct reader *reader, struct why *why);

/** reader_fd - what to wait for the command's output on; -1: nothing */
int reader_fd(const struct reader *reader);

/**
 * reader_ended - take what output there is, without waiting for more
 *
 * Ends the command, and all that is left of its group, if it takes too long or
 * says too much.  Returns whether it has ended.
 */
bool reader_ended(struct reader *reader);

/**
 * reader_result - the guest's reports, when the command has ended
 *
 * 0, or -errno with @why.
 */
int reader_result(struct reader *reader, struct guest_reports *reports,
		  struct why *why);

/** reader_stop - end the command, if it is running, and forget its output */
void reader_stop(struct reader *reader);

/** reader_close - the same, and it cannot be started again */
void reader_close(struct reader *reader);

#endif /* EXITLEDGER_READER_H */
