/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EXITLEDGER_MSG_H
#define EXITLEDGER_MSG_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/exit_status.h"

/**
 * msg_error - print one line to stderr: "exitledger: …"
 * @fmt: what is wrong, where, and what to do about it; no newline
 */
void msg_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/** msg_line - the same for a program or command of this name */
void msg_line(const char *name, const char *fmt, va_list args)
	__attribute__((format(printf, 2, 0)));

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
