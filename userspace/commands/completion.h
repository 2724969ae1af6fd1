/* SPDX-License-Identifier: GPL-2.0-only */
/* Completes the arguments of exitledger's commands for shells. */
#ifndef EXITLEDGER_COMPLETION_H
#define EXITLEDGER_COMPLETION_H

#include "lib/cli_complete.h"

/* The shells with a completion script; the last row has no name. */
struct completion_shell {
	const char *name;
	const char *script; /* "@PROGRAM@" stands for the program's name */
};
extern const struct completion_shell completion_shells[];

/* The programs for which a script can be made; each understands --complete. */
extern const char *const completion_programs[];

/* The values of options by metavariable, for cli_values(). */
extern const struct cli_value completion_values[];

#endif /* EXITLEDGER_COMPLETION_H */
