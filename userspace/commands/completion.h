/* SPDX-License-Identifier: GPL-2.0-only */
/* Completes the arguments of exitledger's commands for shells. */
#ifndef EXITLEDGER_COMPLETION_H
#define EXITLEDGER_COMPLETION_H

#include "lib/cli_complete.h"

/* The shells for which there is a script; the last has no name. */
struct completion_shell {
	const char *name;
	const char *script; /* with @PROGRAM@ for the program's name */
};
extern const struct completion_shell completion_shells[];

/* The programs that the scripts can be for, which all understand --complete. */
extern const char *const completion_programs[];

/* For cli_values(). */
extern const struct cli_value completion_values[];

#endif /* EXITLEDGER_COMPLETION_H */
