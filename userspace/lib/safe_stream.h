/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Makes stderr safe for a terminal.  Messages contain text that others wrote:
 * names of files, arguments, parts of damaged files.  This holds for our own
 * messages and for those of argp and getopt.
 */
#ifndef EXITLEDGER_SAFE_STREAM_H
#define EXITLEDGER_SAFE_STREAM_H

#include <stdio.h>

/**
 * safe_stderr - replace all characters that are not safe (safe_text.h) in
 * stderr
 * @argv: main()'s; must stay valid
 *
 * Newlines and tabs are kept, except where they are part of an echoed argument.
 * Call this at the start of main().  Without memory, stderr is left as it is.
 */
void safe_stderr(char **argv);

/** safe_terminal - the unfiltered stderr, for code that draws on a terminal */
FILE *safe_terminal(void);

#endif /* EXITLEDGER_SAFE_STREAM_H */
