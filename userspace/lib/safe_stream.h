/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages echo what others wrote: names of files, arguments, texts of damaged
 * files; and not only ours, but those of argp and getopt, too.
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
