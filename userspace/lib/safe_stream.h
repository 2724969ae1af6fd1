/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages contain text that others wrote: names of files, arguments, parts of
 * damaged files.  This is true of our messages and of those of argp and getopt.
 */
#ifndef EXITLEDGER_SAFE_STREAM_H
#define EXITLEDGER_SAFE_STREAM_H

#include <stdio.h>

/**
 * safe_stderr - from now on, all that is written to stderr is safe_text.h
 * @argv: as main() has it; must stay
 *
 * But for newlines and tabs, unless they are where an argument is echoed.  To
 * be called at the start of main().  If there is no memory for it, stderr stays
 * as it is.
 */
void safe_stderr(char **argv);

/** safe_terminal - stderr for who draws on a terminal: as it is */
FILE *safe_terminal(void);

#endif /* EXITLEDGER_SAFE_STREAM_H */
