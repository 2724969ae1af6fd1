/* SPDX-License-Identifier: GPL-2.0-only */
/* Opens the database of a recorded run for writing. */
#ifndef EXITLEDGER_RUN_CONNECT_H
#define EXITLEDGER_RUN_CONNECT_H

#include <sqlite3.h>

#include "lib/msg.h"

/**
 * run_connect - open a run that exists, to write to it
 * @db: to be closed with sqlite3_close, or NULL after a failure
 *
 * @db may be read-only if the run has ended.  Returns 0, or -errno with @why;
 * see run_schema_check().
 */
int run_connect(const char *path, sqlite3 **db, struct why *why);

/**
 * run_connect_new - the same for a new, empty file
 *
 * Returns -EEXIST if there is one already.
 */
int run_connect_new(const char *path, sqlite3 **db, struct why *why);

#endif /* EXITLEDGER_RUN_CONNECT_H */
