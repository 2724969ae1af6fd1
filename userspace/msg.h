/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EXITLEDGER_MSG_H
#define EXITLEDGER_MSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Exit statuses of all commands.  0 to 2 are compare's verdicts; a failure to
 * do the job at all is above 2, so that it is never taken for one of them.
 */
enum exit_status {
	STATUS_OK = 0,
	STATUS_DISCREPANCY = 1,
	STATUS_CANNOT_RUN = 1, /* of doctor: the monitor can't run here */
	STATUS_DEARER = 1, /* of bench: --compare: worse; --limit: beyond */
	STATUS_INCONCLUSIVE = 2,
	STATUS_FAILED = 3, /* the host, a file or the command failed us */
	STATUS_USAGE = 64, /* EX_USAGE */
};

/**
 * msg_error - print one line to stderr: "exitledger: …"
 * @fmt: what is wrong, where, and what to do about it; no newline
 */
void msg_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/**
 * msg_counting - say on stderr that counting has begun, for whoever waits for it
 * @start_ns: when it did, by CLOCK_MONOTONIC
 *
 * One line, written at once.
 */
void msg_counting(uint64_t start_ns);

/**
 * struct why - a failure's reason, filled in by libraries, printed by commands
 * @text: one line without a newline; empty if nothing failed
 */
struct why {
	char text[512];
};

/**
 * why_set - remember why something failed
 * @why: may be NULL
 * @err: a positive errno value, returned negated
 * @fmt: the line
 */
int why_set(struct why *why, int err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif /* EXITLEDGER_MSG_H */
