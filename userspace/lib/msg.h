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
 * @fmt: what is wrong, where, and what to do about it; without a newline
 */
void msg_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/** msg_line - as msg_error(), but begin with @name instead of "exitledger" */
void msg_line(const char *name, const char *fmt, va_list args)
	__attribute__((format(printf, 2, 0)));

/**
 * msg_counting - report on stderr that counting has begun
 * @start_ns: when it began, in nanoseconds of CLOCK_MONOTONIC
 *
 * The report is one line, written with a single write(2), for scripts that wait
 * for it.
 */
void msg_counting(uint64_t start_ns);

/**
 * struct why - an error's text: functions fill it in, and commands print it
 * @text: one line without a newline; empty if nothing failed
 */
struct why {
	char text[512];
};

/**
 * why_set - store an error's text
 * @why: may be NULL
 * @err: a positive errno value
 * @fmt: the text: one line, without a newline
 *
 * Returns -@err.
 */
int why_set(struct why *why, int err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif /* EXITLEDGER_MSG_H */
