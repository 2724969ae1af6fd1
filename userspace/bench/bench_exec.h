/* SPDX-License-Identifier: GPL-2.0-only */
/* Runs a program to its end, with its output in files. */
#ifndef EXITLEDGER_BENCH_EXEC_H
#define EXITLEDGER_BENCH_EXEC_H

#include <stdbool.h>

#include "lib/msg.h"

/* A program is stopped if it runs for more than this number of seconds. */
#define EXEC_MOST 300

/**
 * exec_find - does a program exist?
 * @name: looked up in PATH unless it has a '/'
 */
bool exec_find(const char *name);

/**
 * exec_run - run a program to its end
 * @argv: ends with NULL
 * @out, @err: files that get its standard output and standard error
 *
 * Returns 0 if its exit status is 0, or -EINTR if the user wants to stop.
 * Otherwise @why is filled in, and the result is -ETIMEDOUT if it took too
 * long; -ECHILD if it failed, with its last line of output in @why; or another
 * -errno if it cannot be run, such as -ENOENT if there is no such program.
 */
int exec_run(char *const argv[], const char *out, const char *err,
	     struct why *why);

/**
 * exec_first_line - read the first line that is not empty; "" if there is none
 */
void exec_first_line(const char *path, char *line, int size);

/**
 * exec_last_words - read the last line that is not empty, of @err or else of
 * @out
 */
void exec_last_words(const char *out, const char *err, char *line, int size);

#endif /* EXITLEDGER_BENCH_EXEC_H */
