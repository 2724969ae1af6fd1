/* SPDX-License-Identifier: GPL-2.0-only */
/* Run programs, one after the other, and have what they print in files. */
#ifndef EXITLEDGER_BENCH_EXEC_H
#define EXITLEDGER_BENCH_EXEC_H

#include <stdbool.h>

#include "lib/msg.h"

/* The longest that a program may take, in seconds. */
#define EXEC_MOST 300

/**
 * exec_find - is there such a program?
 * @name: looked up in PATH unless it has a '/'
 */
bool exec_find(const char *name);

/**
 * exec_run - run it to its end
 * @argv: with a NULL at the end
 * @out, @err: files that get its standard output and standard error
 *
 * 0 if it ended with 0.  -EINTR: the user wants to stop; -ENOENT: there is no
 * such program; -ETIMEDOUT, -ECHILD: it took too long, or failed, with @why,
 * which has its last words.
 */
int exec_run(char *const argv[], const char *out, const char *err,
	     struct why *why);

/** exec_first_line - of a file, into @line; empty: there is none */
void exec_first_line(const char *path, char *line, int size);

/** exec_last_words - the last line with something in it, of either file */
void exec_last_words(const char *out, const char *err, char *line, int size);

#endif /* EXITLEDGER_BENCH_EXEC_H */
